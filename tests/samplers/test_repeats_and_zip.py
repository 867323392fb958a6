"""Points that are run several times, and samplers side by side."""

from __future__ import annotations

from typing import Any

import pandas
import pytest

from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.csv_sampler import CSVSampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.nested_sampler import NestedSampler
from enchanted_tui.samplers.random_sampler import RandomSampler
from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler
from enchanted_tui.samplers.zip_sampler import ZipSampler
from helpers.sampler_kinds import BOX_SAMPLERS, drawn, flat, placed

BOX: dict[str, Any] = {"parameters": {"x": {"low": 0, "high": 1}, "y": {"low": 0, "high": 1}}}
GRID = {"type": "GridSampler", "parameters": ["k"], "bounds": [[0, 5]], "num_samples": 6}


@pytest.mark.parametrize("cls", BOX_SAMPLERS)
@pytest.mark.parametrize("constraints", [None, ["x + y < 1"]])
def test_each_point_comes_so_often_in_a_row(cls, constraints):
    """Any slice of any batch, so that a campaign resumes; the points are those without repeats."""
    options = {**BOX, "constraints": constraints}
    sampler = placed(cls(**options, budget=24, repeats=3))
    assert list(sampler.problems()) == []
    assert tuple(sampler.parameter_names) == ("x", "y", "replicate")
    samples = sampler.get_next_samples()
    assert [sample.pop("replicate") for sample in samples] == [0, 1, 2] * 8
    once = placed(cls(**options, budget=8)).get_next_samples()
    assert samples == [point for point in once for _ in range(3)]
    part = placed(cls(**options, budget=24, repeats=3)).points(0, 0, 24, 4, 11)
    assert [(sample["x"], sample["replicate"]) for sample in part] == [
        (once[place // 3]["x"], place % 3) for place in range(4, 11)
    ]


def test_extended_they_go_on(tmp_path):
    """25 and 25 equals 50; grids and files have so many samples more."""
    longer = flat(drawn(placed(SobolSequenceSampler(**BOX, budget=50, repeats=5))))
    sampler = placed(SobolSequenceSampler(**BOX, budget=25, repeats=5, batch_size=10))
    samples = flat(drawn(sampler))
    sampler.budget = 50
    assert samples + flat(drawn(sampler)) == longer
    assert GridSampler(**{k: v for k, v in GRID.items() if k != "type"}, repeats=2).total == 12
    (tmp_path / "p.csv").write_text("x\n1\n2\n")
    rows = CSVSampler(path=str(tmp_path / "p.csv"), repeats=2).points(0, 0, 4, 0, 4)
    assert rows == [{"x": x, "replicate": n} for x in (1, 2) for n in (0, 1)]


def test_points_are_not_cut_in_two():
    """A budget that is no multiple would leave a point with fewer replicates, said beforehand."""
    sampler = RandomSampler(**BOX, budget=25, batch_size=7, repeats=3)
    assert [where for where, _ in sampler.problems()] == ["budget", "batch_size"]
    taken = RandomSampler(parameters=["replicate"], bounds=[[0, 1]], budget=2, repeats=2)
    assert [where for where, _ in taken.problems()] == ["repeats"]


@pytest.mark.slow
def test_a_learning_sampler_repeats_what_it_proposes():
    """Replicates are observations at one place; a resumed campaign knows the point from its
    record.
    """
    options = {**BOX, "repeats": 2, "initial_samples": 8, "acquisition_batch_size": 3}
    sampler = placed(BayesianOptimizationSampler(**options, budget=20))
    samples: list[dict[str, Any]] = []
    while sampler.has_budget:
        new = sampler.get_next_samples()
        samples += new
        rows = [{**s, "success": True, "output": s["x"] + 0.1 * s["replicate"]} for s in new]
        sampler.register_future(pandas.DataFrame(rows))
    assert [sample["replicate"] for sample in samples] == [0, 1] * 10
    for first, second in zip(samples[::2], samples[1::2], strict=True):
        assert {**first, "replicate": 1} == second
    assert len({sample["x"] for sample in samples}) > 5


def test_samplers_side_by_side():
    """Sample i of each; as many as the shortest has; any slice by position."""
    parts = {
        "grid": GRID,
        "noise": {"type": "RandomSampler", "parameters": {"x": {"low": 0, "high": 1}}},
    }
    sampler = placed(ZipSampler(samplers=parts, budget=6))
    assert list(sampler.problems()) == []
    assert sampler.total == 6
    whole = sampler.points(0, 0, 6, 0, 6)
    assert [sample["k"] for sample in whole] == [0, 1, 2, 3, 4, 5]
    assert len({sample["x"] for sample in whole}) == 6
    assert placed(ZipSampler(samplers=parts, budget=6)).points(0, 0, 6, 2, 5) == whole[2:5]
    held = placed(ZipSampler(samplers=parts, budget=6, constraints=["k > 1"], repeats=2))
    assert held.total == 8


@pytest.mark.parametrize("kind", ["RandomSampler", "SobolSequenceSampler"])
def test_a_zip_that_stopped_short_goes_on(kind: str) -> None:
    """Two samples and four more are the six there are, wherever the first draw stopped; without a
    budget all of them are taken.
    """
    noise = {"type": kind, "parameters": {"x": {"low": 0, "high": 1}}}
    parts = {"grid": GRID, "noise": noise}
    short, whole = (placed(ZipSampler(samplers=parts, budget=budget)) for budget in (2, 6))
    assert (short.total, short.target, whole.target) == (6, 2, 6)
    assert list(short.problems()) == []
    assert short.points(0, 0, 2, 0, 2) == whole.points(0, 0, 6, 0, 2)
    assert placed(ZipSampler(samplers=parts)).points(0, 0, 6, 0, 6) == whole.points(0, 0, 6, 0, 6)
    assert any("only the first 2 of the 6 samples" in said for _, said in short.warnings())


def test_what_a_zip_leaves_out_warns():
    """Samples that are never run are hardly meant."""
    parts = {
        "grid": GRID,
        "noise": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 9},
    }
    sampler = ZipSampler(samplers=parts)
    assert sampler.total == 6
    assert [where for where, _ in sampler.warnings()] == ["samplers.noise"]
    same = ZipSampler(samplers={"a": GRID, "b": GRID})
    assert any("drawn by 'a' already" in sentence for _, sentence in same.problems())
    assert NestedSampler(samplers=parts).total == 54
