"""The report in a real browser, where one is installed: it opens offline, runs nothing of what its
samples hold, and fits a telephone as well as a desk.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.odd_pages import odd_campaign
from helpers.surrogates import asked

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MEASURE = """<!DOCTYPE html><title>not yet</title><body><script>
const page = PAGE;
addEventListener("load", async () => {
  const told = {};
  for (const width of [360, 1300]) {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    const loaded = new Promise((done) => { frame.onload = done; });
    frame.srcdoc = page;
    document.body.append(frame);
    await loaded;
    const inside = frame.contentDocument;
    const figure = inside.querySelector("svg").getBoundingClientRect();
    told[width] = {
      width: inside.documentElement.scrollWidth,
      title: inside.title,
      figures: inside.querySelectorAll("svg").length,
      figure: figure.width,
      height: figure.height,
      active: inside.querySelectorAll("script, img, iframe, object").length,
      paper: getComputedStyle(inside.documentElement).backgroundColor,
      bar: getComputedStyle(inside.querySelector("svg g[clip-path], svg path[clip-path]")).fill,
      broken: [...inside.querySelectorAll("svg text")].filter((one) => !one.getBBox().width).length,
    };
  }
  document.title = JSON.stringify(told);
});
</script>"""


def _browser() -> str | None:
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


pytestmark = pytest.mark.skipif(_browser() is None, reason="no Chromium or Chrome is installed")


def _dom(page: Path, tmp_path: Path, *options: str) -> str:
    """Return what a browser without a network makes of a page."""
    done = subprocess.run(
        [
            str(_browser()),
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000"),
            f"--user-data-dir={tmp_path / 'profile'}",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _title(dom: str) -> str:
    return html.unescape(dom.partition("<title>")[2].partition("</title>")[0])


def test_it_opens_offline_on_any_screen_by_day_and_by_night(tmp_path: Path) -> None:
    """Protects those whom the page is handed to: nothing runs, nothing is wider than the screen, all
    figures are drawn in the colours of the page.
    """
    run_dir = odd_campaign(tmp_path)
    page = tmp_path / "report.html"
    code, _, said = asked("--report", run_dir, "--out", page, "--model", "linear")
    assert code == 0, said
    dom = _dom(page, tmp_path)
    assert _title(dom) == "run"
    assert "&lt;script&gt;document.title = 'hit'&lt;/script&gt;" in dom
    measure = tmp_path / "measure.html"
    held = json.dumps(page.read_text()).replace("</", "<\\/").replace("<!--", "<\\!--")
    measure.write_text(_MEASURE.replace("PAGE", held))
    found = {}
    for name, setting in (("day", 1), ("night", 0)):
        dom = _dom(measure, tmp_path, f"--blink-settings=preferredColorScheme={setting}")
        found[name] = json.loads(_title(dom))
        for width, told in found[name].items():
            assert told["width"] <= int(width), (name, width, told)
            assert told["title"] == "run" and told["active"] == 0 and told["broken"] == 0
            assert told["figures"] == len(re.findall("<svg ", page.read_text()))
            assert told["figure"] > 200 and told["height"] > 100
    assert found["day"]["360"]["paper"] != found["night"]["360"]["paper"]
    assert found["day"]["360"]["bar"] != found["night"]["360"]["bar"]
