"""What is wrong with a template, in a sentence with file and line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from enchanted_tui.runners.arguments import listed
from enchanted_tui.suggestions import did_you_mean

if TYPE_CHECKING:
    import jinja2

ALL = "params"  #: the name under which a template finds all parameters as one mapping
RAW = "put {% raw %} ... {% endraw %} around text that has {#, {{ or {% of its own"

_UNDEFINED = re.compile(r"'([^']+)' is undefined")
_WITHOUT_END = {
    "Missing end of comment tag": "{# begins a comment that has no end",
    "Missing end of raw directive": "{% raw %} has no {% endraw %}",
}
_UNKNOWN = re.compile(r"No (filter|test) named '([^']*)'")


def syntax_sentence(error: jinja2.TemplateSyntaxError, environment: jinja2.Environment) -> str:
    """Say what Jinja does not understand, and what to do."""
    text = " ".join(str(error.message).split()).rstrip(".")
    if text in _WITHOUT_END:
        return f"{_WITHOUT_END[text]}; {RAW}"
    unknown = _UNKNOWN.match(text)
    if unknown is not None:
        known = environment.filters if unknown[1] == "filter" else environment.tests
        return f"there is no {unknown[1]} {unknown[2]!r}{did_you_mean(unknown[2], known)}"
    if text.startswith("block ") and text.endswith("defined twice"):
        return text
    return f"{text}; {RAW}"


def failed_rendering(
    error: Exception,
    names: Mapping[str, Any],
    environment: jinja2.Environment,
    is_template: Callable[[str], bool],
) -> tuple[str | None, int | None, str]:
    """Return file, line and sentence of what went wrong while a template was rendered, however many
    others it includes.

    `is_template` tells whether a file is one of the templates. File and line are None where that is
    not known.
    """
    import jinja2

    place: tuple[str | None, int | None] = (None, None)
    for path, line in _lines(error.__traceback__):
        if is_template(path):
            place = path, line
    if isinstance(error, jinja2.TemplateSyntaxError):
        if error.filename:
            place = error.filename, error.lineno
        return (place[0], error.lineno, syntax_sentence(error, environment))
    if isinstance(error, jinja2.TemplatesNotFound):
        return (
            *place,
            f"there is no template {listed(map(repr, error.templates))} to include beside this one",
        )
    if isinstance(error, jinja2.TemplateNotFound):
        return (*place, f"there is no template {error.name!r} to include beside this one")
    return (*place, _explained(error, names))


def _lines(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def _explained(error: Exception, names: Mapping[str, Any]) -> str:
    text = str(error).strip() or type(error).__name__
    match = _UNDEFINED.search(text)
    if match is None:
        return text
    known = [name for name in names if name != ALL]
    remedy = did_you_mean(match.group(1), known) or f"; {RAW}"
    return f"{text}; the sample has {listed(known)}{remedy}"


def beside(path: str, directory: str | None) -> bool:
    """Tell whether a file lies in a directory or below."""
    return directory is not None and path.startswith(os.path.join(directory, ""))
