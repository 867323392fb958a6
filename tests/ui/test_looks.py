"""What can be seen: contrast of the themes, and what is left of them without colours.

Every day one theme, all with ``--full``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rich.color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.contrast import contrast
from enchanted_tui.ui.themes import OWN
from enchanted_tui.ui.uncoloured import filter_on
from enchanted_tui.ui.widgets.table import VirtualTable
from helpers.marks import in_full
from helpers.ui.campaigns import until
from helpers.ui.watching import in_loop

_DARK = "#14161f"


def _uncoloured(style: str) -> Style:
    [segment] = filter_on(_DARK).apply([Segment("x", Style.parse(style))], Color.parse(_DARK))
    assert segment.style is not None
    return segment.style


def test_contrast_is_that_of_wcag() -> None:
    """The measure that colours are judged by is the standard's: black on white, and a grey known to
    be just legible on white.
    """
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("bold #d5d9e8 on #14161f", "bold not reverse"),
        ("#d5d9e8 on #272b3b", "not reverse"),  # a panel is no cursor
        ("#14161f on #7aa2f7", "reverse"),
        ("reverse #d5d9e8 on #14161f", "reverse"),
        ("#5a5e6b on #14161f", "dim not reverse"),
        ("#d5d9e8", "not reverse"),
    ],
)
def test_attributes_take_the_place_of_colours(style: str, expected: str) -> None:
    """Cursors are reversed, muted text is dim, and no colour is left."""
    assert _uncoloured(style) == Style.parse(expected)


def test_what_can_be_clicked_stays_so() -> None:
    """A filter for colours must not take away what a click on a character does."""
    style = Style.parse("red") + Style.from_meta({"@click": "quit"})
    [segment] = filter_on(_DARK).apply([Segment("x", style)], Color.parse(_DARK))
    assert segment.style is not None and segment.style.meta == {"@click": "quit"}


@in_loop
async def test_cursor_row_is_seen_without_colours(
    finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR the row under the cursor of the focused table is reversed, and nothing has a
    colour.
    """
    monkeypatch.setenv("NO_COLOR", "1")
    app = EnchantedApp(finished_run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(
            lambda: (
                app.screen.query("#tasks VirtualTable")
                and app.screen.query_one("#tasks VirtualTable", VirtualTable).rows
            ),
            pilot.pause,
        )
        row = app.screen.query_one("#tasks VirtualTable", VirtualTable).region.y + 1
        assert all(
            segment.style is None or not (segment.style.color or segment.style.bgcolor)
            for segment in _painted(app)
        )
        cursor = app.screen._compositor.render_strips()[row]
        assert next(
            segment.style.reverse for segment in cursor if "d0_b" in segment.text and segment.style
        )


def _painted(app: EnchantedApp) -> Iterator[Segment]:
    for strip in app.screen._compositor.render_strips():
        yield from strip


@pytest.mark.full
@pytest.mark.parametrize("theme", [OWN[0].name, *in_full(*(theme.name for theme in OWN[1:]))])
@in_loop
async def test_text_can_be_read_on_every_screen(finished_run: Path, theme: str) -> None:
    """Protects tired eyes and poor projectors: each painted letter has, in our themes, the contrast
    of 4.5 that WCAG asks for.
    """
    app = EnchantedApp(finished_run)
    found: dict[str, str] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme
        for keys in _TOUR:
            await pilot.press(*keys)
            await pilot.pause(0.3)
            for text, ratio in _hard_to_read(app):
                found.setdefault(
                    f"{text} ({ratio:.1f})",
                    f"{app.current_mode} {type(app.screen).__name__} after {keys}",
                )
    assert not found, "\n".join(f"{where}: {text}" for text, where in found.items())


#: a button that cannot be pressed at the end of the tour is faint on purpose
_UNUSABLE = ("Start",)
#: Through the screens, their dialogs, and the cursor onto successes and failures.
_TOUR = (
    *(
        ("3",),
        ("down",),
        ("enter",),
        ("escape", "f1"),
        ("escape", "4"),
        ("enter",),
        ("escape", "5"),
        ("6",),
    ),
    *(
        ("escape", "1"),
        ("r",),
        ("escape", "slash", "x"),
        ("escape", "colon"),
        ("escape", "1", "e"),
        ("down", "x"),
        ("escape", "tab"),
        ("tab",),
        ("f1",),
        ("escape", "f5"),
    ),
    *(("ctrl+p",), ("escape", "f9"), ("escape", "ctrl+q")),
)


def _hard_to_read(app: EnchantedApp) -> Iterator[tuple[str, float]]:
    """Give the texts with too little contrast; what is behind a dialog is dimmed on purpose."""
    regions = [app.screen.region]
    if app.screen.is_modal:
        regions = [child.region for child in app.screen.children if child.region] or [
            child.region for child in app.screen.walk_children(Widget)
        ]
    strips = app.screen._compositor.render_strips()
    for segment in (
        segment
        for region in regions
        for strip in strips[region.y : region.bottom]
        for segment in strip.crop(region.x, region.right)
    ):
        style = segment.style
        if (
            style is None
            or segment.text.strip() in _UNUSABLE
            or style.color is None
            or style.bgcolor is None
            or not any(letter.isalnum() for letter in segment.text)
        ):
            continue
        ratio = contrast(_rgb(style.color), _rgb(style.bgcolor))
        if ratio < 4.5:
            yield segment.text.strip(), ratio


def _rgb(colour: rich.color.Color) -> tuple[int, int, int]:
    red, green, blue = colour.get_truecolor()
    return red, green, blue
