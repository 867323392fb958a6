"""Tasks in processes of this machine."""
