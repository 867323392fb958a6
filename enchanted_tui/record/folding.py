"""Fold a journal into the state of its campaign, twice where that is needed.

Read once, a damaged journal says too late how large the batches are whose lines are lost, and lines
out of order mislead. So what the whole journal says of them is gathered first, and then it is
folded again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.journal_lines import FORMAT_VERSION
from enchanted_tui.record import checkpoint
from enchanted_tui.record.batch_sizes import BatchSizes
from enchanted_tui.record.journal import Damage, JournalReader, lost_beginning
from enchanted_tui.record.records import Record
from enchanted_tui.record.state import CampaignState

Portions = Callable[[], Sequence[int | None]]


class Survey(NamedTuple):
    """What a whole journal says that a fold should know from the beginning."""

    sizes: BatchSizes
    opening: tuple[int, Record] | None  #: offset and record of the first session that is on record


def survey(journal: Path, portions: Portions = tuple) -> Survey:
    """Read all of a journal but its results; `portions` gives what `BatchSizes` takes."""
    sizes, opening = BatchSizes(portions()), None
    with JournalReader(journal) as reader:
        for offset, record in reader.records(tasks=False):
            sizes.note(record)
            if record["type"] == "open" and opening is None:
                opening = offset, record
    return Survey(sizes, opening)


def new_state(found: Survey | None = None) -> CampaignState:
    """Return the state before the first record, or before the second where the first is lost and
    another one opens the campaign.
    """
    state = CampaignState(found.sizes if found is not None else None)
    if found is not None and found.opening is not None:
        offset, record = found.opening
        state.apply(record, offset)
    return state


def fold(
    journal: Path, portions: Portions = tuple, *, from_start: bool = False
) -> tuple[CampaignState, list[str]]:
    """Fold a journal into the state; also give a sentence for each damaged line. `from_start`: all
    of it, whatever a checkpoint says.

    Raises EnvironmentProblem if no line is left that says which campaign this is.
    """
    kept = None if from_start else checkpoint.read(journal)
    if kept is not None:
        state, damage = _folded(journal, kept.state, kept.position)
        if not (damage or state.irregular):
            return state, list(state.waiting_results.sentences())
    state, damage = _folded(journal, CampaignState())
    if damage or state.irregular or not state.sessions:
        found = survey(journal, portions)
        if found.opening is None and (damage or journal.stat().st_size):
            raise EnvironmentProblem(lost_beginning(journal))
        state, damage = _folded(journal, new_state(found))
    sentences = [
        f"{journal}:{item.line}: this line is damaged ({item.reason}); what it held will be done"
        " again."
        for item in damage
    ]
    return state, [*sentences, *state.waiting_results.sentences()]


def unknown_version(journal: Path, version: Any) -> str:
    """Say that a later version of this program has written the journal."""
    return (
        f"{journal} holds records of format {version}, and this version of enchanted-tui reads"
        f" format {FORMAT_VERSION}: a later version has run this campaign. Use that one, or a later"
        " one still."
    )


def _folded(
    journal: Path, state: CampaignState, start: int = 0
) -> tuple[CampaignState, list[Damage]]:
    with JournalReader(journal, start) as reader:
        for offset, record in reader.records(rows=False):
            if record.get("v", FORMAT_VERSION) > FORMAT_VERSION:
                raise EnvironmentProblem(unknown_version(journal, record["v"]))
            if not state.sessions and record["type"] != "open":
                break
            state.apply(record, offset)
        return state, reader.damage
