"""The rows of the dataset that are on the Pareto front."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from textual.message import Message

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.widgets.dataset_table import DatasetTable
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.front import FrontAim, front_of

_NOTHING_CHOSEN = "Choose two or more objectives with {key}."
_EMPTY = "No sample has all objectives and keeps the limits."


class FrontTable(DatasetTable):
    """A row for each sample that no other one betters, its objectives first."""

    class Found(Message):
        """The front has been worked out."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.aim = FrontAim()
        self._asked: tuple[Results, FrontAim] | None = None  #: of what the front is worked out

    async def show_front(self, results: Results, aim: FrontAim, key: str) -> None:
        """Show the front of a dataset, which is worked out in a thread; `key` is that by which
        objectives are chosen.
        """
        names = [name for name in (*aim.objectives, *aim.limits) if name in results.columns]
        columns = {name: results.columns[name].numbers for name in names}
        self._asked = results, aim
        found = await in_thread(front_of, aim, columns.get, results.success)
        if self._asked != (results, aim) or len(found) > len(results):
            return  # another dataset is shown, or the same one anew, whose front is asked for too
        if aim != self.aim:
            self.aim = aim
            first = next(iter(aim.objectives), "")
            self.sort = (first, aim.objectives.get(first) == "maximize")
            self.set_sort(first, descending=self.sort[1])
        results.front = found
        self.set_empty(_EMPTY if aim.objectives else _NOTHING_CHOSEN.format(key=key))
        self.show(results)
        self.post_message(self.Found())

    def names_for_people(self, results: Results) -> list[str]:
        first = [
            name for name in (*self.aim.objectives, *self.aim.limits) if name in results.columns
        ]
        rest = [name for name in super().names_for_people(results) if name not in first]
        return [*dict.fromkeys(first), *rest]

    def order(self) -> Sequence[int]:
        rows, front = np.array(super().order(), dtype=np.int64), self._results.front
        rows = rows[rows < len(front)]
        return array("q", rows[front[rows]].tobytes())
