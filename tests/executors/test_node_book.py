"""Shares of a node that processes give out beside each other, as Dask workers of a machine do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from enchanted_tui.executors.pool.book import Node
from enchanted_tui.executors.pool.node_book import NodeBook
from enchanted_tui.resources import Resources
from helpers.eager_threads import at_once

HOLD = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from enchanted_tui.executors.pool.book import Node
from enchanted_tui.executors.pool.node_book import NodeBook
from enchanted_tui.resources import Resources
share = NodeBook(Node("here", (0, 1, 2, 3), (0, 1)), "test").take(Resources(ranks=3, gpus=1))
print(share.where(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeBook:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return NodeBook(Node("here", (0, 1, 2, 3), (0, 1)), "test")


def test_others_hold_what_they_hold_until_they_die(book: NodeBook, tmp_path: Path) -> None:
    """Protects samples of two Dask workers from each other, and what a killed one held from being
    held for ever.
    """
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "here:0-2+gpu0\n"
    smaller = Resources(ranks=2)
    assert book.take(smaller) is None
    ours = book.take(Resources(gpus=1))
    assert ours is not None
    assert ours.where() == "here:3+gpu1"
    assert book.take(Resources(gpus=0.5)) is None
    other.kill()
    other.wait()
    again = book.take(Resources(ranks=3, gpus=1))
    assert again is not None
    assert again.where() == "here:0-2+gpu0"
    assert again.slot != ours.slot
    assert book.take(smaller) is None
    book.give_back(again)
    room = book.take(smaller)
    assert room is not None
    book.give_back(room)
    book.give_back(ours)
    assert list(tmp_path.glob("enchanted-*")) == []


def test_memory_that_changes_a_little_leaves_no_cpu_idle(book: NodeBook) -> None:
    """Two Dask workers that found some MiB more and less available when they started fill the
    machine all the same, whichever begins; what samples ask for still has to fit.
    """
    one, other = (NodeBook(Node("here", (0, 1), mem=mem), "memory") for mem in (22_364, 22_360))
    quarter = Resources(mem=5_590)
    for first, second in ((one, other), (other, one)):
        shares = [first.take(Resources()), second.take(Resources())]
        assert None not in shares
        assert first.take(Resources()) is None
        first.give_back(shares[0])
        assert first.take(Resources(mem=20_000)) is None
        small = first.take(quarter)
        assert small is not None
        first.give_back(small)
        second.give_back(shares[1])


def test_a_look_at_what_has_not_changed_opens_nothing(
    book: NodeBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a machine whose Dask workers wait for room, each many times a second: only the state
    of the file is asked for, until somebody gives something back.
    """
    other = NodeBook(Node("here", (0, 1, 2, 3), (0, 1)), "test")
    held = other.take(Resources(ranks=3))
    assert held is not None
    assert book.take(Resources(ranks=2)) is None
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert all(book.take(Resources(ranks=2)) is None for _ in range(20))
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other.give_back(held)
    assert book.take(Resources(ranks=2)) is not None


def test_slurm_gives_whole_devices_apart_from_shared_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a device of which several samples hold a part from a sample of another process to
    which SLURM shows one of its own choice.
    """
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    node = Node("here", (0, 1, 2, 3), (0, 1))
    one, other = (NodeBook(node.emptied(), "test", slurm_chooses=True) for _ in range(2))
    part = one.take(Resources(gpus=0.5))
    assert part is not None
    assert other.take(Resources(gpus=1)) is None
    one.give_back(part)
    assert other.take(Resources(gpus=1)) is not None
    assert one.take(Resources(gpus=0.5)) is None


def test_threads_that_share_a_book_hold_nothing_in_the_end(book: NodeBook, tmp_path: Path) -> None:
    """Protects the CPUs of a node from being held for ever: of the threads of a Dask worker one
    gives a slot back while another one takes it.
    """

    def use() -> None:
        for _ in range(100):
            share = book.take(Resources())
            if share is not None:
                # as `Booking.give_back` finds it
                book.give_back(book.held[share.slot])

    at_once(use, use, use)
    assert book.held == {}
    assert list(tmp_path.glob("enchanted-*")) == []
