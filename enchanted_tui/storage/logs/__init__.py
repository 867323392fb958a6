"""Log files as people read them: lines, levels, selections and searches."""
