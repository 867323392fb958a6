"""What answers a browser: a page, the files that it needs, and a line to the app. Everything lies
below the token, and without that nothing is answered but one sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.web import Application, RequestHandler, StaticFileHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from enchanted_tui.ui.serving.page import page, policy
from enchanted_tui.ui.serving.tab_process import TabProcess

_MOST_TABS = 8  #: each is a process of its own
_LARGEST_MESSAGE = 4 << 20  #: bytes; a paste is one
_REFUSED = (
    "This address lacks the key. Use the whole address that enchanted-tui --serve has printed; it"
    " is another one after each start.\n"
)
_FULL = (
    f"\r\n {_MOST_TABS} tabs show the app already; close one of them, and open this one again.\r\n"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """What is shown, and to whom."""

    token: str
    command: Sequence[str]  #: that is the app
    environment: Mapping[str, str]  #: of it
    statics: Path  #: the files that the page needs
    title: str = "enchanted-tui"
    prefix: str = ""  #: before the token, where a proxy leaves it in the path: "/node/n12/8000"


class ServedTabs:
    """The tabs that are open."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._open: set[TabProcess] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, columns: int, rows: int) -> TabProcess | None:
        """Start the app for one more tab; None if there are enough. Raises OSError."""
        if len(self._open) >= _MOST_TABS:
            return None
        tab = TabProcess(self.served.command, self.served.environment)
        self._open.add(tab)
        try:
            await tab.begin(columns, rows)
        except OSError:
            self._open.discard(tab)
            raise
        return tab

    def close(self, tab: TabProcess) -> None:
        tab.hang_up()
        self._open.discard(tab)

    async def close_all(self, patience: float) -> None:
        """Hang up everywhere, and give the apps a while to leave in order."""
        open_now = [*self._open]
        for tab in open_now:
            self.close(tab)
        if open_now:
            await asyncio.wait(
                [asyncio.ensure_future(tab.ended()) for tab in open_now], timeout=patience
            )


class _Guarded(RequestHandler):
    """Answers nobody who does not know the token."""

    @property
    def tabs(self) -> ServedTabs:
        tabs: ServedTabs = self.settings["tabs"]
        return tabs

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        given = self.path_kwargs.pop("token", "")
        if not hmac.compare_digest(given.encode(), self.tabs.served.token.encode()):
            self.set_status(403)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(_REFUSED)

    def write_error(self, status_code: int, **more: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Say what went wrong without the address, in which the token is."""
        if kind is not None and not hasattr(value, "status_code"):
            _log.error("%s", "".join(traceback.format_exception(kind, value, trace)))


class _Page(_Guarded):
    def get(self) -> None:
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", policy(nonce))
        self.finish(page(self.tabs.served.title, nonce))


class _ToPage(_Guarded):
    """The address without its last slash."""

    def get(self) -> None:
        self.redirect(f"{self.tabs.served.token}/")


class _Statics(_Guarded, StaticFileHandler):
    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "private, max-age=86400")


class _Nowhere(_Guarded):
    """What is not below the token."""


class _Line(_Guarded, WebSocketHandler):
    """The line between a tab and its app: what is typed as JSON one way, what is written as bytes
    the other.
    """

    _tab: TabProcess | None = None
    _pumping: asyncio.Task[None] | None = None

    def check_origin(self, origin: str) -> bool:
        """Nothing but the token lets anybody in, and no cookie carries that, so the page of
        somebody else cannot; and behind a proxy the names of hosts differ.
        """
        return True

    def get_compression_options(self) -> dict[str, Any]:
        return {}

    async def open(self) -> None:
        columns, rows = self._number("width", 80), self._number("height", 24)
        try:
            self._tab = await self.tabs.open(columns, rows)
        except OSError as error:
            await self._refuse(f"\r\n The app cannot be started: {error.strerror}.\r\n")
            return
        if self._tab is None:
            await self._refuse(_FULL)
        elif self.ws_connection is None:  # closed meanwhile
            self.on_close()
        else:
            self._pumping = asyncio.ensure_future(self._pump(self._tab))

    def _number(self, name: str, otherwise: int) -> int:
        given = self.get_query_argument(name, "")
        return int(given) if given.isdecimal() and len(given) < 6 else otherwise

    async def _refuse(self, sentence: str) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(sentence.encode(), binary=True)
        self.close()

    async def _pump(self, tab: TabProcess) -> None:
        """Pass on what the app writes, as fast as the tab takes it."""
        with contextlib.suppress(WebSocketClosedError):
            while data := await tab.read():
                await self.write_message(data, binary=True)
        self.close()

    async def on_message(self, message: str | bytes) -> None:
        try:
            kind, what = json.loads(message)
        except (ValueError, TypeError):
            return  # ["focus"] and ["blur"] as well: the terminal itself sends these as keys
        tab = self._tab
        if kind == "ping":
            await self.write_message(json.dumps(["pong", what]))
        elif kind == "stdin" and tab is not None and isinstance(what, str):
            await tab.write(what.encode("utf-8", "replace"))
        elif kind == "resize" and tab is not None and isinstance(what, dict):
            columns, rows = what.get("width"), what.get("height")
            if isinstance(columns, int) and isinstance(rows, int):
                tab.resize(columns, rows)

    def on_close(self) -> None:
        if self._tab is not None:
            self.tabs.close(self._tab)


def application(tabs: ServedTabs) -> Application:
    """Return what answers."""
    served = tabs.served
    below = rf"(?:{served.prefix})?/(?P<token>[^/]+)"
    return Application(
        [
            (below, _ToPage),
            (rf"{below}/", _Page),
            (rf"{below}/ws", _Line),
            (rf"{below}/static/(?P<path>.*)", _Statics, {"path": str(served.statics)}),
        ],
        default_handler_class=_Nowhere,
        tabs=tabs,
        log_function=lambda handler: None,  # addresses hold the token
        websocket_ping_interval=20,
        websocket_max_message_size=_LARGEST_MESSAGE,
    )
