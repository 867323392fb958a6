"""Directories made by the older program: taken over, resumed, extended; broken ones refused with
the reason.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from scipy.stats import qmc

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.run_state import read_run_state
from enchanted_tui.supervisor.sequences import _same
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.files import h5_rows, read_csv, read_h5
from helpers.older_directory import OlderDirectory, as_csv, failed, inherited, ok


def flat_config(
    budget: int = 6, batch_size: int | None = 2, sampler: dict[str, Any] | None = None
) -> dict[str, Any]:
    return campaign_config(sampler or random_sampler(budget, batch_size))


def flat(campaign: Campaign, batches: int = 3, **config: Any) -> OlderDirectory:
    """A campaign of batches of 2; sample 1 of batch 0 failed."""
    campaign.write(flat_config(**config))
    older = OlderDirectory(campaign.run_dir, campaign.config)
    for batch in range(batches):
        rows = [ok("r0", x, {"x": x}) for x in (0.125 + batch, 0.5 + batch)]
        if batch == 0:
            rows[1] = failed("r0", {"x": 0.5})
        older.batch(0, batch, rows, submitted=2 * (batch + 1))
    return older


def nested(campaign: Campaign, child_batches: int = 1) -> OlderDirectory:
    """3 parents, the middle one failed, with 2 children in each batch."""
    campaign.write(campaign_config(array_sampler("x", [1, 2, 3]), random_sampler(2, None, ("y",))))
    older = OlderDirectory(campaign.run_dir, campaign.config)
    parents = older.batch(
        0,
        0,
        [ok("r0", 1.0, {"x": 1}), failed("r0", {"x": 2}), ok("r0", 3.0, {"x": 3})],
        submitted=3,
    )
    older.level_done()
    for batch in range(child_batches):
        children = [
            ok("r1", y, {**inherited(parent), "y": y})
            for parent in parents
            for y in (0.25 + batch, 0.75 + batch)
        ]
        older.batch(1, batch, children, submitted=2 * (batch + 1))
    return older


def rebuild(campaign: Campaign) -> int:
    return cli.main(["--rebuild", str(campaign.run_dir)])


# -- rebuild ---------------------------------------------------------------------------------------


def test_rebuilding_gives_the_same_rows_and_all_other_files(campaign: Campaign) -> None:
    """The dataset says what it said, failures have a file, and runs.h5 is whole with success as 0
    and 1.
    """
    flat(campaign)
    before = campaign.rows()
    assert rebuild(campaign) == 0
    assert campaign.rows() == before
    assert [row["task"] for row in campaign.failures()] == ["d0_b0_s1_r0"]
    rows = h5_rows(read_h5(campaign.path("runs.h5"))["data"]["aggregated"])
    assert [row["success"] for row in rows] == [1, 0, 1, 1, 1, 1]
    assert (
        campaign.path("enchanted_run.yaml").read_text()
        == "batch_number: 2\ndepth: 0\nsubmitted_samples: 6\n"
    )
    assert cli.main(["--status", str(campaign.run_dir)]) == 0


def test_rebuilding_a_nested_directory_keeps_both_levels(campaign: Campaign) -> None:
    """Dataset and last complete dataset hold what they held."""
    nested(campaign)
    before = campaign.rows(), campaign.rows("last_complete_enchanted_dataset.csv")
    assert rebuild(campaign) == 0
    assert (campaign.rows(), campaign.rows("last_complete_enchanted_dataset.csv")) == before
    assert len(read_h5(campaign.path("runs.h5"))["data"]["runs"]) == 3 + 6


def test_run_directories_come_before_a_misaligned_dataset(campaign: Campaign) -> None:
    """The older program could shift columns of later batches; each run directory still has its own
    header.
    """
    flat(campaign)
    whole = campaign.rows()
    dataset = campaign.path("enchanted_dataset.csv")
    lines = dataset.read_text().splitlines()
    lines[3] = lines[3].partition(",")[2]
    lines[5] += ",surplus"
    dataset.write_text("\n".join(lines) + "\n")
    assert rebuild(campaign) == 0
    assert campaign.rows() == whole


def test_a_dataset_alone_is_enough(campaign: Campaign) -> None:
    """With `save_files: none` the run directories are gone; the dataset names them."""
    flat(campaign)
    before = campaign.rows()
    shutil.rmtree(campaign.path("data"))
    assert rebuild(campaign) == 0
    assert campaign.rows() == before


# -- resume and extend -----------------------------------------------------------------------------


def test_resuming_keeps_what_is_there_and_draws_on(campaign: Campaign) -> None:
    """6 of 6 done, the budget raised to 9: 3 new samples, the 6 old rows as they were."""
    flat(campaign)
    before = campaign.rows()
    campaign.budget(9)
    assert campaign.resume() == 0
    after = campaign.rows()
    assert after[:6] == before
    assert len(after) == 9
    assert sorted(campaign.executions()) == ["d0_b3_s0_r0", "d0_b3_s1_r0", "d0_b4_s0_r0"]
    assert len({row["x"] for row in after}) == 9


def test_resuming_what_is_finished_runs_nothing(campaign: Campaign) -> None:
    """Exit code 0 and the same rows."""
    flat(campaign)
    before = campaign.rows()
    assert campaign.resume() == 0
    assert not campaign.executions()
    assert campaign.rows() == before


def test_resuming_with_the_directory_alone(campaign: Campaign) -> None:
    """The configuration that the older program copied is found, as for our own directories."""
    flat(campaign, batches=2)
    assert cli.main([str(campaign.run_dir), "--no-ui"]) == 0
    assert len(campaign.rows()) == 6


def test_a_dry_run_says_what_would_be_reused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """And takes nothing over."""
    flat(campaign, batches=2)
    before = campaign.snapshot()
    assert cli.main([str(campaign.config_path), "--dry-run", "--run-mode", "resume"]) == 0
    shown = capsys.readouterr().out
    assert "4 rows are on record and reused" in shown
    assert "taken over" in shown
    assert campaign.snapshot() == before
    assert cli.main([str(campaign.config_path), "--dry-run", "--run-mode", "auto"]) == 0
    assert capsys.readouterr().out.startswith("resume in")


def test_extending_adds_the_budget(campaign: Campaign) -> None:
    """6 done, extended by 4, twice."""
    flat(campaign)
    campaign.budget(4)
    for count in (10, 14):
        assert campaign.extend() == 0
        assert len(campaign.rows()) == count
    assert set(campaign.executions().values()) == {1}


def test_a_batch_that_had_begun_is_done_again(campaign: Campaign) -> None:
    """It is not counted in enchanted_run.yaml, so its leavings are removed: no file of it can be
    taken for a new one.
    """
    older = flat(campaign, batches=2)
    older.task(0, 2, 0, 0, ok("r0", 99.0, {"x": 99.0}))
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 6
    assert "99.0" not in campaign.column("x")
    assert not (campaign.path("data/d0_b2_s0_r0") / "output.txt").exists()


def test_a_budget_that_batches_did_not_divide_is_completed(campaign: Campaign) -> None:
    """Budget 10 in batches of 3 left 9 rows; the missing one is drawn."""
    campaign.write(flat_config(budget=10, batch_size=3))
    older = OlderDirectory(campaign.run_dir, campaign.config)
    for batch in range(3):
        older.batch(
            0,
            batch,
            [ok("r0", x, {"x": x}) for x in (batch, batch + 0.25, batch + 0.5)],
            submitted=3 * (batch + 1),
        )
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 10
    assert sorted(campaign.executions()) == ["d0_b3_s0_r0"]


def test_a_nested_directory_is_extended_for_every_parent(campaign: Campaign) -> None:
    """The failed parent included, parent-major, with the old children first."""
    nested(campaign)
    before = campaign.rows()
    assert campaign.extend() == 0
    after = campaign.rows()
    assert after[:6] == before
    assert [row["x"] for row in after[6:]] == ["1", "1", "2", "2", "3", "3"]
    assert [row["success_r0"] for row in after[6:]] == [
        "True",
        "True",
        "False",
        "False",
        "True",
        "True",
    ]
    assert len(campaign.executions()) == 6


def test_a_nested_directory_that_stopped_between_levels_goes_on(campaign: Campaign) -> None:
    """The first level is finished and the second has not a finished batch: its rows become parents,
    and none runs again.
    """
    nested(campaign, child_batches=0)
    assert campaign.resume() == 0
    assert [row["x"] for row in campaign.rows()] == ["1", "1", "2", "2", "3", "3"]
    assert {name[:3] for name in campaign.executions()} == {"d1_"}


def test_children_find_the_files_of_parents_that_the_older_program_ran(campaign: Campaign) -> None:
    """A child is handed its parent's directory as an absolute path, wherever the older row says it
    was.
    """
    campaign.write(
        campaign_config(
            array_sampler("x", [1, 2]),
            array_sampler("y", [5]),
            runners={
                "r1": {
                    "type": "helpers.parts.scripted:ParentFileRunner",
                    "name": "chain.txt",
                    "parent_name": "output.txt",
                }
            },
        )
    )
    older = OlderDirectory(campaign.run_dir, campaign.config)
    older.batch(0, 0, [ok("r0", 1.0, {"x": 1}), ok("r0", 2.0, {"x": 2})], submitted=2)
    older.level_done()
    assert campaign.resume() == 0
    assert campaign.column("success") == ["True", "True"]
    assert campaign.column("chain") == ["0.5\nd1_b0_s0_r0/", "0.5\nd1_b0_s1_r0/"]


def test_a_sequence_of_steps_is_taken_over_step_by_step(campaign: Campaign) -> None:
    """Rows of the last step only are in the dataset; the steps before have their run
    directories.
    """
    config = campaign_config(random_sampler(4, 2))
    config["runners"]["second"] = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x", "output"],
    }
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["r0", "second"]}
    campaign.write(config)
    older = OlderDirectory(campaign.run_dir, config)
    rows = []
    for sample, x in enumerate((0.25, 0.75)):
        first = older.task(0, 0, sample, 0, ok("r0", x, {"x": x}))
        inputs = {"success_r0": True, **{name: first[name] for name in ("x", "runtime_sec_r0")}}
        rows.append(older.task(0, 0, sample, 1, ok("second", 2 * x, inputs)))
    older.count(0, 0, rows, submitted=2)
    assert campaign.resume() == 0
    assert [float(row["output"]) / float(row["x"]) for row in campaign.rows()] == [2.0] * 4
    assert sorted(campaign.executions()) == [
        "d0_b1_s0_r0",
        "d0_b1_s0_r1",
        "d0_b1_s1_r0",
        "d0_b1_s1_r1",
    ]


def test_failed_samples_of_the_older_program_can_be_retried(campaign: Campaign) -> None:
    """After --rebuild the failure is on record and runs again with its own value."""
    flat(campaign)
    assert rebuild(campaign) == 0
    assert cli.main(["--retry-failed", str(campaign.run_dir)]) == 0
    assert dict(campaign.executions()) == {"d0_b0_s1_r0": 1}
    assert campaign.rows()[1]["x"] == "0.5"
    assert set(campaign.column("success")) == {"True"}


def test_a_grid_goes_on_where_it_stopped(campaign: Campaign) -> None:
    """Two of three batches of a grid: the third is drawn, no point twice."""
    flat(campaign, batches=0, sampler=array_sampler("x", [1, 2, 3, 4, 5], batch_size=2))
    older_rows = [[ok("r0", x, {"x": x}) for x in pair] for pair in ((1, 2), (3, 4))]
    shutil.rmtree(campaign.run_dir)
    older = OlderDirectory(campaign.run_dir, campaign.config)
    for batch, rows in enumerate(older_rows):
        older.batch(0, batch, rows, submitted=2 * (batch + 1))
    assert campaign.resume() == 0
    assert campaign.column("x") == ["1", "2", "3", "4", "5"]


def sobol_points(count: int) -> list[float]:
    """The first points that the older program draws in one dimension."""
    engine = qmc.Sobol(1, scramble=True, rng=numpy.random.default_rng(42))
    return [float(x) for x in engine.random_base2(3)[:count, 0]]


def older_sobol(campaign: Campaign, points: list[float]) -> None:
    """A directory of the older program with `points` as the finished part of a Sobol sequence of
    8.
    """
    campaign.write(
        flat_config(
            sampler={
                "type": "SobolSequenceSampler",
                "parameters": ["x"],
                "bounds": [[0, 1]],
                "budget": 8,
                "batch_size": 2,
            }
        )
    )
    del campaign.config["supervisor"]["seed"]
    campaign.write()
    older = OlderDirectory(campaign.run_dir, campaign.config)
    for batch in range(len(points) // 2):
        older.batch(
            0,
            batch,
            [ok("r0", x, {"x": x}) for x in points[2 * batch :][:2]],
            submitted=2 * batch + 2,
        )


def test_a_sobol_sequence_goes_on_with_the_older_programs_points(campaign: Campaign) -> None:
    """Half of 8 points are there, drawn with the default seed: the other half is the rest of the
    same sequence.
    """
    older_sobol(campaign, sobol_points(4))
    assert campaign.resume() == 0
    assert campaign.numbers("x") == sobol_points(8)


@pytest.mark.parametrize(
    ("sampler", "points"),
    [
        (
            {
                "type": "SobolSequenceSampler",
                "parameters": ["x"],
                "bounds": [[0, 1]],
                "budget": 8,
                "seed": 3,
            },
            [0.25, 0.75],
        ),
        (
            {"type": "GridSampler", "parameters": ["x"], "bounds": [[0, 1]], "num_samples": 5},
            [0.0, 0.5],
        ),
        ({"type": "ArraySampler", "parameters": ["x"], "bounds": [["b", "a", "c"]]}, ["a", "b"]),
        ({"type": "ArraySampler", "parameters": ["x"], "bounds": [[1]]}, [1, 2]),
    ],
    ids=["sobol", "grid", "list", "longer"],
)
def test_points_of_another_design_are_refused(
    campaign: Campaign,
    sampler: dict[str, Any],
    points: list[Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is recorded is compared with what is drawn now: one dataset of two designs helps
    nobody.
    """
    runners = {"r0": {"type": "helpers.parts.scripted:RelayRunner"}}
    campaign.write(
        campaign_config({**sampler, "batch_size": 2}, array_sampler("y", [1]), runners=runners)
    )
    del campaign.config["supervisor"]["seed"]
    campaign.write()
    older = OlderDirectory(campaign.run_dir, campaign.config)
    older.batch(0, 0, [ok("r0", 1.0, {"x": x}) for x in points], submitted=2)
    before = campaign.snapshot()
    for arguments in (["--no-ui"], ["--dry-run"]):
        assert cli.main([str(campaign.config_path), *arguments, "--run-mode", "resume"]) == 2
        assert "the samples on record are not those" in capsys.readouterr().err
    assert not campaign.path("state/journal.jsonl").exists()
    assert {name for name in campaign.snapshot() if not name.startswith("state")} == set(before)


@pytest.mark.parametrize(
    ("recorded", "drawn", "same"),
    [
        (7, "007", True),
        (True, True, True),
        ("a,b", "a,b", True),
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (1, True, False),
        ("7", 8, False),
    ],
)
def test_values_that_went_through_text_are_the_same(
    recorded: object, drawn: object, same: bool
) -> None:
    """Text, numbers and truth values, as the older program's files give them back."""
    assert _same(recorded, drawn, 1.0) is same


def test_the_taken_over_directory_can_go_back(campaign: Campaign) -> None:
    """enchanted_run.yaml keeps exactly its three keys, and the dataset its header, so that the
    older program could read on.
    """
    older = flat(campaign)
    header = campaign.columns()
    campaign.budget(8)
    assert campaign.resume() == 0
    assert (
        campaign.path("enchanted_run.yaml").read_text()
        == "batch_number: 3\ndepth: 0\nsubmitted_samples: 8\n"
    )
    assert campaign.columns() == header
    assert (older.root / "data/d0_b0_s0_r0/output.txt").exists()


# -- broken directories ----------------------------------------------------------------------------


def _no_state(older: OlderDirectory) -> None:
    (older.root / "enchanted_run.yaml").unlink()


def _hole(older: OlderDirectory) -> None:
    """A finished batch lacks a sample, and the dataset does not have it either."""
    shutil.rmtree(older.root / "data/d0_b1_s0_r0")
    dataset = older.root / "enchanted_dataset.csv"
    lines = dataset.read_text().splitlines(keepends=True)
    dataset.write_text("".join(lines[:3] + lines[4:]))


def _only_misaligned(older: OlderDirectory) -> None:
    """The run directories are gone and the dataset's later rows do not fit its header."""
    shutil.rmtree(older.root / "data")
    dataset = older.root / "enchanted_dataset.csv"
    lines = dataset.read_text().splitlines()
    dataset.write_text("\n".join([*lines[:3], *(line + ",1,2" for line in lines[3:])]) + "\n")


BROKEN: dict[str, tuple[Callable[[OlderDirectory], object], str]] = {
    "no enchanted_run.yaml": (_no_state, "nothing to resume"),
    "empty": (lambda older: (older.root / "enchanted_run.yaml").write_text(""), "it is empty"),
    "no mapping": (
        lambda older: (older.root / "enchanted_run.yaml").write_text("[1, 2]"),
        "mapping",
    ),
    "no YAML": (
        lambda older: (older.root / "enchanted_run.yaml").write_text("batch_number: [}"),
        "not YAML",
    ),
    "a key missing": (
        lambda older: (older.root / "enchanted_run.yaml").write_text("batch_number: 2\n"),
        "'depth' is missing",
    ),
    "negative batch": (
        lambda older: older.state(0, -5, 6),
        "batch_number must be a whole number from 0 up, found -5",
    ),
    "negative depth": (
        lambda older: older.state(-1, 2, 6),
        "depth must be a whole number from 0 up, found -1",
    ),
    "text": (lambda older: older.state("deep", 2, 6), "depth must be a whole number"),
    "too deep": (lambda older: older.state(3, 0, 6), "has only 1 stage"),
    "a hole": (_hole, "d0_b1_s0_r0"),
    "misaligned dataset alone": (_only_misaligned, "batch 1"),
    "more batches than there are": (lambda older: older.state(0, 7, 16), "batch 3"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_directory_is_refused_with_the_reason(
    campaign: Campaign, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, one sentence, and what is there stays as it is: no row is dropped from the
    dataset.
    """
    older = flat(campaign)
    damage, reason = BROKEN[case]
    damage(older)
    results = {
        name: content
        for name, content in campaign.snapshot().items()
        if not name.startswith("state")
    }
    for command in (
        ["--rebuild", str(campaign.run_dir)],
        [str(campaign.config_path), "--no-ui", "--run-mode", "resume"],
    ):
        capsys.readouterr()
        assert cli.main(command) == 3
        said = capsys.readouterr().err
        assert (
            reason.replace("resume", "rebuild" if command[0] == "--rebuild" else "resume") in said
        )
        assert "Traceback" not in said
        assert {
            name: content
            for name, content in campaign.snapshot().items()
            if not name.startswith("state")
        } == results
    assert not campaign.path("state/journal.jsonl").exists()


def test_a_configuration_that_does_not_fit_is_refused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that cannot be shared out evenly among the parents belong to another configuration."""
    older = nested(campaign)
    older.batch(1, 1, [ok("r1", 0.5, {"x": 1, "y": 0.5})], submitted=4)
    assert campaign.resume() == 3
    said = capsys.readouterr().err
    assert "Batch 1 of depth 1 has 1 rows" in said
    assert "3 parents" in said


def test_the_remedy_for_a_hole_works(campaign: Campaign) -> None:
    """Lowering batch_number, as the message says, has that batch and what follows done again."""
    older = flat(campaign)
    _hole(older)
    older.state(0, 0, 2)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 6
    assert sorted(campaign.executions()) == [
        "d0_b1_s0_r0",
        "d0_b1_s1_r0",
        "d0_b2_s0_r0",
        "d0_b2_s1_r0",
    ]


def test_a_refused_extension_takes_nothing_over(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """An ArraySampler has nothing to extend: the older program's directory is left as it was,
    without a journal.
    """
    campaign.write(campaign_config(array_sampler("x", [1, 2])))
    older = OlderDirectory(campaign.run_dir, campaign.config)
    older.batch(0, 0, [ok("r0", 1.0, {"x": 1}), ok("r0", 2.0, {"x": 2})], submitted=2)
    assert campaign.resume("--run-mode", "extend") == 3
    assert "nothing to extend" in capsys.readouterr().err
    assert not campaign.path("state/journal.jsonl").exists()


# -- looked at without taking over -----------------------------------------------------------------


@pytest.mark.parametrize("make", [flat, nested], ids=["flat", "nested"])
def test_an_untouched_directory_is_looked_at_and_exported(
    campaign: Campaign,
    make: Callable[[Campaign], OlderDirectory],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`--status`, `--export` and `load` need no --rebuild first, and change nothing there."""
    make(campaign)
    before = campaign.snapshot()
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    said = capsys.readouterr().out
    assert "6/6 samples, 5 ok, 1 failed" in said or "6/6 samples, 6 ok" in said
    assert "made by the older program, not taken over yet" in said
    assert cli.main(["--status", str(campaign.run_dir), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["liveness"] == "not running"
    out = campaign.root / "out.csv"
    assert cli.main(["--export", str(campaign.run_dir), "--out", str(out), "--provenance"]) == 0
    assert read_csv(out)[0]["run_dir"] == campaign.rows()[0]["run_dir"]
    assert (
        len(read_csv(out))
        == len(read_csv(campaign.root / "out.provenance.csv"))
        == len(enchanted_tui.load(campaign.run_dir))
        == 6
    )
    assert campaign.snapshot() == before


def test_an_untouched_directory_that_cannot_be_read_says_why(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, exit code 3, for every way of looking."""
    _hole(flat(campaign))
    for command in (["--status"], ["--export"]):
        assert cli.main([*command, str(campaign.run_dir)]) == 3
        assert "no whole row of d0_b1_s0_r0" in capsys.readouterr().err


# -- directories of ours to which the older program has added --------------------------------------


def add_batches(
    campaign: Campaign, depth: int, batches: dict[int, list[dict[str, Any]]], submitted: int
) -> None:
    """Do in a directory of ours what the older program's resume does: run directories, rows below
    the dataset, its count.
    """
    dataset = campaign.path("enchanted_dataset.csv")
    header = dataset.read_text().splitlines()[0].split(",")
    for batch, rows in batches.items():
        for sample, row in enumerate(rows):
            full = {**row, "run_dir": f"run/data/d{depth}_b{batch}_s{sample}_r0"}
            directory = campaign.path(f"data/d{depth}_b{batch}_s{sample}_r0")
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            (directory / "enchanted_datapoint.csv").write_text(as_csv([full]))
            with dataset.open("a") as file:
                file.write(",".join(str(full.get(name, "")) for name in header) + "\n")
    state = f"batch_number: {max(batches)}\ndepth: {depth}\nsubmitted_samples: {submitted}\n"
    campaign.path("enchanted_run.yaml").write_text(state)


def forget(campaign: Campaign, *marks: bytes) -> None:
    """Take the lines with any of the marks out of the journal, and all reports: the campaign has
    not got so far.
    """
    campaign.path("logs/all_progress.txt").unlink()
    journal = campaign.path("state/journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if not any(mark in line for mark in marks)))


def added_rows(*xs: float) -> list[dict[str, Any]]:
    return [ok("r0", x, {"x": x}) for x in xs]


@pytest.mark.parametrize("command", ["rebuild", "resume", "extend"])
def test_what_the_older_program_has_added_is_taken_over(
    campaign: Campaign, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two batches more than we have on record: their rows stay, in every way of going on, and once
    alone.
    """
    assert campaign.run(config=flat_config()) == 0
    add_batches(campaign, 0, {3: added_rows(0.11, 0.22), 4: added_rows(0.33, 0.44)}, 10)
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    assert "has added 4 samples" in capsys.readouterr().out
    out = ["--out", str(campaign.root / "export.csv")]
    assert cli.main(["--export", str(campaign.run_dir), *out]) == 0
    assert capsys.readouterr().err.count("has added 4 samples") == 1
    with pytest.warns(UserWarning, match="has added 4 samples") as warned:
        assert len(enchanted_tui.load(campaign.run_dir)) == 6
    assert [warning.filename for warning in warned] == [__file__]
    expected = 10 if command != "extend" else 16
    for _ in range(2):
        code = rebuild(campaign) if command == "rebuild" else campaign.resume("--run-mode", command)
        assert code == 0
        assert len(campaign.rows()) == expected
        assert campaign.numbers("x")[6:10] == [0.11, 0.22, 0.33, 0.44]
        if command == "extend":
            break
    assert len(campaign.records("samples")) == (5 if command != "extend" else 8)
    assert read_run_state(campaign.path("enchanted_run.yaml")).submitted_samples == expected
    capsys.readouterr()
    for look in (["--status"], ["--export", *out, "--overwrite"]):
        assert cli.main([look[0], str(campaign.run_dir), *look[1:]]) == 0
        shown = capsys.readouterr()
        assert "has added" not in shown.out + shown.err


def test_what_it_has_added_to_a_spread_campaign_lies_in_groups(campaign: Campaign) -> None:
    """It knows none; whoever reads the files of its samples finds them with ours, and the rows say
    where.
    """
    config = flat_config()
    config["supervisor"]["run_directories"] = "spread"
    assert campaign.run(config=config) == 0
    add_batches(campaign, 0, {3: added_rows(0.11, 0.22)}, 8)
    assert campaign.resume() == 0
    assert campaign.numbers("x")[6:] == [0.11, 0.22]
    assert [row["run_dir"] for row in campaign.rows()[6:]] == [
        "run/data/003/d0_b3_s0_r0",
        "run/data/004/d0_b3_s1_r0",
    ]
    assert all((campaign.root / row["run_dir"]).is_dir() for row in campaign.rows())
    assert all(len(path.name) == 3 for path in campaign.path("data").iterdir())


def test_a_stage_that_the_older_program_has_begun_is_taken_over(campaign: Campaign) -> None:
    """We had stopped behind the first stage: its rows are the parents of the batch that was
    added.
    """
    config = campaign_config(array_sampler("x", [1, 2, 3]), random_sampler(4, 2, ("y",)))
    assert campaign.run(config=config) == 0
    forget(campaign, b'"type":"end"', b'"parents"', b'"depth":1,', b'"task":[1,')
    parents = [{"success_r0": True, "x": x, "runtime_sec_r0": 0.1} for x in (1, 2, 3)]
    children = [ok("r1", y, {**parent, "y": y}) for parent in parents for y in (0.25, 0.75)]
    shutil.rmtree(campaign.path("data"))
    campaign.path("data").mkdir()
    campaign.path("enchanted_dataset.csv").write_text("output,success\n")
    campaign.forget_executions()
    add_batches(campaign, 1, {0: children}, 2)
    campaign.config = config
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 12
    assert campaign.numbers("y")[:6] == [0.25, 0.75] * 3
    assert {name[:5] for name in campaign.executions()} == {"d1_b1"}


def test_a_batch_that_the_older_program_has_done_again_is_refused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ours was interrupted in it, theirs has other values: the number, and the two ways on, of
    which each works.
    """
    runners = {
        "r0": {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"], "fail_when": {"x": []}}
    }
    assert campaign.run(config={**flat_config(budget=4), "runners": runners}) == 0
    journal = campaign.path("state/journal.jsonl")
    forget(campaign, b'"type":"end"', b'"stage_complete"', b'"task":[0,1,1,0]')
    add_batches(campaign, 0, {1: added_rows(0.11, 0.22), 2: added_rows(0.33, 0.44)}, 6)
    dataset = campaign.path("enchanted_dataset.csv").read_bytes()
    for go_on in (lambda: rebuild(campaign), campaign.resume):
        assert go_on() == 3
        said = capsys.readouterr().err
        assert "has added 4 samples" in said
        assert campaign.path("enchanted_dataset.csv").read_bytes() == dataset
    journal.rename(campaign.root / "journal.jsonl")
    assert rebuild(campaign) == 0
    assert campaign.numbers("x")[2:] == [0.11, 0.22, 0.33, 0.44]


def test_our_own_count_is_never_taken_for_theirs(campaign: Campaign) -> None:
    """A sample run again, a larger earlier budget: enchanted_run.yaml counts what is done once more
    now.
    """
    config = campaign_config(array_sampler("x", [1, 2, 3], batch_size=1))
    assert campaign.run(config=config) == 0
    state = campaign.path("enchanted_run.yaml").read_text()
    forget(campaign, b'"type":"end"', b'"stage_complete"', b'"task":[0,1,0,0]')
    campaign.path("enchanted_run.yaml").write_text(state)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 3
    assert not any(record["mode"] == "adopted" for record in campaign.records("open"))


def test_directories_of_the_next_version_are_read_too(campaign: Campaign) -> None:
    """It calls them dn0_ds0_b0_s0: nested depth, step, batch and sample."""
    older = nested(campaign, child_batches=0)
    for directory in sorted(campaign.path("data").iterdir()):
        depth, batch, sample, step = (part[1:] for part in directory.name.split("_"))
        name = f"dn{depth}_ds{step}_b{batch}_s{sample}"
        for file in (directory / "enchanted_datapoint.csv", *older.root.glob("*.csv")):
            file.write_text(file.read_text().replace(directory.name, name))
        directory.rename(directory.with_name(name))
    before = campaign.rows("last_complete_enchanted_dataset.csv")
    assert campaign.resume() == 0
    assert campaign.rows("last_complete_enchanted_dataset.csv") == before
    assert before[0]["run_dir"] == "run/data/dn0_ds0_b0_s0"
    assert {name[:3] for name in campaign.executions()} == {"d1_"}
    assert CampaignDirectory(campaign.run_dir).task("d0_b0_s2_r0").name == "dn0_ds0_b0_s2"
    assert campaign.run("--overwrite") == 0
    assert not any(path.name.startswith("dn") for path in campaign.path("data").iterdir())
