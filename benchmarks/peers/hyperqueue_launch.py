"""HyperQueue inside a SLURM job: a server and a worker with so many cores; one command so many
times. Writes when the first was handed in and when the last had ended.
"""

import os
import sys
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

if __name__ == "__main__":
    state, samples, cores, times, *command = sys.argv[1:]
    os.mkdir(state)
    with LocalCluster(server_dir=state, worker_config=WorkerConfig(cores=int(cores))) as cluster:
        client = cluster.client()
        job = Job()
        for _ in range(int(samples)):
            job.program(command, stdout=None, stderr=None)
        begin = time.time()
        client.wait_for_jobs([client.submit(job)])
        with open(f"{times}.new", "w") as file:
            file.write(f"{begin} {time.time()}\n")
        os.rename(f"{times}.new", times)
