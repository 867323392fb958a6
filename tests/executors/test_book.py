"""Who holds what of which node: whatever is taken and given back, in whatever order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool import backlog as backlogs
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.pool.booking import Booking
from enchanted_tui.executors.pool.rank_launcher import OPEN_MPI, RankLauncher
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.resources import Resources, Share
from helpers.marks import examples


def ids(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Return ids with gaps, as an affinity mask or a job may have them."""
    return st.sets(st.integers(0, 2 * most), max_size=most).map(lambda found: tuple(sorted(found)))


@st.composite
def some_nodes(draw: st.DrawFn) -> list[Node]:
    return [
        Node(f"n{index}", draw(ids(6)) or (0,), draw(ids(3)), draw(st.sampled_from([0, 100, 1000])))
        for index in range(draw(st.integers(1, 4)))
    ]


@st.composite
def some_resources(draw: st.DrawFn) -> Resources:
    nodes = draw(st.integers(1, 3))
    gpus = draw(st.sampled_from([0, 0, 0.25, 0.3, 0.5, 1, 2]))
    return Resources(
        nodes=nodes,
        ranks=nodes + draw(st.integers(0, 4)),
        cpus_per_rank=draw(st.integers(1, 2)),
        gpus=gpus * nodes if gpus >= 1 else gpus if nodes == 1 else 0,
        mem=draw(st.sampled_from([0, 0, 60, 500])),
    )


def assert_satisfies(share: Share) -> None:
    """Check that a share is all that its sample needs."""
    wanted = share.resources
    assert len({node.name for node in share.nodes}) == len(share.nodes) == wanted.nodes
    assert [node.ranks for node in share.nodes] == [
        wanted.ranks_on(index) for index in range(wanted.nodes)
    ]
    for node in share.nodes:
        assert len(set(node.cpus)) == len(node.cpus) == node.ranks * wanted.cpus_per_rank
        assert len(set(node.gpus)) == len(node.gpus) == -(-wanted.gpus // wanted.nodes)
        assert node.mem >= wanted.mem or not wanted.mem


def assert_nothing_is_held_twice(book: Book) -> None:
    shares = list(book.held.values())
    assert len({share.slot for share in shares}) == len(shares)
    for node in book.nodes:
        cpus: Counter[int] = Counter()
        gpus: Counter[int] = Counter()
        memory = 0
        for share in shares:
            for held in (held for held in share.nodes if held.name == node.name):
                cpus.update(held.cpus)
                memory += held.mem
                part = min(1.0, share.resources.gpus)
                gpus.update({gpu: round(1000 * part) for gpu in held.gpus})
        assert set(cpus) <= set(node.cpus)
        assert set(gpus) <= set(node.gpus)
        assert all(number == 1 for number in cpus.values())
        assert all(parts <= 1000 for parts in gpus.values())
        assert not node.mem or memory <= node.mem


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(
    some_nodes(),
    st.lists(st.tuples(some_resources(), st.integers(0, 5)), max_size=25),
    st.booleans(),
)
def test_nothing_is_held_twice(
    nodes: list[Node], steps: list[tuple[Resources, int]], slurm_chooses: bool
) -> None:
    """Protects samples from each other: no CPU, no part of a GPU and no memory has two holders, and
    what is given back is free again.
    """
    book = Book(nodes, slurm_chooses=slurm_chooses)
    for wanted, leaves in steps:
        share = book.take(wanted)
        if share is None:
            assert book.held or book.problem(wanted) is not None, "it would wait forever"
        else:
            assert book.problem(wanted) is None
            assert_satisfies(share)
            assert slurm_chooses or len({node.gpus for node in share.nodes}) == 1
        assert_nothing_is_held_twice(book)
        for _ in range(min(leaves - 3, len(book.held))):
            book.give_back(book.held[min(book.held)])
    for share in list(book.held.values()):
        book.give_back(share)
        book.give_back(share)  # a second time does nothing
    for node in nodes:
        assert node.free_cpus == set(node.cpus)
        assert node.free_gpus == dict.fromkeys(node.gpus, 1000)
        assert node.free_mem == node.mem


@settings(max_examples=examples(150), deadline=None)
@given(some_nodes(), some_resources())
def test_as_many_as_fit_are_expected(nodes: list[Node], wanted: Resources) -> None:
    """Protects machines from idling: there are never fewer processes than samples that could
    run.
    """
    book = Book(nodes)
    most, number = book.most_at_once(wanted), 0
    while book.take(wanted) is not None:
        number += 1
    assert number <= most


def test_parts_of_a_gpu_are_of_one_as_long_as_it_lasts() -> None:
    """Protects whole GPUs for those that need one."""
    book = Book([Node("n1", tuple(range(8)), (0, 1))])
    shares = [book.take(Resources(gpus=0.5)) for _ in range(2)]
    assert [share.nodes[0].gpus for share in shares if share] == [(0,), (0,)]
    whole = book.take(Resources(gpus=1))
    assert whole is not None
    assert whole.nodes[0].gpus == (1,)
    assert book.take(Resources(gpus=0.1)) is None


def test_slurm_never_chooses_among_devices_that_others_share() -> None:
    """Protects the sharers of a GPU from a sample to which SLURM shows it as free."""
    book = Book([Node("n1", tuple(range(8)), (0, 1))], slurm_chooses=True)
    part = book.take(Resources(gpus=0.5))
    assert part is not None
    assert book.take(Resources(gpus=1)) is None
    book.give_back(part)
    assert book.take(Resources(gpus=1)) is not None
    assert book.take(Resources(gpus=0.5)) is None


def test_the_first_nodes_have_the_rank_more() -> None:
    """Protects the CPUs of a node from a rank more than the book has given out: launchers fill the
    nodes of a job in their order.
    """
    book = Book([Node("n1", (0, 1)), Node("n2", (0,)), Node("n3", (0, 1))])
    share = book.take(Resources(nodes=2, ranks=3))
    assert share is not None
    assert [(node.name, node.ranks) for node in share.nodes] == [("n1", 2), ("n2", 1)]
    assert book.take(Resources(nodes=2, ranks=3)) is None  # n2 has no room left


def test_no_more_samples_than_the_upper_bound_at_once() -> None:
    """Protects what `n_workers` and `processes_per_job` say of samples with shares."""
    book = Book([Node("n1", tuple(range(8)))], most=2)
    shares = [book.take(Resources()) for _ in range(3)]
    assert [share is None for share in shares] == [False, False, True]
    assert book.free_cpus() == 0


# -- binding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usable", "bound"),
    [
        ({"n1": (0, 1), "n2": (2, 3)}, True),
        ({"n1": (0, 1), "n2": (0, 1)}, False),  # n2 counts otherwise than SLURM
        ({"n1": (0, 1)}, False),  # n2 did not answer
    ],
)
def test_ranks_are_bound_only_to_cpus_that_each_node_has(
    usable: dict[str, tuple[int, ...]], bound: bool
) -> None:
    """Protects samples on several nodes from an mpirun that is told CPUs which a node has not: it
    ends at once and says nothing.
    """
    nodes = [Node("n1", (0, 1)), Node("n2", (2, 3))]
    made = Booking(Book(nodes), RankLauncher("orterun", OPEN_MPI), usable)
    task = Task(TaskId(0, 0, 0, 0), "r", {}, resources=Resources(nodes=2, ranks=4))
    assert made.take(task)
    assert task.share is not None
    assert task.share["binds"] is bound


# -- who begins ------------------------------------------------------------------------------------


def waiting(cpus: list[int], of: int = 4) -> Backlog:
    """Return a backlog for one node, with a task for each of these numbers of CPUs."""
    made = Backlog(Booking(Book([Node("n1", tuple(range(of)))]), RankLauncher("none")))
    made.add(
        Task(TaskId(0, 0, number, 0), "r", {}, resources=Resources(cpus_per_rank=size))
        for number, size in enumerate(cpus)
    )
    return made


def sizes(those: Backlog) -> list[int]:
    """Return the CPUs of the tasks that begin now, in their order."""
    found = []
    while (task := those.next()) is not None:
        assert task.resources is not None
        found.append(task.resources.cpus)
    return found


def test_the_largest_begins_first_and_smaller_ones_fill_up() -> None:
    """Protects large samples from waiting for the end, and CPUs from idling meanwhile."""
    assert sizes(waiting([1, 3, 1, 2, 4])) == [4]
    assert sizes(waiting([1, 3, 1, 2])) == [3, 1]
    assert sizes(waiting([1, 1, 2, 2, 1])) == [2, 2]


def test_a_large_one_is_not_passed_over_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects a large sample behind small ones that come again and again: they wait for it once it
    has waited for some time.
    """
    clock = [0.0]
    monkeypatch.setattr(backlogs.time, "monotonic", lambda: clock[0])
    those = waiting([1, 1, 1, 1])
    running: list[Any] = [those.next() for _ in range(3)]
    those.add([Task(TaskId(0, 0, 9, 0), "r", {}, resources=Resources(cpus_per_rank=4))])
    begun: list[Any] = []
    for _ in range(20):
        clock[0] += 0.5
        those.add([Task(TaskId(0, 0, 10 + len(begun), 0), "r", {})])
        begun.append(those.next())
        if begun[-1] is None and running:
            those.release(running.pop())
        elif begun[-1] is not None and begun[-1].id.sample != 9:
            running.append(begun[-1])
    assert 9 in [task.id.sample for task in begun if task is not None]


def test_what_can_never_run_does_not_hold_up_the_rest() -> None:
    """Protects a campaign from one sample that is too large."""
    those = waiting([5, 1])
    assert sizes(those) == [1]
    [(task, why)] = those.take_too_large()
    assert task.id.sample == 0
    assert why == "it needs 5 CPUs, and there is only one node with 4 CPUs"
