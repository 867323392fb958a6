"""Parsl's high-throughput executor on this machine, two workers."""

import os

import parsl
import work
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider


@parsl.python_app
def run(kind, root, program, *point):
    import work

    return work.run(kind, root, program, *point)


if __name__ == "__main__":
    kind, samples, root, program = work.arguments()
    provider = LocalProvider(init_blocks=1, max_blocks=1)
    executor = HighThroughputExecutor(
        max_workers_per_node=2, address="127.0.0.1", loopback_address="127.0.0.1", provider=provider
    )
    config = Config(executors=[executor], run_dir=f"{root}.parsl", usage_tracking=0)
    with parsl.load(config):
        futures = [run(kind, root, program, *point) for point in work.points(samples)]
        rows = [future.result() for future in futures]
    work.write_table(os.path.join(root, "dataset.csv"), rows)
