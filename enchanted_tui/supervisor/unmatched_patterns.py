"""Patterns of files to be kept that name nothing: a slip would cost the files of a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.file_patterns import FilePatterns
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.record.stage_state import OK
from enchanted_tui.record.state import CampaignState

_LOOKED_AT = 20  #: successful samples of each step of each stage


def unmatched_patterns(
    options: SupervisorOptions, directories: TaskDirectories, state: CampaignState
) -> str:
    """Say which patterns of files to be kept name no file of some samples that have succeeded, as
    far as they are treated; nothing if each names one. Raises OSError.
    """
    option, patterns = "save_files_list", options.save_files_list
    if options.save_files == "packed":
        option, patterns = "pack.keep", options.pack.get("keep") or []
    elif options.save_files != "custom":
        return ""
    left = {pattern: FilePatterns([pattern]) for pattern in patterns}
    count = 0
    for task in _some(state):
        if not left:
            return ""
        count += 1
        with suppress(FileNotFoundError):  # nothing is kept of it
            for file in directories.files(task.name):
                parts = file.name.split("/")
                left = {name: one for name, one in left.items() if not one.match(parts)}
    if not left or not count:
        return ""
    return (
        f"{option} names {', '.join(map(repr, left))}, and none of {count} runs that were looked"
        " at has such a file; what no pattern names is not kept"
    )


def _some(state: CampaignState) -> Iterator[TaskId]:
    """Yield tasks that have succeeded, some of each step of each stage."""
    for stage in state.stages:
        for step in range(stage.n_steps):
            yield from islice(
                (
                    TaskId(stage.depth, batch.index, sample, step)
                    for batch in stage.batches
                    for sample, outcome in enumerate(batch.steps[step].outcomes)
                    if outcome == OK
                ),
                _LOOKED_AT,
            )
