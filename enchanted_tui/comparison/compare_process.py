"""The process in which the app has learning curves of several campaigns worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.surrogate.work_process import WorkProcess, serve

if TYPE_CHECKING:
    from enchanted_tui.comparison.campaign_facts import CampaignFacts


class CompareProcess(WorkProcess):
    """Gives the comparison as JSON, with the number of all ``samples`` and a ``fingerprint``."""

    def __init__(self, roots: Sequence[Path]) -> None:
        super().__init__(__name__, *(str(root.resolve()) for root in roots))


def main() -> None:
    """Do what the arguments say."""
    serve(_compared)


def _compared(arguments: list[str], step: Callable[[str], None]) -> dict[str, Any]:
    # heavy, and no matter of the process that asks
    from enchanted_tui.comparison.comparing import CompareOptions, compare_campaigns

    found = compare_campaigns(list(map(Path, arguments)), CompareOptions(), step=step)
    samples, prints = samples_of(found.runs)
    return {"samples": samples, "fingerprint": prints, **found.as_json()}


def samples_of(runs: Sequence[CampaignFacts]) -> tuple[int, str]:
    """Return how many samples campaigns have together, and what tells whether one of them has been
    run again.
    """
    return sum(run.samples for run in runs), "; ".join(run.fingerprint for run in runs)
