"""The virtual table by itself: what is painted is what is there, the cursor stays on its row, and
little is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text
from textual.app import App, ComposeResult

from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.widgets.changes import cells_of_text, changed_region
from enchanted_tui.ui.widgets.progress_bar import bar, percent
from enchanted_tui.ui.widgets.sparkline import sparkline
from enchanted_tui.ui.widgets.table import Column, VirtualTable
from helpers.marks import examples
from helpers.ui.snapshots import screen_text
from helpers.ui.watching import in_loop

COLUMNS = (
    Column("name", "NAME", 8, sortable=True),
    Column("square", "SQUARE", 12, "right", priority=1, sortable=True),
    Column("note", "NOTE", 10, grow=1, priority=2),
)


class TableApp(App[None]):
    """A table of numbers; `offset` changes what their cells say."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = 0
        self.asked = 0
        self.messages: list[tuple[str, Any]] = []

    def compose(self) -> ComposeResult:
        yield VirtualTable(COLUMNS, self.cells, empty="nothing here")

    def cells(self, key: int) -> Sequence[str | tuple[str, str]]:
        self.asked += 1
        return (
            f"row{key}",
            (str(key * key + self.shift), "error" if key % 2 else ""),
            "日本" * (key % 9),
        )

    @property
    def table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def lines(self) -> list[str]:
        return screen_text(self).splitlines()

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self.messages.append(("selected", event.key))

    def on_virtual_table_header_selected(self, event: VirtualTable.HeaderSelected) -> None:
        self.messages.append(("header", event.column))


@in_loop
async def test_only_what_is_seen_is_asked_for() -> None:
    """Protects 100,000 rows: the cells of rows out of sight are never made."""
    app = TableApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.focus()
        app.table.set_rows(range(100_000))
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        assert app.lines()[-1].startswith("▸row99999")
        assert app.asked < 200


@example(["G", "prepend"], 8)  # the row that makes the table one too long to be seen whole
@example(["G", "prepend", "rows"], 8)
@given(
    st.lists(
        st.sampled_from(
            ["j", "k", "g", "G", "pagedown", "pageup", "rows", "prepend", "shift", "sort"]
        ),
        max_size=25,
    ),
    st.integers(0, 60),
)
@settings(max_examples=examples(25), deadline=None)
def test_what_is_painted_is_what_is_there(steps: list[str], count: int) -> None:
    """Protects partial painting: after any keys and changes, the screen is what painting all of it
    anew gives, cursor included.
    """
    asyncio.run(_go_through(steps, count))


async def _go_through(steps: list[str], count: int) -> None:
    app = TableApp()
    async with app.run_test(size=(40, 9)) as pilot:
        table = app.table
        table.focus()
        keys = list(range(count))
        table.set_rows(keys)
        await pilot.pause()
        for step in steps:
            cursor, moved = table.cursor, table.cursor_row > 0
            if step == "prepend":
                keys = [-1 - len(keys), *keys]
                table.set_rows(keys)
                assert table.cursor == (cursor if moved else keys[0])
            elif step == "rows":
                keys = keys[::2]
                table.set_rows(keys)
                assert cursor not in keys or not moved or table.cursor == cursor
            elif step == "shift":
                app.shift += 7
                table.refresh_rows()
            elif step == "sort":
                table.set_sort("square", descending=bool(len(keys) % 2))
            else:
                await pilot.press(step)
            await pilot.pause()
            assert table.cursor == (keys[table.cursor_row] if keys else None)
            painted = app.lines()
            table._forget_painted()
            app.screen.refresh(layout=True)
            table.refresh()
            await pilot.pause()
            assert painted == app.lines()
            assert not keys or any("▸" in line for line in painted)


@in_loop
async def test_the_mouse_chooses_rows_and_headings() -> None:
    """Protects the mouse: a click moves the cursor, a second one opens, a heading that can sort
    says so, and the wheel scrolls.
    """
    app = TableApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.set_rows(range(100))
        await pilot.pause()
        await pilot.click(VirtualTable, offset=(5, 4))
        assert app.table.cursor == 3
        await pilot.click(VirtualTable, offset=(5, 6), times=2)
        await pilot.click(VirtualTable, offset=(20, 0))
        await pilot.click(VirtualTable, offset=(40, 0))
        await pilot.pause()
        assert app.messages == [("selected", 5), ("header", "square")]


@in_loop
async def test_columns_give_way_where_it_is_narrow() -> None:
    """Protects narrow panes: what matters least is left out, what is cut says so, and wide
    characters stay in their cells.
    """
    app = TableApp()
    async with app.run_test(size=(24, 8)) as pilot:
        app.table.set_rows(range(10_000_000, 10_000_009))
        await pilot.pause()
        assert app.table.shown_columns == ("name", "square")
        assert app.lines()[1] == "▸row1000…  10000000000…"
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        shown: tuple[str, ...] = app.table.shown_columns
        assert shown == ("name", "square", "note")
        app.table.set_rows(())
        await pilot.pause()
        assert app.lines()[1] == " nothing here"


_TEXTS = st.lists(
    st.tuples(st.sampled_from(["a", "bb", " ", "日"]), st.sampled_from(["", "red", "bold"])),
    max_size=8,
)


@given(_TEXTS, _TEXTS)
def test_no_difference_is_left_out_of_the_changed_region(
    before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    """Protects partial painting: right of the region nothing differs, and its last cell does."""
    first, second = cells_of_text(Text.assemble(*before)), cells_of_text(Text.assemble(*after))
    region = changed_region(first, second, 0, 100)
    assert first[region.right :] == second[region.right :] or len(first) != len(second)
    if region:
        x = region.right - 1
        assert x >= min(len(first), len(second)) or first[x] != second[x]
    else:
        assert first == second


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(1, 50))
def test_a_bar_is_full_only_when_all_is_done(done: int, total: int, width: int) -> None:
    """Protects against 100 % before the end."""
    drawn = bar(done / total if total else 0.0, width)
    assert len(drawn) == width
    assert (drawn == "█" * width) == (bool(total) and done >= total)
    assert (percent(done, total) == "100%") == (bool(total) and done >= total)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], "    "), ([0, 0], "  ▁▁"), ([0, 0.001, 8], " ▁▂█"), ([9, 1, 2, 4, 8], "▂▃▅█")],
)
def test_a_sparkline_shows_that_something_is_not_nothing(
    values: list[float], expected: str
) -> None:
    """Protects reading a course: the last values, and never the height of nothing for a value above
    it.
    """
    assert sparkline(values, 4) == expected


# -- names, and the row that keys act on -----------------------------------------------------------


class Named(App[None]):
    """A table whose cells are names, at first those of `names`."""

    def __init__(self, names: Sequence[str], columns: Sequence[Column], **options: Any) -> None:
        super().__init__()
        self.names = list(names)
        self._columns, self._options = columns, options

    def compose(self) -> ComposeResult:
        yield VirtualTable(
            self._columns,
            lambda key: (self.names[key], "1.5", "and so on and so on"),
            **self._options,
        )

    @property
    def table(self) -> VirtualTable:
        return self.query_one(VirtualTable)


NAMED = (
    Column("name", "NAME", 16, name=True),
    Column("value", "VALUE", 5, "right"),
    Column("note", "NOTE", 8, grow=1),
)
LONG = "a_parameter_of_the_plasma_edge_number_17"


@pytest.mark.parametrize(("width", "shown"), [(80, LONG), (62, LONG), (40, "a_pa")])
@in_loop
async def test_names_are_whole_where_there_is_room_and_keep_their_end_where_there_is_not(
    width: int, shown: str
) -> None:
    """A column of names takes what others do not need, however little it begins with; what is cut
    ends as the name does.
    """
    app = Named(["short", LONG], NAMED)
    async with app.run_test(size=(width, 8)) as pilot:
        app.table.set_rows(range(2))
        await pilot.pause()
        await pilot.pause()
        line = screen_text(app).splitlines()[2]
        assert shown in line
        assert "number_17 " in line
        assert "1.5" in line


@in_loop
async def test_names_are_whole_where_a_table_scrolls_sideways() -> None:
    """There, no column has to make room."""
    app = Named([LONG], NAMED, fit=False)
    async with app.run_test(size=(50, 8)) as pilot:
        app.table.set_rows(range(1))
        await pilot.pause()
        await pilot.pause()
        assert LONG in screen_text(app)


@pytest.mark.parametrize("width", range(1, 45))
def test_a_cut_name_is_as_wide_as_asked(width: int) -> None:
    """Never wider than its room, whole where it fits, and otherwise with its beginning and more of
    its end.
    """
    for name in (LONG, "日本語の名前" * 3, ""):
        cut = cut_name(name, width)
        assert cell_len(cut) <= width
        assert cut == name or cell_len(name) > width
    if width >= 16:
        assert cut_name(LONG, width).endswith(LONG[-(width // 2) :])
        assert cut_name(LONG, width).startswith(LONG[:3])


@in_loop
async def test_the_cursor_belongs_to_its_row_where_keys_act_on_it() -> None:
    """Where the table holds its row, the cursor goes with it from the start, though it stood on the
    first one and nobody has moved it.
    """
    app = Named([f"run{number}" for number in range(40)], NAMED, holds=True)
    async with app.run_test(size=(60, 8)) as pilot:
        table = app.table
        table.set_rows(range(10))
        await pilot.pause()
        table.set_rows([7, 5, 0, 1, 2])
        assert (table.cursor, table.cursor_row) == (0, 2)
        table.set_rows([*range(30, 1, -1), 0, 1])
        await pilot.pause()
        assert table.cursor == 0
        assert "run0 " in screen_text(app)
        table.set_rows([5, 6])
        assert table.cursor == 6
