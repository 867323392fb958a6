"""Give jobs that stay further work, and take back what they have not begun.

A share is on record before a job can see it. What a job says in its results file decides: a share
that it has accepted is its own; what it has given back, or not accepted when it said good-bye, is
ours again. So no task is ever with two.
"""

from __future__ import annotations

import heapq
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from enchanted_tui.executors.base import Note, Task
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.far.share import recall_file, share_file, write_share
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.share_fitting import Fitting
from enchanted_tui.executors.slurm.staging import unpack
from enchanted_tui.executors.slurm.submitting import Submitter
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import Transport
from enchanted_tui.resources import Resources

log = logging.getLogger(__name__)

_LINGER = 0.1  #: seconds without another task after which those that wait are given away
_IDLE_LONG = 2.0  #: seconds without work after which a job is given what waits in others
_WORTH_MOVING = 5.0  #: seconds that tasks have to wait at least to be given to another job
_MOST_SPENT = 50  #: files that are not needed any more, and are removed together


class ShareAdder:
    """Adds shares to the running jobs of one executor."""

    def __init__(
        self,
        options: JobOptions,
        directories: Directories,
        transport: Transport,
        table: TaskTable,
        submitter: Submitter,
        record: Callable[[dict[str, Any], bool], Note],
    ) -> None:
        self._options, self._directories = options, directories
        self._transport, self._table, self._submitter = transport, table, submitter
        self._record, self._fitting = record, Fitting(options)
        #: shares on record that the cluster may not have yet, and what they need there
        self._unsent: dict[str, bytes] = {}
        self._inputs = b""

    # -- more work ---------------------------------------------------------------------------------

    def add_due(self) -> bool:
        """Give away what waits, as far as jobs need it; tell whether something was."""
        if self._unsent:
            self._send()
            return True
        if self.seconds_until_due() > 0:
            self._make_room()
            return False
        chosen = self._choose()
        if not chosen:
            return False
        self._intend(chosen)
        self._send()
        return True

    def seconds_until_due(self) -> float:
        """Return how long nothing has to be given away."""
        if self._unsent:
            return 0.0
        if not self._table.backlog or not self._rooms():
            return float("inf")
        return max(0.0, self._table.backlog_grown_at + _LINGER - time.monotonic())

    def _rooms(self) -> dict[frozenset[Resources | None], list[tuple[Element, int]]]:
        """Return, by the sizes of waiting samples that they take, the jobs that are to be given
        more, with how many tasks each.
        """
        able = [element for element in self._table.elements if self._takes_more(element)]
        if not able:
            return {}
        mean = self._table.mean_runtime()
        waiting = list(self._table.waiting_sizes())
        at_once = {size: self._fitting.options_for(size).bundling for size in waiting}
        rooms: dict[frozenset[Resources | None], list[tuple[Element, int]]] = {}
        for element in able:
            sizes = frozenset(size for size in waiting if self._fitting.takes(element, size))
            if not sizes:
                continue
            bundling = max((at_once[size] for size in sizes), key=lambda each: each.processes)
            most, held = bundling.ahead(mean, element.seconds_left), len(element.unfinished)
            if held <= max(most // 2, bundling.processes - 1):
                rooms.setdefault(sizes, []).append((element, most - held))
        return rooms

    def _takes_more(self, element: Element) -> bool:
        asked = element.asked_back - element.gave_back
        return (
            element.stays
            and element.runs
            and (element.is_sorted_out or not element.adopted)
            and not element.told_to_end
            and not (asked and asked & element.open_shares())
        )

    def _choose(self) -> list[tuple[Element, list[Task]]]:
        """Take waiting tasks for the jobs that need them, those first that take the fewest
        kinds.
        """
        chosen = []
        for sizes, rooms in sorted(self._rooms().items(), key=lambda item: len(item[0])):
            most = sum(room for _, room in rooms)
            chosen += _shared_out(self._table.next_tasks(most, sizes), rooms)
        return chosen

    def _make_room(self) -> None:
        """Have jobs that have nothing to do leave where they take none of what waits, and no other
        can be submitted while they are there.
        """
        elements = self._table.elements
        if not self._table.backlog or len(elements) < self._options.bundling.max_jobs:
            return
        waiting = list(self._table.waiting_sizes())
        self._tell_to_end(
            element
            for element in elements
            if element.is_idle and not any(self._fitting.takes(element, size) for size in waiting)
        )

    def _intend(self, chosen: Iterable[tuple[Element, list[Task]]]) -> None:
        """Write into the journal who is given what."""
        by_token: dict[str, list[tuple[Element, list[Task]]]] = {}
        for element, tasks in chosen:
            path = share_file(element.submission.directory, element.index, element.shares + 1)
            self._unsent[path] = self._submitter.content(tasks)
            self._table.assign(element, element.shares + 1, tasks)
            by_token.setdefault(element.submission.token, []).append((element, tasks))
        self._inputs += self._submitter.archive_of_inputs()
        notes = []
        for given in by_token.values():
            shares = {
                (element.index, element.shares): [(task.id, task.attempt) for task in tasks]
                for element, tasks in given
            }
            notes.append((given[0][0].submission.addition(shares), given))
        for record, _ in notes[:-1]:
            self._record(record, False)
        self._record(notes[-1][0], True)  # and so are those before it

    def _send(self) -> None:
        """Put files where their jobs find them. A lost connection leaves them to be sent again."""
        if self._inputs:
            unpack(self._transport, self._inputs, self._directories.root)
            self._inputs = b""
        self._transport.put(self._unsent)
        self._unsent.clear()
        for element in self._table.elements:
            element.asked_at = min(element.asked_at, time.monotonic())
        spent = [path for element in self._table.elements for path in _spent(element)]
        if len(spent) >= _MOST_SPENT:
            self._transport.remove(spent)
            for element in self._table.elements:
                element.put_away = max(element.put_away, _done_up_to(element))

    # -- taking back -------------------------------------------------------------------------------

    def ask_back(self) -> None:
        """Ask jobs for what they have not begun."""
        for element in self._table.elements:
            if element.stays and element.runs:
                self._recall(element, element.open_shares(begun=False))
        if self._unsent:
            self._send()

    def ask_back_unseen(self) -> None:
        """Ask adopted jobs for the shares that they have not accepted: the session before may have
        died before it had put them there.
        """
        for element in self._table.elements:
            if element.adopted and element.stays and element.read_at and not element.is_sorted_out:
                element.is_sorted_out = True
                self._recall(element, set(range(element.answered + 1, element.shares + 1)))
        if self._unsent:
            self._send()

    def ask_back_where_it_waits(self) -> bool:
        """Ask back what waits in some jobs while others, which take the same, have nothing to do;
        tell whether there are jobs among them that wait in the queue.
        """
        if self._table.backlog:
            return False
        longest = time.monotonic() - _IDLE_LONG
        idle = [
            element
            for element in self._table.elements
            if element.is_idle and self._takes_more(element) and element.idle_seen_at < longest
        ]
        asked_waiting = False
        for element in self._table.elements if idle else ():
            if any(self._could_run(other, element) for other in idle):
                shares = self._better_elsewhere(element) - element.asked_back
                self._recall(element, shares)
                asked_waiting |= element.waits and bool(shares)
        if self._unsent:
            self._send()
        return asked_waiting

    def _could_run(self, idle: Element, element: Element) -> bool:
        """Tell whether a job takes all that another one has not begun."""
        if idle.submission.stays == element.submission.stays:
            return True
        waiting = {
            None if assigned.task is None else assigned.task.resources
            for assigned in element.unfinished.values()
            if assigned.begun is None
        }
        return None not in waiting and all(self._fitting.takes(idle, size) for size in waiting)

    def _better_elsewhere(self, element: Element) -> set[int]:
        """Return the shares of a job of which something would begin earlier in an idle one."""
        if element.waits and element.submission.job is not None:
            return element.open_shares()
        mean = self._table.mean_runtime()
        if not element.runs or mean is None:
            return set()
        waiting = sum(1 for assigned in element.unfinished.values() if assigned.begun is None)
        seconds = mean * max(1.0, waiting / self._options.bundling.processes)
        return element.open_shares(begun=False) if waiting and seconds > _WORTH_MOVING else set()

    def _recall(self, element: Element, shares: set[int]) -> None:
        if shares:
            element.asked_at = math.inf
        for number in shares - element.asked_back:
            path = recall_file(element.submission.directory, element.index, number)
            self._unsent[path] = b""
        element.asked_back |= shares

    # -- the end -----------------------------------------------------------------------------------

    def let_go(self) -> bool:
        """Tell jobs that have nothing to do that nothing follows; tell whether there are any."""
        idle = [element for element in self._table.elements if element.is_idle]
        self._tell_to_end(idle)
        return bool(idle)

    def _tell_to_end(self, elements: Iterable[Element]) -> None:
        for element in elements:
            if not element.told_to_end:
                element.told_to_end = True
                path = share_file(element.submission.directory, element.index, element.shares + 1)
                self._unsent[path] = write_share({"last": True}, [])
        if self._unsent:
            self._send()


def _shared_out(
    tasks: Iterable[Task], rooms: Sequence[tuple[Element, int]]
) -> list[tuple[Element, list[Task]]]:
    """Return tasks by the jobs that are to have them, those first that have least to do."""
    shares: list[list[Task]] = [[] for _ in rooms]
    least = [(len(element.unfinished), place) for place, (element, _) in enumerate(rooms)]
    heapq.heapify(least)
    for task in tasks:
        held, place = heapq.heappop(least)
        shares[place].append(task)
        if len(shares[place]) < rooms[place][1]:
            heapq.heappush(least, (held + 1, place))
    return [(element, share) for (element, _), share in zip(rooms, shares, strict=True) if share]


def _done_up_to(element: Element) -> int:
    """Return the number up to which nothing of a job's shares is left to do."""
    open_shares = element.open_shares()
    return min(element.answered, min(open_shares) - 1 if open_shares else element.answered)


def _spent(element: Element) -> list[str]:
    """Name the files of shares that are not needed any more, should the job begin again."""
    directory, index = element.submission.directory, element.index
    return [
        name(directory, index, number)
        for number in range(element.put_away + 1, _done_up_to(element) + 1)
        for name in (share_file, recall_file)
    ]
