"""Shares for the tasks of a pool: of this machine, or of all nodes of the job that this is.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from enchanted_tui.executors.base import NodeInfo, Task
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.pool.holding import share_message
from enchanted_tui.executors.pool.machine import (
    as_bound,
    cpus_by_node,
    host,
    nodes_of_job,
    this_machine,
    usable_cpus,
)
from enchanted_tui.executors.pool.node_book import NodeBook
from enchanted_tui.executors.pool.rank_launcher import (
    SRUN,
    RankLauncher,
    is_mpirun,
    launcher_for,
    missing_of_job,
    single_everywhere,
)
from enchanted_tui.resources import Resources, ranges

_DEFAULT = Resources()


class Booking:
    """Gives tasks their shares of a book, and takes these back.

    `usable`: by node, the CPUs that processes of ours may use there, where that is known. Where a
    share holds others, nobody knows which CPUs are its own, and it is bound to none.
    """

    def __init__(
        self,
        book: Book,
        launcher: RankLauncher,
        usable: Optional[Mapping[str, tuple[int, ...]]] = None,
    ) -> None:
        self.book = book
        self._launcher = launcher
        known = {host(): usable_cpus()} if usable is None else usable
        self._bindable = {
            node.name for node in book.nodes if set(node.cpus) <= set(known.get(node.name, ()))
        }
        self._has_gpus = any(node.gpus for node in book.nodes)

    def take(self, task: Task) -> bool:
        """Give a task its share; False if there is no room for it now."""
        wanted = task.resources or _DEFAULT
        share = self.book.take(wanted)
        if share is None:
            return False
        task.resources = wanted
        binds = self._bindable.issuperset(node.name for node in share.nodes)
        task.share = share_message(share, self._launcher, binds=binds, has_gpus=self._has_gpus)
        return True

    def give_back(self, task: Task) -> None:
        """Take back the share of a task that has ended, or was not begun."""
        if task.share is not None:
            slot, task.share = task.share["slot"], None
            held = self.book.held.get(slot)
            if held is not None:
                self.book.give_back(held)

    def nodes(self) -> list[NodeInfo]:
        """Return the nodes as people see them."""
        return [
            NodeInfo(node.name, ranges(node.cpus), ranges(node.gpus), node.mem)
            for node in self.book.nodes
        ]

    def problem(self, task: Task) -> Optional[str]:
        """Say why a task can never run here, or None."""
        return self.book.problem(task.resources or _DEFAULT)


def wanted_by(runners: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return, by name, what the runners of a `TaskContext` say that a sample needs, as written."""
    return {name: spec["resources"] for name, spec in runners.items() if "resources" in spec}


def booking(
    runners: Mapping[str, Mapping[str, Any]],
    words: str,
    most: Optional[int],
    most_cpus: Optional[int] = None,
) -> Optional[Booking]:
    """Return what gives out shares here, None if no runner says what its samples need.

    `words`: the option `launcher`; `most`: how many samples may run at the same time at most;
    `most_cpus`: see `nodes_here`.
    Raises OSError with a sentence if there is no such launcher.
    """
    written = wanted_by(runners)
    if not written:
        return None
    nodes = nodes_here(most_cpus)
    launcher = launcher_for(words, single=single_everywhere(written), nodes=len(nodes))
    if launcher.pins:
        nodes = [node for node in nodes if node.name == host()] or this_machine()
    usable = {host(): usable_cpus()}
    if launcher.places_ranks and len(nodes) > 1:
        usable = {**cpus_by_node(nodes), **usable}
        nodes = as_bound(nodes, usable)
    if is_mpirun(launcher.name):
        job = missing_of_job({node.name: len(node.cpus) for node in nodes})
        launcher = replace(launcher, job=job)
    return Booking(Book(nodes, most, slurm_chooses=launcher.name == SRUN), launcher, usable)


def booking_of_node(
    runners: Mapping[str, Mapping[str, Any]], words: str, name: str
) -> Optional[Booking]:
    """Return the same for this node alone, where other processes give out shares of it too; `name`:
    of what is shared. Raises OSError with a sentence if there is no such launcher.
    """
    written = wanted_by(runners)
    if not written:
        return None
    of_job = [node for node in nodes_of_job() or [] if node.name == host()]
    node = (of_job or this_machine())[0]
    launcher = launcher_for(words, single=single_everywhere(written), nodes=1)
    return Booking(NodeBook(node, name, slurm_chooses=launcher.name == SRUN), launcher)


def nodes_here(most_cpus: Optional[int] = None) -> list[Node]:
    """Return the nodes of the job that this is, or else this machine, of which no more than
    `most_cpus` CPUs are to be used.
    """
    nodes = nodes_of_job()
    if nodes:
        return nodes
    return [Node(node.name, node.cpus[:most_cpus], node.gpus, node.mem) for node in this_machine()]


def size_for(made: Booking, runners: Mapping[str, Mapping[str, Any]]) -> int:
    """Return how many samples can run at the same time at most, as far as that is written down."""
    written = [spec.get("resources", {}) for spec in runners.values()]
    most = max(made.book.most_at_once(least_of(wanted)) for wanted in written)
    return most if made.book.most is None else min(most, made.book.most)


def least_of(written: Mapping[str, Any]) -> Resources:
    """Return the least that samples need, where that depends on the sample."""
    values = {
        name: value
        for name, value in written.items()
        if value is not None and not (isinstance(value, str) and "{" in value)
    }
    try:
        return Resources.of(values)
    except ValueError:
        return _DEFAULT
