"""Configurations as forms: fields made of what components declare, and the text that they mean."""
