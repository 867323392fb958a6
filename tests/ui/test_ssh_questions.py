"""What a log-in asks is asked by the app: real servers, a real cluster, and a person before the
screen.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button, Input

from enchanted_tui.executors.slurm.ssh import questions
from enchanted_tui.executors.slurm.ssh.questions import Question
from enchanted_tui.operations import actions
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.asking import PersonAtTheApp
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.screens.question import QuestionDialog
from enchanted_tui.ui.screens.quit import QuitDialog
from helpers.slurm.bed import Bed, what_is_missing
from helpers.ssh.cluster_config import cluster_config
from helpers.ssh.interactive_server import InteractiveServer
from helpers.ui.campaigns import until
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop

PASSPHRASE, PASSWORD, CODE = "locked-away-731", "Sw0rdf1sh-pass", "914-code-914"


def _config(directory: Path, port: int, known_hosts: Path, key: Path) -> Path:
    path = directory / "campaign.yaml"
    text = cluster_config(port, known_hosts, directory / "run", samples=20, key=key)
    path.write_text(text)
    return path


@asynccontextmanager
async def launched(config: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Watcher]:
    """Start a campaign by the dialog of the app."""
    app = EnchantedApp()
    app.home = config.parent
    async with app.run_test(size=size, notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: app.current_mode == "runs", pilot.pause)
        app.open_launch(config)
        await until(lambda: isinstance(app.screen, LaunchScreen), pilot.pause)
        await watcher.until(lambda: not watcher.screen.query_one("#start", Button).disabled)
        await watcher.press("ctrl+r")
        yield watcher
        if app.campaign is not None:
            app.campaign.request("abort")
            await until(lambda: not app.campaign.alive, pilot.pause)


async def asked(watcher: Watcher, *texts: str) -> None:
    await watcher.until(
        lambda: isinstance(watcher.screen, QuestionDialog) and watcher.screen.focused is not None
    )
    await watcher.sees(*texts)


def _hold(run_dir: Path, *secrets: str) -> list[Path]:
    """Give the files below a directory that hold one of these texts."""
    files = [path for path in run_dir.rglob("*") if path.is_file()]
    assert files
    return [
        path for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)
    ]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InteractiveServer]:
    """A site that asks for a password and a code."""
    with InteractiveServer(
        tmp_path / "server", ["password", "keyboard-interactive"], password=PASSWORD, codes=[CODE]
    ) as server:
        yield server


@pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing() or "")
@in_loop
async def test_a_campaign_begins_with_an_unknown_host_and_a_locked_key(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects first use against a real sshd and SLURM: fingerprint and passphrase are asked, it
    runs, no file holds the secret.
    """
    with Bed(tmp_path / "bed") as bed:
        monkeypatch.setenv("SLURM_CONF", bed.environment["SLURM_CONF"])
        key, known_hosts = tmp_path / "key", tmp_path / "known_hosts"
        shutil.copy(bed.key_file, key)
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", str(key)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        work = tmp_path / "work"
        work.mkdir()
        async with launched(_config(work, bed.ssh_port, known_hosts, key)) as watcher:
            await asked(watcher, "not known yet", "SHA256:", "Trust it from now on")
            assert watcher.screen.focused.id == "cancel"
            await watcher.pilot.click("#yes")
            await asked(watcher, "Passphrase of the key")
            await watcher.press(*"wrong", "enter")
            await asked(watcher, "Wrong passphrase.", "Passphrase of the key")
            await watcher.press(*PASSPHRASE)
            await watcher.sees("•" * len(PASSPHRASE))
            assert PASSPHRASE not in watcher.text + watcher.app.export_screenshot()
            await watcher.press("enter")
            await until(lambda: not watcher.app.campaign.alive, watcher.pilot.pause, timeout=60)
            await watcher.sees("FINISHED", "20/20")
        assert f"[127.0.0.1]:{bed.ssh_port}" in known_hosts.read_text()
    assert not _hold(work, PASSPHRASE) + _hold(own_home, PASSPHRASE)


@pytest.mark.full
@in_loop
async def test_password_and_code_then_escape(
    tmp_path: Path, own_home: Path, server: InteractiveServer
) -> None:
    """Protects two-factor sites: the server's own words, each answer hidden; Escape ends with a
    sentence, and all can be resumed.
    """
    config = _config(tmp_path, server.port, server.known_hosts, server.user_key)
    async with launched(config) as watcher:
        await asked(watcher, "asks for a password", "Password of ")
        await watcher.press(*PASSWORD, "enter")
        await asked(watcher, "Two-factor log-in", "Look at your token.", "One-time code:")
        assert PASSWORD not in watcher.text
        await watcher.press(*"1234")
        await watcher.press("home", "shift+end", "ctrl+c")  # what is hidden cannot be copied
        assert watcher.app.clipboard == ""
        await watcher.press("escape")
        await until(lambda: not watcher.app.campaign.alive, watcher.pilot.pause, timeout=40)
        await watcher.is_told("nobody answered; resume the campaign")
        await watcher.sees("STOPPED")
    assert server.log_ins == 0 and server.questions == 1
    assert actions.status(tmp_path / "run").snapshot.end_reason != "completed"
    assert not _hold(tmp_path / "run", PASSWORD, "1234") + _hold(own_home, PASSWORD, "1234")


@in_loop
async def test_leaving_the_app_answers_for_nobody(
    tmp_path: Path, server: InteractiveServer
) -> None:
    """Protects the asking thread: a closed terminal ends its wait, and whoever answered before does
    so again.
    """
    before = questions.set_asker(None)
    questions.set_asker(before)
    app = EnchantedApp()
    async with app.run_test() as pilot:
        await until(lambda: app.current_mode == "runs", pilot.pause)
        config = _config(tmp_path, server.port, server.known_hosts, server.user_key)
        app.open_launch(config)
        await until(lambda: isinstance(app.screen, LaunchScreen), pilot.pause)
        await until(lambda: not app.screen.query_one("#start", Button).disabled, pilot.pause)
        await pilot.press("ctrl+r")
        await until(lambda: isinstance(app.screen, QuestionDialog), pilot.pause)
        app.terminal_gone()
    assert app.campaign.wait(30)
    assert questions.set_asker(before) is before
    assert "nobody was there to type a password" in str(
        app.campaign.outcome and app.campaign.outcome.message
    )


@pytest.mark.full
@in_loop
async def test_two_hosts_ask_one_after_the_other() -> None:
    """Protects the person: one question at a time; one that is withdrawn closes, also below another
    dialog.
    """
    app = EnchantedApp()
    async with app.run_test() as pilot:
        await until(lambda: app.current_mode == "runs", pilot.pause)
        person = PersonAtTheApp(app)
        person.begin()
        answers = [
            _in_thread(person, Question("password", f"Password of me on {name}:", name))
            for name in ("here", "there")
        ]
        await until(
            lambda: isinstance(app.screen, QuestionDialog) and app.screen.query("#answer"),
            pilot.pause,
        )
        assert len(app.screen_stack) == 2
        first = app.screen
        await pilot.press("a", "enter")
        await until(
            lambda: isinstance(app.screen, QuestionDialog) and app.screen is not first, pilot.pause
        )
        app.push_screen(QuitDialog(Path("/scratch/run")))
        await until(lambda: not isinstance(app.screen, QuestionDialog), pilot.pause)
        person.end()
        await until(lambda: all(thread.done() for thread in answers), pilot.pause)
        assert sorted(str(thread.result()) for thread in answers) == ["None", "a"]
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1, pilot.pause)


def _in_thread(person: PersonAtTheApp, question: Question) -> Any:
    from concurrent.futures import ThreadPoolExecutor

    with_one = ThreadPoolExecutor(1)
    future = with_one.submit(person, question)
    with_one.shutdown(wait=False)
    return future


@SIZES
@in_loop
async def test_how_it_looks(size: tuple[int, int]) -> None:
    """Protects the layout of both kinds of question."""
    prompt = (
        "The host key of login.cluster.example is not known yet.\nIts fingerprint is"
        " SHA256:uNiVztksCsDhcc0u9e8BrrsFpmDUWKm8ot0GQIlSyLw (ssh-ed25519).\nCompare it with the"
        " one that the site publishes. Trust it from now on? (yes/no)"
    )
    code = "Two-factor log-in\nLook at your token.\nOne-time code:"
    app = EnchantedApp()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.current_mode == "runs", pilot.pause)
        for name, question in (
            ("host", Question("host key", prompt, "login.cluster.example", echo=True)),
            ("code", Question("code", code, "cluster")),
        ):
            app.push_screen(QuestionDialog(question))
            await until(
                lambda: isinstance(app.screen, QuestionDialog) and app.screen.query("#buttons"),
                pilot.pause,
            )
            for line in app.screen.query(Input):
                line.value = "123456"
            await pilot.pause(0.3)
            assert_screen(app, f"question_{name}_{size[0]}x{size[1]}")
            await pilot.press("escape")
