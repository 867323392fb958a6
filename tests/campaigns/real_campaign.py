"""A campaign of ``configs/`` as a user runs it: a process of its own, killed, resumed and read back
from its files.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 300  #: seconds for any one process
_MARK = "REAL_CAMPAIGN"


class RealCampaign:
    """One configuration in one run directory, with a mark in the environment by which its processes
    are found again.
    """

    def __init__(self, config: str, run_dir: Path, python: str, *options: str) -> None:
        self.config, self.run_dir, self.python, self.options = config, run_dir, python, options
        self.mark = f"{_MARK}={uuid.uuid4().hex}"

    # -- processes ---------------------------------------------------------------------------------

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        name, _, value = self.mark.partition("=")
        return subprocess.Popen(
            [self.python, "-m", "enchanted_tui", *arguments, "--no-ui"],
            cwd=ROOT,
            env={**os.environ, name: value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> None:
        """Run the campaign without interruption."""
        finish(self.start(self.config, "--base-run-dir", str(self.run_dir), *self.options))

    def run_and_kill(self, after_tasks: int) -> set[str]:
        """Run the campaign, kill the supervisor with SIGKILL once `after_tasks` tasks are on
        record; give the tasks on record then.

        The simulations that were running must end with it.
        """
        process = self.start(self.config, "--base-run-dir", str(self.run_dir), *self.options)
        deadline = time.monotonic() + LIMIT
        while len(self.recorded_tasks()) < after_tasks:
            assert process.poll() is None, (
                f"ended before it could be killed: {process.communicate()[0]}"
            )
            assert time.monotonic() < deadline, f"only {self.recorded_tasks()} after {LIMIT} s"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LIMIT)
        self.wait_for_no_process()
        return self.recorded_tasks()

    def resume(self) -> None:
        """Go on from the run directory alone."""
        finish(self.start(str(self.run_dir)))

    def processes(self) -> dict[int, str]:
        """Give command lines by pid of the living processes that this campaign has started, its
        simulations included.
        """
        found = {}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    environment = Path(entry.path, "environ").read_bytes().split(b"\0")
                    if (
                        self.mark.encode() in environment
                        and ") Z " not in Path(entry.path, "stat").read_text()
                    ):
                        found[int(entry.name)] = (
                            Path(entry.path, "cmdline")
                            .read_bytes()
                            .replace(b"\0", b" ")
                            .decode()[:200]
                        )
        return found

    def wait_for_no_process(self, patience: float = 10.0) -> None:
        deadline = time.monotonic() + patience
        while left := self.processes():
            assert time.monotonic() < deadline, f"left behind: {left}"
            time.sleep(0.02)

    def end_processes(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # -- files -------------------------------------------------------------------------------------

    def recorded_tasks(self) -> set[str]:
        """Name the tasks whose result is on record."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.run_dir / "state" / "journal.jsonl").read_bytes().split(b"\n")[:-1]
            records = [json.loads(line) for line in lines]
            return {
                "d{}_b{}_s{}_r{}".format(*record["task"])
                for record in records
                if record["type"] == "task"
            }
        return set()

    def written(self, tasks: set[str]) -> dict[str, int]:
        """Give by task when its datapoint file was written, in ns: a task that ran again would have
        a newer one.
        """
        return {
            task: (self.run_dir / "data" / task / "enchanted_datapoint.csv").stat().st_mtime_ns
            for task in tasks
        }

    def rows(self) -> list[dict[str, str]]:
        """Give the rows of the dataset, in order, without what differs between two runs: times and
        the place.
        """
        with open(self.run_dir / "enchanted_dataset.csv", newline="") as file:
            return [
                {
                    name: Path(value).name if name == "run_dir" else value
                    for name, value in row.items()
                    if not name.startswith("runtime_sec") and name != "solve_sec"
                }
                for row in csv.DictReader(file)
            ]

    def failures(self) -> dict[str, tuple[str, str]]:
        """Give kind and message by task."""
        with open(self.run_dir / "enchanted_failures.csv", newline="") as file:
            found = [(row["task"], (row["kind"], row["message"])) for row in csv.DictReader(file)]
        assert len(found) == len(dict(found)), "a task is listed twice"
        return dict(found)


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a campaign to complete."""
    try:
        out, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate(timeout=LIMIT)
        raise AssertionError(f"still running after {LIMIT} s\n{out}") from None
    assert process.returncode == 0, out


def assert_same_rows(
    found: list[dict[str, str]], expected: list[dict[str, str]], tolerance: float
) -> None:
    """Check that two datasets have the same rows in the same order, numbers within the relative
    `tolerance`.
    """
    assert [row["run_dir"] for row in found] == [row["run_dir"] for row in expected]
    for row, reference in zip(found, expected, strict=True):
        assert row.keys() == reference.keys()
        for name, value in row.items():
            assert _same(value, reference[name], tolerance), (
                f"{row['run_dir']}: {name} is {value}, uninterrupted {reference[name]}"
            )


def _same(value: str, reference: str, tolerance: float) -> bool:
    try:
        return value == reference or abs(float(value) - float(reference)) <= tolerance * abs(
            float(reference)
        )
    except ValueError:
        return False
