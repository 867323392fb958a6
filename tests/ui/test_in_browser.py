"""`--serve` in a real Chromium: the page draws the app, keys and clicks arrive, and nothing is
loaded from anywhere else.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from helpers.ui import chromium
from helpers.ui.campaigns import until
from helpers.ui.watching import in_loop
from helpers.ui.web_tab import plain, serving

pytest.importorskip("textual_serve", reason="the extra 'serve' is not installed")
pytestmark = pytest.mark.skipif(
    chromium.program() is None, reason="no Chromium or Chrome is installed"
)


def _text(page: chromium.Page) -> str:
    return plain(page.received)


@in_loop
async def test_the_app_in_a_browser(finished_run: Path, tmp_path: Path) -> None:
    """Protects whoever has a browser and no terminal: the app fills the window, takes keys, clicks
    and another size, and says when it has been left; everything comes from the one address.
    """
    with serving(str(finished_run)) as address:
        async with chromium.page_at(address) as page:
            await until(lambda: "finished_run" in _text(page) and "FINISHED" in _text(page))
            box = await page.evaluate(
                "(r => [r.width, r.height])(document.querySelector('.xterm-screen')"
                ".getBoundingClientRect())"
            )
            assert box[0] > 800 and box[1] > 400
            blank = await page.picture()
            seen = len(_text(page))
            await page.click(200, 8)  # the line above: the menu bar
            await until(lambda: "Compare" in _text(page)[seen:])
            assert await page.picture() != blank
            seen = len(_text(page))
            await page.click(700, 300)  # beside the menu
            await until(lambda: "Quit" in _text(page)[seen:])
            seen = len(_text(page))
            await page.press("R")
            await until(lambda: "refused" in _text(page)[seen:])
            seen = len(page.received)
            await page.do(
                "Emulation.setDeviceMetricsOverride",
                width=700,
                height=500,
                deviceScaleFactor=1,
                mobile=False,
            )
            await until(lambda: "finished_run" in page.received[seen:].decode("utf-8", "replace"))
            await page.press("q")
            await until_closed(page)
            (tmp_path / "left.png").write_bytes(await page.picture())
            assert {
                urlsplit(url).netloc for url in page.asked if url.startswith(("http", "ws"))
            } == {urlsplit(address).netloc}
            assert not page.errors, page.errors


async def until_closed(page: chromium.Page) -> None:
    """Wait until the page says that its app has been left."""
    for _ in range(600):
        if await page.evaluate("document.body.classList.contains('-closed')"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the page does not say that its app has been left")
