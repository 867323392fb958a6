"""The editor of configurations: text, files, recovery, completion."""
