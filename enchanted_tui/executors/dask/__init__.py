"""Tasks on a Dask cluster. In the supervisor: `executor` (options) and `cluster_process` (the
process that holds the cluster).

In that process: `server` (its loop), `cluster` and `slurm_jobs` (clusters), `broker`, `bundles`,
`membership` and `queues` (who runs what). On a Dask worker: `worker_pools` (bundles) and
`local_workers` (the processes that run them).
"""
