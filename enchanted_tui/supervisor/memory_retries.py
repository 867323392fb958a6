"""Samples that were killed for want of memory, and run again with more of it."""

from __future__ import annotations

import logging

from enchanted_tui.executors.base import Executor
from enchanted_tui.executors.memory_rule import memory_retry_of
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import RetryRecord, TaskRecord
from enchanted_tui.resources import shown_mebibytes
from enchanted_tui.supervisor.kept_files import begin_again
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.recorder import Recorder
from enchanted_tui.supervisor.session import Session

log = logging.getLogger(__name__)

_KIND = "memory"  #: of the failures of which samples run again


class MemoryRetries:
    """Decides it by the options of executors. What a sample is given next stands in the journal
    right behind the failure, so that a session that is resumed goes on with it.
    """

    def __init__(
        self,
        session: Session,
        executors: OpenExecutors,
        recorder: Recorder,
    ) -> None:
        rules = {
            name: memory_retry_of(spec.options)
            for name, spec in session.config.executors.items()
            if issubclass(spec.cls, Executor)
        }
        self._rules = {name: rule for name, rule in rules.items() if rule is not None}
        self._session = session
        self._executors, self._recorder = executors, recorder

    def takes(self, task: TaskId, record: TaskRecord) -> bool:
        """Give up the failure of a task, which has just been recorded, if it is to run again; tell
        whether it is.
        """
        if not self._rules or record.get("kind") != _KIND:
            return False
        key = self._executors.of(task)
        rule, mem = self._rules.get(key), record.get("resources", {}).get("mem", 0)
        if rule is None or not mem:
            return False
        before = self._session.state.memory.of(task)
        times = 0 if before is None else before.times
        more = rule.after(mem, times, self._executors.most_memory(key))
        if more is None:
            return False
        self._recorder.put(
            RetryRecord(
                type="retry",
                tasks=[list(task)],
                started=[record["started"]],
                failed=True,
                memory=[more],
                attempts=[record["attempt"] + 1],
            )
        )
        begin_again(self._session, [task])
        log.info(
            f"{task.name} was killed for want of memory; it runs again with {shown_mebibytes(more)}"
            f" instead of {shown_mebibytes(mem)}"
        )
        return True
