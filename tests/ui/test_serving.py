"""The app in a browser: who is let in, what they may do, and what is left when they go.

Without a browser: what one sends and is sent goes over the same line. `test_in_browser` has a real
one.
"""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError

from enchanted_tui.cli import main
from enchanted_tui.ui.serving import serve_command
from helpers.marks import in_full
from helpers.ui.campaign_watch import (
    ended_afterwards,
    finished_tasks,
    holder_pid,
    sessions,
    status,
    wait_for_done,
    wait_until,
)
from helpers.ui.campaigns import until, write_config
from helpers.ui.watching import in_loop
from helpers.ui.web_tab import serving, tab_at

F9 = "\x1b[20~"
pytest.importorskip("textual_serve", reason="the extra 'serve' is not installed")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--serve", "--port", "x"], "--port: expected a number from 0"),
        (["--serve", "--port", "65536"], "--port: expected a number from 0"),
        (["--serve", "--prefix", "node"], "--prefix: expected a path such as /node/n12/8000"),
        (["--serve", "--prefix", "/a/../b?c"], "--prefix: expected a path"),
        (["--serve", "--steer", "--read-only"], "--steer and --read-only contradict each other"),
        (["--serve", "--bind", "no.such.host.invalid"], "--bind: there is no address"),
        (["--serve", "--bind", "203.0.113.7"], "is none of this machine's addresses"),
        (["--serve", "--json"], "--json goes"),
        (["--serve", "nowhere.yaml"], "There is no nowhere.yaml"),
        (["--steer"], "--steer goes with --serve."),
        (["--no-ui", "--port", "1"], "--port goes with --serve."),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever mistypes: a sentence with what is right, and no server."""
    assert main(arguments) != 0
    written = capsys.readouterr()
    assert said in written.err and len(written.err.strip().splitlines()) == 1
    assert not written.out


def test_a_port_in_use_and_a_key_that_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second server on one port is told so with a remedy; a key that could be guessed is
    refused.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--serve", "--port", port]) == 3
    assert f"Port {port} of 127.0.0.1 is in use" in capsys.readouterr().err
    monkeypatch.setenv("ENCHANTED_TUI_TOKEN", "short")
    assert main(["--serve", "--port", "0"]) == 2
    assert "ENCHANTED_TUI_TOKEN: expected 16 to 200" in capsys.readouterr().err


def test_without_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says what to install."""
    monkeypatch.setattr(serve_command.importlib.util, "find_spec", lambda name: None)
    assert main(["--serve"]) == 3
    assert "pip install 'enchanted-tui[serve]'" in capsys.readouterr().err


def _answer(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read(4000).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(4000).decode("utf-8", "replace")


@in_loop
async def test_only_the_whole_address_is_answered(finished_run: Path) -> None:
    """Protects what the person can see from all others on the machine, who can reach the port:
    page, files and line are below the key, and nothing else answers but by one sentence.
    """
    with serving("--prefix", "/node/n1/80", str(finished_run)) as address:
        host, _, rest = address.removeprefix("http://").partition("/")
        key = rest.strip("/").rpartition("/")[2]
        assert host.startswith("127.0.0.1:") and rest == f"node/n1/80/{key}/" and len(key) >= 40
        page = _answer(address)
        assert page[0] == 200 and "static/js/textual.js" in page[1] and key not in page[1]
        assert _answer(f"http://{host}/{key}/")[0] == 200  # a proxy that takes the prefix away
        assert _answer(f"{address}static/js/textual.js")[0] == 200
        wrong = [
            *("", "/", "/x/", "/ws", "/static/js/textual.js", f"/{key[:-1]}/", f"/{key}x/"),
            *(f"/{key.swapcase()}/static/js/textual.js", f"/node/n1/80/{key[1:]}/"),
        ]
        for path in wrong:
            code, said = _answer(f"http://{host}{path}")
            assert code == 403 and said.startswith("This address lacks the key.")
        for path in ("static/../../server.py", "static/%2e%2e/server.py", "static/", "other"):
            assert _answer(address + path)[0] in (403, 404)
        for path in ("/x/", f"/{key[:-1]}/"):
            with pytest.raises(HTTPClientError, match="403"):
                async with tab_at(f"http://{host}{path}"):
                    pass


@in_loop
async def test_a_tab_looks_and_does_nothing_else(tmp_path: Path) -> None:
    """Protects a campaign from whoever was given the address to look: its screens are shown, in the
    size of the tab; what steers, starts, edits or deletes is refused by a sentence.
    """
    config = write_config(tmp_path, function="slow", budget=500, batch_size=50, workers=1)
    root = tmp_path / "campaign"
    assert main([str(config), "--detach"]) == 0
    with ended_afterwards(root), serving(str(root)) as address:
        wait_for_done(root, 1)
        async with tab_at(address) as tab:
            await tab.sees("RUNNING")
            await tab.resize(120, 36)
            await tab.sees("3 Monitor")
            for key in ("p", "S", "A", "r", "="):
                seen = len(tab.text)
                await tab.press(key)
                await tab.sees("refused", after=seen)
            seen = len(tab.text)
            await tab.press("\x1a?")  # Ctrl+Z has no shell to go back to
            await tab.sees("Escape closes", after=seen)
        found = status(root)
        assert (
            found is not None and holder_pid(root) is not None and found.snapshot.paused_by is None
        )


@pytest.mark.parametrize("how", ["closed", *in_full("served no more")])
@in_loop
async def test_closing_the_tab_leaves_the_campaign(tmp_path: Path, how: str) -> None:
    """Protects a campaign that was started in a tab (`--steer`): when that is closed, or the server
    ends, it goes on in the same session to its end, every task once.
    """
    config = write_config(tmp_path, function="slow", budget=40, batch_size=20, workers=2)
    root = tmp_path / "campaign"
    with ended_afterwards(root):
        with serving("--steer", str(config)) as address:
            async with tab_at(address) as tab:
                await tab.sees("valid")
                await tab.press(F9)
                await tab.sees("40 tasks")
                await tab.press("\r")
                await until(lambda: (found := status(root)) and found.snapshot.tasks_done >= 2)
                pid = holder_pid(root)
                if how == "closed":
                    tab.close()
                    done = len(finished_tasks(root)) + 3
                    await until(lambda: len(finished_tasks(root)) >= done)
        assert holder_pid(root) == pid and sessions(root) == 1
        wait_until(
            lambda: (found := status(root)) is not None and found.snapshot.end_reason == "completed"
        )
        tasks = finished_tasks(root)
        assert len(tasks) == len(set(tasks)) == 40


@in_loop
async def test_leaving_the_app_closes_its_tab_alone(finished_run: Path) -> None:
    """Two tabs are two apps; one that is left with `q` ends its line, and the other goes on."""
    with serving(str(finished_run)) as address:
        async with tab_at(address) as one, tab_at(address) as other:
            await one.sees("FINISHED")
            await other.sees("FINISHED")
            await one.press("q")
            await until(lambda: one.closed)
            seen = len(other.text)
            await other.press("?")
            await other.sees("Escape closes", after=seen)
            assert not other.closed
