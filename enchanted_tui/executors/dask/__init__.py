"""Tasks on a Dask cluster. In the supervisor: `executor` (options) and `cluster_process` (the
process that holds the cluster).

In that process: `server` (its loop), `grid` and `slurm` (clusters), `broker` and `lanes` (who runs
what). On a Dask worker: `bench`.
"""
