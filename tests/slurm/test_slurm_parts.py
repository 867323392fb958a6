"""The parts of the executor that decide something: shares, scripts, times, tokens, results files,
verdicts, and what is shipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.executors.base import TaskId
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.bundling import Bundling
from enchanted_tui.executors.slurm.element import elements_of
from enchanted_tui.executors.slurm.executor import SlurmExecutor
from enchanted_tui.executors.slurm.job_end import job_end, never_starts
from enchanted_tui.executors.slurm.scheduler import JobRow
from enchanted_tui.executors.slurm.script import job_script, option_problems, walltime
from enchanted_tui.executors.slurm.share_fitting import Fitting
from enchanted_tui.executors.slurm.worker_archive import archive
from enchanted_tui.executors.slurm_terms import seconds
from enchanted_tui.journal_lines import seal
from enchanted_tui.record.open_jobs import JobBook
from enchanted_tui.resources import Resources

tasks = st.builds(
    TaskId, st.integers(0, 3), st.integers(0, 5), st.integers(0, 50), st.integers(0, 2)
)


# -- shares ----------------------------------------------------------------------------------------


def test_samples_of_any_size_share_jobs_whose_cpus_are_said() -> None:
    """Protects the queue from smaller samples, and samples from jobs that are too small: what
    sbatch does not say is enough for each of those that wait, and a job that stays takes whatever
    it has room for.
    """
    options = SlurmExecutor(sbatch={"time": "1:00:00", "ntasks": 4}, idle_timeout=60)._job_options()
    small, wide = Resources(mem=8000), Resources(ranks=4, cpus_per_rank=1, mem=1000, gpus=2)
    both = options.for_samples([small, wide])
    assert both.sbatch["mem"] == options.for_samples([small]).sbatch["mem"]
    assert both.sbatch["gres"] == "gpu:2"
    assert both.bundling.processes == 1
    submission = Submission("e1", "cluster", "job", "/jobs", [[]], stays=both.stays)
    [element] = elements_of(submission)
    fitting = Fitting(options)
    assert not fitting.takes(element, small)  # it has not said what it holds
    nodes = [{"name": "n1", "cpus": [0, 1, 2, 3], "gpus": [0, 1], "mem": 33000}]
    element.take(b'#{"op": "hello", "nodes": ' + json.dumps(nodes).encode() + b"}\n")
    assert fitting.takes(element, small) and fitting.takes(element, wide)
    assert not fitting.takes(element, Resources(mem=34000))
    assert not fitting.takes(element, Resources(gpus=3))
    other = SlurmExecutor(sbatch={"time": "2:00:00", "ntasks": 4}, idle_timeout=60)._job_options()
    assert not Fitting(other).takes(element, small)
    unsaid = SlurmExecutor(sbatch={"time": "1:00:00"}, idle_timeout=60)._job_options()
    assert not Fitting(unsaid).takes(element, small)


@given(
    st.integers(0, 500),
    st.integers(1, 50),
    st.integers(1, 100),
    st.one_of(st.none(), st.floats(1e-5, 1e5)),
    st.one_of(st.none(), st.integers(1, 50)),
    st.one_of(st.none(), st.floats(60, 1e6)),
)
def test_shares_hold_every_task_once_within_the_limits(
    count: int,
    free: int,
    limit: int,
    mean: float | None,
    per_job: int | None,
    limit_of_time: float | None,
) -> None:
    """Protects against lost and doubled samples: shares are the first tasks in order, no more than
    the queue and the cluster allow.
    """
    bundling = Bundling(per_job, 2, 50, limit_of_time)
    shares = bundling.divide(list(range(count)), free, limit, mean)
    assert [task for share in shares for task in share] == list(range(sum(map(len, shares))))
    assert len(shares) <= min(free, limit)
    assert all(shares)
    assert bool(shares) == bool(count)
    assert bundling.capacity(mean) >= 1


@pytest.mark.parametrize(
    ("mean", "expected"),
    [(0.01, 6_000), (1.0, 100), (600.0, 9), (100_000.0, 1)],
    ids=["worth its start", "even", "within the walltime", "at least one"],
)
def test_auto_goes_by_run_times_and_walltime(mean: float, expected: int) -> None:
    """Protects against jobs of a second and against jobs that the walltime cuts off: two hours, one
    process, 1,000 wait for 10 jobs.
    """
    assert Bundling(None, 1, 10, 7_200.0).bundle_size(1_000, 10, mean) == expected


# -- scripts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", 1800),
        ("01:30", 90),
        ("1:00:00", 3600),
        ("2-0", 172800),
        ("1-12:30", 131400),
        ("1-00:00:01", 86401),
        ("soon", None),
    ],
)
def test_times_are_read_as_slurm_does(text: str, expected: int | None) -> None:
    """Protects the walltime rule: a single number is minutes, and days come before a dash."""
    assert seconds(text) == expected


@pytest.mark.parametrize("line", ["#SBATCH --time=00:20:00", "#SBATCH -t 20", "#SBATCH --time 20"])
def test_the_walltime_is_found_in_a_template(line: str) -> None:
    """Protects the walltime rule for scripts of the user's own."""
    assert walltime({}, f"#!/bin/bash\n{line}\n{{{{ command }}}}\n") == 1200


@pytest.mark.parametrize(
    "options",
    [
        {"array": "0-3"},
        {"output": "x"},
        {"c": "4"},
        {"time": "soon"},
        {"comment": "a\nb"},
        {"a b": "c"},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, str]) -> None:
    """Protects what the executor needs for itself, and the script from more lines than one an
    option.
    """
    assert list(option_problems(options))


def test_a_template_keeps_everything_but_the_command() -> None:
    """Protects a script that is known to work: only the placeholder is replaced, literally."""
    made = job_script(
        {"mem": "1G"}, ["ignored"], "#!/bin/sh\nsrun {{ command }} # \\1\n", ["py", "/a b/w", "/d"]
    )
    assert made == "#!/bin/sh\nsrun py '/a b/w' /d \"$SLURM_ARRAY_TASK_ID\" # \\1\n"


# -- the journal -----------------------------------------------------------------------------------


@given(
    st.lists(
        st.lists(st.tuples(tasks, st.integers(0, 2)), max_size=8, unique_by=lambda item: item[0]),
        min_size=1,
        max_size=4,
    )
)
def test_an_intent_survives_the_journal(elements: list[list[tuple[TaskId, int]]]) -> None:
    """Protects a restart: what was written down says exactly which job holds which task."""
    submission = Submission(
        "e0123456789ab", "cluster", "run-e0123456789ab", "/jobs/e0123456789ab", elements, 5.0
    )
    book = JobBook()
    intent: Any = {**submission.intent(), "time": 5.0}
    book.apply(intent)
    assert book.open[submission.token] == submission


def test_a_task_belongs_to_the_job_that_was_given_it_last() -> None:
    """Protects against the result of a job that was given up: what has come back or was given to
    another job is not held any more.
    """
    first, second = TaskId(0, 0, 0, 0), TaskId(0, 0, 1, 0)
    book = JobBook()
    for token, held in (("e000000000001", [first, second]), ("e000000000002", [second])):
        made = Submission(token, "c", f"r-{token}", "/d", [[(task, 0) for task in held]])
        intent: Any = {**made.intent(), "time": 0.0}
        book.apply(intent)
    assert [submission.elements for submission in book.of("c")] == [[[(first, 0)]], [[(second, 0)]]]
    book.came_back(first)
    book.apply({"type": "jobs", "event": "closed", "token": "e000000000002"})
    assert [submission.elements for submission in book.of("c")] == [[[]]]


# -- results ---------------------------------------------------------------------------------------


def record(sample: int) -> bytes:
    return seal(
        b'{"v":1,"type":"task","task":[0,0,%d,0],"outcome":"ok","runtime":0.5,"row":{"x":"\\u00e9"}}'
        % sample
    )


@given(st.integers(1, 60), st.integers(0, 3))
def test_results_are_taken_whole_however_they_arrive(cut: int, torn: int) -> None:
    """Protects against half a line, read while it is written, and against lines that the death of a
    job has torn.
    """
    tasks_held = [[(TaskId(0, 0, sample, 0), 0) for sample in range(3)]]
    [element] = elements_of(Submission("e0", "c", "n", "/d", tasks_held))
    garbage = record(9)[: 10 * torn] + b"\n" if torn else b""
    content = (
        b'#{"op": "hello", "at": 1.0, "node": "n1"}\n'
        + record(0)
        + garbage
        + record(1)[:-4]
        + b"\n"
        + record(2)
    )
    found = []
    for start in range(0, len(content), cut):
        results, _ = element.take(content[start : start + cut])
        found += results
    assert [(task.sample, line) for task, line, _ in found] == [(0, record(0)), (2, record(2))]
    assert element.hello is not None
    assert element.offset == len(content)


# -- verdicts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "exit_code", "kind", "failure", "counts"),
    [
        ("TIMEOUT", "0:0", "walltime", "timeout", True),
        ("NODE_FAIL", "0:0", "node", "lost", True),
        ("PREEMPTED", "0:15", "preempted", "lost", False),
        ("OUT_OF_MEMORY", "0:125", "memory", "memory", True),
        ("CANCELLED", "0:15", "cancelled", "lost", False),
        ("FAILED", "0:53", "launch", "lost", True),
        ("FAILED", "0:9", "memory", "memory", True),
        ("FAILED", "74:0", "disk", "lost", False),
        ("FAILED", "1:0", "failed", "lost", True),
    ],
)
def test_each_end_of_a_job_is_told_from_the_others(
    state: str, exit_code: str, kind: str, failure: str, counts: bool
) -> None:
    """Protects the right treatment: what is retried, what counts as an attempt, and what the sample
    is recorded as at last.
    """
    verdict = job_end(JobRow("7", 1, state, "n", node="n1", exit_code=exit_code), 60.0)
    assert (verdict.kind, verdict.failure, verdict.counts) == (kind, failure, counts)


def test_a_busy_cluster_is_not_taken_for_an_impossible_one() -> None:
    """Protects jobs that merely wait; once something has started, missing nodes are a matter of
    time.
    """
    for reason in (
        "Priority",
        "Resources",
        "JobArrayTaskLimit",
        "ReqNodeNotAvail, UnavailableNodes:n2",
        "QOSMaxJobsPerUserLimit",
    ):
        assert never_starts(JobRow("7", 1, "PENDING", "n", reason=reason), first=True) is None
    assert (
        never_starts(JobRow("7", 1, "PENDING", "n", reason="PartitionConfig"), first=False) is None
    )
    assert never_starts(JobRow("7", 1, "PENDING", "n", reason="PartitionConfig"), first=True)


# -- what is shipped -------------------------------------------------------------------------------


def interpreters() -> list[str]:
    """Give this interpreter and, where there is one, the oldest that jobs may use."""
    found = [sys.executable]
    for directory in (
        *os.environ.get("PATH", "").split(":"),
        *map(str, Path.home().glob(".pyenv/versions/3.9*/bin")),
    ):
        path = Path(directory) / "python3.9"
        if path.exists() and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            found.append(str(path))
            break
    return found


@pytest.mark.parametrize("interpreter", interpreters())
def test_the_archive_needs_the_standard_library_alone(interpreter: str, tmp_path: Path) -> None:
    """Protects clusters where nothing is installed: every module that is shipped can be imported,
    without anybody's packages.
    """
    name, content = archive()
    path = tmp_path / name
    path.write_bytes(content)
    modules = [
        item.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for item in zipfile.ZipFile(BytesIO(content)).namelist()
        if item.endswith(".py") and not item.startswith("__main__")
    ]
    code = (
        f"import sys, importlib; sys.path.insert(0, {str(path)!r}); [importlib.import_module(name)"
        f" for name in {modules!r}]"
    )
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


# -- shares that are added -------------------------------------------------------------------------


def test_who_holds_a_task_that_was_moved() -> None:
    """Protects against two jobs with one task after a resume: it is held by the job that was given
    it last, as that share of it, and by nobody once its result is there or the jobs are closed.
    """
    first, second, third = (TaskId(0, 0, number, 0) for number in range(3))
    one = Submission("e" + "1" * 12, "cluster", "job", "/there", [[(first, 0)], [(second, 0)]])
    one.stays = "as now"
    two = Submission("e" + "2" * 12, "cluster", "job", "/there", [[]])
    book = JobBook()
    for record in (
        one.intent(),
        two.intent(),
        one.addition({(0, 1): [(third, 0)]}),
        one.addition({(1, 1): [(first, 1)], (0, 2): [(second, 0)]}),
        two.addition({(0, 1): [(third, 0)]}),
    ):
        book.apply({"time": 0.0, **record})  # type: ignore[typeddict-item]
    held = {submission.token: submission for submission in book.of("cluster")}
    assert held[one.token].elements == [[], []]
    assert held[one.token].added == {(0, 1): [], (1, 1): [(first, 1)], (0, 2): [(second, 0)]}
    assert held[one.token].stays == "as now"
    elements = elements_of(held[one.token], adopted=True)
    assert [element.shares for element in elements] == [2, 1]
    assert [list(element.unfinished) for element in elements] == [[second], [first]]
    book.came_back(first)
    book.apply({"time": 0.0, **one.closed()})  # type: ignore[typeddict-item]
    assert set(book.holders) == {third}
