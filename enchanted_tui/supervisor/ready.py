"""What the walk through a stage gives."""

from __future__ import annotations

from typing import NamedTuple

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.values import Row


class Ready(NamedTuple):
    """A task that can run now. `row` is its previous step's row if that is still at hand."""

    id: TaskId
    row: Row | None
