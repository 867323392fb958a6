"""Which parameters the texts of a runner use, and how one may have been meant that none of them
uses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from enchanted_tui.runners.command.rendering import Text
from enchanted_tui.suggestions import nearest

if TYPE_CHECKING:
    from enchanted_tui.runners.command.call_inputs import CallInputs
    from enchanted_tui.runners.command.inputs import Inputs

_MOST_READ = 1 << 20  #: bytes of a copied file that are searched
#: How other programs write the placeholder of a parameter; NAME stands for it.
_OTHER = (
    *(
        r"\$\{NAME\}",
        r"\$\(NAME\)",
        r"\$NAME\$?(?!\w)",
        r"@\{?NAME\}?@?(?!\w)",
        r"(?<!\{)\{NAME\}(?!\})",
        r"<NAME>",
    ),
    *(
        r"%\(NAME\)[sdgf]?",
        r"%NAME%",
        r"\[\[ *NAME *\]\]",
        r"#NAME#",
        r"<% *=? *NAME *%>",
        r"__NAME__",
        r"&NAME&",
        r"!NAME!",
    ),
)
_OURS = r"\{\{[^{}]*\bNAME\b[^{}]*\}\}"


def used_names(texts: list[Text]) -> set[str] | None:
    """Name the parameters that the texts mention; None if they may use any."""
    found: set[str] = set()
    for text in texts:
        # an empty template is still to be written
        names = text.used_names() if text.source or text.path is None else None
        if names is None:
            return None
        found |= names
    return found


def meant_by(name: str, inputs: Inputs | CallInputs, known: set[str]) -> str:
    """Say as a clause what looks as if it was to be the parameter `name`; nothing if there is none.

    `known` are the parameters that a sample has.
    """
    for place, source in _sources(inputs):
        for pattern in _OTHER:
            found = re.search(pattern.replace("NAME", re.escape(name)), source)
            if found is not None and not _is_named_by_shell(name, inputs):
                return f"{place} has {found[0]!r}"
        if re.search(_OURS.replace("NAME", re.escape(name)), source):
            return (
                f"{place} has {{{{ {name} }}}} in a comment or between {{% raw %}} and {{% endraw"
                " %}, or gives that name a value of its own"
            )
    for place, source in _copied(inputs):
        if re.search(_OURS.replace("NAME", re.escape(name)), source):
            return (
                f"{place} is copied as it is, and its placeholders would be filled in under"
                " templates"
            )
    used = used_names(list(inputs.texts())) or set()
    near = nearest(name, used - known)
    return f"there is a placeholder {{{{ {near} }}}}" if near else ""


def _is_named_by_shell(name: str, inputs: Inputs | CallInputs) -> bool:
    """Tell whether a variable of that name is set for the command, so that a shell may use it as
    ``$NAME``.
    """
    return name in inputs.environment


def _sources(inputs: Inputs | CallInputs) -> Iterator[tuple[str, str]]:
    for text in inputs.texts():
        yield (os.path.basename(text.path) if text.path else text.where), text.source


def _copied(inputs: Inputs | CallInputs) -> Iterator[tuple[str, str]]:
    """Return the copied files that can be read here."""
    for text in inputs.copy.values():
        if os.path.isfile(text.source):
            try:
                with open(text.source, encoding="utf-8", errors="replace") as file:
                    yield os.path.basename(text.source), file.read(_MOST_READ)
            except OSError:
                continue
