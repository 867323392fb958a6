"""Put on record with which code a session runs samples, and say what of it has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    changed = []
    if state.codes and state.tasks_recorded:
        changed = changes(_last_answers(state.codes), now)
    if not state.codes or not is_same(state.codes[-1], now):
        put(now)
    return [*_unanswered(now), *([_CHANGED.format("; ".join(changed))] if changed else ())]


def _last_answers(records: Sequence[CodeRecord]) -> CodeRecord:
    """Return the newest of the records, with what commands have answered before where it has no
    answer of theirs: a session in which one has failed must not hide a change.
    """
    answers = {
        each["command"]: each
        for record in records
        for each in record.get("commands", ())
        if "line" in each
    }
    last = records[-1]
    commands = [answers.get(each["command"], each) for each in last.get("commands", ())]
    return {**last, "commands": commands} if commands else last


def _unanswered(record: CodeRecord) -> list[str]:
    """Say which commands of `code_version` have no answer that could be recorded."""
    return [
        f"supervisor.code_version: {each['command']} {each.get('problem', '')}; no answer of it is"
        " on record."
        for each in record.get("commands", ())
        if "line" not in each
    ]
