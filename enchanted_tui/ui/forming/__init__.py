"""The form of a configuration: its fields, and what the engine says of what is filled in."""
