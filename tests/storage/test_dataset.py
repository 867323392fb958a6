"""The dataset against a model: a dictionary of rows, a clock that the test moves."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.storage.dataset import Dataset, Key
from enchanted_tui.storage.dataset_header import fold
from enchanted_tui.storage.growing import GrowingFile
from helpers.marks import examples, in_full
from helpers.odd_rows import Row, as_read, parse, rows


class Bench:
    """A dataset fed from a dictionary that stands for the journal."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "enchanted_dataset.csv"
        self.journal: dict[Key, Row] = {}
        self.added: dict[Key, float] = {}
        self.now = 0.0
        self.reads = 0
        self.dataset = self.open()

    def open(self) -> Dataset:
        return Dataset(self.path, self.read_rows, clock=lambda: self.now)

    def read_rows(self) -> Any:
        self.reads += 1
        return iter(sorted(self.journal.items(), key=lambda item: item[0]))

    def add(self, key: Key, row: Row) -> None:
        self.journal[key] = row
        self.added[key] = self.now
        self.dataset.add(key, row)

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.dataset.tick()

    def rebuilt(self) -> bytes:
        other = Dataset(self.path.with_name("rebuilt.csv"), self.read_rows)
        other.rebuild()
        return other.path.read_bytes()

    def order_on_disk(self) -> list[str]:
        return [row["x"] for row in parse(self.path.read_bytes())[1]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


KEY = "run_dir"


def named(key: Key, row: Row) -> Row:
    return {**row, KEY: f"out/data/d0_b{key[0]}_s{key[1]}_r0"}


keys = st.tuples(st.integers(0, 3), st.integers(0, 6))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), keys, rows()),
        st.tuples(st.just("tick"), st.floats(0.0, 1.0)),
        st.tuples(st.just("complete"), st.integers(0, 3)),
        st.tuples(st.just("restart")),
    ),
    max_size=60,
)


@settings(max_examples=examples(300), deadline=None)
@given(steps=steps)
def test_any_sequence_of_rows(steps: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever comes in whatever order, every version of the file is whole and timely, and the last
    one depends on the rows alone.
    """
    bench = Bench(tmp_path_factory.mktemp("dataset"))
    for step in steps:
        if step[0] == "add":
            bench.add(step[1], named(step[1], step[2]))
        elif step[0] == "tick":
            bench.tick(step[1])
            check_version(bench)
        elif step[0] == "complete":
            bench.dataset.batch_complete(step[1])
        else:
            bench.dataset = bench.open()
            bench.dataset.rebuild()
            check_version(bench)
    bench.dataset.finish()
    if not bench.journal:
        assert os.listdir(bench.path.parent) == []
        return
    assert os.listdir(bench.path.parent) == [bench.path.name]
    data = bench.path.read_bytes()
    header, found = parse(data)
    assert header == list(fold(tuple(bench.journal[key]) for key in sorted(bench.journal)))
    assert found == [as_read(bench.journal[key], header) for key in sorted(bench.journal)]
    assert data == bench.rebuilt()


def check_version(bench: Bench) -> None:
    if not bench.path.exists():
        assert all(bench.now - added < 2 for added in bench.added.values())
        return
    header, found = parse(bench.path.read_bytes())
    by_name = {row[KEY]: row for row in found}
    assert len(by_name) == len(found)
    for key, row in bench.journal.items():
        name = named(key, {})[KEY]
        if bench.now - bench.added[key] >= 1.8:
            assert by_name[name] == as_read(row, header)
        by_name.pop(name, None)
    assert not by_name


def sample(number: int, **more: Any) -> Row:
    return {
        "output": number / 7,
        "success": True,
        "x": number,
        **more,
        KEY: f"out/data/d0_b0_s{number}_r0",
    }


def test_a_failure_before_the_first_success_gives_the_usual_header(bench: Bench) -> None:
    """The older program shifted columns when a first sample failed; here `output` comes to stand
    where it always does.
    """
    failed = {"success": False, "success_r1": False, "x": 1, "runtime_sec_r1": 0.1, KEY: "a"}
    bench.add((0, 0), failed)
    bench.tick(1)
    bench.add((0, 1), {"output": 2.0, **failed, "success": True})
    bench.tick(1)
    assert parse(bench.path.read_bytes())[0] == [
        "output",
        "success",
        "success_r1",
        "x",
        "runtime_sec_r1",
        "run_dir",
    ]


def test_rows_of_one_moment_come_out_in_order(bench: Bench) -> None:
    """Short tasks finish slightly out of order; holding them for a moment saves rewriting the
    file.
    """
    for number in (0, 2, 1, 5, 3, 4):
        bench.add((0, number), sample(number))
        bench.tick(0.1)
    bench.tick(0.5)
    assert bench.order_on_disk() == ["0", "1", "2", "3", "4", "5"]


def test_a_complete_batch_is_put_in_order_without_reading_the_journal(bench: Bench) -> None:
    """Sorting happens on the file's own bytes: cheap enough to do while the campaign runs."""
    for number in (0, 3, 1, 2):
        bench.add((0, number), sample(number))
        bench.tick(1)
    assert bench.order_on_disk() == ["0", "3", "1", "2"]
    reads = bench.reads
    bench.dataset.batch_complete(0)
    bench.tick(1)
    assert bench.order_on_disk() == ["0", "1", "2", "3"]
    assert bench.reads == reads


def test_sorting_takes_a_twentieth_of_the_time_at_most(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow file system must not make the supervisor spend its time on sorting; at the end the
    file is in order all the same.
    """
    rearrange = bench.dataset._file.rearrange
    sorts = []

    def slow(*arguments: Any) -> None:
        rearrange(*arguments)
        bench.now += 3
        sorts.append(bench.now)

    monkeypatch.setattr(bench.dataset._file, "rearrange", slow)
    for batch in range(40):
        for number in (1, 0):
            bench.add((batch, number), sample(number))
            bench.tick(1)
        bench.dataset.batch_complete(batch)
    assert len(sorts) == 2
    bench.dataset.finish()
    assert bench.order_on_disk() == ["0", "1"] * 40


def test_rows_are_appended_not_rewritten(bench: Bench) -> None:
    """With the header settled and the rows in order, nothing reads the journal again: the cost of a
    row does not grow with the file.
    """
    for number in range(50):
        bench.add((number // 10, number % 10), sample(number))
        bench.tick(1)
        if number % 10 == 9:
            bench.dataset.batch_complete(number // 10)
    bench.dataset.finish()
    assert bench.reads == 1
    assert bench.order_on_disk() == [str(number) for number in range(50)]


def test_little_is_kept_of_rows_in_order(bench: Bench) -> None:
    """Memory stays flat: nothing is kept of rows that lie in order, batch after batch."""
    for batch in range(20):
        for number in (0, 2, 1, 3):
            bench.add((batch, number), sample(number))
            bench.tick(1)
        bench.dataset.batch_complete(batch)
        bench.tick(1)
    assert bench.dataset._order._places == {}
    assert bench.dataset._held == {}


def test_a_row_added_again_replaces_the_old_one(bench: Bench) -> None:
    """After a retry the dataset shows the new result, once."""
    for number in range(3):
        bench.add((0, number), sample(number))
    bench.tick(1)
    bench.add((0, 1), sample(1, extra="again"))
    bench.tick(1)
    assert [row["extra"] for row in parse(bench.path.read_bytes())[1]] == ["", "again", ""]


@pytest.mark.parametrize("damage", ["removed", "cut", "replaced"])
def test_damage_from_outside_is_repaired_from_the_journal(bench: Bench, damage: str) -> None:
    """Someone edits or deletes the file while the campaign runs: the next rows bring back all of
    it.
    """
    bench.add((0, 0), sample(0))
    bench.tick(1)
    if damage == "removed":
        bench.path.unlink()
    elif damage == "cut":
        os.truncate(bench.path, 5)
    else:
        bench.path.write_text("x\n99\n")
    bench.add((0, 1), sample(1))
    bench.tick(1)
    assert bench.order_on_disk() == ["0", "1"]


def test_without_hard_links_the_file_still_grows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems have no hard links; the file is then copied for each piece."""

    def refuse(*_: Any) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    for number in range(5):
        bench.add((0, number), sample(number))
        bench.tick(1)
    assert bench.order_on_disk() == ["0", "1", "2", "3", "4"]
    bench.dataset.finish()
    assert os.listdir(bench.path.parent) == [bench.path.name]


@pytest.mark.slow
@pytest.mark.parametrize("ordered", [False, *in_full(True)])
def test_a_reader_never_sees_half_a_file(tmp_path: Path, ordered: bool) -> None:
    """pandas reads the file in a loop while rows arrive, the header widens and batches are sorted;
    each time it finds whole rows.
    """
    journal: dict[Key, Row] = {}
    path = tmp_path / "enchanted_dataset.csv"
    moments = itertools.count()
    dataset = Dataset(
        path, lambda: iter(sorted(journal.items())), clock=lambda: float(next(moments))
    )
    stop = threading.Event()
    seen: list[int] = []
    problems: list[str] = []

    def read() -> None:
        while not stop.is_set():
            try:
                frame = pd.read_csv(path)
            except FileNotFoundError:
                continue
            except Exception as error:
                problems.append(repr(error))
                return
            whole = frame["run_dir"].str.fullmatch(r"out/data/d0_b\d+_s\d+_r0").all() and len(
                set(frame["run_dir"])
            ) == len(frame)
            if not whole:
                problems.append(str(frame.tail(2)))
            if len(frame) < max(seen, default=0):
                problems.append(f"{len(frame)} rows after {max(seen)}")
            seen.append(len(frame))

    reader = threading.Thread(target=read)
    reader.start()
    end = time.monotonic() + 3
    for batch in itertools.count():
        order = range(200) if ordered else [*range(100, 200), *range(100)]
        for number in order:
            row = {
                "output": number / 7,
                "text": "x" * number,
                "run_dir": f"out/data/d0_b{batch}_s{number}_r0",
            }
            if number == 77 and batch % 20 == 0:
                row = {f"new{batch}": 1, **row}
            journal[batch, number] = row
            dataset.add((batch, number), row)
            if number % 20 == 7:
                dataset.tick()
        dataset.batch_complete(batch)
        late = time.monotonic() - end
        if problems or late > 60 or (late > 0 and len(set(seen)) > 5):
            break
    dataset.finish()
    stop.set()
    reader.join()
    assert problems == []
    assert len(set(seen)) > 5


def test_a_slow_reader_keeps_what_it_has_opened(tmp_path: Path) -> None:
    """Protects whoever reads for longer than rows take to come: the file that was opened does not
    grow, and others find all of it.
    """
    file = GrowingFile(tmp_path / "grows.txt")
    with file.replacement() as new:
        new.write(b"0\n")
    file.append(b"1\n")
    with open(file.path, "rb") as slow, open(file.path, "rb") as slower:
        for number in range(2, 6):
            file.append(b"%d\n" % number)
            assert slow.read() == (b"0\n1\n" if number == 2 else b"")
        assert slower.read() == b"0\n1\n"
    assert file.path.read_bytes() == b"0\n1\n2\n3\n4\n5\n"
    file.append(b"6\n")
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["grows.txt"]


_WRITER = """
import itertools, sys
from pathlib import Path
from enchanted_tui.storage.dataset import Dataset

journal, moments = {}, itertools.count()
dataset = Dataset(Path(sys.argv[1]), lambda: iter(sorted(journal.items())), clock=lambda: float(next(moments)))
for batch in itertools.count():
    for number in (*range(50, 100), *range(50)):
        row = {"x": number, "text": "t" * 60, "run_dir": f"d0_b{batch}_s{number}_r0"}
        journal[batch, number] = row if batch % 30 != 7 else {f"new{batch}": 1, **row}
        dataset.add((batch, number), journal[batch, number])
        if number % 30 == 0:
            dataset.tick()
    dataset.batch_complete(batch)
    if batch == 0:
        print("begun", flush=True)
"""


@pytest.mark.slow
def test_a_kill_at_any_instant_leaves_a_whole_file(tmp_path: Path) -> None:
    """Before anybody resumes the campaign, its users read the dataset as the killed supervisor left
    it.
    """
    path = tmp_path / "enchanted_dataset.csv"
    for number in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05 + number * 0.013)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        found = parse(path.read_bytes())[1]
        assert found
        assert len({row["run_dir"] for row in found}) == len(found)
    bench = Bench(tmp_path)
    bench.add((0, 0), sample(0))
    bench.dataset.rebuild()
    bench.dataset.finish()
    assert bench.order_on_disk() == ["0"]
    assert os.listdir(tmp_path) == [path.name], "what the killed writers left is cleared away"
