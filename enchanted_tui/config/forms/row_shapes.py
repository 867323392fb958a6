"""Parameters and outputs as rows of a table: what each may be, and how a row is read and written.

A row whose mapping says more than the columns show keeps the rest; one that cannot be shown at all
is of the kind `other` and stays as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enchanted_tui.config.forms.form_fields import (
    FormColumn,
    FormRow,
    list_of,
    number_of,
    shown,
    shown_key,
    shown_list,
)
from enchanted_tui.config.options import Nested, Option
from enchanted_tui.config.tree import plain
from enchanted_tui.config.yaml_text import one_line

OTHER = "other"
_RANGES: dict[str, dict[str, Any]] = {  # of each kind of range: what it says besides its bounds
    "range": {},
    "log": {"scale": "log"},
    "whole": {"integer": True},
    "whole log": {"scale": "log", "integer": True},
}
_LISTS = ("values", "choice")
KINDS_OF_PARAMETER = (*_RANGES, *_LISTS)
_UNSHOWN_KINDS = ("file", "distribution")
_WITHOUT_WORDS = ("text", "exit_code")  #: outputs that are all of a thing
_BY_NUMBER_TOO = ("table", "csv")


def _doc(options: Mapping[str, Option], name: str) -> str:
    return options[name].doc if name in options else ""


def parameter_columns(nested: type[Nested]) -> tuple[FormColumn, ...]:
    """Return the columns of parameters, which `nested` declares."""
    options = nested.options()
    kinds = (
        "A range of numbers, linear or logarithmic, all or whole ones; or a list: values with an"
        " order, or a choice without one."
    )
    ranges = tuple(_RANGES)
    return (
        FormColumn("name", "name", "The name by which templates and functions know it."),
        FormColumn("kind", "kind", kinds, KINDS_OF_PARAMETER),
        FormColumn("low", "from", _doc(options, "low"), only_with=ranges),
        FormColumn("high", "to", _doc(options, "high"), only_with=ranges),
        FormColumn(
            "values", "values", f"{_doc(options, 'values')} Commas between.", only_with=_LISTS
        ),
        FormColumn("unit", "unit", _doc(options, "unit")),
    )


def output_columns(nested: type[Nested]) -> tuple[FormColumn, ...]:
    """Return the columns of outputs, whose rules `nested` declares."""
    options = nested.options()
    sources = tuple(nested.variants)
    about = " ".join(f"{name}: {_doc(options, name)}" for name in sources)
    wordy = tuple(name for name in sources if name not in _WITHOUT_WORDS)
    in_files = tuple(name for name in sources if "file" in nested.variants[name].needs)
    return (
        FormColumn("name", "name", "The name of the column in the dataset."),
        FormColumn("kind", "read by", about, sources),
        FormColumn("file", "file", _doc(options, "file"), only_with=in_files),
        FormColumn("what", "what to look for", about, only_with=wordy),
    )


# -- parameters ------------------------------------------------------------------------------------


def new_parameter(name: str) -> FormRow:
    """Return the row of a parameter to be filled in."""
    return {"name": name, "kind": "range", "low": "", "high": "", "values": "", "unit": ""}


def parameter_rows(parameters: Any, bounds: Any) -> list[FormRow] | None:
    """Return a row for each parameter of a mapping, or of a list with bounds; None if they cannot
    be shown.
    """
    if isinstance(parameters, dict):
        return [
            {**_parameter_row(spec), "name": shown_key(parameters, name), "_key": name}
            for name, spec in parameters.items()
        ]
    pairs = bounds or []
    if not isinstance(parameters, list) or not isinstance(pairs, list):
        return None
    rows = []
    for index in range(len(parameters)):
        pair = pairs[index] if index < len(pairs) else ["", ""]
        if not isinstance(pair, list) or len(pair) != 2:
            return None
        ends = [shown(pair, 0), shown(pair, 1)]
        name = shown(parameters, index)
        if name is None or None in ends:
            return None
        rows.append({**new_parameter(name), "low": ends[0], "high": ends[1]})
    return rows


def _parameter_row(spec: Any) -> FormRow:
    row = {**new_parameter(""), "_old": plain(spec)}
    unshown: FormRow = {**row, "kind": OTHER, "values": one_line(spec)}
    if not isinstance(spec, dict) or any(name in spec for name in _UNSHOWN_KINDS):
        return unshown
    listed = [name for name in _LISTS if name in spec]
    for name in ("low", "high", "unit"):
        if name in spec:
            row[name] = shown(spec, name)
    if listed:
        values = spec[listed[0]]
        row["kind"] = listed[0]
        if not isinstance(values, list) or any(isinstance(item, dict | list) for item in values):
            return unshown
        row["values"] = shown_list(values)
    else:
        said = {"scale": spec.get("scale", "linear"), "integer": spec.get("integer", False)}
        kinds = [
            kind
            for kind, more in _RANGES.items()
            if {"scale": "linear", "integer": False, **more} == said
        ]
        row["kind"] = kinds[0] if kinds else OTHER
    is_unshown = row["kind"] == OTHER or len(listed) > 1 or None in row.values()
    return unshown if is_unshown else row


def written_parameters(rows: list[FormRow], old: Any) -> tuple[Any, list[Any] | None]:
    """Return the parameters and their bounds: as a list of names with bounds where they were
    written so and nothing more is said, else as a mapping, and None.
    """
    named = [row for row in rows if row["name"].strip()]
    if isinstance(old, list) and all(
        row["kind"] == "range" and not row["unit"] and not row.get("_old") for row in named
    ):
        names = [row["name"].strip() for row in named]
        return names, [[_number(row["low"]), _number(row["high"])] for row in named]
    found: dict[Any, Any] = {}
    for row in named:
        name = row["name"].strip()
        key = row["_key"] if str(row.get("_key")) == name else name
        found.setdefault(key, _written_parameter(row))
    return found, None


def _number(text: str) -> Any:
    return number_of(text) if text.strip() else None


def _written_parameter(row: FormRow) -> Any:
    old = row.get("_old")
    if row["kind"] == OTHER:
        return old
    spec: dict[str, Any] = dict(old) if isinstance(old, dict) else {}
    is_range = row["kind"] in _RANGES
    wanted: dict[str, Any] = {
        name: _number(row[name]) if is_range else None for name in ("low", "high")
    }
    more = _RANGES.get(row["kind"], {})
    for name, usual in (("scale", "linear"), ("integer", False)):
        wanted[name] = more.get(name, usual if is_range and spec.get(name) == usual else None)
    for name in _LISTS:
        wanted[name] = list_of(row["values"]) if row["kind"] == name else None
    if is_range:
        wanted["weights"] = None
    wanted["unit"] = row["unit"].strip() or None
    return _updated(spec, wanted)


def _updated(spec: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with what is wanted; None removes a key."""
    for name, value in wanted.items():
        if value is None:
            spec.pop(name, None)
        else:
            spec[name] = value
    return spec


# -- outputs ---------------------------------------------------------------------------------------


def new_output(name: str, nested: type[Nested]) -> FormRow:
    """Return the row of an output to be filled in."""
    return {"name": name, "kind": next(iter(nested.variants)), "file": "stdout.txt", "what": ""}


def output_rows(outputs: Any, nested: type[Nested]) -> list[FormRow] | None:
    """Return a row for each output; None if they cannot be shown."""
    if not isinstance(outputs, dict):
        return None
    return [
        {**_output_row(rule, nested), "name": shown_key(outputs, name), "_key": name}
        for name, rule in outputs.items()
    ]


def _output_row(rule: Any, nested: type[Nested]) -> FormRow:
    sources = [name for name in nested.variants if isinstance(rule, dict) and name in rule]
    row: FormRow = {"name": "", "file": "", "what": "", "_old": plain(rule)}
    if len(sources) != 1:
        return {**row, "kind": OTHER, "what": one_line(rule)}
    [source] = sources
    row["kind"] = source
    if source not in _WITHOUT_WORDS:
        row["what"] = shown(rule, source)
    if "file" in rule:
        row["file"] = shown(rule, "file")
    is_shown = None not in row.values() and (
        source not in _WITHOUT_WORDS or rule[source] is True
    )  # fmt: skip
    return row if is_shown else {**row, "file": "", "kind": OTHER, "what": one_line(rule)}


def written_outputs(rows: list[FormRow], nested: type[Nested]) -> dict[Any, Any]:
    """Return the outputs that rows with a name describe."""
    found: dict[Any, Any] = {}
    for row in rows:
        name = row["name"].strip()
        if name:
            key = row["_key"] if str(row.get("_key")) == name else name
            found.setdefault(key, _written_output(row, nested))
    return found


def _written_output(row: FormRow, nested: type[Nested]) -> Any:
    old, source = row.get("_old"), row["kind"]
    if source == OTHER:
        return old
    spec: dict[str, Any] = dict(old) if isinstance(old, dict) else {}
    for name in nested.excluded([source]):
        spec.pop(name, None)
    what: Any = row["what"] or None
    if source in _WITHOUT_WORDS:
        what = True
    elif source in _BY_NUMBER_TOO and what is not None and what.lstrip("-").isdecimal():
        what = number_of(what)
    has_file = "file" in nested.variants[source].needs
    return _updated(spec, {"file": row["file"] or None if has_file else None, source: what})
