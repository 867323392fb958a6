"""Disks that fill up, directories that vanish, permissions that are missing: a clear stop, never a
failed sample, and exactly resumable.

Every day a member of each series; a disk that is still full and inodes with ``--full``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time

import pytest

from helpers.marks import in_full
from helpers.privileges import as_somebody
from helpers.processes import LIMIT, assert_one_sentence, finish
from helpers.shapes import flat

TASKS = flat(40, 10, sleep=0.1)
#: changes nothing but the time that completing takes
FAST = ("--set", "executors.local.n_workers=8")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def uninterrupted(undisturbed):
    return lambda: undisturbed(TASKS, *FAST)


@pytest.fixture
def disk():
    """Mount small file systems of their own, as long as the test runs."""
    with contextlib.ExitStack() as mounted:

        def make(path, *options):
            path.mkdir(parents=True)
            mount("-t", "tmpfs", "-o", ",".join(options), "none", str(path))
            mounted.callback(
                subprocess.run, ["umount", "--lazy", str(path)], timeout=LIMIT, check=True
            )

        yield make


def mount(*arguments):
    subprocess.run(["mount", *arguments], timeout=LIMIT, check=True)


def fill(path, leave=0):
    """Write into a file until the disk is full, or nearly."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    if leave:
        os.truncate(path, os.path.getsize(path) - leave)


@as_root
@pytest.mark.parametrize("leave", [0, *in_full(20_000)])
def test_disk_fills_up_at_work(campaign, disk, uninterrupted, leave):
    """The campaign stops with a sentence when nothing fits any more, and completes exactly once
    there is room.
    """
    full = campaign(TASKS)
    disk(full.run_dir, "size=4m")
    process = full.supervise()
    full.wait_for_tasks(6, process)
    fill(full.run_dir / "filler", leave)
    ended = finish(process, 20)
    assert_one_sentence(ended, "room")
    full.wait_for_no_process()
    (full.run_dir / "filler").unlink()
    full.complete(*FAST)
    full.assert_like(uninterrupted())


@pytest.mark.full
@as_root
def test_resuming_on_a_disk_that_is_still_full(campaign, disk, uninterrupted):
    """Trying again too early is the same sentence again, and costs nothing."""
    full = campaign(TASKS)
    disk(full.run_dir, "size=4m")
    process = full.supervise()
    full.wait_for_tasks(6, process)
    fill(full.run_dir / "filler")
    finish(process, 20)
    before = full.intact_journal()
    for _ in range(2):
        assert_one_sentence(full.run_apart("--run-mode", "resume"), "room")
    assert full.intact_journal().startswith(before)
    (full.run_dir / "filler").unlink()
    full.complete(*FAST)
    full.assert_like(uninterrupted())


@pytest.mark.full
@as_root
def test_disk_runs_out_of_inodes(campaign, disk, uninterrupted):
    """No more files can be made although there is room: the same error, the same stop."""
    full = campaign(TASKS)
    disk(full.run_dir, "size=8m", "nr_inodes=80")
    assert_one_sentence(full.run_apart(), "room")
    assert 0 < full.finished_tasks() < 40
    assert not [
        record
        for record in full.records()
        if record["type"] == "task" and record["outcome"] != "ok"
    ]
    mount("-o", "remount,nr_inodes=10000", str(full.run_dir))
    full.complete(*FAST)
    full.assert_like(uninterrupted())


@as_root
def test_disk_is_full_from_the_start(campaign, disk):
    """Nothing is begun, and nothing keeps the campaign from being begun later."""
    full = campaign(flat(4))
    disk(full.run_dir, "size=64k")
    # a campaign that has left nothing but empty directories may be begun
    (full.run_dir / "logs").mkdir()
    fill(full.run_dir / "state")
    assert_one_sentence(full.run_apart("--run-mode", "fresh"))


@pytest.mark.full
@as_root
def test_data_becomes_read_only_at_work(campaign, disk, uninterrupted):
    """A file system that the kernel makes read-only after an error is no failure of samples."""
    case = campaign(TASKS)
    disk(case.run_dir / "data", "size=8m")
    process = case.supervise()
    case.wait_for_tasks(6, process)
    deadline = time.monotonic() + 10
    while subprocess.run(
        ["mount", "-o", "remount,ro", str(case.run_dir / "data")],
        timeout=LIMIT,
        capture_output=True,
    ).returncode:
        assert time.monotonic() < deadline  # a file is being written; try again
    assert_one_sentence(finish(process, 20), "read-only")
    assert not [
        record
        for record in case.records()
        if record["type"] == "task" and record["outcome"] != "ok"
    ]
    assert_one_sentence(case.run_apart("--run-mode", "resume"), "read-only")
    mount("-o", "remount,rw", str(case.run_dir / "data"))
    case.complete(*FAST)
    case.assert_like(uninterrupted())


@as_root
def test_temporary_directory_is_full(campaign, disk):
    """Local workers keep there what tasks print, until it goes into the run directory: no room for
    it is no failure of the sample.
    """
    config = flat(4)
    config["runners"]["probe"] = {"type": "helpers.parts.probe:PrintingRunner", "size": 100_000}
    case = campaign(config)
    shutil.rmtree(case.root / "tmp")
    disk(case.root / "tmp", "size=64k")
    assert_one_sentence(case.run_apart(), "room")
    mount("-o", "remount,size=4m", str(case.root / "tmp"))
    case.complete()
    assert {(path / "stdout.txt").stat().st_size for path in (case.run_dir / "data").iterdir()} == {
        100_000
    }


@pytest.mark.parametrize(
    ("error", "wrapped"),
    [("ESTALE", True), *in_full(("ENOSPC", False), ("EDQUOT", True), ("EROFS", False))],
)
def test_simulation_meets_a_full_disk(campaign, error, wrapped):
    """A simulation that cannot write its files says nothing about its sample: it is not recorded,
    and runs again.
    """
    config = flat(60, 10)
    config["runners"]["probe"] = {"type": "helpers.parts.probe:FragileRunner", "wrapped": wrapped}
    config["supervisor"]["io_patience"] = 0  # ESTALE may pass
    case = campaign(config)
    process = case.supervise()
    case.wait_for_tasks(5, process)
    (case.root / "new").write_text(error)
    (case.root / "new").rename(case.root / "fault")
    assert_one_sentence(finish(process, 20), "resume")
    assert 5 <= case.finished_tasks() < 60
    (case.root / "fault").unlink()
    case.complete()
    assert {record["outcome"] for record in case.records() if record["type"] == "task"} == {"ok"}
    assert case.finished_tasks() == 60
    case.assert_sound_record()


@pytest.mark.parametrize("part", ["data", *in_full(".", "state")])
def test_directory_vanishes_at_work(campaign, uninterrupted, part):
    """The campaign stops and says so, and does not go on into nowhere; brought back (a mount that
    had gone), it completes exactly.
    """
    case = campaign(TASKS)
    process = case.supervise()
    case.wait_for_tasks(6, process)
    (case.run_dir / part).rename(case.root / "gone")
    assert_one_sentence(finish(process, 20))
    case.wait_for_no_process()
    assert not (case.run_dir / part).exists(), sorted(case.run_dir.rglob("*"))
    (case.root / "gone").rename(case.run_dir / part)
    case.complete(*FAST)
    case.assert_like(uninterrupted())


@pytest.mark.full
def test_data_deleted_for_good(campaign, uninterrupted):
    """Results are in the journal: losing the run directories of finished tasks loses no row."""
    case = campaign(TASKS)
    process = case.supervise()
    case.wait_for_tasks(6, process)
    while (case.run_dir / "data").exists():
        shutil.rmtree(case.run_dir / "data", ignore_errors=True)
    assert_one_sentence(finish(process, 20))
    case.complete(*FAST)
    assert case.contents()["dataset"] == uninterrupted()["dataset"]
    case.assert_sound_record()


# -- permissions -----------------------------------------------------------------------------------


def take_away(path):
    """Make a path somebody else's, and unusable."""
    path.chmod(0o000 if path.is_file() else 0o500)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)


@pytest.mark.parametrize("part", ["state/journal.jsonl", *in_full("data", ".", "state")])
def test_no_permission(campaign, part):
    """What may not be written or read is named in a sentence."""
    case = campaign(flat(6, 2))
    case.complete()
    take_away(case.run_dir / part)
    try:
        ended = as_somebody(case, "campaign.yaml", "--no-ui", "--run-mode", "extend")
        assert_one_sentence(ended, "permission")
    finally:
        (case.run_dir / part).chmod(0o700)


def test_no_permission_to_begin(campaign):
    """The parent of base_run_dir belongs to somebody else."""
    case = campaign(flat(6, 2))
    (case.root / "theirs").mkdir()
    take_away(case.root / "theirs")
    ended = as_somebody(case, "campaign.yaml", "--no-ui", "--base-run-dir", "theirs/run")
    (case.root / "theirs").chmod(0o700)
    assert_one_sentence(ended, "permission", "theirs")


@as_root
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("--rebuild",), "read-only"),
        *in_full(
            (("--retry-failed",), "read-only"),
            (("--export", "--to", "csv", "--out", "run/table.csv"), "nothing can be written into"),
        ),
    ],
)
def test_commands_on_a_read_only_directory(campaign, disk, command, said):
    """What is done to a finished campaign meets the file system's errors with the same sentence and
    exit code, not as a defect.
    """
    case = campaign(flat(2))
    disk(case.run_dir, "size=4m")
    case.complete()
    mount("-o", "remount,ro", str(case.run_dir))
    assert_one_sentence(case.command_here(command[0], "run", *command[1:]), said)


def test_standard_streams_are_closed(campaign):
    """Some daemons start programs without standard streams: the campaign runs, and none of its
    files takes the number of one.
    """
    case = campaign(flat(4))
    closed = (
        "import os, sys; os.closerange(0, 3); os.execv(sys.executable, [sys.executable, '-m',"
        " 'enchanted_tui', *sys.argv[1:]])"
    )
    ended = case.run_apart(program=("-c", closed))
    assert ended.code == 0, ended
    assert case.finished_tasks() == 4
