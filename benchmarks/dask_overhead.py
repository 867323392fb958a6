"""``python -m benchmarks.dask_overhead``: what a sample costs on a Dask cluster, beside bare
``Client.map`` on the same cluster.

Two workers of one thread on this machine. Each measurement is for a number of samples at once, when
cluster and workers have warmed up:

- *Client.map, nothing*: a function that does nothing; what Dask itself costs a task;
- *Client.map, files*: a function that makes the sample's directory and writes one file in it; each
  task costs what it does in a script;
- *DaskExecutor*: the same function as a campaign runs it: own process, time limit, captured output,
  datapoint, journal record.
"""

from __future__ import annotations

import argparse
import json
import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import work

from enchanted_tui.executors.base import Result, Task, TaskContext, TaskId
from enchanted_tui.executors.dask.executor import DaskExecutor

_SAMPLES = (100, 1_000, 10_000)
_RUNNER = {
    "class": "enchanted_tui.runners.double_gaussian_runner:SyntheticDoubleGaussianRunner",
    "options": {"dimensions": 2},
}
_WARM_UP = 400


class Ours:
    """An executor on the cluster, to be given samples again and again."""

    def __init__(self, address: str, root: str) -> None:
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._batch = 0
        context = TaskContext(
            root, "data", {"g": _RUNNER}, seed=1, campaign="bench", session="bench"
        )
        self._executor = DaskExecutor(scheduler_address=address).open(context, self._inbox.put, ())

    def run(self, samples: int) -> None:
        """Run so many samples, handing out as many at a time as the executor asks for, as a
        campaign does.
        """
        self._batch += 1
        sent = done = 0
        while done < samples:
            room = min(self._executor.capacity(), samples - sent)
            if room > 0:
                self._executor.submit(
                    [self._task(sample, samples) for sample in range(sent, sent + room)]
                )
                sent += room
            done += self._take(self._inbox.get(timeout=60))
            while not self._inbox.empty():
                done += self._take(self._inbox.get())

    def _task(self, sample: int, samples: int) -> Task:
        return Task(
            TaskId(0, self._batch, sample, 0),
            "g",
            {"x": sample / samples, "y": 1 - sample / samples},
        )

    @staticmethod
    def _take(item: Any) -> int:
        assert isinstance(item, Result), item
        return 1

    def close(self) -> None:
        self._executor.close()


def measure(rounds: int, sizes: tuple[int, ...]) -> dict[str, dict[int, float]]:
    """Give the median time per sample, in seconds, by contender and number of samples."""
    from distributed import Client, LocalCluster

    found: dict[str, dict[int, float]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="bench-dask-") as directory,
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=directory
        ) as cluster,
        Client(cluster) as client,
    ):
        data = Path(directory, "data")
        data.mkdir()
        ours = Ours(cluster.scheduler_address, str(data))

        def bare_files(samples: int) -> None:
            root = tempfile.mkdtemp(dir=directory)
            columns = zip(*work.points(samples), strict=True)
            client.gather(
                client.map(
                    work.run,
                    *([same] * samples for same in ("in-process", root, "-")),
                    *columns,
                    pure=False,
                )
            )

        contenders: dict[str, Callable[[int], object]] = {
            "Client.map, nothing": lambda samples: client.gather(
                client.map(int, range(samples), pure=False)
            ),
            "Client.map, files": bare_files,
            "DaskExecutor": ours.run,
        }
        try:
            for contender in contenders.values():
                contender(_WARM_UP)
            for samples in sizes:
                times: dict[str, list[float]] = {name: [] for name in contenders}
                for _ in range(rounds):
                    for name, contender in contenders.items():
                        begun = time.perf_counter()
                        contender(samples)
                        times[name].append((time.perf_counter() - begun) / samples)
                for name, seconds in times.items():
                    found.setdefault(name, {})[samples] = statistics.median(seconds)
        finally:
            ours.close()
    return found


def main() -> None:
    """Print one table; ``--json FILE`` keeps the figures too."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="fewer samples, one round")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    sizes = _SAMPLES[:2] if given.quick else _SAMPLES
    found = measure(1 if given.quick else given.rounds, sizes)
    print(f"| µs per sample | {' | '.join(f'{samples:,}' for samples in sizes)} |")
    print(f"|---|{'---|' * len(sizes)}")
    for name, times in found.items():
        print(f"| {name} | {' | '.join(f'{times[samples] * 1e6:.0f}' for samples in sizes)} |")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
