"""Charts drawn with characters, and as files."""
