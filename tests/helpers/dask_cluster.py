"""A Dask scheduler and workers as processes, and campaigns on Dask clusters."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

LOCAL: dict[str, Any] = {
    "type": "DaskExecutor",
    "LocalCluster_config": {
        "n_workers": 2,
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
    },
}


def on_dask(
    config: dict[str, Any], executor: dict[str, Any] = LOCAL, **more: Any
) -> dict[str, Any]:
    """Give a configuration with each of its executors replaced."""
    replaced = copy.deepcopy(config)
    replaced["executors"] = {name: {**executor, **more} for name in config["executors"]}
    return replaced


class DaskCluster:
    """A scheduler, which writes its address to `file`, and workers of one thread each."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.file = place / "scheduler.json"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        place.mkdir(parents=True, exist_ok=True)

    def start(self, workers: int, port: int = 0) -> None:
        """Start a scheduler and workers and wait until it has written its address."""
        self.file.unlink(missing_ok=True)
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--scheduler-file",
            str(self.file),
            "--no-dashboard",
            "--dashboard-address",
            ":0",
        ]
        self.scheduler = self._run("scheduler", *options)
        deadline = time.monotonic() + 60
        while not self._address():
            assert time.monotonic() < deadline and self.scheduler.poll() is None, (
                self.place / "dask.log"
            ).read_text()
            time.sleep(0.05)
        for _ in range(workers):
            self.add_worker()

    def add_worker(self, *more: str, preload: str | None = None) -> None:
        """Start a worker; `preload` is Python that it runs first."""
        options = [
            "--scheduler-file",
            str(self.file),
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(self.place),
        ]
        if preload is not None:
            options += ["--preload", preload]
        self.workers.append(self._run("worker", *options, *more))

    def wait_for_workers(self, count: int) -> None:
        """Wait until the scheduler knows `count` workers."""
        log = self.place / "dask.log"
        wait_until(lambda: log.read_text().count("Registered to") >= count, 120, log.read_text())

    def _run(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        with (self.place / "dask.log").open("ab") as log:
            module = f"distributed.cli.dask_{what}"
            return subprocess.Popen(
                [sys.executable, "-m", module, *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def _address(self) -> str | None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return str(json.loads(self.file.read_text())["address"])
        return None

    @property
    def address(self) -> str:
        found = self._address()
        assert found is not None
        return found

    @property
    def executor(self) -> dict[str, Any]:
        return {"type": "DaskExecutor", "scheduler_file": str(self.file)}

    def below_workers(self) -> list[str]:
        """Give the command lines of what campaigns have started below the workers' own
        processes.
        """
        found = []
        for worker in self.workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                below = psutil.Process(worker.pid).children(recursive=True)
                found += [
                    " ".join(process.cmdline())
                    for process in below
                    if "fork_server" in " ".join(process.cmdline())
                ]
        return found

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()

    def stop(self) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            with contextlib.suppress(psutil.NoSuchProcess):
                below = psutil.Process(process.pid).children(recursive=True)
                for child in [psutil.Process(process.pid), *below]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.send_signal(signal.SIGKILL)
            process.wait()
        self.workers, self.scheduler = [], None


@contextlib.contextmanager
def dask_cluster(place: Path, workers: int) -> Iterator[DaskCluster]:
    """Run a cluster while the block runs."""
    cluster = DaskCluster(place)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.stop()


def dask_worker_processes(root: int) -> list[psutil.Process]:
    """Give the Dask workers (not their nannies) below a process: those below which samples run."""
    below = psutil.Process(root).children(recursive=True)
    servers = [
        process for process in below if "executors.pool.fork_server" in " ".join(_cmdline(process))
    ]
    parents = [parent for process in servers if (parent := process.parent()) is not None]
    return list(
        {
            parent.pid: parent
            for parent in parents
            if "fork_server" not in " ".join(_cmdline(parent))
        }.values()
    )


def _cmdline(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def wait_until(condition: Any, patience: float = 30.0, what: str = "") -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, what or "it never happened"
        time.sleep(0.02)


def live(campaign: Any) -> dict[str, Any]:
    """Give what the supervisor says about itself."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads((campaign.run_dir / "state" / "live.json").read_text()))
    return {}


def environment_is_as_before() -> dict[int, Any]:
    """Give the signal handlers of this process."""
    return {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)
    }


def listening(pids: list[int]) -> list[int]:
    """Give the ports on which processes listen."""
    ports = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            ports += [
                connection.laddr.port
                for connection in psutil.Process(pid).net_connections("inet")
                if connection.status == "LISTEN"
            ]
    return ports


def alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def contents_on_dask(local: Any) -> dict[str, Any]:
    """Give what a campaign that ran locally would have left on a Dask cluster: the same, under the
    other executor's name.
    """

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renamed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [renamed(item) for item in value]
        return "DaskExecutor" if value == "LocalExecutor" else value

    expected = local.contents()
    return {**expected, "hdf5": renamed(expected["hdf5"])}
