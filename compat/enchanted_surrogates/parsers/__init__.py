"""Modules of the same names as the older program's."""
