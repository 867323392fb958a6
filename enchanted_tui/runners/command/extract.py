"""Read the outputs of a finished command by their rules (see `rules`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.arrays import hdf5_reader, netcdf_reader
from enchanted_tui.runners.command.files import RunFiles, Unreadable, file_of
from enchanted_tui.runners.command.fortran import convert, is_overflow
from enchanted_tui.runners.command.rules import DEFAULT_TYPES, SOURCES, json_steps
from enchanted_tui.runners.command.search import search_for
from enchanted_tui.runners.command.tables import cell_reader, table_rule


class Output(NamedTuple):
    """One declared output, ready to be read."""

    name: str
    read: Callable[[RunFiles], Any]
    type: str | None
    required: bool
    default: Any


def compile_output(name: str, spec: Mapping[str, Any]) -> Output:
    """Make a valid rule (see `rules.output_problems`) ready to read outputs."""
    source = next(key for key in SOURCES if key in spec)
    kind = spec.get("type", DEFAULT_TYPES.get(source))
    required = spec.get("required", "default" not in spec)
    default = (
        convert(spec["default"], kind)
        if spec.get("default") is not None
        else float("nan")
        if kind == "float"
        else None
    )
    return Output(name, _READERS[source](spec), kind, required, default)


def read_outputs(outputs: list[Output], files: RunFiles) -> tuple[dict[str, Any], list[str]]:
    """Read the declared outputs; return those found by name, and a reason for each required one
    that is not there.
    """
    found: dict[str, Any] = {}
    reasons = []
    for output in outputs:
        try:
            read = output.read(files)
            found[output.name] = _in_type(output, read)
        except ValueError as error:
            if output.required:
                reasons.append(f"output {output.name!r} is missing: {error}")
            else:
                found[output.name] = output.default
    return found, reasons


def _in_type(output: Output, read: Any) -> Any:
    """Convert what was read; say of a list what is missing in it, as one that lacks everything is
    missing itself.
    """
    stars = (
        [item for item in read if is_overflow(item)]
        if isinstance(read, list) and output.type in ("float", "int")
        else []
    )
    if stars:
        words = (
            f"{len(stars)} of {len(read)} values are {stars[0]}, which Fortran prints for a number"
            " too wide for its field"
        )
        if len(stars) == len(read):
            raise Unreadable(words)
        import logging

        logging.getLogger(__name__).warning("output %r: %s; they are missing", output.name, words)
    return convert(read, output.type)


def _json_reader(spec: Mapping[str, Any]) -> Callable[[RunFiles], Any]:
    file, steps = file_of(spec), json_steps(spec["json"])

    def read(files: RunFiles) -> Any:
        value = files.document(file)
        for depth, step in enumerate(steps):
            try:
                value = value[step] if isinstance(value, (dict, list)) else {}[step]
            except (KeyError, IndexError, TypeError):
                raise Unreadable(f"{file} has no {step!r} {_place(steps[:depth], value)}") from None
        if value is None:
            raise Unreadable(f"{'.'.join(map(str, steps))} in {file} is null")
        return value

    return read


def _place(steps: list[Any], value: Any) -> str:
    where = "in " + ".".join(map(str, steps)) if steps else "at its top"
    if isinstance(value, dict):
        return f"{where}, which has {listed(value)}"
    return f"{where}, which is " + (
        f"a list of {len(value)}" if isinstance(value, list) else f"no mapping: {value!r:.40}"
    )


def _regex_reader(spec: Mapping[str, Any]) -> Callable[[RunFiles], Any]:
    file, which, expression = file_of(spec), spec.get("which", "last"), spec["regex"]
    group = spec.get("group", 1 if search_for(expression).pattern.groups else 0)

    def read(files: RunFiles) -> Any:
        if which == "last":
            last = files.last_match(file, expression)
            found = [] if last is None else [last[group]]
        else:
            matches = files.matches(file, expression)
            found = [match[group] for match in islice(matches, 1 if which == "first" else None)]
        if not found or None in found:
            raise Unreadable(f"nothing in {file} matches {expression!r}")
        return found if which == "all" else found[0]

    return read


def _text_reader(spec: Mapping[str, Any]) -> Callable[[RunFiles], Any]:
    return lambda files: files.text(file_of(spec))


def _table_reader(spec: Mapping[str, Any], key: str) -> Callable[[RunFiles], Any]:
    rule = table_rule(file_of(spec), spec[key], quoted=key == "csv")
    return cell_reader(rule, as_text=spec.get("type", DEFAULT_TYPES[key]) == "str")


_READERS: dict[str, Callable[[Mapping[str, Any]], Callable[[RunFiles], Any]]] = {
    "regex": _regex_reader,
    "json": _json_reader,
    "table": lambda spec: _table_reader(spec, "table"),
    "csv": lambda spec: _table_reader(spec, "csv"),
    "hdf5": lambda spec: hdf5_reader(file_of(spec), spec["hdf5"], spec.get("index")),
    "netcdf": lambda spec: netcdf_reader(file_of(spec), spec["netcdf"], spec.get("index")),
    "text": _text_reader,
    "exit_code": lambda spec: lambda files: files.exit_code,
}
