"""Whatever is typed, pasted and clicked, in whatever bursts: the app neither dies nor speaks of a
defect, loses no text, and starts, ends and deletes nothing but what a dialog's answer asked for.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from enchanted_tui.ui import remembered
from helpers.marks import in_full
from helpers.ui.campaign_watch import ended_afterwards, wait_for_done
from helpers.ui.campaigns import until, write_config
from helpers.ui.random_input import (
    SIZES,
    Typist,
    WatchedApp,
    deletions_asked_for,
    files_of,
    is_kept,
    reads,
    text_at_the_end,
)


@pytest.fixture
def campaigns(
    finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A directory with a run that has finished and one in which samples have failed, both to be run
    again, and one that runs.
    """
    home = tmp_path / "work"
    write_config(home, "going", function="slow", budget=5000, batch_size=50, workers=1)
    for name in ("done", "failing"):
        shutil.copytree(finished_run, home / name)
    monkeypatch.chdir(home)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    with (
        ended_afterwards(home / "going"),
        ended_afterwards(home / "done"),
        ended_afterwards(home / "failing"),
    ):
        command = [sys.executable, "-m", "enchanted_tui", str(home / "going.yaml"), "--no-ui"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_done(home / "going", 1)
            yield home
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


async def _session(home: Path, seed: int, count: int, size: tuple[int, int]) -> int:
    """Let somebody type until they have sent so many events or the app has been left; give how many
    were sent.
    """
    app = WatchedApp(home / ("done", "failing", "going")[seed % 3] if seed % 4 else None)
    typist: Typist | None = None
    unsaved: str | None = None
    try:
        async with AsyncExitStack() as stack:
            stack.enter_context(deletions_asked_for(app))
            stack.enter_context(files_of(home.resolve()))
            pilot = await stack.enter_async_context(app.run_test(size=size, notifications=True))
            typist = Typist(app, pilot)
            await until(lambda: app.screen.is_mounted, pilot.pause)
            for read in reads(seed, count):
                if not await typist.send(read):
                    break
            if app.campaign is not None and app.campaign.alive:
                app.campaign.request("abort")
                await until(lambda: not app.campaign.alive, timeout=60)
            unsaved = None if app._exit else text_at_the_end(app)
            app.exit()
    except Exception as error:
        pytest.fail(
            f"seed {seed} at {size}: {type(error).__name__}:"
            f" {error}\n{typist.story() if typist is not None else ''}"
        )
    assert not app.defects, f"seed {seed} at {size}: {app.defects[0]}\n{typist.story()}"
    assert unsaved is None or is_kept(unsaved), f"seed {seed} at {size}: text was lost"
    print(
        f"seed {seed} at {size}: {app.longest:.2f} s of the processor at most between two beats,"
        f" on {app.longest_on}; on top were {', '.join(sorted(app.seen))}"
    )
    return sum(len(read.events) for read in typist.sent)


def _type(home: Path, seed: int, count: int, size: tuple[int, int]) -> None:
    """Send so many events, in as many sessions as it takes: some of them leave the app."""
    for run in ("done", "failing", "going"):
        remembered.update(seen=home / run)
    while count > 0:
        count -= asyncio.run(_session(home, seed, count, size))
        seed += 1_000


@pytest.mark.parametrize(
    ("seed", "size"), [(1, (80, 24)), *in_full((2, (120, 36)))], ids=["80x24", "120x36"]
)
def test_random_input(campaigns: Path, seed: int, size: tuple[int, int]) -> None:
    """Protects whoever types fast: a short walk every day. What fails is told with its seed and the
    events that led there.
    """
    _type(campaigns, seed, 40, size)


@pytest.mark.full
@pytest.mark.parametrize("size", SIZES[:2], ids=["80x24", "120x36"])
@pytest.mark.parametrize("seed", range(11, 16))
def test_random_input_for_long(campaigns: Path, seed: int, size: tuple[int, int]) -> None:
    """The same with 20,000 events in ten walks."""
    _type(campaigns, seed, 2_000, size)
