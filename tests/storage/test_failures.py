"""The failures file against the list of failures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from enchanted_tui import values
from enchanted_tui.storage.failures_file import Failure, Failures
from helpers.odd_rows import parse


def failure(number: int, **params: Any) -> Failure:
    name = f"d0_b0_s{number}_r0"
    return Failure(
        name, "exception", f'ValueError: "{number}",\r\n bad', params, f"out/data/{name}"
    )


class Bench:
    def __init__(self, path: Path) -> None:
        self.recorded: list[Failure] = []
        self.now = 0.0
        self.file = Failures(path, self.read, clock=lambda: self.now)

    def read(self) -> Iterator[Failure]:
        return iter(self.recorded)

    def add(self, failed: Failure) -> None:
        self.recorded.append(failed)
        self.file.add(failed)

    def tick(self) -> list[dict[str, str]]:
        self.now += 1
        self.file.tick()
        return parse(self.file.path.read_bytes())[1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "enchanted_failures.csv")


def test_it_has_its_header_from_the_start(bench: Bench) -> None:
    """A script that watches for failures must not have to tell "none yet" from "no such file"."""
    bench.file.rebuild()
    assert bench.file.path.read_text() == "task,kind,message,params,run_dir\n"
    assert pd.read_csv(bench.file.path).empty


def test_each_failure_is_there_within_two_seconds_and_reads_back(bench: Bench) -> None:
    """Reasons with quotes and line breaks, and parameters of any kind, survive."""
    for number in range(5):
        bench.add(failure(number, x=number / 3, array=np.arange(3), big=2**70, text='"a",\n'))
        lines = bench.tick()
        assert [line["task"] for line in lines] == [f"d0_b0_s{n}_r0" for n in range(number + 1)]
    assert lines[-1]["message"] == 'ValueError: "4",\r\n bad'
    params = values.decode(lines[-1]["params"])
    assert params.pop("array").tolist() == [0, 1, 2]
    assert params == {"x": 4 / 3, "big": 2**70, "text": '"a",\n'}


def test_rebuilt_it_has_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    """The file is a projection of the journal."""
    for number in range(5):
        bench.add(failure(number))
        bench.tick()
    bench.file.finish()
    other = Failures(tmp_path / "other.csv", bench.read)
    other.rebuild()
    assert other.path.read_bytes() == bench.file.path.read_bytes()


def test_a_retried_task_loses_its_line(bench: Bench) -> None:
    """What is run again has not failed, until it fails again."""
    for number in range(3):
        bench.add(failure(number))
    bench.tick()
    del bench.recorded[1]
    bench.file.rebuild()
    assert [line["task"] for line in bench.tick()] == ["d0_b0_s0_r0", "d0_b0_s2_r0"]


def test_a_removed_file_comes_back_whole(bench: Bench) -> None:
    """Someone deletes the file while the campaign runs."""
    bench.add(failure(0))
    bench.tick()
    bench.file.path.unlink()
    bench.add(failure(1))
    assert len(bench.tick()) == 2
