"""A campaign whose supervisor is killed at any instant, as often as one likes, ends as if nothing
had happened.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.interpreter import python_command
from enchanted_tui.supervisor import background_tables
from helpers.campaign import Campaign
from helpers.processes import LIMIT
from helpers.shapes import KILLED, flat, nested

EVERYDAY = [(shape, 0) for shape in ("nested with steps", "nested failures")]
FULL = [
    (shape, number) for shape in KILLED for number in range(16) if (shape, number) not in EVERYDAY
]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Give, for a shape, the contents of an uninterrupted campaign and how long that took; each is
    run once.
    """

    @functools.cache
    def run(shape):
        campaign = Campaign.apart(tmp_path_factory.mktemp("reference"), KILLED[shape])
        started = time.monotonic()
        ended = campaign.run_apart()
        duration = time.monotonic() - started
        assert ended.code == 0, ended
        campaign.wait_for_no_process()
        campaign.assert_sound_record()
        return campaign.contents(), duration

    return run


def kill_and_complete(campaign, shape, instants, wait, uninterrupted):
    """Kill a campaign at each of `instants` (fractions of an uninterrupted run), go on until it is
    complete, and compare.
    """
    reference, duration = uninterrupted(shape)
    record = b""
    for instant, pause in zip(instants, wait, strict=True):
        campaign.kill_after(
            instant * duration, "--run-mode", "resume" if campaign.records() else "auto"
        )
        if pause:
            campaign.wait_for_no_process()
        assert campaign.intact_journal().startswith(record), "what was on record has been changed"
        record = campaign.intact_journal()
    campaign.complete()
    assert campaign.intact_journal().startswith(record), "what was on record has been changed"
    campaign.wait_for_no_process()
    campaign.assert_like(reference)


def kills(shape, number):
    """Choose one to four instants, and whether the next supervisor waits until everything of the
    killed one has gone.
    """
    chance = random.Random(f"{shape} {number}")
    count = chance.choice((1, 1, 2, 3, 4))
    return [chance.random() for _ in range(count)], [chance.random() < 0.5 for _ in range(count)]


@pytest.mark.parametrize(("shape", "number"), EVERYDAY)
def test_killed_campaign_ends_like_an_uninterrupted_one(campaign, uninterrupted, shape, number):
    """Nothing on record is lost or run again, every file is as if there had been no kill, and no
    process survives.
    """
    instants, wait = kills(shape, number)
    kill_and_complete(campaign(KILLED[shape]), shape, instants, wait, uninterrupted)


@pytest.mark.full
@pytest.mark.parametrize(("shape", "number"), FULL)
def test_killed_at_many_more_instants(campaign, uninterrupted, shape, number):
    """The same at more than two hundred random instants over all shapes."""
    instants, wait = kills(shape, number)
    kill_and_complete(campaign(KILLED[shape]), shape, instants, wait, uninterrupted)


@pytest.mark.full
def test_killed_again_and_again_at_work(campaign, uninterrupted):
    """A campaign that is killed every time it has got a few tasks further still gets to its end,
    and only once through each.
    """
    reference, _ = uninterrupted("nested with steps")
    killed = campaign(KILLED["nested with steps"])
    for _ in range(4):
        process = killed.supervise("--run-mode", "auto")
        killed.wait_for_tasks(killed.finished_tasks() + 3, process)
        process.kill()
        process.communicate(timeout=LIMIT)
    killed.complete()
    killed.wait_for_no_process()
    killed.assert_like(reference)


@pytest.mark.full
def test_completed_campaign_is_left_alone(campaign):
    """Resuming what is complete runs nothing and leaves the dataset as it was."""
    done = campaign(nested(3, 4))
    done.complete()
    before, runs = done.contents(), done.begun()
    stamp = (done.run_dir / "enchanted_dataset.csv").stat().st_mtime_ns
    ended = done.run_here("--run-mode", "resume")
    assert ended.code == 0, ended
    assert done.begun() == runs
    assert (done.run_dir / "enchanted_dataset.csv").stat().st_mtime_ns == stamp
    done.assert_like(before)


def test_everything_dies_with_the_supervisor(campaign):
    """Workers, their children and what these have put into sessions of their own are gone soon
    after a SIGKILL.
    """
    killed = campaign(flat(40, 5, sleep=0.5, children=True))
    process = killed.supervise()
    deadline = time.monotonic() + LIMIT
    while not any("sleep 300" in line for line in killed.processes().values()):
        assert time.monotonic() < deadline
    process.kill()
    process.communicate(timeout=LIMIT)
    killed.wait_for_no_process(5.0)


def test_orphans_of_a_killed_fork_server_end_before_the_campaign_goes_on(campaign):
    """When supervisor and fork server are killed together nobody is left to clear up: the next
    supervisor does.
    """
    killed = campaign(flat(40, 5, sleep=0.05, children=True))
    process = killed.supervise()
    killed.wait_for_tasks(8, process)
    fork_server = _fork_server_of(process.pid)
    for pid in (process.pid, fork_server):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT)
    killed.complete()
    killed.wait_for_no_process(5.0)
    killed.assert_sound_record()


@pytest.mark.parametrize(
    "tasks",
    [
        5,
        *(
            pytest.param(tasks, marks=pytest.mark.full)
            for tasks in (0, 1, 2, 8, 13, 21, 34, 38, 39)
        ),
    ],
)
def test_campaign_outlives_its_fork_server(campaign, uninterrupted, tasks):
    """The process that starts the workers is replaced when it dies, and its tasks run again:
    infrastructure is no failure of a sample.
    """
    reference, _ = uninterrupted("slow tasks")
    running = campaign(KILLED["slow tasks"])
    process = running.supervise()
    running.wait_for_tasks(tasks, process)
    os.kill(_fork_server_of(process.pid), signal.SIGKILL)
    process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    running.wait_for_no_process()
    found = running.contents()
    for name, expected in reference.items():
        assert found[name] == expected, name


def _fork_server_of(supervisor: int) -> int:
    """Give the only child of a supervisor, as soon as there is one."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children")
    deadline = time.monotonic() + 20
    while not (found := children.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert len(found) == 1, found
    return int(found[0])


_EAGER = (
    "import sys, enchanted_tui.supervisor.background_tables as background; background._INTERVAL ="
    " 0.2; background._SHARE = 1.0; from enchanted_tui.cli import main; sys.exit(main())"
)


def test_writer_of_hdf5_ends_with_its_supervisor(campaign):
    """It must not put its older version of runs.h5 in the place of that of a later supervisor."""
    done = campaign(flat(10))
    done.complete()
    before = os.stat(done.run_dir / "runs.h5").st_ino
    command = python_command(background_tables.CODE, str(done.run_dir), "hdf5")
    # whoever held the other end has gone
    assert subprocess.run(command, stdin=subprocess.DEVNULL, timeout=LIMIT).returncode == 1
    assert os.stat(done.run_dir / "runs.h5").st_ino == before
    with subprocess.Popen(command, stdin=subprocess.PIPE) as writer:
        assert writer.wait(timeout=LIMIT) == 0
    assert os.stat(done.run_dir / "runs.h5").st_ino != before


@pytest.mark.full
def test_hdf5_grows_while_the_campaign_runs(campaign):
    """The file that is written now and then is whole at every moment."""
    import h5py

    busy = campaign(flat(4000, 20, sleep=0.02))
    process = busy.supervise(program=("-c", _EAGER))
    seen: set[Any] = set()
    while process.poll() is None and len(seen) < 2:
        if (busy.run_dir / "runs.h5").exists():
            with h5py.File(busy.run_dir / "runs.h5") as file:
                seen.add(len(file["data/runs"]))
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=LIMIT)
    assert len(seen) == 2
    busy.wait_for_no_process()


def test_the_end_of_a_job_is_no_failure(campaign, tmp_path, monkeypatch):
    """Whoever ends a job of a scheduler ends its steps first, and its other processes a moment
    later: what the code makes of the death of
    its ranks is not the sample's failure, and the sample runs again."""
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    config = flat(2, 2)
    command = f"if [ -e {tmp_path}/again ]; then exit 0; fi; sleep 300 || exit 7"
    runner = {"type": "CommandRunner", "shell": True, "command": command}
    config["runners"] = dict.fromkeys(config["runners"], runner)
    ended = campaign(config)
    process = ended.supervise()
    deadline = time.monotonic() + LIMIT
    while (
        len(
            ranks := [
                pid for pid, line in ended.processes().items() if line.startswith("sleep 300")
            ]
        )
        < 2
    ):
        assert time.monotonic() < deadline
    for pid in ranks:
        os.kill(pid, signal.SIGTERM)
    time.sleep(0.3)
    os.kill(_fork_server_of(process.pid), signal.SIGTERM)
    process.communicate(timeout=LIMIT)
    assert process.returncode == 3
    assert not [record for record in ended.records() if record["type"] == "task"]
    ended.wait_for_no_process()
    (tmp_path / "again").touch()
    ended.complete()
    assert {record["outcome"] for record in ended.records() if record["type"] == "task"} == {"ok"}
