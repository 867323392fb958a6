"""The dataset as a table in memory, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.output_files import dataset_stage, read_rows
from enchanted_tui.storage.dataset_header import Columns
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.values import Row

if TYPE_CHECKING:
    import pandas


def dataset_frame(run_dir: CampaignDirectory) -> pandas.DataFrame:
    """Return the dataset as a pandas.DataFrame, values as they were returned; from the run
    directories if there is no journal.
    """
    import pandas

    rows = _recorded(run_dir) if run_dir.journal.is_file() else _left_in_run_directories(run_dir)
    columns = Columns()
    for number, row in enumerate(rows):
        columns.note((0, number), tuple(row))
    return pandas.DataFrame(rows, columns=list(columns.header()))


def _recorded(run_dir: CampaignDirectory) -> list[Row]:
    state, _ = fold(run_dir.journal)
    if not state.stages:
        return []
    with JournalReader(run_dir.journal) as reader:
        return [row for _, row in read_rows(dataset_stage(state), reader.read_row)]


def _left_in_run_directories(run_dir: CampaignDirectory) -> list[Row]:
    """Return the rows of the last stage and step of which there is any."""
    from enchanted_tui.record.older.adopt import datapoints

    found = {point.task: point.row for point in datapoints(run_dir)}
    if not found:
        return []
    depth = max(task.depth for task in found)
    step = max(task.step for task in found if task.depth == depth)
    return [found[task] for task in sorted(found) if (task.depth, task.step) == (depth, step)]
