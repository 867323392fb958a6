"""The text of the editor as long as it is not saved: written down a moment after each edit, and for
the last time when the app ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.timer import Timer

from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread, in_time
from enchanted_tui.ui.editor.buffer import Buffer
from enchanted_tui.ui.editor.recovery import Recovery

_KEEP_AFTER = 0.5  #: seconds after an edit that the text is written down for recovery
_LEAVE_WITHIN = 1.0  #: seconds that writing it down may hold up the end of the app


class UnsavedText:
    """Writes down what `text` gives, for `screen`; `say` is given a sentence where that fails."""

    def __init__(
        self,
        screen: AppScreen,
        buffer: Buffer,
        text: Callable[[], str],
        say: Callable[[str], None],
    ) -> None:
        self.recovery = Recovery()
        self._screen, self._buffer, self._text, self._say = screen, buffer, text, say
        self._timer: Timer | None = None
        self._keeping = asyncio.Lock()

    def keep_soon(self) -> None:
        """Write the text down in a moment: it was edited."""
        if self._timer is None and not self._screen.app.read_only:
            self._timer = self._screen.set_timer(_KEEP_AFTER, self._keep_now)

    def _keep_now(self) -> None:
        self._timer = None
        self._screen.app.perform(self.keep())

    async def keep(self) -> None:
        """Write the text down, or remove what was written where nothing is unsaved."""
        async with self._keeping:
            if not self._screen.is_mounted:
                return
            text, buffer = self._text(), self._buffer
            if not buffer.is_modified(text):
                await in_thread(self.recovery.forget)
                return
            try:
                await in_thread(
                    self.recovery.keep, text, buffer.path, self._digest, has_bom=buffer.has_bom
                )
            except OSError as error:
                self._say(f"not kept for recovery: {error.strerror}")

    def leave(self) -> None:
        """Write down what is not saved, the last letter included, because the app ends now; a file
        server that hangs does not stop it.
        """
        text, buffer = self._text(), self._buffer
        in_time(
            _LEAVE_WITHIN,
            self.recovery.leave,
            text,
            buffer.path,
            self._digest,
            has_bom=buffer.has_bom,
        )

    async def forget(self) -> None:
        """Remove what was written down: the text is saved, or given up."""
        async with self._keeping:
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
            await in_thread(self.recovery.forget)

    @property
    def _digest(self) -> str | None:
        return self._buffer.version.digest if self._buffer.version is not None else None
