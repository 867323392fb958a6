"""What is wrong with the files that configurations name: modules of functions, and templates of
input files. Nothing of them is run.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

from enchanted_tui.config.problems import Problem
from enchanted_tui.runners.command.rendering import Text, has_placeholders
from enchanted_tui.warning_filters import kept_warnings

PYTHON, TEMPLATE = "Python", "template"


def kind_of(path: Path | None, text: str) -> str:
    """Return PYTHON or TEMPLATE, or nothing for a file of which nobody here can judge."""
    if path is not None and path.suffix == ".py":
        return PYTHON
    return TEMPLATE if has_placeholders(text) else ""


def file_problems(path: Path | None, text: str) -> list[Problem]:
    """Return what is wrong with a file that is about to say `text`."""
    kind = kind_of(path, text)
    if kind == PYTHON:
        return _python_problems(str(path), text)
    return _template_problems(path, text) if kind == TEMPLATE else []


def _python_problems(file: str, text: str) -> list[Problem]:
    with kept_warnings() as caught:
        try:
            tree = ast.parse(text, file)
            compile(tree, file, "exec", dont_inherit=True)  # finds `return` outside of functions
        except SyntaxError as error:
            return [Problem("error", file, error.lineno, error.offset, "", f"{error.msg}")]
        except (ValueError, RecursionError, MemoryError) as error:
            return [Problem("error", file, None, None, "", f"cannot be read as Python: {error}")]
    return [
        Problem("warning", file, warning.lineno, 1, "", str(warning.message))
        for warning in caught
        if warning.filename == file
        and issubclass(warning.category, SyntaxWarning | DeprecationWarning)
    ]


def _template_problems(path: Path | None, text: str) -> list[Problem]:
    where = "template" if path is None else path.name
    template = Text(text, where, None if path is None else os.fspath(path))
    said = template.problem()
    if said is not None:
        return [_located("error", where, template, said)]
    try:
        return [_located("warning", where, template, lost) for lost in template.lost_parts()]
    except OSError:  # of a template that it includes, which `problem` has said
        return []


def _located(severity: str, where: str, template: Text, said: str) -> Problem:
    """Return a problem with its line, where the sentence begins with that of this very file."""
    head = f"{template.path or template.where}:"
    line, colon, sentence = said.removeprefix(head).partition(": ")
    if said.startswith(head) and colon and line.isdecimal():
        return Problem(severity, where, int(line), 1, "", sentence)  # type: ignore[arg-type]
    return Problem(severity, where, None, None, "", said)  # type: ignore[arg-type]
