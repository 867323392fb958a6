"""The version of this program, in one place: package, command line and journal read it from
here.
"""

__version__ = "0.1.0"
