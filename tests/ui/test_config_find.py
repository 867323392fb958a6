"""Find and replace in the editor, by keys, mouse and palette, in the real app."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.widgets import Input

from enchanted_tui.ui.editor.find import Match, Wanted, nearest
from enchanted_tui.ui.widgets.line import Buttons
from helpers.marks import in_full
from helpers.ui.editing import TEXT, opened
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import in_loop

_LINES = st.lists(st.text("aAb.\u00e9", max_size=8), max_size=6)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration in the working directory; `plane` and `peaks` stand in it twice each."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(TEXT)
    return path


# -- what is found ---------------------------------------------------------------------------------


@given(_LINES, st.text("aAb.\u00e9", min_size=1, max_size=3), st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_match_is_found(lines: list[str], text: str, exact: bool) -> None:
    """Protects the count: what is found is what was asked for, character by character, and nothing
    that could be found is left.
    """
    wanted = Wanted(text, exact)
    same = (lambda part: part == text) if exact else (lambda part: part.lower() == text.lower())
    found = wanted.places(lines)
    assert all(same(lines[place.line][place.start : place.end]) for place in found)
    covered = {(place.line, column) for place in found for column in range(place.start, place.end)}
    for number, line in enumerate(lines):
        for start in range(len(line) - len(text) + 1):
            if same(line[start : start + len(text)]):
                assert any(
                    (number, column) in covered for column in range(start, start + len(text))
                )


def test_matches_of_a_long_text_are_in_their_lines() -> None:
    """Protects places far down, and where several matches or none stand in a line."""
    lines = ["a b a", "", "b", "a"] * 1000
    assert Wanted("A").places(lines) == [
        place
        for row in range(0, 4000, 4)
        for place in (Match(row, 0, 1), Match(row, 4, 5), Match(row + 3, 0, 1))
    ]
    assert not Wanted("b\nb").places(lines)


def test_the_next_match_is_round_the_end() -> None:
    """Next is the first at or after a place, the one before begins before it; both go round the
    ends of the text.
    """
    places = [Match(0, 2, 4), Match(3, 0, 2)]
    assert [nearest(places, *at, 1) for at in ((0, 0), (0, 2), (0, 3), (3, 1))] == [0, 0, 1, 0]
    assert [nearest(places, *at, -1) for at in ((0, 2), (0, 3), (3, 0), (9, 9))] == [1, 0, 0, 1]
    assert nearest([], 0, 0, 1) is None


# -- finding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ctrl+f", *in_full("slash")])
@in_loop
async def test_finding_goes_to_the_match_while_one_types(path: Path, key: str) -> None:
    """The first match from the cursor on is selected at once and all are counted; Enter and arrows
    go on and round; Escape goes back.
    """
    async with opened(path) as editor:
        area = editor.screen.area
        if key == "slash":
            await editor.press("escape")
        await editor.press(key, *"Plan")
        await editor.until(lambda: "1 of 2" in editor.shown())
        assert area.selected_text == "plan" and area.cursor_location == (4, 6)
        await editor.press("enter")
        await editor.until(lambda: "2 of 2" in editor.shown())
        assert area.cursor_location[0] == 15
        await editor.press("down")
        await editor.until(lambda: area.cursor_location == (4, 6))
        await editor.press("up")
        await editor.until(lambda: area.cursor_location[0] == 15)
        await editor.press(*"et")
        await editor.until(lambda: "no match" in editor.shown())
        await editor.press("escape")
        await editor.until(lambda: area.has_focus)
        assert "no match" not in editor.shown() and editor.text == TEXT


@pytest.mark.full
@in_loop
async def test_going_on_without_the_line(path: Path) -> None:
    """In the text and beside it, the keys for next and previous repeat the last search; without
    one, they ask what to find.
    """
    async with opened(path) as editor:
        area = editor.screen.area
        await editor.press("f6", *"peaks", "escape")
        await editor.until(lambda: area.has_focus and area.selected_text == "peaks")
        assert area.cursor_location[0] == 10
        await editor.press("ctrl+g")
        await editor.until(lambda: area.cursor_location[0] == 15)
        await editor.press("escape", "shift+f6")
        await editor.until(lambda: area.cursor_location[0] == 10 and area.has_focus)
        area.load_text("nothing like it")
        await editor.press("f6")
        await editor.until(
            lambda: any("'peaks' is nowhere" in said.message for said in editor.app._notifications)
        )


@pytest.mark.full
@pytest.mark.parametrize("how", ["key", *in_full("mouse")])
@in_loop
async def test_case(path: Path, how: str) -> None:
    """Either case matches until exact case is asked for, by key or by a click on the words that say
    how it stands.
    """
    path.write_text("# Plane plane\n" + TEXT)
    async with opened(path) as editor:
        await editor.press("ctrl+f", *"plane")
        await editor.until(lambda: "1 of 4" in editor.shown() and "any case" in editor.shown())
        if how == "key":
            await editor.press("alt+c")
        else:
            buttons = editor.screen.query_one("#found", Buttons)
            await editor.pilot.click(buttons, offset=(buttons.spot("config_find_case") + 2, 0))
        await editor.until(lambda: "1 of 3" in editor.shown() and "exact case" in editor.shown())
        assert editor.screen.area.selected_text == "plane"


@pytest.mark.full
@in_loop
async def test_what_is_selected_is_proposed(path: Path) -> None:
    """A selected word is what is looked for; several lines are not, and what was looked for last
    stays.
    """
    async with opened(path) as editor:
        editor.screen.area.go_to(4, 2)
        await editor.press(*["shift+right"] * 5, "ctrl+f")
        await editor.until(lambda: "1 of 2" in editor.shown())
        assert editor.screen.query_one("#wanted", Input).value == "plane"
        await editor.press("escape", "shift+down", "ctrl+f")
        await editor.until(lambda: editor.screen.query_one("#wanted", Input).has_focus)
        assert editor.screen.query_one("#wanted", Input).value == "plane"


@in_loop
async def test_matches_follow_the_text(path: Path) -> None:
    """The count and the marks are those of the text as it is, while one edits it with the line
    still open.
    """
    async with opened(path) as editor:
        await editor.press("ctrl+f", *"plane")
        await editor.until(lambda: "1 of 2" in editor.shown())
        editor.screen.area.focus()
        await editor.press("end", "enter", *"# plane")
        await editor.until(lambda: "3 matches" in editor.shown())
        await editor.press("ctrl+z", "ctrl+z")
        await editor.until(lambda: "2 matches" in editor.shown() or "of 2" in editor.shown())


# -- replacing -------------------------------------------------------------------------------------


@in_loop
async def test_replacing_one_after_the_other(path: Path) -> None:
    """Enter in the second line replaces the selected match and selects the next, which is not the
    text that was put in.
    """
    async with opened(path) as editor:
        await editor.press("ctrl+r", *"plane", "tab", *"plane2", "enter")
        await editor.until(lambda: editor.text == TEXT.replace("plane", "plane2", 1))
        await editor.until(lambda: editor.screen.area.cursor_location[0] == 15)
        await editor.press("alt+r")
        await editor.until(lambda: editor.text == TEXT.replace("plane", "plane2"))
        await editor.press("escape", "ctrl+z")
        await editor.until(lambda: editor.text == TEXT.replace("plane", "plane2", 1))


@pytest.mark.parametrize("how", ["key", *in_full("mouse")])
@in_loop
async def test_replacing_all_is_one_step_back(path: Path, how: str) -> None:
    """All matches are replaced at once, line breaks of every kind stay, and one undo brings the
    very text back.
    """
    mixed = TEXT.replace("plane:\n", "plane:\r\n").replace("seed: 1\n", "seed: 1\r")
    path.write_bytes(mixed.encode())
    async with opened(path) as editor:
        await editor.press("i", "ctrl+r", *"plane", "tab", *"r\\1")
        if how == "key":
            await editor.press("alt+a")
        else:
            buttons = editor.screen.query_one("#replacing", Buttons)
            await editor.pilot.click(buttons, offset=(buttons.spot("config_replace_all") + 2, 0))
        await editor.until(lambda: editor.text == "i" + mixed.replace("plane", "r\\1"))
        await editor.until(lambda: "2 replaced" in editor.shown())
        await editor.press("escape", "ctrl+z")
        await editor.until(lambda: editor.text == "i" + mixed)
        await editor.press("ctrl+y")
        await editor.until(lambda: editor.text == "i" + mixed.replace("plane", "r\\1"))


@in_loop
async def test_replacing_by_nothing_and_nothing_to_replace(path: Path) -> None:
    """An empty second line removes the matches; no match changes nothing and says so; the keys ask
    first what to replace.
    """
    async with opened(path) as editor:
        await editor.press("alt+a")
        await editor.until(lambda: editor.screen.query_one("#wanted", Input).has_focus)
        await editor.press(*"a campaign", "alt+a")
        await editor.until(lambda: editor.text == TEXT.replace("a campaign", ""))
        await editor.press("alt+a")
        await editor.until(lambda: "nothing replaced" in editor.shown())
        assert editor.text == TEXT.replace("a campaign", "")


@in_loop
async def test_only_looking_finds_and_replaces_nothing(path: Path) -> None:
    """With --read-only, text is found, and the line for what to put in its place does not open."""
    async with opened(path, read_only=True) as editor:
        await editor.press("ctrl+f", *"plane")
        await editor.until(lambda: "1 of 2" in editor.shown())
        await editor.press("ctrl+r", "alt+a")
        await editor.pilot.pause(0.2)
        assert not editor.screen.query_one("#by", Input).region and editor.text == TEXT


@pytest.mark.full
@in_loop
async def test_replacing_in_a_long_text_is_quick(path: Path) -> None:
    """Protects large configurations: 5,000 matches are found and replaced in well under a second of
    computing.
    """
    path.write_text(TEXT + "# plane\n" * 5000)
    async with opened(path) as editor:
        await editor.press("ctrl+r", *"plane", "tab", "x")
        await editor.until(lambda: "1 of 5,002" in editor.shown())
        started = time.thread_time()
        editor.screen.action_config_replace_all()
        assert time.thread_time() - started < 1.0
        assert "plane" not in editor.text


@SIZES
@in_loop
async def test_snapshots(path: Path, size: tuple[int, int]) -> None:
    """Protects the look at both sizes."""
    async with opened(path, size=size) as editor:
        await editor.press("ctrl+r", *"plane", "tab", *"disc")
        await editor.until(lambda: "1 of 2" in editor.shown())
        await editor.pilot.pause(0.4)
        assert_screen(editor.app, f"config-replace-{size[0]}x{size[1]}")
