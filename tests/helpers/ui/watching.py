"""Watch a campaign in the real app: open a screen, press keys, click, use the palette, wait for
what is to be seen.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual._callback import invoke
from textual.pilot import Pilot
from textual.widgets import Input

from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.palette import ActionCommands
from helpers.ui.campaigns import PATIENCE, until
from helpers.ui.snapshots import screen_text


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **named: Any) -> None:
        asyncio.run(test(*args, **named))

    return run


class Watcher:
    """Somebody before the screen."""

    def __init__(self, app: EnchantedApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def text(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)

    @property
    def screen(self) -> Any:
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type into what asks, in place of what is there, and answer with Enter."""
        await until(lambda: isinstance(self.screen.focused, Input), self.pilot.pause)
        self.screen.focused.value = text
        await self.press("enter")

    async def sees(self, *texts: str, timeout: float = PATIENCE) -> None:
        """Wait until all of these are on the screen."""
        await until(lambda: all(text in self.text for text in texts), self.pilot.pause, timeout)

    async def settles(self) -> None:
        """Wait until the footer, which is put together anew for each focus, is there."""
        await self.sees("? Help")

    async def is_told(self, text: str) -> None:
        """Wait until the app says this in a corner, where it may be broken into lines."""
        await self.until(lambda: any(text in notice.message for notice in self.app._notifications))

    async def lacks(self, text: str) -> None:
        """Wait until this is on the screen no more."""
        await until(lambda: text not in self.text, self.pilot.pause)

    async def until(self, condition: Callable[[], object], timeout: float = PATIENCE) -> None:
        await until(condition, self.pilot.pause, timeout)

    async def click(self, text: str, *, times: int = 1) -> None:
        """Click on the first place where a text stands on the screen."""
        await self.sees(text)
        for y, line in enumerate(self.text.splitlines()):
            if text in line:
                await self.pilot.click(offset=(line.index(text) + len(text) // 2, y), times=times)
                return

    async def command(self, name: str) -> None:
        """Take the action that the palette finds first for a text, without opening it, which takes
        a second: `test_routes` looks whether the palette itself leads to the actions.
        """
        hits = [hit async for hit in ActionCommands(self.screen).search(name)]
        best = max(hits, key=lambda hit: hit.score)
        taken = asyncio.Event()

        async def take() -> None:
            await invoke(best.command)
            taken.set()

        self.app.call_later(take)
        await taken.wait()  # a screen that leaves with it answers nobody who waits for it
        await self.pilot.pause()


@asynccontextmanager
async def watching(
    run: Path, mode: str, size: tuple[int, int] = (80, 24), *, notices: bool = False, **options: Any
) -> AsyncIterator[Watcher]:
    """Show a run directory on a screen of the app; with `notices`, also what the app says in
    passing.
    """
    app = EnchantedApp(run, **options)
    async with app.run_test(size=size, notifications=notices) as pilot:
        await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
        await app.switch_mode(mode)
        await pilot.pause()
        yield Watcher(app, pilot)
