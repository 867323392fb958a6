"""The app as `--serve` shows it: the command, its address, and tabs without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from helpers.ui.campaigns import until

_ESCAPES = re.compile(
    rb"\x1b\[[0-9;?<>=!$]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]"
)


@contextmanager
def serving(*arguments: str, cwd: Path | None = None) -> Iterator[str]:
    """Serve on a free port, give the address of the page, and end as Ctrl+C does."""
    command = [sys.executable, "-m", "enchanted_tui", "--serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def plain(written: bytes) -> str:
    """Give what has been written as one line of text."""
    return re.sub(r"[\r\n]", "", _ESCAPES.sub(b"", written).decode("utf-8", "replace"))


class Tab:
    """One tab: what its app has written, and a keyboard."""

    def __init__(self, line: WebSocketClientConnection) -> None:
        self._line = line
        self.written = b""
        self.closed = False  #: by the other side

    async def read(self) -> None:
        while (message := await self._line.read_message()) is not None:
            if isinstance(message, bytes):
                self.written += message
        self.closed = True

    @property
    def text(self) -> str:
        """All that has been written, without escape sequences: in one line, since words are
        painted in pieces.
        """
        return plain(self.written)

    async def sees(self, pattern: str, *, after: int = 0) -> None:
        await until(lambda: re.search(pattern, self.text[after:]))

    async def press(self, keys: str) -> None:
        await self._line.write_message(json.dumps(["stdin", keys]))

    def close(self) -> None:
        """Close the tab."""
        self._line.close()

    async def resize(self, columns: int, rows: int) -> None:
        await self._line.write_message(json.dumps(["resize", {"width": columns, "height": rows}]))


@asynccontextmanager
async def tab_at(address: str, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Tab]:
    """Open the app at an address as the page in a browser does, and close it."""
    url = re.sub("^http", "ws", address) + f"ws?width={size[0]}&height={size[1]}"
    line = await websocket_connect(HTTPRequest(url, request_timeout=60))
    tab = Tab(line)
    reading = asyncio.ensure_future(tab.read())
    try:
        yield tab
    finally:
        tab.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, 10)
