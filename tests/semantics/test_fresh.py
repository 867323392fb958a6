"""Starting fresh where something is already: refused, asked, or overwritten, and never a file lost
that is not the campaign's.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler
from helpers.files import snapshot
from helpers.marks import in_full
from helpers.processes import with_helpers

TIMEOUT = 60


@pytest.fixture
def full(campaign: Campaign) -> Campaign:
    """A finished campaign with files of the user's beside it."""
    assert campaign.run(config=campaign_config(random_sampler(3), summary_datatype="parquet")) == 0
    assert campaign.resume("--set", "samplers.s0.budget=4") == 0
    for name in FOREIGN:
        path = campaign.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"mine: {name}")
    campaign.forget_executions()
    return campaign


FOREIGN = (
    "thesis.tex",
    "data/measured.csv",
    "data/d0_b0/notes.txt",
    "logs/plot.png",
    "config/other.yaml",
    "state/mine.txt",
    "plots/a/b.png",
)


def foreign(campaign: Campaign) -> dict[str, str]:
    return {
        name: campaign.path(name).read_text() for name in FOREIGN if campaign.path(name).exists()
    }


# -- not a terminal --------------------------------------------------------------------------------


def test_a_directory_with_content_is_refused(
    full: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3; the message names the directory and the three ways on; nothing changes."""
    before = snapshot(full.run_dir)
    assert full.run() == 3
    said = capsys.readouterr().err
    for part in (
        str(full.run_dir),
        "not empty",
        "No content was deleted",
        "--run-mode resume",
        "--overwrite",
        "base_run_dir",
    ):
        assert part in said
    assert snapshot(full.run_dir) == before
    assert not full.executions()


@pytest.mark.parametrize("name", ["thesis.tex", ".hidden", "sub/dir/file"])
def test_any_foreign_file_is_content(campaign: Campaign, name: str) -> None:
    """One file of the user's is enough to refuse."""
    path = campaign.path(name)
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert campaign.run() == 3
    assert path.read_text() == "mine"


def test_an_existing_empty_directory_is_fine(campaign: Campaign) -> None:
    """As before: people make directories with their own permissions first."""
    campaign.run_dir.mkdir()
    assert campaign.run() == 0
    assert len(campaign.rows()) == 5


def test_a_file_in_the_place_of_the_directory_is_refused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and the file stays."""
    campaign.run_dir.write_text("not a directory")
    assert campaign.run() == 3
    assert "is not a directory" in capsys.readouterr().err
    assert campaign.run_dir.read_text() == "not a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_made_is_a_sentence(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """No permission is the environment's business, not a defect."""
    campaign.root.chmod(0o555)
    try:
        assert cli.main([str(campaign.config_path), "--no-ui"]) == 3
    finally:
        campaign.root.chmod(0o755)
    assert "Traceback" not in capsys.readouterr().err


# -- overwrite -------------------------------------------------------------------------------------


def test_overwriting_deletes_what_the_campaign_made_and_nothing_else(full: Campaign) -> None:
    """A new campaign beside the user's files: none of them lost, nothing left of the old
    campaign.
    """
    mine = foreign(full)
    assert len(mine) == len(FOREIGN)
    assert full.run("--overwrite", config=campaign_config(random_sampler(2))) == 0
    assert foreign(full) == mine
    assert len(full.rows()) == 2
    assert len(full.records("open")) == 1
    runs = {path.name for path in full.path("data").iterdir()} - {"measured.csv", "d0_b0"}
    assert runs == {"d0_b0_s0_r0", "d0_b0_s1_r0"}
    assert full.stored_configs() == ["campaign.yaml", "other.yaml"]
    assert not full.path("enchanted_dataset.parquet").exists()


def test_overwriting_an_empty_or_missing_directory_is_fine(campaign: Campaign) -> None:
    """So that a script can always pass it."""
    assert campaign.run("--overwrite") == 0
    assert campaign.run("--overwrite") == 0
    assert len(campaign.rows()) == 5


def test_overwriting_does_not_matter_to_a_resume(full: Campaign) -> None:
    """It goes with a fresh start alone: a resume deletes nothing."""
    rows = full.rows()
    assert full.resume("--overwrite", "--set", "samplers.s0.budget=5") == 0
    assert full.rows()[:4] == rows


def _home(campaign: Campaign, patch: pytest.MonkeyPatch) -> str:
    home = campaign.root / "home"
    home.mkdir()
    patch.setenv("HOME", str(home))
    return str(home)


def _symlink(campaign: Campaign, patch: pytest.MonkeyPatch) -> str:
    target = campaign.root / "target"
    target.mkdir()
    link = campaign.root / "link"
    link.symlink_to(target)
    return str(link)


def _with_config(campaign: Campaign, patch: pytest.MonkeyPatch) -> str:
    inside = campaign.root / "project/inner"
    inside.mkdir(parents=True)
    campaign.config_path = inside / "campaign.yaml"
    return str(campaign.root / "project")


PRECIOUS = {
    "current directory": (lambda campaign, patch: ".", "current directory"),
    "above the current directory": (lambda campaign, patch: "..", "current directory"),
    "home": (_home, "home directory"),
    "root": (lambda campaign, patch: "/", "root directory"),
    "symbolic link": (_symlink, "symbolic link"),
    "around the configuration": (_with_config, "configuration file lies"),
}


@pytest.mark.parametrize("case", PRECIOUS)
def test_a_precious_directory_is_never_overwritten(
    campaign: Campaign,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 3 and why; not a file is deleted, made or changed there."""
    make, reason = PRECIOUS[case]
    place = make(campaign, monkeypatch)
    if place != "/":
        (Path(place) / "precious.txt").write_text("mine")
    campaign.write(campaign_config(random_sampler(2)))
    before = snapshot(campaign.root)
    assert campaign.run("--overwrite", "--base-run-dir", place) == 3
    said = capsys.readouterr().err
    assert reason in said
    assert "Nothing is deleted" in said
    assert snapshot(campaign.root) == before


def test_links_in_the_place_of_run_directories_are_not_followed(full: Campaign) -> None:
    """What they lead to belongs to somebody else."""
    elsewhere = full.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "results.dat").write_text("mine")
    full.path("data/d0_b9_s0_r0").symlink_to(elsewhere)
    assert full.run("--overwrite") == 0
    assert (elsewhere / "results.dat").read_text() == "mine"
    assert not full.path("data/d0_b9_s0_r0").is_symlink()


def test_a_running_campaign_is_not_overwritten(
    full: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lock comes before any deletion; the message names who holds it."""
    from enchanted_tui.storage.lock import Lock

    lock = Lock.acquire(full.path("state/lock"), lambda: None)
    before = snapshot(full.path("data"))
    try:
        assert full.run("--overwrite") == 3
    finally:
        lock.release()
    assert str(os.getpid()) in capsys.readouterr().err
    assert snapshot(full.path("data")) == before


# -- on a terminal ---------------------------------------------------------------------------------


def on_a_terminal(campaign: Campaign, answer: bytes) -> tuple[int, str]:
    """Start the campaign on a terminal of its own, answer its question; give exit code and all that
    was shown.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "enchanted_tui", str(campaign.config_path), "--no-ui"]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=campaign.root,
        env=with_helpers(),
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is a signal
    )
    os.close(theirs)
    shown, answered, deadline = b"", False, time.monotonic() + TIMEOUT
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 1.0)[0]:
                continue
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # the other side has been closed
                break
            shown += chunk
            if not answered and b"y/N" in shown:
                answered = True
                os.write(ours, answer)
        return process.wait(timeout=TIMEOUT), shown.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.parametrize(
    "answer",
    [b"\n", *in_full(b"n\n", b"\x04", b"yep\n")],
    ids=["enter", "n", "ctrl_d", "neither"],
)
def test_on_a_terminal_anything_but_yes_keeps_everything(full: Campaign, answer: bytes) -> None:
    """The question names the directory; without a yes the exit code is 3 and nothing is deleted."""
    before = snapshot(full.run_dir)
    code, shown = on_a_terminal(full, answer)
    assert code == 3
    assert "Folders have content. Do you want to delete data in existing folders? y/N" in shown
    assert str(full.run_dir) in shown
    assert "No content was deleted" in shown
    assert "Traceback" not in shown
    assert snapshot(full.run_dir) == before


@pytest.mark.parametrize("answer", [b"y\n", *in_full(b"YES\n")], ids=["y", "yes"])
def test_on_a_terminal_yes_overwrites_as_the_option_does(full: Campaign, answer: bytes) -> None:
    """The campaign's files go, the user's stay, and the new campaign runs."""
    mine = foreign(full)
    code, _ = on_a_terminal(full, answer)
    assert code == 0
    assert foreign(full) == mine
    assert len(full.records("open")) == 1
    assert len(full.rows()) == 3


def test_ctrl_c_at_the_question_keeps_everything(full: Campaign) -> None:
    """130, as anywhere else, and nothing is deleted."""
    before = snapshot(full.run_dir)
    code, shown = on_a_terminal(full, b"\x03")
    assert code == 130
    assert "Traceback" not in shown
    assert snapshot(full.run_dir) == before


def test_paths_that_cannot_be_are_told(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name longer than file systems take, links that lead to nothing or in a circle: exit code 3,
    one sentence, nothing made.
    """
    (campaign.root / "nothing").symlink_to("vanished")
    (campaign.root / "circle").symlink_to("circle")
    for place, said in (
        ("a" * 300, "too long; shorten it"),
        ("nothing", "in the way; move it"),
        ("circle/x", "circle; mend them"),
    ):
        capsys.readouterr()
        assert (
            campaign.run("--base-run-dir", str(campaign.root / place), config=campaign_config())
            == 3
        )
        found = capsys.readouterr().err
        assert said in found
        assert "Traceback" not in found
    assert sorted(path.name for path in campaign.root.iterdir()) == [
        "campaign.yaml",
        "circle",
        "nothing",
    ]
