"""A campaign under test: run in this process or in processes of its own, and read back."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import signal
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from helpers.configs import Config, campaign_config
from helpers.files import (
    Row,
    contents,
    first_difference,
    journal_records,
    read_csv,
    snapshot,
)
from helpers.processes import LIMIT, Finished, end, finish, marked, wait_until, with_helpers

_CASE = "ENCHANTED_TEST_CAMPAIGN"
PROGRAM = (sys.executable, "-m", "enchanted_tui")


class Campaign:
    """A configuration in the directory `root`, and what becomes of it.

    `run`, `resume` and `extend` work in this process, whose working directory has to be `root`.
    `start` and what is built upon it start processes there, which a mark in their environment finds
    again, with those that they start.
    """

    def __init__(self, root: Path, config: Config | None = None, run_dir: str = "run") -> None:
        self.root = root
        self.config = campaign_config() if config is None else config
        self.config_path = root / "campaign.yaml"
        self.run_dir = root / run_dir
        self.log = root / "runs.log"  #: where runners note what they run
        self.program: tuple[str, ...] = PROGRAM
        self.environment: dict[str, str] = {}  #: what processes see besides
        self.mark = f"{_CASE}={uuid.uuid4().hex}"

    @classmethod
    def apart(cls, root: Path, config: Config) -> Campaign:
        """Return a campaign of processes only: in a new directory, with temporary files of its
        own.
        """
        (root / "tmp").mkdir(parents=True)
        made = cls(root, {**config, "supervisor": {**_DEFAULTS, **config["supervisor"]}})
        made.environment["TMPDIR"] = str(root / "tmp")
        made.write()
        return made

    def write(self, config: Config | None = None) -> Path:
        """Write the configuration file; return its path."""
        if config is not None:
            self.config = copy.deepcopy(config)
        self.config_path.write_text(yaml.safe_dump(self.config, sort_keys=False))
        return self.config_path

    def budget(self, budget: int, depth: int = 0) -> None:
        """Change the budget of a stage's sampler in the configuration."""
        self.config["samplers"][f"s{depth}"]["budget"] = budget

    # -- in this process ---------------------------------------------------------------------------

    def run(self, *arguments: str, config: Config | None = None) -> int:
        """Run with the configuration as it stands; return the exit code."""
        return cli.main([str(self.write(config)), "--no-ui", *arguments])

    def resume(self, *arguments: str) -> int:
        return self.run("--run-mode", "resume", *arguments)

    def extend(self, *arguments: str) -> int:
        return self.run("--run-mode", "extend", *arguments)

    # -- in processes of its own -------------------------------------------------------------------

    def start(
        self, *arguments: str, program: tuple[str, ...] | None = None, **how: Any
    ) -> subprocess.Popen[str]:
        """Start the command line; `program` is what Python is told to run instead."""
        streams = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        command = self.program if program is None else (sys.executable, *program)
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.root,
            env=self.surroundings(),
            text=True,
            **{**streams, **how},
        )

    def supervise(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        """Start a supervisor of this campaign."""
        return self.start(self.config_path.name, "--no-ui", *arguments, **how)

    @contextlib.contextmanager
    def at_work(self, tasks: int) -> Iterator[subprocess.Popen[str]]:
        """Run a supervisor that has some tasks on record; kill it at the end, if it lives."""
        process = self.supervise()
        self.wait_for_tasks(tasks, process)
        yield process
        process.kill()
        process.communicate(timeout=LIMIT)

    def run_apart(self, *arguments: str, **how: Any) -> Finished:
        """Run a supervisor of this campaign to its end."""
        return finish(self.supervise(*arguments, **how))

    def command(self, *arguments: str) -> Finished:
        """Run the command line with other arguments."""
        return finish(self.start(*arguments))

    def command_here(self, *arguments: str, patience: float = LIMIT) -> Finished:
        """Run the command line in this process, with working directory and environment of the
        campaign: what `command` gives, without the start of a Python, which costs more than a small
        campaign. Its workers are processes as ever; a campaign that is killed needs one of its own.
        """
        assert self.program == PROGRAM, "what runs the program is a process"
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as changed, _ended_after(patience):
            changed.chdir(self.root)
            for variable, text in self.surroundings().items():
                changed.setenv(variable, text)
            changed.setattr(tempfile, "tempdir", None)  # look at TMPDIR again
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = cli.main(arguments)
        return Finished(code, out.getvalue(), err.getvalue())

    def surroundings(self) -> dict[str, str]:
        """Return the environment of what runs the program."""
        name, _, value = self.mark.partition("=")
        return with_helpers({name: value, **self.environment})

    def run_here(self, *arguments: str) -> Finished:
        """Run this campaign to its end in this process: see `command_here`."""
        return self.command_here(self.config_path.name, "--no-ui", *arguments)

    def complete(self, *arguments: str) -> Finished:
        """Go on until the campaign is complete: resume, or begin where nothing is on record yet."""
        mode = "resume" if self.records() else "auto"
        run = self.run_here if self.program == PROGRAM else self.run_apart
        ended = run("--run-mode", mode, *arguments)
        assert ended.code == 0, ended
        return ended

    def kill_after(self, delay: float, *arguments: str) -> bool:
        """Run a supervisor and kill it, and nothing else, after `delay` seconds; return whether it
        was still running.
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
        """Return the command lines by pid of all living processes that this campaign has
        started.
        """
        return marked(self.mark)

    def wait_for_no_process(self, patience: float = 10.0) -> None:
        """Fail unless every process of the campaign ends by itself within `patience` seconds."""
        wait_until(lambda: not self.processes(), patience, f"that {self.processes()} have ended")

    def end_processes(self) -> None:
        """Kill what the campaign has left running."""
        end(self.processes())

    # -- what it leaves ----------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        return self.run_dir / name

    def rows(self, name: str = "enchanted_dataset.csv") -> list[Row]:
        return read_csv(self.path(name))

    def columns(self, name: str = "enchanted_dataset.csv") -> list[str]:
        with self.path(name).open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file))

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows()]

    def numbers(self, name: str) -> list[float]:
        return [float(value) for value in self.column(name)]

    def failures(self) -> list[Row]:
        return self.rows("enchanted_failures.csv")

    def snapshot(self) -> dict[str, str]:
        """Return every file below the run directory with a digest of its content, and
        directories.
        """
        return snapshot(self.run_dir)

    def contents(self) -> dict[str, Any]:
        """Return what must be the same for two campaigns of one seed."""
        return contents(self.run_dir)

    def stored_configs(self) -> list[str]:
        return sorted(path.name for path in self.path("config").iterdir())

    # -- what is on record -------------------------------------------------------------------------

    @property
    def journal(self) -> Path:
        return self.path("state/journal.jsonl")

    def intact_journal(self) -> bytes:
        """Return the whole lines of the journal."""
        data = self.journal.read_bytes() if self.journal.exists() else b""
        return data[: data.rfind(b"\n") + 1]

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        return journal_records(self.run_dir, kind)

    def targets(self) -> list[int]:
        """Return the samples that each stage is to draw according to the newest session."""
        found: list[int] = self.records("open")[-1]["targets"]
        return found

    def finished_tasks(self) -> int:
        return len(journal_records(self.run_dir, "task", rows=False))

    def wait_for_tasks(
        self, count: int, process: subprocess.Popen[str], patience: float = LIMIT
    ) -> None:
        """Wait until `count` tasks are on record while `process` runs."""

        def enough() -> bool:
            done = self.finished_tasks()
            assert done >= count or process.poll() is None, finish(process)
            return done >= count

        wait_until(enough, patience, f"{count} tasks on record")

    # -- what runners have noted -------------------------------------------------------------------

    def noted(self) -> list[str]:
        """Return what runners noted of every run, in order: its task, and what they know
        besides.
        """
        return self.log.read_text().splitlines() if self.log.exists() else []

    def begun(self) -> list[str]:
        """Return the task of every run, in order."""
        return [line.split()[-1] for line in self.noted()]

    def executions(self) -> Counter[str]:
        """Return how often each task was run."""
        return Counter(self.begun())

    def forget_executions(self) -> None:
        self.log.unlink(missing_ok=True)

    # -- checks ------------------------------------------------------------------------------------

    def assert_like(self, reference: dict[str, Any]) -> None:
        """Check that the campaign is complete and in every file the same as an uninterrupted
        one.
        """
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

        Runners have noted session and task.
        """
        assert self.intact_journal().count(b"\n") == len(self.records()), "a line is damaged"
        session_of = {}
        session = ""
        for record in self.records():
            if record["type"] == "open":
                session = record["session"]
            elif record["type"] == "task":
                name = "d{}_b{}_s{}_r{}".format(*record["task"])
                assert name not in session_of, f"{name} is on record twice"
                session_of[name] = session
        sessions = [record["session"] for record in self.records("open")]
        for line, count in Counter(self.noted()).items():
            session, task = line.split()
            assert count == 1, f"{task} ran {count} times in session {session}"
            assert sessions.index(session) <= sessions.index(session_of[task]), (
                f"{task} ran again although its result was on record"
            )


_DEFAULTS = {"base_run_dir": "run", "seed": 7}


@contextlib.contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Fail what takes longer than that, so that a campaign that hangs in this process does not hold
    up all other tests.
    """

    def fail(*_: Any) -> None:
        raise AssertionError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def campaigns_apart(place: Path) -> Iterator[Callable[..., Campaign]]:
    """Make campaigns of processes, each in a directory below `place`; whatever they leave running
    is ended at the end.
    """
    with contextlib.ExitStack() as ends:

        def make(config: Config, name: str = "case") -> Campaign:
            made = Campaign.apart(place / name, config)
            ends.callback(made.end_processes)
            return made

        yield make
