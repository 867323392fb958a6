"""A campaign of ``configs/`` as a user runs it: a process of its own, killed, resumed and read back
from its files.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from helpers.campaign import Campaign
from helpers.files import Row
from helpers.processes import finish

ROOT = Path(__file__).parents[2]
LIMIT = 300  #: seconds for any one process


class RealCampaign(Campaign):
    """One configuration of ``configs/`` in one run directory."""

    def __init__(self, config: str, run_dir: Path, python: str, *options: str) -> None:
        super().__init__(ROOT, {})
        self.config_path, self.run_dir = ROOT / config, run_dir
        self.program = (python, "-m", "enchanted_tui")
        self.options = ("--base-run-dir", str(run_dir), "--no-ui", *options)

    # -- processes ---------------------------------------------------------------------------------

    def whole(self) -> None:
        """Run the campaign without interruption."""
        _complete(self.start(str(self.config_path), *self.options))

    def run_and_kill(self, after_tasks: int) -> set[str]:
        """Run the campaign, kill the supervisor with SIGKILL once `after_tasks` tasks are on
        record; give the tasks on record then.

        The simulations that were running must end with it.
        """
        process = self.start(str(self.config_path), *self.options)
        self.wait_for_tasks(after_tasks, process, LIMIT)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LIMIT)
        self.wait_for_no_process()
        return self.recorded_tasks()

    def go_on(self) -> None:
        """Go on from the run directory alone."""
        _complete(self.start(str(self.run_dir), "--no-ui"))

    # -- files -------------------------------------------------------------------------------------

    def recorded_tasks(self) -> set[str]:
        """Name the tasks whose result is on record."""
        return {"d{}_b{}_s{}_r{}".format(*record["task"]) for record in self.records("task")}

    def written(self, tasks: set[str]) -> dict[str, int]:
        """Give by task when its datapoint file was written, in ns: a task that ran again would have
        a newer one.
        """
        return {
            task: (self.run_dir / "data" / task / "enchanted_datapoint.csv").stat().st_mtime_ns
            for task in tasks
        }

    def comparable_rows(self) -> list[Row]:
        """Return the rows of the dataset, in order, without what differs between two runs: times
        and the place.
        """
        return [
            {
                name: Path(value).name if name == "run_dir" else value
                for name, value in row.items()
                if not name.startswith("runtime_sec") and name != "solve_sec"
            }
            for row in self.rows()
        ]

    def reasons(self) -> dict[str, tuple[str, str]]:
        """Return kind and message of the failures by task."""
        failures = self.failures()
        found = {row["task"]: (row["kind"], row["message"]) for row in failures}
        assert len(found) == len(failures), "a task is listed twice"
        return found


def _complete(process: subprocess.Popen[str]) -> None:
    ended = finish(process, LIMIT)
    assert ended.code == 0, ended


def assert_same_rows(found: list[Row], expected: list[Row], tolerance: float) -> None:
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
