"""The process in which the app has learning curves of several campaigns worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from enchanted_tui.surrogate.work_process import WorkProcess, serve


class CompareProcess(WorkProcess):
    """Gives the comparison as JSON, with the number of all ``samples``."""

    def __init__(self, roots: Sequence[Path]) -> None:
        super().__init__(__name__, *(str(root.resolve()) for root in roots))


def main() -> None:
    """Do what the arguments say."""
    serve(_compared)


def _compared(arguments: list[str], step: Callable[[str], None]) -> dict[str, Any]:
    # heavy, and no matter of the process that asks
    from enchanted_tui.comparison.comparing import CompareOptions, compare_campaigns

    found = compare_campaigns(list(map(Path, arguments)), CompareOptions(), step=step)
    return {"samples": sum(run.samples for run in found.runs), **found.as_json()}
