"""Tell jobs, as they run, how long tasks may take before they are stragglers."""

from __future__ import annotations

from collections.abc import Sequence

from enchanted_tui.executors.slurm.far.share import limits_file, write_limits
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import Transport
from enchanted_tui.executors.straggler_rule import RunTimeLimit


class LimitTeller:
    """Keeps the file of each job array as it should be. Jobs go by it also when nobody is left to
    tell them anything else, so those of an earlier session are told what is in force now.
    """

    def __init__(self, transport: Transport, table: TaskTable) -> None:
        self._transport, self._table = transport, table
        earlier = {element.submission.token for element in table.elements if element.adopted}
        self._told: dict[str, Sequence[RunTimeLimit] | None] = dict.fromkeys(earlier)

    def tell(self, limits: Sequence[RunTimeLimit]) -> None:
        """Write the files of those arrays that do not know these limits."""
        unaware = [
            submission
            for token, submission in self._table.submissions.items()
            if self._told.get(token, ()) != limits
        ]
        if unaware:
            content = write_limits(limits)
            self._transport.put({limits_file(each.directory): content for each in unaware})
            self._told.update((each.token, limits) for each in unaware)
