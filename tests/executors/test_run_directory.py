"""A run directory is made where something is to lie in it, and what is not kept goes with its
task.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from helpers.configs import array_sampler, campaign_config
from helpers.marks import in_full
from helpers.runner_bench import Bench

DATAPOINT = "enchanted_datapoint.csv"


def python(function: str, **options: Any) -> dict[str, Any]:
    return {"type": "PythonRunner", "function": f"helpers.parts.plain:{function}", **options}


def left_of(campaign: Any) -> dict[str, set[str]]:
    """Return the files of each run directory that there is."""
    return {path.name: set(os.listdir(path)) for path in campaign.path("data").iterdir()}


@pytest.mark.parametrize(
    ("function", "keep", "left"),
    [
        ("double", [], None),
        ("double", ["*.txt"], None),
        ("double", [DATAPOINT], {DATAPOINT}),
        ("writes", [], None),
        ("writes", ["wanted.txt"], {"wanted.txt"}),
        ("writes", ["enchanted_*", "wan*"], {"wanted.txt", DATAPOINT}),
    ],
)
def test_what_is_left_of_a_task(
    tmp_path: Path, function: str, keep: list[str], left: set[str] | None
) -> None:
    """By the worker, at once; without a directory where nothing is kept, and with its row
    anyway.
    """
    bench = Bench(tmp_path, "PythonRunner", {"function": f"helpers.parts.plain:{function}"})
    bench.context["save_files"] = {"keep": keep, "unread": [[0, 0]]}
    outcome = bench.run(x=1.5)
    assert (outcome.ok, outcome.row["output"]) == (True, 3.0)
    assert (set(os.listdir(outcome.run_dir)) if outcome.run_dir.exists() else None) == left


def test_a_directory_that_others_read_is_whole(tmp_path: Path) -> None:
    """Of a step that another one follows, everything stays as long as it may be read."""
    bench = Bench(tmp_path, "PythonRunner", {"function": "helpers.parts.plain:double"})
    bench.context["save_files"] = {"keep": [], "unread": [[0, 1], [1, 0]]}
    assert os.listdir(bench.run(x=1.0).run_dir) == [DATAPOINT]


@pytest.mark.parametrize(
    ("save_files", "names", "kept"),
    [
        ("all", [], {DATAPOINT, "stdout.txt"}),
        ("none", [], None),
        *in_full(("custom", ["std*.txt"], {"stdout.txt"})),
    ],
)
def test_what_a_function_prints(
    campaign: Any, save_files: str, names: list[str], kept: set[str] | None
) -> None:
    """It is kept if it is to be, though there was no directory; all rows are there."""
    config = campaign_config(
        array_sampler("x", [0.25, 0.75]),
        runners={"r0": python("says")},
        save_files=save_files,
        save_files_list=names,
    )
    ran = campaign(config, "prints")
    assert ran.run_here().code == 0
    assert ran.column("output") == ["0.5", "1.5"]
    assert left_of(ran) == ({} if kept is None else {f"d0_b0_s{n}_r0": kept for n in (0, 1)})


def test_parents_are_there_as_long_as_children_look_into_them(campaign: Any) -> None:
    """A child that reads its parent's directory finds it with its datapoint, as ever; where none
    does, none is made. At the end none is left.
    """
    for function, found in (("looks_back", {"1.0"}), ("double", {"1.0", "2.0"})):
        config = campaign_config(
            array_sampler("x", [0.5, 1.0]),
            array_sampler("y", [1]),
            runners={"r0": python("double"), "r1": python(function)},
            save_files="none",
        )
        ran = campaign(config, function)
        assert ran.run_here().code == 0
        assert set(ran.column("output")) == found
        assert left_of(ran) == {}


@pytest.mark.parametrize(
    ("runner", "there"), [("NowhereRunner", False), *in_full(("SomewhereRunner", True))]
)
def test_a_runner_that_says_that_it_needs_none(campaign: Any, runner: str, there: bool) -> None:
    """`uses_run_dir` holds for the class that says it; with `save_files: all` all have theirs."""
    for save_files in ("none", "all"):
        config = campaign_config(
            array_sampler("x", [1, 2]),
            runners={"r0": {"type": f"helpers.parts.plain:{runner}"}},
            save_files=save_files,
        )
        ran = campaign(config, f"{runner}-{save_files}")
        assert ran.run_here().code == 0
        assert ran.column("there") == [str(there or save_files == "all")] * 2
        assert len(left_of(ran)) == (2 if save_files == "all" else 0)
