"""The files that a configuration names and a person may want to edit beside it: modules of
functions and plugins, templates and what these include.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from enchanted_tui.config.code import code_files
from enchanted_tui.config.models import CampaignConfig

_INSTALLED = ("site-packages", "dist-packages")
_PROBE = 4_096  #: bytes in which a file that is no text shows it


def companion_files(config: CampaignConfig) -> list[Path]:
    """Return them in the order of the steps: those that are there and are text, without what is
    installed.
    """
    found: dict[Path, None] = {}
    for stage in config.stages:
        for step in stage.steps:
            spec = config.runners[step.runner]
            named = [*_templates(spec.options), *code_files(config, spec)]
            found.update((Path(os.path.abspath(path)), None) for path in named)
    return [path for path in found if _is_own_text(path)]


def _templates(options: Mapping[str, Any]) -> Iterator[str]:
    """Give the files that a runner makes inputs from."""
    templates = options.get("templates")
    if isinstance(templates, dict):
        yield from map(str, templates.values())


def _is_own_text(path: Path) -> bool:
    if any(part in _INSTALLED for part in path.parts):
        return False
    try:
        with path.open("rb") as file:
            return b"\0" not in file.read(_PROBE)
    except OSError:
        return False
