"""Dask on this machine, two worker processes with one thread each."""

import os

import work
from distributed import Client, LocalCluster

if __name__ == "__main__":
    kind, samples, root, program = work.arguments()
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=f"{root}.dask"
    )
    with cluster, Client(cluster) as client:
        futures = [
            client.submit(work.run, kind, root, program, *point, pure=False)
            for point in work.points(samples)
        ]
        rows = client.gather(futures)
    work.write_table(os.path.join(root, "dataset.csv"), rows)
