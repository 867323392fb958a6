"""The Config screen in the real app, as somebody uses it who edits a configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.widgets.dialog import Dialog
from helpers.ui.campaigns import until
from helpers.ui.snapshots import screen_text

TEXT = """\
# a campaign
executors:
  here: {type: LocalExecutor}
samplers:
  plane:
    type: RandomSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 10
runners:
  peaks: {type: SyntheticDoubleGaussianRunner, dimensions: 2}
supervisor:
  base_run_dir: out
  seed: 1
  run_order:
    - {executor: here, sampler: plane, runner: peaks}
"""


class Editor:
    """The app with its Config screen, and what a test asks of it."""

    def __init__(self, app: EnchantedApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def screen(self) -> ConfigScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ConfigScreen))

    @property
    def text(self) -> str:
        return self.screen.area.text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Any) -> None:
        await until(condition, self.pilot.pause)

    async def checked(self) -> None:
        """Wait until the problems shown are those of the text."""
        screen = self.screen
        await self.until(
            lambda: screen._checked is not None and screen._checked.text == screen.area.text
        )
        await self.pilot.pause()

    async def dialog(self, kind: type = Dialog) -> Any:
        await self.until(lambda: isinstance(self.app.screen, kind))
        await self.pilot.pause()
        return self.app.screen

    async def closed(self) -> None:
        await self.until(lambda: self.app.screen is self.screen)

    def shown(self) -> str:
        return screen_text(self.app)


@asynccontextmanager
async def opened(
    target: Path | None, *, size: tuple[int, int] = (80, 24), read_only: bool = False
) -> AsyncIterator[Editor]:
    app = EnchantedApp(target, read_only=read_only)
    async with app.run_test(size=size) as pilot:
        if target is None:
            await pilot.press("2")
        await until(
            lambda: isinstance(app.screen, ConfigScreen) and not app.screen.area.is_waiting,
            pilot.pause,
        )
        editor = Editor(app, pilot)
        await editor.checked()
        yield editor
