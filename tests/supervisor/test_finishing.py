"""What is done after the last task - large files are written - is said in the app, in the display
and by `--status`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from enchanted_tui import headless
from enchanted_tui.campaign_status import Liveness
from enchanted_tui.config.loading import load_config
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.operations import actions
from enchanted_tui.record import snapshot
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.output_files import write_dataset_parquet, write_tables
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor.file_writer import FileWriter
from enchanted_tui.supervisor.live_report import LiveFile
from enchanted_tui.views.disk import DiskWatch
from enchanted_tui.views.viewing import Viewer


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> CampaignConfig:
    """A campaign of twelve samples that has come to its end."""
    directory = tmp_path_factory.mktemp("finishing")
    (directory / "c.yaml").write_text(
        dedent("""\
            executors: {here: {type: LocalExecutor, n_workers: 1}}
            samplers: {plane: {type: RandomSampler, parameters: [x, y], bounds: [[0, 1], [0, 1]], budget: 12}}
            runners: {peaks: {type: SyntheticDoubleGaussianRunner, dimensions: 2}}
            supervisor:
              base_run_dir: run
              seed: 1
              run_order: [{executor: here, sampler: plane, runner: peaks}]
            """)
    )
    (directory / "c.yaml").write_text(
        (directory / "c.yaml")
        .read_text()
        .replace("base_run_dir: run", f"base_run_dir: {directory}/run")
    )
    found = load_config(directory / "c.yaml")
    actions.start(found).start()
    return found


@pytest.fixture
def at_work(config: CampaignConfig) -> Iterator[Path]:
    """The run directory as a supervisor holds it that is writing runs.h5."""
    run_dir = CampaignDirectory(config.base_run_dir)
    journal = run_dir.journal.read_bytes()
    lines = journal.splitlines(keepends=True)
    run_dir.journal.write_bytes(
        b"".join(line for line in lines if not line.startswith(b'{"type":"end"'))
    )
    lock = Lock.acquire(run_dir.lock, lambda: None)
    writer = FileWriter(0, lambda: None)
    live = LiveFile(run_dir, writer)
    live.tell("writing runs.h5: 4,000 of 12,000 samples")
    writer.wait()
    yield run_dir.root
    lock.release()
    live.close(None)
    writer.close()
    run_dir.journal.write_bytes(journal)


def test_files_that_take_long_say_how_far_they_are(config: CampaignConfig) -> None:
    """Whoever writes runs.h5 and the Parquet file tells which, and how many of the samples it has
    taken.
    """
    run_dir = CampaignDirectory(config.base_run_dir)
    said: list[Any] = []
    state = actions.read_state(run_dir.root)
    with JournalReader(run_dir.journal) as reader:
        write_tables(config, run_dir, state, reader.read_row, said.append)
        write_dataset_parquet(run_dir, state, reader.read_row, said.append)
    run_dir.parquet.unlink()
    assert "writing runs.h5: 0 of 12 samples" in said
    assert "writing enchanted_dataset.parquet: 0 of 12 samples" in said


def test_viewers_are_told_what_is_written(at_work: Path) -> None:
    """The Monitor's line says what is done instead of that nothing happens, and promises no
    remaining time.
    """
    viewer = Viewer(at_work)
    view = viewer.refresh()
    viewer.close()
    assert view.liveness is Liveness.RUNNING
    assert view.why == "all results are here; writing runs.h5: 4,000 of 12,000 samples"
    assert view.snapshot.eta is None


def test_status_says_what_is_written(at_work: Path) -> None:
    """`--status` says it too, and not "about 0 s left"."""
    said = "\n".join(headless.status_lines(actions.status(at_work)))
    assert "now        writing runs.h5: 4,000 of 12,000 samples" in said
    assert " left" not in said
    assert json.loads((at_work / "state/live.json").read_text())["doing"].startswith(
        "writing runs.h5"
    )


def test_the_display_says_what_is_written(config: CampaignConfig) -> None:
    """On a terminal and in a log of a batch job, in place of a rate and "about 0 s left"."""
    taken = replace(
        snapshot.take(actions.read_state(config.base_run_dir), Liveness.RUNNING),
        rate=12.5,
        eta=0.0,
        end_reason=None,
    )
    doing = "writing runs.h5: 4,000 of 12,000 samples"
    for said in ("\n".join(headless.picture(taken, 120, doing)), headless.one_line(taken, doing)):
        assert doing in said
        assert "left" not in said
        assert "tasks/s" not in said


def test_a_resumed_campaign_s_time_is_called_that_of_its_session(config: CampaignConfig) -> None:
    """The time counts from the beginning of a session, not of all that was done."""
    state = actions.read_state(config.base_run_dir)
    taken = replace(snapshot.take(state, Liveness.NOT_RUNNING), sessions=3)
    assert "in this session" in "\n".join(headless.picture(taken, 120))


def test_files_are_looked_at_sooner_while_they_come(tmp_path: Path) -> None:
    """A campaign that begins has files within a second; the list does not say for five that there
    are none.
    """
    run_dir, now = CampaignDirectory(tmp_path), [0.0]
    watch = DiskWatch(run_dir, clock=lambda: now[0])
    watch.look()
    assert watch.files == ()
    os.makedirs(run_dir.logs)
    run_dir.main_log.write_text("begun\n")
    now[0] = 1.0
    watch.look()
    files: Any = watch.files
    assert [file.name for file in files] == ["logs/main.log"]
    looks = 0
    for tenth in range(11, 611):
        before, now[0] = watch._looked_at, tenth / 10
        watch.look()
        looks += watch._looked_at != before
    assert looks <= 16  # in a minute in which nothing comes
