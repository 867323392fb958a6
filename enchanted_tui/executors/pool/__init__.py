"""The one pool of processes that run tasks, used on this machine, inside SLURM jobs and on Dask
workers: `loop` (who runs what), `pool` (the door to a loop in a thread of its own), `backlog` (what
waits, and what may begin), `worker_group` and `channel` (the workers as the loop sees them),
`fork_server` and `forking_here` (who starts and ends them), `worker` (runs).

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""
