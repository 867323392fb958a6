"""Whether a file is a configuration at all, so that none of another kind is judged as one."""

from __future__ import annotations

import os
import re
from pathlib import Path

from enchanted_tui.config.validation import SECTIONS

_YAML = (".yaml", ".yml", ".json", "")  #: JSON is YAML too
_SECTION = re.compile(rf"^(?:{'|'.join(SECTIONS)})[ \t]*:[ \t]*(?:[#{{&*!].*)?\r?$", re.MULTILINE)


def is_configuration(path: str | os.PathLike[str] | None, text: str) -> bool:
    """Tell whether a file is meant as a configuration: by its name or, where that says nothing of
    YAML, by a section in its text.
    """
    return path is None or Path(path).suffix.lower() in _YAML or bool(_SECTION.search(text))
