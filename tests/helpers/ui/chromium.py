"""A real Chromium that is driven as its developers' tools do (the DevTools protocol,
https://chromedevtools.github.io/devtools-protocol): it loads a page, is typed into and clicked, and
tells what has come over the page's websocket, since a terminal is drawn on a canvas.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Give the browser that is installed, if one is."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One page, from before it is loaded."""

    def __init__(self, line: WebSocketClientConnection, session: str) -> None:
        self._line, self._session = line, session
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.received = b""  #: what the page's websocket has brought
        self.asked: list[str] = []  #: the addresses of all that it has loaded or tried to
        self.errors: list[str] = []  #: what went wrong in its scripts, or was refused it

    async def listen(self) -> None:
        """Take what the browser tells, until it ends."""
        while (message := await self._line.read_message()) is not None:
            told = json.loads(message)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told.get("params", {}))

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.webSocketFrameReceived":
            data = told["response"]["payloadData"]
            is_binary = told["response"]["opcode"] == 2
            self.received += base64.b64decode(data) if is_binary else data.encode()
        elif method == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(told["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(told["exceptionDetails"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(told["entry"]["text"])

    async def do(self, method: str, **parameters: Any) -> Any:
        """Ask the browser for something and give its answer."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        asked = {"id": number, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        await self._line.write_message(json.dumps(asked))
        told = await asyncio.wait_for(answer, 60)
        assert "error" not in told, told
        return told["result"]

    async def evaluate(self, script: str) -> Any:
        """Give what a script in the page comes to."""
        told = await self.do("Runtime.evaluate", expression=script, returnByValue=True)
        return told["result"].get("value")

    async def press(self, text: str, *, key: str = "", code: int = 0) -> None:
        """Press a key: a letter, or one with a name and a number of its own."""
        named = {"key": key or text, "windowsVirtualKeyCode": code or ord(text.upper())}
        typed = {"text": text} if text else {}
        await self.do("Input.dispatchKeyEvent", type="keyDown", **named, **typed)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **named)

    async def click(self, x: float, y: float, button: str = "left") -> None:
        """Click at a place of the page."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.do(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1
            )

    async def picture(self) -> bytes:
        """Give a picture of the page, as PNG."""
        told = await self.do("Page.captureScreenshot", format="png")
        return base64.b64decode(told["data"])


@asynccontextmanager
async def page_at(address: str, size: tuple[int, int] = (1000, 620)) -> AsyncIterator[Page]:
    """Open a page in a browser of its own, and end that."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                str(program()),
                *("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"),
                *(
                    "--no-first-run",
                    "--disable-background-networking",
                    f"--user-data-dir={profile}",
                ),
                f"--window-size={size[0]},{size[1]}",
                "about:blank",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            line = await websocket_connect(await asyncio.to_thread(_devtools, process))
            browser = Page(line, "")
            listening = asyncio.ensure_future(browser.listen())
            target = (await browser.do("Target.getTargets"))["targetInfos"]
            number = next(one["targetId"] for one in target if one["type"] == "page")
            session = await browser.do("Target.attachToTarget", targetId=number, flatten=True)
            browser._session = session["sessionId"]
            for domain in ("Page", "Network", "Runtime", "Log"):
                await browser.do(f"{domain}.enable")
            await browser.do("Page.navigate", url=address)
            yield browser
            line.close()
            await listening
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()


def _devtools(process: subprocess.Popen[str]) -> str:
    """Give the address at which the browser can be driven."""
    assert process.stderr is not None
    for written in process.stderr:
        if "DevTools listening on " in written:
            return written.partition("DevTools listening on ")[2].strip()
    raise AssertionError("the browser has ended at once")
