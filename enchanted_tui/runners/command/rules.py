"""Output rules: what they may say. A mapping with one key that says how to read, and keys that go
with it.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from enchanted_tui.config.options import Nested, Variant, option
from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.fortran import TYPES, convert
from enchanted_tui.suggestions import did_you_mean

#: The type a value is converted to if the rule names none; None leaves it as the file has it.
DEFAULT_TYPES = {"regex": "float", "table": "float", "csv": "float", "text": "str"}
_JSON_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(-?\d+)\]|\[?"([^"]*)"\]?')

EACH = "[*]"  #: in the path to a JSON value, where the position of a sample of a call stands

UNNAMED_FILE = "name the file to read, relative to the run directory, such as stdout.txt"

Problems = Iterator[tuple[str, str]]


class FileChoice(Nested):
    """One of several files whose names match a pattern."""

    variants: ClassVar[Mapping[str, Variant]] = {"newest": Variant(), "last": Variant()}

    newest: str = option(None, doc="Pattern of which the file that was written last is read.")
    last: str = option(None, doc="Pattern of which the last file by name is read.")

    def problems(self) -> Problems:
        for name in self.given:
            if not getattr(self, name):
                yield name, UNNAMED_FILE


class TableRule(Nested):
    """One cell of a table, or one column of it."""

    column: int | str = option(
        doc="The column: its name in the header, or its number from 0 (negative: from the end).",
        example="T",
    )
    row: int | Literal["all"] = option(
        -1, doc="The row: its number from 0 (negative: from the end), or `all` for the column."
    )
    after: str | None = option(
        None, doc="Regular expression of the line after which the table begins."
    )
    until: str | None = option(None, doc="Regular expression of the line before which it ends.")
    which: str = option(
        "last",
        doc="Which of the lines that match `after` is meant.",
        choices=("first", "last"),
    )
    skip: int = option(0, doc="Number of lines before the table.", ge=0)
    header: bool = option(
        None,
        doc="Whether the first line names the columns; by default if the column is named by text.",
    )
    delimiter: str | None = option(None, doc="What separates cells; by default white space.")
    decimal: str | None = option(None, doc="The decimal sign.", choices=(".", ","))
    comment: str | list[str] | None = option(
        "#", doc="What comments begin with, or several of these; null for no comments."
    )

    def problems(self) -> Problems:
        if self.header is False and isinstance(self.column, str):
            yield (
                "header",
                f"without a header the column {self.column!r} cannot be found by name; give its"
                " number",
            )
        yield from self._delimiter_problems()
        for marker in ("after", "until"):
            yield from regex_problem(marker, getattr(self, marker))
        if "which" in self.given and self.after is None:
            yield (
                "which",
                "says below which of the lines that match after the table begins; give after",
            )

    def _delimiter_problems(self) -> Problems:
        if self.delimiter == "":
            yield "delimiter", "expected text between cells, found an empty text"
        if self.decimal == self.delimiter == ",":
            yield "delimiter", "with a decimal comma, something else separates the cells, such as ;"


class CsvRule(TableRule):
    """One cell of a CSV table, or one column of it."""

    header: bool = option(None, doc="Whether the first line names the columns; by default it does.")
    delimiter: str | None = option(
        None, doc="The character that separates cells; by default a comma, or what the file shows."
    )

    def _delimiter_problems(self) -> Problems:
        if self.delimiter is not None and len(self.delimiter) != 1:
            yield "delimiter", f"expected one character, found {self.delimiter!r:.40}"
        elif self.delimiter in ("\r", "\n", '"'):
            yield "delimiter", f"the delimiter cannot be {self.delimiter!r}"
        else:
            yield from super()._delimiter_problems()


class OutputRule(Nested):
    """How to read one output back."""

    variants: ClassVar[Mapping[str, Variant]] = {
        "regex": Variant(("file",), ("group", "which")),
        "json": Variant(("file",)),
        "table": Variant(("file",)),
        "csv": Variant(("file",)),
        "hdf5": Variant(("file",), ("index",)),
        "netcdf": Variant(("file",), ("index",)),
        "text": Variant(("file",)),
        "exit_code": Variant(),
    }

    file: str | dict[str, Any] = option(
        None,
        doc="Name of the file to read, in the run directory; `*` and its like match several.",
        example="stdout.txt",
        nested=FileChoice,
    )
    regex: str = option(None, doc="Regular expression; its first group is the value.")
    group: int | str | None = option(
        None, doc="Number or name of the group that is the value, if it is not the first."
    )
    which: str = option(
        "last",
        doc="Which of the matches is the value; `all` gives a list.",
        choices=("first", "last", "all"),
    )
    json: str | list[int | str] = option(
        None,
        doc="Path to the value in a JSON file: text, or a list of keys and positions.",
        example="results[0].energy",
    )
    table: int | str | dict[str, Any] = option(
        None, doc="Column of a table of words, or a mapping that says more.", nested=TableRule
    )
    csv: int | str | dict[str, Any] = option(
        None, doc="Column of a CSV table, or a mapping that says more.", nested=CsvRule
    )
    hdf5: str = option(None, doc="Name of the dataset of an HDF5 file, such as `/group/name`.")
    netcdf: str = option(None, doc="Name of the variable of a NetCDF file.")
    index: int | list[int] | None = option(
        None, doc="Position in the array, or a list with one for each dimension."
    )
    text: bool = option(None, doc="`true`: the whole file is the value.")
    exit_code: bool = option(None, doc="`true`: the command's exit code is the value.")
    type: str | None = option(
        None,
        doc=(
            "Type of the value: by default float for `regex`, `table` and `csv`, str for `text`;"
            " null leaves it as the file has it."
        ),
        choices=TYPES,
    )
    required: bool = option(
        None, doc="Whether a sample without it has failed; by default if there is no `default`."
    )
    default: Any = option(None, doc="The value where there is none in the file.")

    @property
    def source(self) -> str:
        """The option that says how to read."""
        return next(name for name in self.variants if name in self.given)

    def problems(self) -> Problems:
        source = self.source
        if self.file == "":
            yield "file", UNNAMED_FILE
        yield from regex_problem("regex", self.regex)
        if self.default is not None:
            try:
                convert(self.default, self.type or DEFAULT_TYPES.get(source))
            except ValueError as error:
                yield "default", str(error)
        if self.required and "default" in self.given:
            yield "default", "an output that is required needs no default; remove one of the two"
        if source in ("text", "exit_code") and getattr(self, source) is not True:
            yield source, f"write {source}: true"
        if source in ("hdf5", "netcdf") and not getattr(self, source):
            what = "dataset, such as /group/name" if source == "hdf5" else "variable"
            yield source, f"expected the name of the {what}, found an empty text"
        if isinstance(self.json, str):
            try:
                json_steps(self.json.replace(EACH, "[0]"))
            except ValueError as error:
                yield "json", str(error)
        yield from self._group_problems()

    def _group_problems(self) -> Problems:
        if self.group is None or list(regex_problem("regex", self.regex)):
            return
        pattern = re.compile(self.regex, re.MULTILINE)
        if isinstance(self.group, str):
            if self.group not in pattern.groupindex:
                yield (
                    "group",
                    f"the expression has no group named {self.group!r}; it has"
                    f" {listed(pattern.groupindex)}{did_you_mean(self.group, pattern.groupindex)}",
                )
        elif not 0 <= self.group <= pattern.groups:
            yield (
                "group",
                f"the expression has {pattern.groups} groups, so the group is a number from 0 to"
                f" {pattern.groups}, not {self.group!r:.40}",
            )


#: The ways to read an output; every rule names exactly one.
SOURCES = tuple(OutputRule.variants)


def regex_problem(key: str, pattern: str | None) -> Problems:
    """Yield what is wrong with a regular expression, if one is given."""
    try:
        re.compile(pattern or "", re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        yield key, f"{pattern!r} is not a regular expression: {error}"


def json_steps(address: str | list[Any]) -> list[Any]:
    """Return ``a.b[0]["c.d"]`` as ["a", "b", 0, "c.d"]; a single dot, or nothing, is the whole
    document.

    Raises ValueError if it cannot be understood.
    """
    if isinstance(address, list):
        return address
    steps: list[Any] = []
    position = 1 if address == "." else 0
    while position < len(address):
        match = _JSON_STEP.match(address, position)
        if match is None:
            raise ValueError(
                f"{address!r} is no path to a JSON value: {address[position:]!r} is not understood"
            )
        name, index, quoted = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted)
        position = match.end()
    return steps
