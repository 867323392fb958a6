"""What the configuration of a run directory says of its Pareto front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from enchanted_tui.errors import UserError
from enchanted_tui.operations.actions import configuration
from enchanted_tui.samplers.outcome_limits import limit_of
from enchanted_tui.views.front import FrontAim


def configured_aim(root: Path) -> FrontAim:
    """Return the objectives and limits of the last stage's sampler; empty ones where it has none or
    the configuration cannot be read.
    """
    try:
        config = configuration(root)
    except (UserError, OSError, ImportError):
        return FrontAim()
    options: dict[str, Any] = config.samplers[config.stages[-1].sampler].options
    objectives, limits = options.get("objectives"), options.get("subject_to")
    return FrontAim(
        dict(objectives) if isinstance(objectives, dict) else {},
        {name: limit_of(limit) for name, limit in limits.items()}
        if isinstance(limits, dict)
        else {},
    )
