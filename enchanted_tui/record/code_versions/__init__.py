"""What code the samples of a campaign are run with: programs, work trees of git, modules and
containers, and what has changed of them between sessions.
"""
