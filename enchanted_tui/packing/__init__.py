"""Run directories of finished tasks, many in one file: tar archives ("shards") that grow, each with
an index beside it, and the one door to a task's files, packed or not.

Runs on workers: standard library only, Python 3.9 or newer.
"""
