"""Output rules: what they may say. A mapping with one key that says how to read (`SOURCES`), and
keys that go with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.files import CHOICES
from enchanted_tui.runners.command.fortran import TYPES, convert
from enchanted_tui.suggestions import did_you_mean

#: The ways to read an output, with the keys that go with each; every rule names exactly one.
SOURCES: dict[str, tuple[str, ...]] = {
    "regex": ("group", "which"),
    "json": (),
    "table": (),
    "csv": (),
    "hdf5": ("index",),
    "netcdf": ("index",),
    "text": (),
    "exit_code": (),
}
#: The type a value is converted to if the rule names none; None leaves it as the file has it.
DEFAULT_TYPES = {"regex": "float", "table": "float", "csv": "float", "text": "str"}
TABLE_KEYS = (
    *("column", "row", "after", "until", "which", "skip"),
    *("header", "delimiter", "decimal", "comment"),
)
_COMMON = ("file", "type", "required", "default")
_WHICH = ("first", "last", "all")
_RESERVED = frozenset(("success", "run_dir"))
_JSON_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(-?\d+)\]|\[?"([^"]*)"\]?')

Problems = Iterator[tuple[str, str]]


def output_problems(name: str, spec: Any) -> Problems:
    """Yield (key inside the rule, sentence) for what is wrong with an output rule."""
    if name in _RESERVED:
        yield (
            "",
            f"an output cannot be called {name!r}; the dataset has a column of that name already",
        )
    if not isinstance(spec, dict):
        yield (
            "",
            f"a rule is a mapping such as {{file: out.txt, regex: 'x = (\\S+)'}}, not {spec!r:.40}",
        )
        return
    sources = [key for key in SOURCES if key in spec]
    if len(sources) != 1:
        found = f"it names {listed(sources)}" if sources else f"it has the keys {listed(spec)}"
        yield "", f"a rule needs exactly one of {', '.join(SOURCES)}; {found}"
        yield from unknown_keys(
            spec,
            (*SOURCES, *_COMMON, *(key for keys in SOURCES.values() for key in keys)),
            "an output rule",
        )
        return
    source = sources[0]
    yield from unknown_keys(
        spec, (source, *_COMMON, *SOURCES[source]), "an output rule with " + source
    )
    yield from _common_problems(source, spec)
    yield from _CHECKS[source](spec)


def unknown_keys(spec: Mapping[str, Any], known: tuple[str, ...], what: str) -> Problems:
    for key in spec:
        if key not in known:
            yield (
                str(key),
                (
                    f"{key!r} is no key of"
                    f" {what}{did_you_mean(key, known) or '; it may have ' + ', '.join(known)}"
                ),
            )


def file_problem(spec: Mapping[str, Any]) -> Problems:
    file = spec.get("file")
    if isinstance(file, dict):
        choice = next(iter(file), None)
        if len(file) != 1 or choice not in CHOICES:
            yield (
                "file",
                (
                    f"which of several files is {' or '.join(CHOICES)}, as in {{newest:"
                    f" run_*.out}}, not {file!r:.60}"
                ),
            )
            return
        file = file[choice]
    if not isinstance(file, str) or not file:
        yield "file", "name the file to read, relative to the run directory, such as stdout.txt"


def regex_problem(key: str, pattern: Any) -> Problems:
    if not isinstance(pattern, str):
        yield key, f"a regular expression is text, not {pattern!r:.40}"
        return
    try:
        re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        yield key, f"{pattern!r} is not a regular expression: {error}"


def _common_problems(source: str, spec: Mapping[str, Any]) -> Problems:
    if source == "exit_code":
        if "file" in spec:
            yield "file", "the exit code is not read from a file; remove this key"
    else:
        yield from file_problem(spec)
    kind = spec.get("type")
    if kind is not None and kind not in TYPES:
        yield "type", f"{kind!r} is not one of {', '.join(TYPES)}{did_you_mean(kind, TYPES)}"
    elif spec.get("default") is not None:
        try:
            convert(spec["default"], kind or DEFAULT_TYPES.get(source))
        except ValueError as error:
            yield "default", str(error)
    if not isinstance(spec.get("required", False), bool):
        yield "required", f"required is true or false, not {spec['required']!r:.40}"
    elif spec.get("required") and "default" in spec:
        yield "default", "an output that is required needs no default; remove one of the two"


def _regex_problems(spec: Mapping[str, Any]) -> Problems:
    which = spec.get("which", "last")
    if which not in _WHICH:
        yield "which", f"{which!r} is not one of {', '.join(_WHICH)}{did_you_mean(which, _WHICH)}"
    broken = list(regex_problem("regex", spec["regex"]))
    if broken:
        yield from broken
        return
    pattern = re.compile(spec["regex"], re.MULTILINE)
    group = spec.get("group")
    if isinstance(group, str):
        if group not in pattern.groupindex:
            yield (
                "group",
                (
                    f"the expression has no group named {group!r}; it has"
                    f" {listed(pattern.groupindex)}{did_you_mean(group, pattern.groupindex)}"
                ),
            )
    elif group is not None and (
        not isinstance(group, int) or isinstance(group, bool) or not 0 <= group <= pattern.groups
    ):
        yield (
            "group",
            (
                f"the expression has {pattern.groups} groups, so the group is a number from 0 to"
                f" {pattern.groups}, not {group!r:.40}"
            ),
        )


def _json_problems(spec: Mapping[str, Any]) -> Problems:
    address = spec["json"]
    if isinstance(address, list):
        if not all(isinstance(step, (str, int)) for step in address):
            yield "json", "a path given as a list holds keys (text) and positions (numbers)"
    elif not isinstance(address, str):
        yield (
            "json",
            (
                "the path to a JSON value is text such as results[0].energy or a list, not"
                f" {address!r:.40}"
            ),
        )
    else:
        try:
            json_steps(address)
        except ValueError as error:
            yield "json", str(error)


def _table_problems(key: str) -> Callable[[Mapping[str, Any]], Problems]:
    def problems(spec: Mapping[str, Any]) -> Problems:
        table = spec[key]
        if isinstance(table, (int, str)) and not isinstance(table, bool):
            return
        if not isinstance(table, dict):
            yield (
                key,
                f"give the column, or a mapping with {', '.join(TABLE_KEYS)}, not {table!r:.40}",
            )
            return
        for path, sentence in _table_key_problems(key, table):
            yield f"{key}.{path}" if path else key, sentence

    return problems


def _table_key_problems(key: str, table: Mapping[str, Any]) -> Problems:
    yield from unknown_keys(table, TABLE_KEYS, f"a {key} rule")
    column, row, skip = table.get("column"), table.get("row", -1), table.get("skip", 0)
    if not isinstance(column, (int, str)) or isinstance(column, bool):
        yield (
            "column",
            (
                "give the column: its name in the header, or its number from 0 (negative: from the"
                " end)"
            ),
        )
    if row != "all" and (not isinstance(row, int) or isinstance(row, bool)):
        yield "row", f"a row is its number from 0 (negative: from the end) or all, not {row!r:.40}"
    if not isinstance(skip, int) or isinstance(skip, bool) or skip < 0:
        yield "skip", f"skip is the number of lines before the table, not {skip!r:.40}"
    if not isinstance(table.get("header", False), bool):
        yield "header", f"header is true or false, not {table['header']!r:.40}"
    elif table.get("header") is False and isinstance(column, str):
        yield (
            "header",
            f"without a header the column {column!r} cannot be found by name; give its number",
        )
    yield from _splitting_problems(key, table)
    for marker in ("after", "until"):
        if table.get(marker) is not None:
            yield from regex_problem(marker, table[marker])
    if "which" in table and table.get("after") is None:
        yield (
            "which",
            "which says below which of the lines that match after the table begins; give after",
        )
    elif table.get("which", "last") not in ("first", "last"):
        which = table["which"]
        yield (
            "which",
            f"{which!r} is not one of first, last{did_you_mean(which, ('first', 'last'))}",
        )


def _splitting_problems(key: str, table: Mapping[str, Any]) -> Problems:
    delimiter, decimal = table.get("delimiter"), table.get("decimal")
    one = key == "csv"
    if delimiter is not None and (
        not isinstance(delimiter, str) or not delimiter or (one and len(delimiter) != 1)
    ):
        yield (
            "delimiter",
            f"the delimiter is {'one character' if one else 'text'}, not {delimiter!r:.40}",
        )
    elif one and delimiter in ("\r", "\n", '"'):
        yield "delimiter", f"the delimiter cannot be {delimiter!r}"
    if decimal not in (None, ".", ","):
        yield "decimal", f"the decimal sign is . or a comma, not {decimal!r:.40}"
    elif decimal == delimiter == ",":
        yield "delimiter", "with a decimal comma, something else separates the cells, such as ;"
    comment = table.get("comment", "")
    signs = comment if isinstance(comment, list) else [comment]
    if not all(isinstance(sign, str) or (sign is None and comment is None) for sign in signs):
        yield (
            "comment",
            f"the comment sign is text or null, or a list of texts, not {comment!r:.40}",
        )


def _array_problems(key: str) -> Callable[[Mapping[str, Any]], Problems]:
    def problems(spec: Mapping[str, Any]) -> Problems:
        if not isinstance(spec[key], str) or not spec[key]:
            yield (
                key,
                (
                    "give the name of the"
                    f" {'dataset, such as /group/name,' if key == 'hdf5' else 'variable'} as text,"
                    f" not {spec[key]!r:.40}"
                ),
            )
        index = spec.get("index")
        positions = index if isinstance(index, list) else [] if index is None else [index]
        if not all(
            isinstance(position, int) and not isinstance(position, bool) for position in positions
        ):
            yield (
                "index",
                (
                    "an index is a whole number, or a list with one for each dimension, not"
                    f" {index!r:.40}"
                ),
            )

    return problems


def _flag_problems(key: str) -> Callable[[Mapping[str, Any]], Problems]:
    def problems(spec: Mapping[str, Any]) -> Problems:
        if spec[key] is not True:
            yield key, f"write {key}: true"

    return problems


def json_steps(address: str | list[Any]) -> list[Any]:
    """Give ``a.b[0]["c.d"]`` as ["a", "b", 0, "c.d"]; a single dot, or nothing, is the whole
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


_CHECKS: dict[str, Callable[[Mapping[str, Any]], Problems]] = {
    "regex": _regex_problems,
    "json": _json_problems,
    "table": _table_problems("table"),
    "csv": _table_problems("csv"),
    "hdf5": _array_problems("hdf5"),
    "netcdf": _array_problems("netcdf"),
    "text": _flag_problems("text"),
    "exit_code": _flag_problems("exit_code"),
}
