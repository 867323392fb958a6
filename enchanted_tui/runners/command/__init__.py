"""The parts of CommandRunner: what is rendered before a sample runs, how the program is run, what
is read back.
"""
