"""Run directories of the older program: taken over into a journal, or looked at as if they had
been.
"""
