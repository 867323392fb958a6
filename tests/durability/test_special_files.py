"""What is no file, or cannot be read, in the place of a campaign's file: a sentence and exit code
3, never a wait for ever.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import time

import pytest

from enchanted_tui import cli
from helpers.marks import in_full
from helpers.privileges import as_somebody
from helpers.processes import assert_one_sentence, finish
from helpers.shapes import flat

OWN_FILES = (
    "state/lock",
    "state/journal.jsonl",
    "state/live.json",
    "enchanted_dataset.csv",
    "enchanted_failures.csv",
    "runs.h5",
    "enchanted_run.yaml",
    "logs/all_progress.txt",
    "logs/pipeline_progress.txt",
    "logs/main.log",
)


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(path.parent, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{here}/{path.name}")  # the path itself may be too long
        os.close(here)


def make_device(path):
    path.symlink_to("/dev/zero")


KINDS = {
    "a directory": os.mkdir,
    "a named pipe": make_pipe,
    "a socket": make_socket,
    "a device": make_device,
}


def remove(path):
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def said(capsys, *arguments):
    """Run the command line in this process, with an alarm against waiting for ever; give its exit
    code and what it said.
    """
    capsys.readouterr()
    signal.alarm(30)
    try:
        return cli.main([str(argument) for argument in arguments]), capsys.readouterr().err
    finally:
        signal.alarm(0)


@pytest.fixture
def done(campaign, monkeypatch):
    """A finished campaign, and its directory as the working directory."""
    made = campaign(flat(4, 2))
    made.complete()
    monkeypatch.chdir(made.root)
    return made


def test_whatever_is_in_the_place_of_a_file(done, capsys):
    """Each of the campaign's files, each kind of thing: resuming names both, and once it is moved
    away the campaign goes on.
    """
    for number, name in enumerate(OWN_FILES):
        path, (kind, make) = done.run_dir / name, list(KINDS.items())[number % len(KINDS)]
        kept = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        make(path)
        code, err = said(capsys, "campaign.yaml", "--no-ui", "--run-mode", "resume")
        assert code == 3, (name, kind, err)
        assert f"{name}: {kind} is in the place of this file; move it away" in err
        assert "Traceback" not in err
        remove(path)
        if kept is not None:
            path.write_bytes(kept)
    assert said(capsys, "campaign.yaml", "--no-ui", "--run-mode", "resume")[0] == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("state/lock", "a named pipe"),
        ("state/journal.jsonl", "a directory"),
        *in_full(
            *(("state/lock", kind) for kind in KINDS if kind != "a named pipe"),
            *(("state/journal.jsonl", kind) for kind in KINDS if kind != "a directory"),
        ),
    ],
)
def test_nobody_says_that_a_campaign_does_not_run_who_cannot_know(done, capsys, name, kind):
    """Status, steering, rebuilding, retrying and beginning anew say what is in the way as well, and
    delete nothing.
    """
    remove(done.run_dir / name)
    KINDS[kind](done.run_dir / name)
    actions = (
        ["--status", "run"],
        ["--control", "drain", "run"],
        ["--rebuild", "run"],
        ["--retry-failed", "run"],
    )
    for arguments in (*actions, ["campaign.yaml", "--no-ui", "--run-mode", "fresh", "--overwrite"]):
        code, err = said(capsys, *arguments)
        assert (code, f"{kind} is in the place of this file" in err) == (3, True), (arguments, err)
    assert stat.S_IFMT(os.stat(done.run_dir / name).st_mode) != stat.S_IFREG
    assert (done.run_dir / "enchanted_dataset.csv").exists()


@pytest.mark.parametrize("kind", ["a named pipe", *in_full("a socket", "a device")])
def test_configuration_that_is_no_file(done, capsys, kind):
    """Named on the command line, to be run or only checked."""
    done.config_path.unlink()
    KINDS[kind](done.config_path)
    for more in (["--no-ui"], ["--check"], ["--dry-run"]):
        code, err = said(capsys, "campaign.yaml", *more)
        assert (code, f"campaign.yaml: {kind} is in the place of this file" in err) == (3, True), (
            err
        )


def test_configuration_from_the_shell(done, capsys):
    """A pipe that the shell makes (``<(...)``) is read, as before."""
    reading, writing = os.pipe()
    os.write(writing, done.config_path.read_bytes())
    os.close(writing)
    code, err = said(capsys, f"/dev/fd/{reading}", "--check")
    assert code == 0, err
    os.close(reading)


@pytest.mark.parametrize("name", ["state/lock", *in_full("state/journal.jsonl")])
def test_files_of_somebody_else(done, name):
    """A lock that may not be read: nobody knows whether somebody holds it, so nothing is begun, and
    SIGTERM is not needed to end that.
    """
    path = done.run_dir / name
    path.touch()
    path.chmod(0)
    os.chown(path, 65534, 65534)
    for arguments in (["campaign.yaml", "--no-ui", "--run-mode", "resume"], ["--status", "run"]):
        ended = as_somebody(done, *arguments)
        assert_one_sentence(ended, f"{name}: permission denied")


def test_lock_that_leads_nowhere(done, capsys):
    """A link whose target is gone names nobody, so it is replaced."""
    (done.run_dir / "state/lock").symlink_to("gone")
    assert said(capsys, "campaign.yaml", "--no-ui", "--run-mode", "resume")[0] == 0


def test_pipe_among_the_requests(campaign):
    """A pipe that looks like a request does not stop the supervisor."""
    case = campaign(flat(400, 20, sleep=0.1))
    process = case.supervise()
    case.wait_for_tasks(2, process)
    make_pipe(case.run_dir / "state/control/00000000000000000001-00000000.json")
    deadline = time.monotonic() + 20
    while (case.run_dir / "state/control/00000000000000000001-00000000.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.terminate()
    assert finish(process).code == 143
