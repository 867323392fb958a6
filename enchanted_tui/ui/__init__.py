"""The terminal application: a viewer of run directories that can also make configurations and start
campaigns.
"""
