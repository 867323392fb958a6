"""The read model: whoever looks at a run directory sees what a fold of its journal gives, at any
moment and at little cost.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.cli import main
from enchanted_tui.executors.base import TaskId
from enchanted_tui.executors.task_end import FAILURE_KINDS
from enchanted_tui.journal_lines import seal
from enchanted_tui.record import snapshot
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import Journal, JournalReader
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import PATIENCE, Holder
from enchanted_tui.views.failure_groups import pattern_of
from enchanted_tui.views.liveness import LivenessWatch
from enchanted_tui.views.pace import BUCKETS, Pace, eta_range
from enchanted_tui.views.task_index import decode, encode
from enchanted_tui.views.viewing import Viewer
from helpers.journals import opening
from helpers.marks import examples

NOW = 1_700_000_000.0


# -- random journals -------------------------------------------------------------------------------


def task_line(task: tuple[int, int, int, int], outcome: str, runtime: float) -> bytes:
    """Give the record of a finished task as its worker writes it."""
    x = task[2] / 10
    record: dict[str, Any] = {"v": 1, "type": "task", "task": list(task), "outcome": outcome}
    record |= {"runtime": runtime, "started": NOW + task[2], "host": "n1", "attempt": 0}
    if outcome != "ok":
        record |= {
            "kind": FAILURE_KINDS[task[2] % 3],
            "message": f"step {task[2]} of /tmp/a{task[2]} failed",
        }
    row = {
        "y": 2 * x,
        "success": outcome == "ok",
        "success_r": outcome == "ok",
        "x": x,
        "runtime_sec_r": runtime,
        "run_dir": "data/d",
    }
    return seal(json.dumps(record | {"row": row}, separators=(",", ":")).encode())


@st.composite
def journals(draw: st.DrawFn) -> bytes:
    """Give a journal of one or two stages with results in any order, retries, pauses, several
    sessions, and perhaps damage.
    """
    steps = draw(st.lists(st.integers(1, 2), min_size=1, max_size=2))
    size, batches = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    lines: list[bytes] = []

    def add(record: dict[str, Any]) -> None:
        lines.append(
            seal(
                json.dumps(
                    record | {"v": 1, "time": NOW + len(lines)}, separators=(",", ":")
                ).encode()
            )
        )

    add(opening([size * batches] * len(steps), steps))
    for batch in range(batches):
        rows = [[index / 10] for index in range(size)]
        add(
            {
                "type": "samples",
                "depth": 0,
                "batch": batch,
                "first": batch * size,
                "size": size,
                "start": 0,
                "names": ["x"],
                "rows": rows,
            }
        )
    tasks = [
        (0, batch, sample, step)
        for batch in range(batches)
        for sample in range(size)
        for step in range(steps[0])
    ]
    for task in draw(st.lists(st.sampled_from(tasks), max_size=12)):
        event = draw(
            st.sampled_from(
                ["ok", "ok", "failed", "retry", "pause", "continue", "session", "strange"]
            )
        )
        if event in ("ok", "failed"):
            lines.append(task_line(task, event, draw(st.floats(0, 9))))
        elif event == "retry":
            add({"type": "retry", "tasks": [list(task)]})
        elif event == "session":
            add(
                {
                    "type": "end",
                    "reason": "drained",
                    "exit_code": 130,
                    "message": "drained by me",
                    "files": {},
                }
            )
            add(opening([size * batches] * len(steps), steps))
        elif event == "strange":
            add({"type": "of a later version"})
        else:
            add({"type": "control", "action": event, "by": "me"})
    content = b"".join(lines)
    if draw(st.booleans()) and len(lines) > 2:
        place = draw(st.integers(len(lines[0]), len(content) - 2))
        if content[place : place + 1] != b"\n":
            content = content[:place] + b"~" + content[place + 1 :]
    return content


def facts(state: CampaignState) -> Any:
    """Give all that a state says, as plain values."""
    stages = [
        [
            (stage.target, stage.drawn, stage.n_rows, stage.complete, stage.parents),
            [
                (
                    batch.count,
                    batch.finished_at,
                    [
                        (bytes(step.outcomes), step.offsets.tolist(), step.succeeded, step.failed)
                        for step in batch.steps
                    ],
                )
                for batch in stage.batches
            ],
        ]
        for stage in state.stages
    ]
    return (
        stages,
        state.sessions,
        state.paused_by,
        state.ended,
        +state.failed.kinds,
        state.cost.seconds,
        state.tasks_recorded,
    )


def by_hand(state: CampaignState, status: str) -> set[TaskId]:
    """Give the tasks of a status as somebody would who looks at each."""
    wanted = {
        "ok": lambda outcome: outcome == 1,
        "failed": lambda outcome: outcome > 1,
        "waiting": lambda outcome: outcome == 0,
    }
    take = wanted.get(status, lambda outcome: True)
    return {
        TaskId(stage.depth, batch.index, sample, number)
        for stage in state.stages
        for batch in stage.batches
        for number, step in enumerate(batch.steps)
        for sample, outcome in enumerate(step.outcomes)
        if take(outcome)
    }


@given(journals(), st.lists(st.floats(0, 1), max_size=6))
@settings(max_examples=examples(100), deadline=None)
def test_what_is_read_in_parts_is_what_is_read_at_once(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[float]
) -> None:
    """Protects the viewer: at every prefix of a journal, a torn line at its end included, it knows
    what a fold of the whole gives.
    """
    run_dir = CampaignDirectory(tmp_path_factory.mktemp("run"))
    run_dir.state.mkdir()
    viewer = Viewer(run_dir.root)
    for end in [*sorted(int(cut * len(content)) for cut in cuts), len(content)]:
        (
            run_dir.journal.write_bytes(content[:end])
            if not run_dir.journal.exists()
            else _append(run_dir.journal, content[:end])
        )
        view = viewer.refresh(NOW + 100)
        if b"\n" not in content[:end]:
            assert view.snapshot.tasks_done == 0
            continue
        state, damage = fold(run_dir.journal)
        assert facts(viewer._fold.state) == facts(state)
        assert len(view.damage) == len(damage)
        expected = snapshot.take(state, Liveness.NOT_RUNNING, NOW + 100)
        assert (view.snapshot.tasks_done, view.snapshot.succeeded, view.snapshot.failed) == (
            expected.tasks_done,
            expected.succeeded,
            expected.failed,
        )
        assert view.snapshot.stages == expected.stages
        assert [(batch.depth, batch.batch, batch.done) for batch in view.batches] == [
            (stage.depth, batch.index, batch.steps[-1].done)
            for stage in state.stages
            for batch in stage.batches
        ]
        _check_tasks(viewer, state, run_dir.journal)
    viewer.close()
    shutil.rmtree(run_dir.root)


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content[path.stat().st_size :])


def _check_tasks(viewer: Viewer, state: CampaignState, journal: Path) -> None:
    """Check selections, lines, groups of failures and columns against the records themselves."""
    for status in ("all", "ok", "failed", "waiting"):
        found = {
            order: list(viewer.select(status, order=order))
            for order in ("position", "finished", "runtime")
        }
        assert all(
            set(tasks) == by_hand(state, status) and len(set(tasks)) == len(tasks)
            for tasks in found.values()
        )
        assert found["position"] == sorted(found["position"])
        runtimes = [
            line.runtime for line in map(viewer.line, found["runtime"]) if line.runtime is not None
        ]
        assert runtimes == sorted(runtimes, reverse=True)
        offsets = [offset for offset in map(state.offset_of, found["finished"]) if offset >= 0]
        assert offsets == sorted(offsets, reverse=True)
    with JournalReader(journal) as reader:
        failed = by_hand(state, "failed")
        groups = viewer.rows.failure_groups()
        assert {task for group in groups for task in group.tasks} == failed
        assert sum(group.count for group in groups) == len(failed)
        ok = [reader.read(state.offset_of(task))["row"]["x"] for task in by_hand(state, "ok")]
        for group in groups:
            xs = [reader.read(state.offset_of(task))["row"]["x"] for task in group.tasks]
            ranges = group.ranges["x"]
            assert (ranges.failed_min, ranges.failed_max) == (min(xs), max(xs))
            assert (ranges.ok_min, ranges.ok_max) == ((min(ok), max(ok)) if ok else (None, None))
        for task in failed:
            assert viewer.line(task).params == {"x": reader.read(state.offset_of(task))["row"]["x"]}
        columns, tasks = viewer.rows.columns(), viewer.rows.tasks()
        assert {len(column) for column in columns.values()} <= {len(tasks)}
        assert [reader.read(state.offset_of(task))["row"]["y"] for task in tasks] == columns.get(
            "y", []
        )


def test_waiting_tasks_show_the_values_drawn_for_them(tmp_path: Path) -> None:
    """Protects the table before anything has run: a task's parameters are known as soon as they are
    drawn.
    """
    run_dir = _campaign(tmp_path, 3)
    viewer = Viewer(run_dir.root)
    viewer.refresh()
    assert [viewer.line(task).params for task in viewer.select("waiting")] == [
        {"x": 0.0},
        {"x": 0.1},
        {"x": 0.2},
    ]
    assert viewer.record(TaskId(0, 0, 0, 0)) is None
    assert viewer.line(TaskId(0, 7, 0, 0)).status == "waiting"
    viewer.close()


def test_a_stage_shows_its_own_parameters_first(tmp_path: Path) -> None:
    """Protects telling tasks apart where a column has room for one value: those of one parent share
    all that they have from it.
    """
    stages: dict[str, Any] = {
        "samplers": {
            "outer": {"type": "ArraySampler", "parameters": ["a"], "bounds": [[1, 2]]},
            "inner": {"type": "ArraySampler", "parameters": ["z"], "bounds": [[5]]},
        },
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "runners": {"sum": {"type": "SumRunner", "params_to_sum": ["a"]}},
        "supervisor": {
            "base_run_dir": str(tmp_path / "run"),
            "run_order": [
                {"executor": "here", "sampler": name, "runner": "sum"}
                for name in ("outer", "inner")
            ],
        },
    }
    (tmp_path / "config.yaml").write_text(json.dumps(stages))
    assert main([str(tmp_path / "config.yaml"), "--no-ui"]) == 0
    viewer = Viewer(tmp_path / "run")
    viewer.refresh()
    assert [list(viewer.line(TaskId(depth, 0, 0, 0)).params) for depth in (0, 1)] == [
        ["a"],
        ["z", "a"],
    ]
    viewer.close()


def _campaign(root: Path, samples: int, **end: Any) -> CampaignDirectory:
    """Write a journal with one batch of so many samples, none of which has run."""
    run_dir = CampaignDirectory(root)
    run_dir.state.mkdir(parents=True)
    journal = Journal(run_dir.journal)
    journal.append(opening([samples], [1]))
    for start in range(0, samples, 1_000):
        rows = [[index / 10] for index in range(start, min(samples, start + 1_000))]
        drawn: Any = {
            "type": "samples",
            "depth": 0,
            "batch": 0,
            "first": 0,
            "size": samples,
            "start": start,
            "names": ["x"],
            "rows": rows,
        }
        journal.append(drawn)
    if end:
        ended: Any = {"type": "end", "exit_code": 0, "files": {}, **end}
        journal.append(ended)
    journal.close()
    return run_dir


def test_a_replaced_journal_is_read_anew(tmp_path: Path) -> None:
    """Protects somebody who watches while the campaign is started afresh, or while a full disk
    makes the writer take records back.
    """
    run_dir = _campaign(tmp_path / "run", 3)
    _append_raw(run_dir.journal, task_line((0, 0, 0, 0), "ok", 1.0))
    viewer = Viewer(run_dir.root)
    assert viewer.refresh().snapshot.tasks_done == 1
    run_dir.journal.unlink()
    assert viewer.refresh().snapshot.tasks_done == 0
    shutil.rmtree(run_dir.state)
    _campaign(tmp_path / "run", 5)
    assert viewer.refresh().snapshot.tasks_expected == 5
    before = run_dir.journal.stat().st_size
    _append_raw(run_dir.journal, task_line((0, 0, 1, 0), "failed", 1.0))
    assert viewer.refresh().snapshot.failed == 1
    os.truncate(run_dir.journal, before)
    _append_raw(
        run_dir.journal, task_line((0, 0, 2, 0), "ok", 1.0) + task_line((0, 0, 3, 0), "ok", 1.0)
    )
    view = viewer.refresh()
    assert (view.snapshot.succeeded, view.snapshot.failed) == (2, 0)
    viewer.close()


def _append_raw(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_long_journal_gives_numbers_before_it_is_read(tmp_path: Path) -> None:
    """Protects the first second: what has been read is shown, says how much it is, and the rest
    follows.
    """
    run_dir = _campaign(tmp_path, 4_000)
    _append_raw(
        run_dir.journal,
        b"".join(task_line((0, 0, sample, 0), "ok", 1.0) for sample in range(4_000)),
    )
    viewer = Viewer(run_dir.root)
    seen = []
    while True:
        view = viewer.refresh(budget=1e-6)
        seen.append((view.reading, view.snapshot.tasks_done, view.phase))
        if view.reading == 1:
            break
    assert len(seen) > 3
    assert seen == sorted(seen, key=lambda item: item[:2])
    assert 0 < seen[2][1] < 4_000
    assert seen[0][2] == "unknown"
    assert (seen[-1][1], seen[-1][2]) == (4_000, "stopped")
    viewer.close()


def test_a_damaged_first_line_is_said_and_nothing_raised(tmp_path: Path) -> None:
    """Protects a viewer of a damaged directory: it says what is wrong, as the engine does, and
    shows no numbers.
    """
    run_dir = _campaign(tmp_path, 2)
    data = run_dir.journal.read_bytes()
    run_dir.journal.write_bytes(b"x" + data[1:])
    viewer = Viewer(run_dir.root)
    view = viewer.refresh()
    assert "first line" in view.damage[0]
    assert "--rebuild" in view.damage[0]
    assert view.snapshot.stages == ()
    viewer.close()


# -- why nothing happens ---------------------------------------------------------------------------


@pytest.fixture
def running(tmp_path: Path) -> Iterator[CampaignDirectory]:
    """A campaign whose lock this process holds."""
    from enchanted_tui.storage.lock import Lock

    run_dir = _campaign(tmp_path / "run", 3)
    lock = Lock.acquire(run_dir.lock, lambda: None)
    yield run_dir
    lock.release()


def _why(run_dir: CampaignDirectory, now: float, **live: Any) -> str:
    if live:
        workers = live.pop("workers", [])
        content = {
            "time": now,
            "state": "running",
            "in_flight": len(workers),
            "workers": workers,
            "n_workers": len(workers),
            "waiting_for": "",
        }
        run_dir.live.write_text(json.dumps(content | live))
    viewer = Viewer(run_dir.root)
    why = viewer.refresh(now).why
    viewer.close()
    return why


def _worker(task: str | None, since: float | None, name: str = "w") -> dict[str, Any]:
    return {"name": name, "host": "node12", "pid": 1, "task": task, "since": since}


def test_it_says_why_nothing_happens(running: CampaignDirectory) -> None:
    """Protects the line that answers it: workers, stragglers, the sampler, pauses, full disks, lost
    connections, a silent supervisor.
    """
    now = time.time()
    assert "waiting for workers to start (3 tasks handed out)" in _why(running, now, in_flight=3)
    assert "2 jobs PENDING (Priority)" in _why(
        running, now, in_flight=3, waiting_for="2 jobs PENDING (Priority)"
    )
    idle = [_worker(None, None, f"w{index}") for index in range(7)]
    straggler = _why(running, now, workers=[*idle, _worker("d0_b0_s2_r0", now - 1200)])
    assert "waiting for d0_b0_s2_r0 on node12: running for 20 min, since " in straggler
    last = [_worker("d0_b0_s1_r0", now), _worker("d0_b0_s2_r0", now - 1200)]
    offered = {"tasks": 1, "usual": 12.0, "executor": "cluster"}
    assert _why(running, now, workers=last, straggling=offered) == (
        "1 task left that runs far longer (the others took 12 s): straggler under executors: cluster"
        " would end such"
    )
    limited = {"tasks": 2, "usual": 12.0, "limit": 36.0}
    line = _why(running, now, workers=[*idle, last[1]], straggling=limited)
    assert "; what runs longer than 36 s is ended as a straggler: the others took 12 s" in line
    assert (
        _why(
            running, now, workers=[_worker("d0_b0_s1_r0", now - 1), _worker("d0_b0_s2_r0", now - 2)]
        )
        == ""
    )
    assert "no result for" in _why(
        running, now + 300, workers=[_worker("d0_b0_s1_r0", now), _worker("d0_b0_s2_r0", now)]
    )
    assert "stopping (drained by me)" in _why(
        running,
        now,
        state="stopping",
        waiting_for="stopping (drained by me); d0_b0_s1_r0 still runs",
    )
    assert "its last report is 2 min old" in _why(running, now + 100, time=now, in_flight=1)
    _append_raw(
        running.journal, b"".join(task_line((0, 0, sample, 0), "ok", 1.0) for sample in range(3))
    )
    _record(running, opening([6], [1]))
    assert "waiting for the sampler s0 (S) to draw" in _why(running, now, in_flight=0)
    _record(running, {"type": "control", "action": "pause", "by": "ann@login3"})
    assert "paused by ann@login3" in _why(running, now, in_flight=0)


def test_what_has_finished_does_not_run(running: CampaignDirectory) -> None:
    """Protects the table of batches: the report of what runs is older than the journal, and a
    complete batch has nothing running.
    """
    now = time.time()
    _why(running, now, workers=[_worker("d0_b0_s2_r0", now - 1200)])
    viewer = Viewer(running.root)
    assert viewer.refresh(now).batches[0].oldest_running == "d0_b0_s2_r0"
    _append_raw(
        running.journal, b"".join(task_line((0, 0, sample, 0), "ok", 1.0) for sample in range(3))
    )
    batch = viewer.refresh(now).batches[0]
    viewer.close()
    assert (batch.done, batch.count) == (3, 3) and not batch.oldest_running


def _record(run_dir: CampaignDirectory, record: Any) -> None:
    journal = Journal(run_dir.journal)
    journal.append(record)
    journal.close()


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("environment", "/scratch: the disk is full; make room", "the disk is full"),
        ("environment", "the connection to lumi was lost", "the connection to lumi was lost"),
        ("drained", "drained by ann@login3", "drained by ann@login3"),
        ("max_failures", "20 of 21 tasks failed", "20 of 21 tasks failed"),
    ],
)
def test_it_says_how_it_ended(tmp_path: Path, reason: str, message: str, expected: str) -> None:
    """Protects whoever comes back the next morning: the reason of the end is the first thing they
    read.
    """
    run_dir = _campaign(tmp_path, 3, reason=reason, message=message)
    assert expected in _why(run_dir, time.time())


def test_a_supervisor_that_was_killed_is_not_taken_for_running(tmp_path: Path) -> None:
    """Protects against showing a dead campaign as alive: the journal has no end, but nobody holds
    the lock.
    """
    run_dir = _campaign(tmp_path, 3)
    viewer = Viewer(run_dir.root)
    view = viewer.refresh()
    assert view.phase is Phase.STOPPED
    assert "died without ending its session" in view.why
    viewer.close()


def test_a_holder_on_another_host_is_judged_by_its_heartbeat(tmp_path: Path) -> None:
    """Protects the truth about liveness across hosts: unknown until a beat is seen or has been
    missing for long enough.
    """
    path = tmp_path / "lock"
    clock = [0.0]
    watch = LivenessWatch(path, lambda: clock[0])

    def beat(number: int) -> None:
        holder = Holder("t", "another-host", 1, 1.0, "boot", number)
        path.write_text(json.dumps(structs.asdict(holder)))

    assert watch.look()[0] is Liveness.NOT_RUNNING
    beat(1)
    assert watch.look()[0] is Liveness.PERHAPS_RUNNING
    clock[0] = PATIENCE - 1
    assert watch.look()[0] is Liveness.PERHAPS_RUNNING
    clock[0] = PATIENCE + 1
    assert watch.look()[0] is Liveness.NOT_RUNNING
    beat(2)
    assert watch.look()[0] is Liveness.RUNNING
    clock[0] += PATIENCE - 1
    assert watch.look()[0] is Liveness.RUNNING
    clock[0] += 2
    assert watch.look()[0] is Liveness.NOT_RUNNING


# -- numbers ---------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 5_000), max_size=200))
def test_rates_count_every_result_once(moments: list[float]) -> None:
    """Protects the sparkline: what its buckets hold together is the number of results in the time
    they cover.
    """
    pace = Pace()
    pace.add([NOW + moment for moment in moments])
    now = NOW + 5_000
    width, rates = pace.rates(now, NOW)
    start = (int(now // width) + 1 - BUCKETS) * width
    counted = sum(rate * width for rate in rates[:-1]) + rates[-1] * max(1.0, now % width)
    assert counted == pytest.approx(sum(NOW + moment >= start for moment in moments))


@given(
    st.lists(st.floats(0, 5_000), max_size=100),
    st.lists(st.floats(0, 5_000), max_size=100),
    st.floats(0, 600),
)
def test_a_session_has_its_own_results_alone(
    before: list[float], after: list[float], moment: float
) -> None:
    """Protects the time left right after a resume: the results of the session before are not taken
    for a thousand in the first second of this one.
    """
    began = NOW + moment
    pace = Pace()
    pace.add([began - 5 - span for span in before])
    pace.add([began + span for span in after])
    close = sum(span <= 5 for span in after)
    assert len(after) - close <= pace.count_since(began) <= len(after)


def test_the_time_left_has_bounds_that_narrow() -> None:
    """Protects the estimate: it holds the present rate's, is wider where less is known, and says
    nothing about nothing.
    """
    wide, narrow = eta_range(100, 1.0, 10, 10, 10.0), eta_range(100, 1.0, 1_000, 1_000, 1_000.0)
    assert wide is not None
    assert narrow is not None
    assert wide[0] < narrow[0] < 100 < narrow[1] < wide[1]
    assert eta_range(0, 1.0, 10, 10, 10.0) is None
    assert eta_range(5, None, 0, 0, 10.0) is None


@given(
    st.tuples(
        st.integers(0, 31), st.integers(0, 2**24 - 1), st.integers(0, 2**28 - 1), st.integers(0, 63)
    )
)
def test_a_task_survives_as_a_number(task: tuple[int, int, int, int]) -> None:
    """Protects selections: the number of a task is its own."""
    assert decode(encode(task)) == task


def test_messages_that_differ_in_numbers_are_one_group() -> None:
    """Protects the grouping of failures."""
    first = pattern_of(
        "ValueError: step 12 of d0_b1_s2_r0 diverged (residual 1.5e-7) in /scratch/a/b.dat at"
        " 0xdeadbeef"
    )
    assert first == pattern_of(
        "ValueError: step 7 of d0_b9_s44_r0 diverged (residual nan) in /scratch/c.dat at 0x1234"
    )
    assert first == "ValueError: step <n> of <task> diverged (residual <n>) in <path> at <hex>"
    assert pattern_of("mesh2d failed") == "mesh2d failed"


@given(st.uuids(), st.booleans(), st.binary(min_size=8, max_size=20))
def test_what_is_drawn_at_random_makes_no_group_of_its_own(
    number: UUID, upper: bool, token: bytes
) -> None:
    """Protects the limit of failures with one message, where the message names a session or a job
    that nobody has ever had before.
    """
    word = str(number).upper() if upper else str(number)
    assert pattern_of(f"no licence for session {word}") == "no licence for session <uuid>"
    said = {
        pattern_of(f"job {token.hex()} has ended"),
        pattern_of(f"job {token.hex().upper()} has ended"),
    }
    assert said <= {"job <hex> has ended", "job <n> has ended"} or token.hex().isalpha()
    assert pattern_of("ticket q7Zk20xPa9Lm") == "ticket <id>"
    for word in ("E1001", "H2O", "read_3d_2d_grid", "nid001234", "libm.so.6"):
        assert pattern_of(f"in {word}") == f"in {word}"


_LARGE = """
import sys, time
from pathlib import Path
from enchanted_tui.views.viewing import Viewer
viewer = Viewer(Path(sys.argv[1]))
begun = time.process_time()
viewer.refresh()
first = time.process_time() - begun
while viewer.refresh().reading < 1:
    pass
begun = time.process_time()
count = len(viewer.select())
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # unlike ru_maxrss not that of the parent
print(first, time.process_time() - begun, count, int(peak.split()[1]) / 1024)
"""


def test_a_hundred_thousand_samples_open_at_once(tmp_path: Path) -> None:
    """Protects the first numbers of a large campaign, the choosing of tasks there, and memory."""
    run_dir = _campaign(tmp_path, 100_000)
    _append_raw(
        run_dir.journal,
        b"".join(task_line((0, 0, sample, 0), "ok", 1.0) for sample in range(100_000)),
    )
    done = subprocess.run(
        [sys.executable, "-c", _LARGE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    _, _, count, memory = map(float, done.stdout.split())
    assert count == 100_000
    assert memory < 250  # MB; the whole app may take 300
