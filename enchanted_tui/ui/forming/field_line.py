"""One field of a form: its title, what it is filled in with, and below it what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static, TextArea

from enchanted_tui.config.forms.field_problems import FieldProblem
from enchanted_tui.config.forms.form_fields import FormColumn, FormField, FormRow, Value
from enchanted_tui.ui.forming.choice_cell import ChoiceCell
from enchanted_tui.ui.forming.form_cells import (
    FLAG,
    Cell,
    choice_cell,
    line_cell,
    lines_cell,
    value_of,
)
from enchanted_tui.ui.glyphs import glyph

_KIND = "kind"  #: the column on which it depends which others have a meaning


class FieldChanged(Message):
    """A person has changed what a field says."""

    def __init__(self, line: FieldLine) -> None:
        super().__init__()
        self.line = line

    @property
    def control(self) -> FieldLine:
        return self.line


class Wrong(Static):
    """The sentences that say what is wrong; takes no room without one."""

    DEFAULT_CSS = """
    Wrong { height: auto; display: none; color: $text-error; padding: 0 0 0 2; }
    Wrong.warning { color: $text-warning; }
    Wrong.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._said: tuple[str, ...] = ()

    def say(self, problems: Sequence[FieldProblem]) -> None:
        """Show problems, errors before warnings."""
        ordered = sorted(problems, key=lambda problem: not problem.is_error)
        said = tuple(
            f"{glyph('failed') if problem.is_error else '!'} {problem.sentence}"
            for problem in ordered
        )
        if said != self._said:
            self._said = said
            self.update("\n".join(said))
            self.set_class(bool(said), "shown")
            self.set_class(not any(problem.is_error for problem in problems), "warning")


class FieldLine(Vertical):
    """One field; `value` is what it says now."""

    DEFAULT_CSS = """
    FieldLine { height: auto; }
    FieldLine > Horizontal { height: 1; }
    FieldLine > Horizontal.long { height: 4; }
    FieldLine .title { width: 16; height: 1; }
    FieldLine Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    FieldLine TextArea { width: 1fr; height: 1fr; border: none; padding: 0; background: $boost; }
    FieldLine .unit { width: auto; padding: 0 0 0 1; color: $text-muted; }
    """

    def __init__(self, field: FormField, value: Value) -> None:
        super().__init__()
        self.field = field
        self._given = value

    @property
    def value(self) -> Value:
        return value_of(self._cell)

    @property
    def _cell(self) -> Cell:
        return self.query(".cell").first(Widget)  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        field = self.field
        with Horizontal():
            yield Label(field.title, classes="title", markup=False)
            cell = self._made(str(self._given))
            cell.add_class("cell")
            yield cell
            if field.unit:
                yield Label(field.unit, classes="unit", markup=False)
        yield Wrong()

    def _made(self, value: str) -> Cell:
        field = self.field
        if field.shape == "flag":
            return choice_cell(field.title, FLAG, value, field.default)
        if field.shape == "choice":
            return choice_cell(field.title, field.choices, value, field.default)
        return line_cell(value, self._hint())

    def _hint(self) -> str:
        field = self.field
        if field.default:
            return f"default: {field.default}"
        return f"such as {field.example}" if field.example else ""

    @property
    def is_whole(self) -> bool:
        """True if all of it has been laid out."""
        parts = [self, *self.query(RowLine)]
        return all(any(isinstance(each, Wrong) for each in part.children) for part in parts)

    def say(self, problems: Sequence[FieldProblem]) -> None:
        """Show what is wrong with the field."""
        self.query_one(Wrong).say(problems)

    def go_to(self, row: int | None) -> None:
        """Give the focus to what the field is filled in with, or to a row of it."""
        self._cell.focus()

    def about(self, focused: Widget) -> tuple[str, str]:
        """Return a title and what is to know about the cell with the focus."""
        facts = dict(self.field.facts)
        if self.field.is_required:
            facts["default"] = ""
        said = ["required"] if self.field.is_required else []
        said += [f"{name}: {fact}" for name, fact in facts.items() if fact]
        doc = self.field.doc.replace("`", "")
        return self.field.title, f"{doc} ({'; '.join(said)})" if said else doc

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(ChoiceCell.Changed)
    def _changed(self, event: Any) -> None:
        event.stop()
        self.post_message(FieldChanged(self))

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()


class RowLine(Vertical):
    """One row of a field that has several."""

    DEFAULT_CSS = """
    RowLine { height: auto; }
    RowLine > Horizontal { height: 1; }
    RowLine > Horizontal.long { height: 5; }
    RowLine .cell { margin: 0 1 0 0; }
    RowLine .column-name { width: 14; }
    RowLine .column-kind { width: 11; }
    RowLine .column-low, RowLine .column-high { width: 10; }
    RowLine .column-values { width: 21; }
    RowLine .column-unit { width: 8; }
    RowLine .column-file { width: 14; }
    RowLine .away { display: none; }
    RowLine Button { min-width: 3; width: 3; padding: 0; }
    """

    class Removed(Message):
        """A person wants a row to go."""

        def __init__(self, row: RowLine) -> None:
            super().__init__()
            self.row = row

    def __init__(self, columns: Sequence[FormColumn], row: FormRow) -> None:
        super().__init__()
        self._columns, self._row = tuple(columns), row

    def compose(self) -> ComposeResult:
        with Horizontal(classes="long" if any(c.is_long for c in self._columns) else ""):
            for column in self._columns:
                cell = self._made(column)
                cell.add_class("cell", f"column-{column.id}")
                cell.border_title = column.title
                yield cell
            remove = Button("x", compact=True)
            remove.tooltip = "Remove this row"
            yield remove
        yield Wrong()

    def _made(self, column: FormColumn) -> Cell:
        value = str(self._row.get(column.id, ""))
        if column.choices:
            return choice_cell(column.title, column.choices, value)
        return lines_cell(value) if column.is_long else line_cell(value, column.title)

    def on_mount(self) -> None:
        self._suit_kind()

    def _cells(self) -> list[tuple[FormColumn, Cell]]:
        cells = list(self.query(".cell").results(Widget))
        return list(zip(self._columns, cells, strict=True))  # type: ignore[arg-type]

    @property
    def row(self) -> FormRow:
        """What the row says, with what it keeps unshown."""
        return {**self._row, **{column.id: value_of(cell) for column, cell in self._cells()}}

    def say(self, problems: Sequence[FieldProblem]) -> None:
        self.query_one(Wrong).say(problems)

    def column_of(self, focused: Widget) -> FormColumn | None:
        """Return the column of a cell."""
        return next((column for column, cell in self._cells() if cell is focused), None)

    def _suit_kind(self) -> None:
        """Take away the cells that have no meaning for the kind that is chosen."""
        kind = self.row.get(_KIND, "")
        known = any(kind in column.only_with for column in self._columns)
        for column, cell in self._cells():
            away = bool(column.only_with) and kind not in column.only_with
            cell.set_class(away and known, "away")
            # a row of another kind is shown and left as it is written
            cell.disabled = column.id != "name" and kind == "other"

    @on(ChoiceCell.Changed)
    def _kind_changed(self) -> None:
        self._suit_kind()

    @on(Button.Pressed)
    def _remove(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Removed(self))


class RowsField(FieldLine):
    """A field with rows, to which rows can be added."""

    DEFAULT_CSS = """
    RowsField > .head { height: 1; }
    RowsField > .rows { height: auto; padding: 0 0 0 2; }
    RowsField .head Button { margin: 0 0 0 1; }
    """

    class RowWanted(Message):
        """A person wants another row."""

        def __init__(self, line: RowsField) -> None:
            super().__init__()
            self.line = line

    @property
    def value(self) -> Value:
        return [line.row for line in self.query(RowLine)]

    def compose(self) -> ComposeResult:
        with Horizontal(classes="head"):
            yield Label(self.field.title, classes="title", markup=False)
            add = Button("+ add", compact=True)
            add.add_class("add")
            yield add
            titles = [column.title for column in self.field.columns]
            if len(titles) > 1:
                yield Label(", ".join(titles), classes="unit", markup=False)
        with Vertical(classes="rows"):
            for row in self._given:
                assert not isinstance(row, str)
                yield RowLine(self.field.columns, row)
        yield Wrong()

    def say(self, problems: Sequence[FieldProblem]) -> None:
        rows = list(self.query(RowLine))
        for index, row in enumerate(rows):
            row.say([problem for problem in problems if problem.row == index])
        whole = [problem for problem in problems if problem.row is None or problem.row >= len(rows)]
        self.query(Wrong).last().say(whole)

    def about(self, focused: Widget) -> tuple[str, str]:
        for row in self.query(RowLine):
            column = row.column_of(focused)
            if column is not None:
                doc = column.doc.replace("`", "") or self.field.doc.replace("`", "")
                return f"{self.field.title}: {column.title}", doc
        return super().about(focused)

    def go_to(self, row: int | None) -> None:
        rows = list(self.query(RowLine))
        place = rows[row] if row is not None and row < len(rows) else self
        place.query(".cell, .add").first().focus()

    async def add(self, row: FormRow) -> None:
        """Put a row at the end and go to its first cell."""
        line = RowLine(self.field.columns, row)
        await self.query_one(".rows").mount(line)
        line.query(".cell").first().focus()
        self.post_message(FieldChanged(self))

    @on(Button.Pressed, ".add")
    def _ask_for_row(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.RowWanted(self))

    @on(RowLine.Removed)
    async def _remove_row(self, event: RowLine.Removed) -> None:
        event.stop()
        rows = list(self.query(RowLine))
        index = rows.index(event.row)
        if self.screen.focused is None or event.row in self.screen.focused.ancestors:
            others = [row for row in rows if row is not event.row]
            near = others[min(index, len(others) - 1)].query(".cell") if others else None
            (near or self.query(".add")).first().focus()
        await event.row.remove()
        self.post_message(FieldChanged(self))


def line_for(field: FormField, value: Value) -> FieldLine:
    """Return what shows a field."""
    return RowsField(field, value) if field.has_rows else FieldLine(field, value)
