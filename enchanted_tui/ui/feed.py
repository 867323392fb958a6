"""What keeps the screens up to date: a thread that reads the run directory, so that a slow file
system never holds up a key.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from textual.message import Message

from enchanted_tui.ui.error_sentence import sentence

if TYPE_CHECKING:
    from textual.app import App

    from enchanted_tui.views.viewing import View, Viewer

_FASTEST = 0.5  #: seconds between two looks at a campaign that runs
_SLOWEST = 5.0  #: the same at one in which nothing has changed for long
_REPAINT = 1.0  #: seconds after which a campaign at work is shown again though nothing is new
_SLOWER = 1.15  #: factor from one look without news to the next


class ViewUpdated(Message):
    """There is a newer picture of the campaign."""

    def __init__(self, view: View, viewer: Viewer | None = None) -> None:
        super().__init__()
        self.view, self.viewer = view, viewer

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ViewUpdated)


class FeedFailed(Message):
    """The run directory cannot be read."""

    def __init__(self, sentence: str, viewer: Viewer) -> None:
        super().__init__()
        self.sentence, self.viewer = sentence, viewer

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FeedFailed)


class Feed:
    """Refreshes a viewer at most twice a second, more seldom while nothing changes, and posts
    `ViewUpdated` to the app.

    It posts what is new; while a campaign runs also what is merely older by a second, because ages
    and estimates move on.
    """

    def __init__(self, app: App[Any], viewer: Viewer) -> None:
        self._app = app
        self._viewer = viewer
        self._wake = threading.Event()
        self._closed = False
        self._resting = False
        self._last: object = None
        self._posted_at = 0.0
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again soon: something has just been asked of the campaign."""
        self._wake.set()

    def rest(self, resting: bool) -> None:
        """Look no more until told otherwise; then at once."""
        if resting != self._resting:
            self._resting, self._last = resting, None
            self._wake.set()

    def close(self) -> None:
        """Stop without waiting: a read that hangs on a dead file server must not hang the app."""
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        pause = _FASTEST
        while not self._closed:
            if self._resting:
                self._wake.wait()
                self._wake.clear()
                continue
            began = time.monotonic()
            is_news = self._look()
            pause = _FASTEST if is_news or self._wake.is_set() else min(_SLOWEST, pause * _SLOWER)
            self._wake.clear()
            # a look that takes long (an enormous journal, a slow file system) is followed by as
            # long a rest
            self._wake.wait(max(pause, time.monotonic() - began))
            if self._wake.is_set() and not (self._closed or self._resting):
                time.sleep(max(0.0, began + _FASTEST - time.monotonic()))
        self._viewer.close()

    def _look(self) -> bool:
        """Read, post if there is reason to, and tell whether there was anything new."""
        try:
            view = self._viewer.refresh()
        # a run directory may be gone, damaged or unreadable: news, not the end of the app
        except Exception as error:  # noqa: BLE001
            return self._post(FeedFailed(sentence(error)[0], self._viewer), str(error), moves=False)
        if view.reading < 1:
            self._wake.set()  # the rest of the journal without a pause
        return self._post(
            ViewUpdated(view, self._viewer),
            (view.revision, view.phase),
            moves=not view.phase.at_rest,
        )

    def _post(self, message: Message, content: object, *, moves: bool) -> bool:
        is_news, now = content != self._last, time.monotonic()
        if not (self._closed or self._resting) and (
            is_news or (moves and now - self._posted_at >= _REPAINT)
        ):
            self._last, self._posted_at = content, now
            self._app.post_message(message)
        return is_news
