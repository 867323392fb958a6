"""Words of the shell that mean nothing in a list, which no shell reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from enchanted_tui.runners.command.expansion import variables_in
from enchanted_tui.runners.command.rendering import has_placeholders

if TYPE_CHECKING:
    from enchanted_tui.runners.command.command_options import CommandOptions

_INSTEAD = "no shell reads a list, so {0!r} is an argument like any other; use {1}"
_OUTPUT = re.compile(r"(?:\d|&)?>>?(?:&\d|&-|[\w./-]*)\Z")
_INPUT = re.compile(r"<<?<?[\w./-]*\Z")
_CONTROL = frozenset(("|", "||", "|&", "&", "&&", ";", ";;"))
_SUBSTITUTION = re.compile(r"\$\([^)]*\)|`[^`]+`")
_SETTING = re.compile(r"[A-Za-z_]\w*=")
_HOME = re.compile(r"~(?:/|\Z)")
_PATTERN = re.compile(r"[\w./-]*[*?][\w./*?-]*\Z")
_SHELL = "shell: true and the command as one text"
_BUILTINS = frozenset(
    ("cd", "source", ".", "export", "module", "ulimit", "eval", "set", "unset", "alias", "conda")
)
#: After these an argument is a program of its own, which reads it as it likes.
_CODE = re.compile(r"-\w*[ce]|--eval|--expression")


def idiom_warnings(runner: CommandOptions) -> Iterator[tuple[str, str]]:
    """Yield (option path, sentence) for what looks as if a shell was to read it."""
    for name, value in runner.environment.items():
        for unset in variables_in(str(value)) if value is not None else ():
            if unset not in os.environ and unset not in runner.environment:
                yield (
                    f"environment.{name}",
                    (
                        f"${unset} is not set on this machine; where it is not set, it stays as it"
                        " is written"
                    ),
                )
    if runner.shell or not isinstance(runner.command, list) or not runner.command:
        return
    yield from _program(str(runner.command[0]))
    before = ""
    for number, part in enumerate(map(str, runner.command[1:]), 1):
        remedy = (
            None
            if _CODE.match(before) or any(sign.isspace() for sign in part)
            else _remedy(part, before)
        )
        if remedy is not None:
            yield f"command[{number}]", remedy
        before = part


def _program(program: str) -> Iterator[tuple[str, str]]:
    if _SETTING.match(program):
        yield (
            "command[0]",
            f"{program!r} is taken for the name of a program; set variables under environment:",
        )
    elif program in _BUILTINS:
        yield "command[0]", f"{program!r} is a command of the shell; use {_SHELL}"
    for unset in variables_in(program):
        if unset not in os.environ:
            yield (
                "command[0]",
                (
                    f"${unset} is not set on this machine; every sample fails unless it is set"
                    " where the tasks run"
                ),
            )


def _remedy(part: str, before: str) -> str | None:
    """Say what to write instead of an argument, if it is one of those."""
    if part in _CONTROL:
        return _INSTEAD.format(part, _SHELL)
    if _OUTPUT.match(part):
        return _INSTEAD.format(part, f"stdout: or stderr:, or {_SHELL}")
    if _INPUT.match(part):
        return _INSTEAD.format(part, f"stdin:, or {_SHELL}")
    if has_placeholders(part):
        return None
    if _SUBSTITUTION.search(part):
        return _INSTEAD.format(part, _SHELL)
    if _HOME.match(part) or any(name in os.environ for name in variables_in(part)):
        return (
            f"{part!r} stays as it is: in a list, variables and ~ are expanded in the program"
            f" alone; use {_SHELL}"
        )
    if _PATTERN.match(part) and not before.startswith("-"):
        return (
            f"{part!r} stays as it is: no shell puts the names of files in its place; use {_SHELL}"
        )
    return None
