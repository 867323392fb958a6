"""Samples that the older program has added to a directory of this one: taken over into the journal,
or refused with their number.

Its ``enchanted_run.yaml`` then counts batches that the journal has never drawn; this program never
writes that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.older.adopt import Datapoint, OlderStage, adopted, datapoints
from enchanted_tui.record.records import ParentsRecord, Record, StageCompleteRecord
from enchanted_tui.record.samples import read_samples
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.progress import finished_here
from enchanted_tui.storage.run_state import RunState, read_run_state
from enchanted_tui.task_paths import TaskPaths, make_group

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig

Read = Callable[[int], Any]


def added_samples(run_dir: CampaignDirectory, state: CampaignState) -> int:
    """Return how many samples the older program counts beyond those on record, before they are
    combined with parents.
    """
    saved = _saved(run_dir, state)
    if saved is None or saved.batch_number < len(state.stages[saved.depth].batches):
        return 0
    return max(1, saved.submitted_samples - state.stages[saved.depth].drawn)


def notice(run_dir: CampaignDirectory, state: CampaignState) -> list[str]:
    """Return a sentence on what the older program has added, for whoever looks at the campaign."""
    added = added_samples(run_dir, state)
    if not added:
        return []
    return [
        f"The older program has added {_counted(added)} to this directory since; a resume or"
        " --rebuild takes them over."
    ]


def take_additions(
    run_dir: CampaignDirectory, config: CampaignConfig, state: CampaignState, read: Read
) -> str | None:
    """Append to the journal what the older program has added; return a sentence that says what,
    None if there is nothing.

    `read` gives the record at an offset. Raises EnvironmentProblem, with the number, where it does
    not fit what is on record.
    """
    saved = _saved(run_dir, state)
    if saved is None:
        return None
    _check_redone(run_dir, state, saved, read)
    if not added_samples(run_dir, state):
        return None
    records = list(_records(run_dir, config, state, saved))
    if state.spread:
        _put_into_groups(run_dir, config, records)
    rows = sum(
        record["type"] == "task"
        and record["task"][3] + 1 == state.stages[record["task"][0]].n_steps
        for record in records
    )
    journal = Journal(run_dir.journal)
    try:
        for record in records:
            journal.append(record)
    finally:
        journal.close()
    return f"{_counted(rows)} that the older program has added to {run_dir.root} were taken over."


def _put_into_groups(
    run_dir: CampaignDirectory, config: CampaignConfig, records: list[Record]
) -> None:
    """Move the directories of tasks, which the older program has put into `data` itself, to where
    this campaign has its own, and have the records say so.
    """
    shown = TaskPaths(os.path.join(config.shown_base_run_dir, "data"), spread=True)
    for record in records:
        if record["type"] != "task":
            continue
        name = TaskId(*record["task"]).name
        before, path = run_dir.tasks(False).of(name), run_dir.tasks(True).of(name)
        if os.path.isdir(before) and not os.path.lexists(path):
            make_group(path)
            os.rename(before, path)
        record["row"]["run_dir"] = shown.of(name)


def _saved(run_dir: CampaignDirectory, state: CampaignState) -> RunState | None:
    try:
        saved = read_run_state(run_dir.run_state)
    except (OSError, ValueError):  # ours is written anew
        return None
    if (saved.depth, saved.batch_number) in finished_here(run_dir.all_progress):
        return None  # this program has written it: what the journal lacks of it, it has lost
    return saved if saved.depth < len(state.stages) else None


def _counted(count: int) -> str:
    return f"{count} sample{'' if count == 1 else 's'}"


def _check_redone(
    run_dir: CampaignDirectory, state: CampaignState, saved: RunState, read: Read
) -> None:
    """Raise EnvironmentProblem if the older program has run a batch, unfinished on record, with
    samples of its own.
    """
    stage = state.stages[saved.depth]
    open_batch = next(
        (batch for batch in stage.batches[: saved.batch_number + 1] if not batch.done), None
    )
    if open_batch is None or 0 not in open_batch.slices:
        return
    samples = read_samples(read(open_batch.slices[0]))
    rows = [
        point
        for point in datapoints(run_dir)
        if point.task.depth == stage.depth and point.task.step == stage.n_steps - 1
    ]
    theirs = {
        point.task
        for point in rows
        if point.task.batch == open_batch.index and _differs(point, samples)
    }
    if not theirs:
        return
    later = {
        point.task for point in rows if open_batch.index < point.task.batch <= saved.batch_number
    }
    raise EnvironmentProblem(
        f"The older program has added {_counted(len(theirs | later))} to {run_dir.root}, from batch"
        f" {open_batch.index} of stage {stage.depth} on, which was unfinished on record with other"
        f" values. Move {run_dir.journal} away and use --rebuild to take the directory over as that"
        f" program left it, or {_remedy(open_batch.index, run_dir)} to do without these samples."
    )


def _remedy(batch: int, run_dir: CampaignDirectory) -> str:
    if not batch:
        return f"remove {run_dir.run_state}"
    return f"set batch_number to {batch - 1} in {run_dir.run_state.name}"


def _differs(point: Datapoint, samples: list[dict[str, object]]) -> bool:
    sample = samples[point.task.sample % len(samples)] if samples else {}
    return any(
        name in point.row and str(point.row[name]) != str(value) for name, value in sample.items()
    )


def _records(
    run_dir: CampaignDirectory, config: CampaignConfig, state: CampaignState, saved: RunState
) -> Iterator[Record]:
    begun = [stage.depth for stage in state.stages if stage.batches]
    deepest = max(begun, default=0)
    if saved.depth < deepest or not all(
        batch.done for stage in state.stages[: saved.depth + 1] for batch in stage.batches
    ):
        raise EnvironmentProblem(
            f"The older program has added {_counted(added_samples(run_dir, state))} to stage"
            f" {saved.depth} of {run_dir.root}, but what is on record there is unfinished or has"
            f" been gone on from. Move {run_dir.journal} away and use --rebuild to take the"
            " directory over as that program left it."
        )
    found = {point.task: point for point in datapoints(run_dir)}
    from enchanted_tui.record.session_start import build_samplers

    samplers = build_samplers(config, state.seed)
    later: list[Record] = []
    targets = [stage.target for stage in state.stages]
    rows_below, below = 1, [[0, 0, 1]]
    for stage in state.stages[deepest : saved.depth + 1]:
        added = OlderStage(
            config,
            stage.depth,
            found,
            saved.batch_number if stage.depth == saved.depth else None,
            first_batch=len(stage.batches),
        )
        n_parents = stage.n_parents or rows_below
        if stage.depth > deepest:
            later.append(
                StageCompleteRecord(type="stage_complete", depth=stage.depth - 1, rows=rows_below)
            )
            later.append(ParentsRecord(type="parents", depth=stage.depth, ranges=below))
        sizes = added.sizes(n_parents)
        later += added.records(
            n_parents, tuple(getattr(samplers[stage.depth], "parameter_names", ())), stage.drawn
        )
        targets[stage.depth] = max(stage.target, stage.drawn + sum(sizes))
        rows_below, below = stage.n_rows + sum(added.counts), _ranges(stage, added)
    from enchanted_tui.record.session_start import open_record

    yield open_record(
        config,
        campaign=state.campaign,
        session="adopted",
        mode="adopted",
        seed=state.seed,
        stored=state.config_file,
        targets=targets,
    )
    yield from later
    yield adopted()


def _ranges(stage: StageState, added: OlderStage) -> list[list[int]]:
    """Return all rows of a stage as parents."""
    counts = [*(batch.count for batch in stage.batches), *added.counts]
    return [[batch, 0, count] for batch, count in enumerate(counts)]
