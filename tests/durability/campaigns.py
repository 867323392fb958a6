"""Campaigns of the durability tests: run as real processes, killed, resumed, and compared file by
file.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from enchanted_tui.record.journal import JournalReader

HERE = Path(__file__).parent
LIMIT = 60  #: seconds for any one process
_CASE = "DURABILITY_CASE"


@dataclass(frozen=True)
class Finished:
    """How a process ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}{self.err}"


class Campaign:
    """One campaign in a directory of its own, with a mark in the environment by which its processes
    are found again.
    """

    def __init__(self, place: Path, config: dict[str, Any]) -> None:
        self.place = place
        self.root = place / "run"
        self.case = uuid.uuid4().hex
        (place / "tmp").mkdir(parents=True)
        self.config = place / "campaign.yaml"
        self.config.write_text(
            yaml.safe_dump(
                {**config, "supervisor": {"base_run_dir": "run", "seed": 7, **config["supervisor"]}}
            )
        )

    # -- processes ---------------------------------------------------------------------------------

    def start(
        self, *arguments: str, program: tuple[str, ...] = ("-m", "enchanted_tui")
    ) -> subprocess.Popen[str]:
        """Start the command line in the campaign's directory; `program` is what Python is told to
        run.
        """
        environment = {
            **os.environ,
            _CASE: self.case,
            "TMPDIR": str(self.place / "tmp"),
            "PYTHONPATH": os.pathsep.join(
                [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
        }
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=self.place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def supervise(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        """Start a supervisor of this campaign."""
        return self.start("campaign.yaml", "--no-ui", *arguments, **how)

    def run(self, *arguments: str, **how: Any) -> Finished:
        """Run a supervisor of this campaign to its end."""
        return finish(self.supervise(*arguments, **how))

    def command(self, *arguments: str) -> Finished:
        """Run the command line with other arguments."""
        return finish(self.start(*arguments))

    def complete(self, *arguments: str) -> Finished:
        """Go on until the campaign is complete: resume, or begin where nothing is on record yet."""
        mode = "resume" if self.records() else "auto"
        ended = self.run("--run-mode", mode, *arguments)
        assert ended.code == 0, ended
        return ended

    def kill_after(self, delay: float, *arguments: str) -> bool:
        """Run a supervisor and kill it, and nothing else, after `delay` seconds; True if it was
        still running.
        """
        process = self.supervise(*arguments)
        try:
            process.communicate(timeout=delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=LIMIT)
            return True
        return False

    def processes(self) -> dict[int, str]:
        """Give command lines by pid of all living processes that this campaign has started."""
        mark = f"{_CASE}={self.case}".encode()
        found = {}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in Path(entry.path, "environ").read_bytes().split(
                        b"\0"
                    ) and not _is_zombie(entry.path):
                        found[int(entry.name)] = (
                            Path(entry.path, "cmdline")
                            .read_bytes()
                            .replace(b"\0", b" ")
                            .decode()[:200]
                        )
        return found

    def wait_for_no_process(self, patience: float = 10.0) -> None:
        """Fail unless every process of the campaign ends by itself within `patience` seconds."""
        deadline = time.monotonic() + patience
        while left := self.processes():
            assert time.monotonic() < deadline, f"left behind: {left}"
            time.sleep(0.02)

    def end_processes(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # -- what is on record -------------------------------------------------------------------------

    @property
    def journal(self) -> Path:
        return self.root / "state" / "journal.jsonl"

    def intact_journal(self) -> bytes:
        """Give the whole lines of the journal."""
        data = self.journal.read_bytes() if self.journal.exists() else b""
        return data[: data.rfind(b"\n") + 1]

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.intact_journal().splitlines()]

    def finished_tasks(self) -> int:
        return sum(record["type"] == "task" for record in self.records())

    def wait_for_tasks(
        self, count: int, process: subprocess.Popen[str], patience: float = 20.0
    ) -> None:
        """Wait until `count` tasks are on record."""
        deadline = time.monotonic() + patience
        while self.finished_tasks() < count:
            assert process.poll() is None, finish(process)
            assert time.monotonic() < deadline, (
                f"only {self.finished_tasks()} of {count} tasks after {patience} s"
            )
            time.sleep(0.02)

    def executions(self) -> list[tuple[str, str]]:
        """Give (session, task) of every run that a probe noted, in order."""
        log = self.place / "executed.log"
        return (
            [tuple(line.split()) for line in log.read_text().splitlines()] if log.exists() else []
        )

    def contents(self) -> dict[str, Any]:
        """Read every file of the run directory; give what must be the same for two campaigns of one
        seed.
        """
        return {
            "dataset": without_runtimes(self.root / "enchanted_dataset.csv"),
            "last complete": without_runtimes(self.root / "last_complete_enchanted_dataset.csv"),
            "failures": sorted(without_runtimes(self.root / "enchanted_failures.csv")),
            "hdf5": read_hdf5(self.root / "runs.h5"),
            "run state": yaml.safe_load((self.root / "enchanted_run.yaml").read_bytes()),
            "reports": reports(self.root / "logs" / "all_progress.txt"),
            "pipeline": re.findall(
                r"^(?:State|Tasks|Successes|Failures): .*",
                (self.root / "logs" / "pipeline_progress.txt").read_text(),
                re.M,
            ),
            "samples": samples(self.records()),
            "tree": tree(self.root),
        }

    # -- checks ------------------------------------------------------------------------------------

    def assert_like(self, reference: dict[str, Any]) -> None:
        """Check that the campaign is complete and in every file the same as an uninterrupted one."""
        found = self.contents()
        for name, expected in reference.items():
            assert found[name] == expected, (
                f"{name} differs from that of an uninterrupted run:"
                f" {first_difference(found[name], expected)}"
            )
        self.assert_sound_record()

    def assert_sound_record(self) -> None:
        """Check that the journal is whole, holds every task once, and that no task ran once its
        result was on record.
        """
        with JournalReader(self.journal) as reader:
            for _ in reader.records():
                pass
            assert not reader.damage
        session, session_of = "", {}
        for record in self.records():
            if record["type"] == "open":
                session = record["session"]
            elif record["type"] == "task":
                name = "d{}_b{}_s{}_r{}".format(*record["task"])
                assert name not in session_of, f"{name} is on record twice"
                session_of[name] = session
        sessions = [record["session"] for record in self.records() if record["type"] == "open"]
        for (session, task), count in Counter(self.executions()).items():
            assert count == 1, f"{task} ran {count} times in session {session}"
            assert sessions.index(session) <= sessions.index(session_of[task]), (
                f"{task} ran again although its result was on record"
            )


# -- processes -------------------------------------------------------------------------------------


def finish(process: subprocess.Popen[str], timeout: float = LIMIT) -> Finished:
    """Wait for a process; one that does not end is killed, and the test fails with what it said."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate(timeout=LIMIT)
        raise AssertionError(f"still running after {timeout} s\n{out}{err}") from None
    return Finished(process.returncode, out, err)


def assert_one_sentence(ended: Finished, *words: str) -> None:
    """Check that a process stopped over its environment: exit code 3 and a sentence for people, no
    traceback.
    """
    assert ended.code == 3, ended
    assert "Traceback" not in ended.err, ended
    assert "defect" not in ended.err, ended
    for word in words:
        assert word in ended.err, ended


def _is_zombie(path: str) -> bool:
    return ") Z " in Path(path, "stat").read_text()


def first_difference(found: Any, expected: Any, place: str = "") -> str:
    """Say where two nested structures begin to differ."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        pairs = [(f"{place}.{key}", found[key], expected[key]) for key in expected]
    elif (
        isinstance(found, list | tuple)
        and isinstance(expected, list | tuple)
        and len(found) == len(expected)
    ):
        pairs = [
            (f"{place}[{index}]", *pair)
            for index, pair in enumerate(zip(found, expected, strict=True))
        ]
    else:
        return f"{place}: {found!r:.500} instead of {expected!r:.500}"
    return next(
        (first_difference(one, other, where) for where, one, other in pairs if one != other), ""
    )


# -- files -----------------------------------------------------------------------------------------


def without_runtimes(path: Path) -> list[list[str]] | None:
    """Give header and lines of a CSV file, cell by cell, without run times; pandas has to be able
    to read it too.
    """
    if not path.exists():
        return None
    import pandas

    assert path.read_bytes().endswith(b"\n")
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    assert len(pandas.read_csv(path)) == len(lines) - 1
    assert {len(line) for line in lines} == {len(lines[0])}
    kept = [column for column, name in enumerate(lines[0]) if not name.startswith("runtime_sec_")]
    return [[_without_inherited_runtimes(line[column]) for column in kept] for line in lines]


def _without_inherited_runtimes(cell: str) -> str:
    """Take the run times out of the parameters that the failures file shows as JSON."""
    if not cell.startswith("{"):
        return cell
    given = json.loads(cell)
    return json.dumps(
        {
            name: _relative(value)
            for name, value in given.items()
            if not name.startswith("runtime_sec_")
        }
    )


def _relative(value: Any) -> Any:
    return (
        value[value.index("/run/data/") :]
        if isinstance(value, str) and "/run/data/" in value
        else value
    )


def read_hdf5(path: Path) -> dict[str, Any] | None:
    """Give every dataset and attribute of runs.h5 by its path, without run times."""
    if not path.exists():
        return None
    import h5py
    import numpy

    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        found[f"{name}@"] = {
            key: numpy.asarray(value).tolist() for key, value in item.attrs.items()
        }
        if isinstance(item, h5py.Group) and "columns" in item:
            columns = [column.decode() for column in item["columns"][()]]
            values = item["values"][()]
            kept = [
                index
                for index, column in enumerate(columns)
                if not column.startswith("runtime_sec_")
            ]
            found[name] = [columns, values[..., kept].astype(str).tolist()]
        elif isinstance(item, h5py.Dataset) and item.name.rsplit("/", 1)[1] not in (
            "values",
            "columns",
        ):
            found[name] = numpy.asarray(item[()]).astype(str).tolist()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def reports(path: Path) -> list[tuple[str, ...]]:
    """Give the reports on finished batches, in the order of the batches: what a batch was and how
    it went.
    """
    pattern = (
        r"Depth: (\d+)\nBatch: (\d+)\nStep: (\d+)\nCompleted: (.*)\nSuccesses: (.*)\nFailures:"
        r" (.*)\n"
    )
    return sorted(re.findall(pattern, path.read_text()))


def samples(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the recorded values by place; a place is recorded once."""
    found = {}
    for record in records:
        if record["type"] == "samples":
            place = str([record[key] for key in ("depth", "batch", "first", "size", "start")])
            assert place not in found, f"the samples {place} are on record twice"
            found[place] = [record["names"], record["rows"]]
    return found


def tree(root: Path) -> list[str]:
    """Give the names of all files and directories, but for the configurations: each change is kept
    with the campaign.
    """
    return sorted(
        name
        for name in (str(path.relative_to(root)) for path in root.rglob("*"))
        if not name.startswith("config/")
    )
