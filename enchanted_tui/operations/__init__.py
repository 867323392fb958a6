"""What a person can do to a run directory."""
