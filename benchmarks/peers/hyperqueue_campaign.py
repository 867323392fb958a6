"""HyperQueue on this machine: a server and a worker with two cores, one job with a program for each
sample.
"""

import os

import work
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

if __name__ == "__main__":
    _, samples, root, program = work.arguments()
    job = Job()
    for directory in work.prepare_all(samples, root):
        job.program([program], cwd=directory, stdout=None, stderr=None)
    state = f"{root}.hq"
    os.mkdir(state)
    with LocalCluster(server_dir=state, worker_config=WorkerConfig(cores=2)) as cluster:
        client = cluster.client()
        client.wait_for_jobs([client.submit(job)])
        work.collect_all(samples, root)
