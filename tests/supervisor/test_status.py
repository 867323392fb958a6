"""How a campaign stands: one vocabulary and one read model for the command line, its JSON, the app
and the display of a campaign without the app.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from enchanted_tui import headless
from enchanted_tui.campaign_status import EndReason, Liveness, Phase
from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.record import snapshot
from enchanted_tui.record.snapshot import phase_of
from enchanted_tui.record.why import waiting_for
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor.supervisor import Supervisor
from enchanted_tui.views.status import Status
from enchanted_tui.views.viewing import Viewer

_CONFIG = """\
executors: {here: {type: LocalExecutor, n_workers: 1}}
samplers: {plane: {type: RandomSampler, parameters: [x, y], bounds: [[0, 1], [0, 1]], budget: 4}}
runners: {peaks: {type: SyntheticDoubleGaussianRunner, dimensions: 2}}
supervisor:
  base_run_dir: ROOT/run
  seed: 1
  run_order: [{executor: here, sampler: plane, runner: peaks}]
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Supervisor:
    """A campaign that has come to its end, as its supervisor left it."""
    directory = tmp_path_factory.mktemp("status")
    (directory / "c.yaml").write_text(_CONFIG.replace("ROOT", str(directory)))
    supervisor = actions.start(load_config(directory / "c.yaml"))
    supervisor.start()
    return supervisor


@pytest.fixture
def held(ended: Supervisor) -> Iterator[CampaignDirectory]:
    """Its run directory as a supervisor holds it that is asked to stop."""
    run_dir = CampaignDirectory(ended.config.base_run_dir)
    journal = run_dir.journal.read_bytes()
    lines = journal.splitlines(keepends=True)
    run_dir.journal.write_bytes(b"".join(line for line in lines if b'"type":"end"' not in line))
    lock = Lock.acquire(run_dir.lock, lambda: None)
    run_dir.live.write_text(
        json.dumps({"time": 0, "state": "stopping", "workers": [], "waiting_for": "stopping (x)"})
    )
    yield run_dir
    lock.release()
    run_dir.live.unlink()
    run_dir.journal.write_bytes(journal)


def _state(reason: str | None = None, *, complete: bool = True, paused: bool = False) -> Any:
    end = {"reason": reason} if reason is not None else None
    return SimpleNamespace(ended=end, complete=complete, paused_by="ann" if paused else None)


@pytest.mark.parametrize(
    ("state", "liveness", "flags", "phase"),
    [
        (_state(), Liveness.RUNNING, {}, Phase.RUNNING),
        (_state(paused=True), Liveness.RUNNING, {}, Phase.PAUSED),
        (_state(paused=True), Liveness.RUNNING, {"stopping": True}, Phase.STOPPING),
        (_state("drained"), Liveness.RUNNING, {}, Phase.RUNNING),  # the next session has the lock
        (_state(), Liveness.PERHAPS_RUNNING, {}, Phase.UNKNOWN),
        (_state("completed"), Liveness.NOT_RUNNING, {"whole": False}, Phase.UNKNOWN),
        (_state(paused=True), Liveness.NOT_RUNNING, {}, Phase.STOPPED),  # it died
        (_state("drained"), Liveness.NOT_RUNNING, {}, Phase.STOPPED),
        (_state("of a later version"), Liveness.NOT_RUNNING, {}, Phase.STOPPED),
        (_state("completed"), Liveness.NOT_RUNNING, {}, Phase.FINISHED),
        (_state("all_failed"), Liveness.NOT_RUNNING, {}, Phase.FINISHED),
        (_state("adopted"), Liveness.NOT_RUNNING, {}, Phase.FINISHED),
        (_state("completed", complete=False), Liveness.NOT_RUNNING, {}, Phase.STOPPED),
    ],
)
def test_a_phase_is_of_record_and_liveness(
    state: Any, liveness: Liveness, flags: dict[str, bool], phase: Phase
) -> None:
    """Protects the word that everybody shows: it is made once, and nobody corrects it."""
    assert phase_of(state, liveness, **({"stopping": False} | flags)) is phase


def test_words_are_what_files_hold() -> None:
    """Protects scripts and old journals: the enumerations are the text that has always been
    there.
    """
    assert json.dumps([*EndReason, *Liveness]) == json.dumps(
        ["completed", "all_failed", "stop_when", "drained", "aborted", "max_failures"]
        + [
            "canary",
            "breaker",
            "max_files",
            "max_core_hours",
            "sampler_failed",
            "environment",
            "adopted",
            "running",
            "not running",
            "perhaps running",
        ]
    )


@pytest.mark.parametrize("which", ["ended", "held"])
def test_status_and_app_tell_the_same(which: str, request: pytest.FixtureRequest) -> None:
    """Protects against two readings: what `--status` tells is what the app's view tells."""
    found = request.getfixturevalue(which)
    root = found.root if which == "held" else Path(found.config.base_run_dir)
    viewer = Viewer(root)
    view, status = viewer.refresh(), actions.status(root)
    viewer.close()
    for field in fields(Status):
        if field.name != "snapshot" or which == "ended":
            assert getattr(view, field.name) == getattr(status, field.name), field.name
    assert view.phase is status.phase is (Phase.STOPPING if which == "held" else Phase.FINISHED)


def test_json_has_the_words_of_the_record(held: CampaignDirectory, ended: Supervisor) -> None:
    """Protects scripts: names, their order and the four words of `state` are those of before."""
    content = actions.status(held.root).as_json()
    assert list(content) == [
        "run_dir", "snapshot", "liveness", "holder", "live", "damage", "last_failures",
        "waiting_points", "code", "tags", "note",
    ]  # fmt: skip
    assert list(content["snapshot"])[:3] == ["campaign", "mode", "state"]
    assert json.loads(json.dumps(content))["snapshot"]["state"] == "running"
    said = "\n".join(headless.status_lines(actions.status(held.root)))
    assert "state      stopping; supervisor running" in said
    assert "waiting    stopping (x)" in said


def test_the_display_shows_what_is_published(
    ended: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects against reading what another thread changes: a display needs nothing but
    snapshots.
    """
    taken = ended.snapshot
    assert taken is not None and taken.phase is Phase.FINISHED and taken.tasks_done == 4
    running = snapshot.take(ended.state, Liveness.RUNNING)
    told: Any = SimpleNamespace(snapshot=running, doing="", config=ended.config)
    with headless.Display(told):
        pass
    assert "running  4/4 tasks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("running", "in_flight", "given", "answer"),
    [
        (0, 3, {}, "2 jobs PENDING"),
        (1, 1, {}, "waiting for d0_b0_s0_r0 on n1"),
        (2, 2, {}, ""),
        (1, 1, {"paused_by": "ann"}, "paused by ann"),
        (1, 1, {"stopping": "drained by ann"}, "stopping (drained by ann); d0_b0_s0_r0 still runs"),
        (0, 0, {"stopping": "drained by ann"}, "stopping (drained by ann); nothing runs any more"),
    ],
)
def test_the_supervisor_asks_the_executors(
    running: int, in_flight: int, given: dict[str, str], answer: str
) -> None:
    """Protects the supervisor's part of why nothing happens."""
    workers = [
        {"task": f"d0_b0_s{number}_r0", "host": "n1", "since": number} for number in range(running)
    ]
    asked = {"paused_by": None, "stopping": None} | given
    ask = lambda: "2 jobs PENDING"  # noqa: E731
    assert waiting_for(workers, in_flight, **asked, ask=ask) == answer
