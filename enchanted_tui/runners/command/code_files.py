"""Which files count as the code of a CommandRunner: what its templates include, and its program."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, Optional

from enchanted_tui.runners.command.rendering import Text


def files_of_code(options: Mapping[str, Any]) -> list[str]:
    """Return these files, as far as there are any."""
    found: list[str] = []
    for name, path in (options.get("templates") or {}).items():
        with contextlib.suppress(Exception):  # what is wrong with a template is told elsewhere
            found += Text.from_file(path, name).included_files()
    program = _program(options)
    return [*found, program] if program is not None and os.path.isfile(program) else found


def _program(options: Mapping[str, Any]) -> Optional[str]:
    """Return the path of the program, if it is named by one that says where it is."""
    command = options.get("command")
    if options.get("shell") or not isinstance(command, list) or not command:
        return None
    path = os.path.expandvars(os.path.expanduser(str(command[0])))
    return path if os.path.isabs(path) else None
