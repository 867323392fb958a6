"""Put on record with which code a session runs samples, and say what of it has changed."""

from __future__ import annotations

from collections.abc import Callable

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.record.code_records import CodeRecord
from enchanted_tui.record.code_versions.code_words import changes, is_same
from enchanted_tui.record.code_versions.in_use import code_in_use
from enchanted_tui.record.state import CampaignState

_CHANGED = (
    "The code is not the one that the recorded samples were run with; they are kept as they are"
    " ({})."
)


def put_code_on_record(
    config: CampaignConfig, state: CampaignState, put: Callable[[CodeRecord], object]
) -> list[str]:
    """Record the code that a session begins with, unless that is on record already. Return what a
    person should know: that samples were run with another one and what of it has changed, and what
    could not be asked.
    """
    now = code_in_use(config)
    if now is None:
        return []
    before = state.codes[-1] if state.codes else None
    if before is None or not is_same(before, now):
        put(now)
    changed = changes(before, now) if before is not None and state.tasks_recorded else []
    return [*_unanswered(now), *([_CHANGED.format("; ".join(changed))] if changed else ())]


def _unanswered(record: CodeRecord) -> list[str]:
    """Say which commands of `code_version` have no answer that could be recorded."""
    return [
        f"supervisor.code_version: {each['command']} {each.get('problem', '')}; no answer of it is"
        " on record."
        for each in record.get("commands", ())
        if "line" not in each
    ]
