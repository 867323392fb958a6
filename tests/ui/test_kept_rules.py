"""Style sheets are parsed once: what Textual does with more of them than it remembers is no delay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.cache import LRUCache
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.widgets import Footer

from enchanted_tui.ui.kept_rules import KeptRules
from helpers.ui.watching import in_loop, watching


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[object, ...]]:
    """How often each source has been parsed, from nothing."""
    times: Counter[tuple[object, ...]] = Counter()
    parse = stylesheet.parse

    def counted(scope: str, css: str, read_from: Any, **how: Any) -> Iterator[RuleSet]:
        times[scope, css, read_from, how["tie_breaker"]] += 1
        return iter(list(parse(scope, css, read_from, **how)))

    monkeypatch.setattr(stylesheet, "parse", counted)
    monkeypatch.setattr(KeptRules, "_by_variables", LRUCache(4))
    return times


@in_loop
async def test_each_source_is_parsed_once_a_theme(
    finished_run: Path, parsed: Counter[tuple[object, ...]]
) -> None:
    """Protects the first look at each screen and dialog, and the way back to a theme; and the
    colours, which are those of the theme that is shown.
    """
    async with watching(finished_run, "results", (120, 40)) as watcher:
        for mode in ("runs", "failures", "log", "config"):
            await watcher.app.switch_mode(mode)
            await watcher.pilot.pause()
        await watcher.app.switch_mode("results")
        await watcher.press("question_mark")
        await watcher.press("escape")
        assert len(parsed) > 64  # what Textual would have remembered
        # a few belong to the theme that an app begins with, too
        assert max(parsed.values()) <= 2 and sum(parsed.values()) < 1.3 * len(parsed)
        before, background = watcher.app.theme, watcher.screen.query_one(Footer).styles.background
        watcher.app.theme = "textual-light"
        await watcher.until(
            lambda: watcher.screen.query_one(Footer).styles.background != background
        )
        seen = parsed.total()
        watcher.app.theme = before
        await watcher.until(
            lambda: watcher.screen.query_one(Footer).styles.background == background
        )
        assert parsed.total() == seen
