"""The one pool of processes that run tasks, used on this machine, inside SLURM jobs and on Dask
workers: `pool` (who runs what), `backlog` (what waits, and what may begin), `worker_group` and
`channel` (the workers as the pool sees them), `fork_server` (starts and ends them), `worker` (runs).

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""
