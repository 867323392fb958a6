"""Resuming with a raised budget and extending: exact counts, and the points of one longer campaign
where the method allows it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import qmc

from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.marks import in_full

BOX = {"parameters": ["x", "y"], "bounds": [[0.0, 1.0], [-2.0, 3.0]]}

Longer = Callable[..., list[tuple[str, ...]]]

#: Samplers for which 4 + 6 points are the 10 of one campaign, whatever the batches.
BY_POSITION: dict[str, dict[str, Any]] = {
    "random": {"type": "RandomSampler", **BOX},
    "loguniform": {
        "type": "RandomSampler",
        "parameters": ["x"],
        "bounds": [[1e-3, 1.0]],
        "distribution": "loguniform",
    },
    "normal": {"type": "RandomSampler", **BOX, "distribution": "normal"},
    "integers": {
        "type": "RandomSampler",
        "parameters": ["x"],
        "bounds": [[0, 10**20]],
        "distribution": "int_uniform",
    },
    "with_kill": {"type": "RandomSamplerWithKill", **BOX},
    "sobol": {"type": "SobolSequenceSampler", **BOX},
    "sobol_bare": {"type": "SobolSequenceSampler", **BOX, "scramble": False},
    "csv": {"type": "CSVSampler", "path": "points.csv"},
    "nested": {
        "type": "NestedSampler",
        "samplers": {
            "g": {"type": "GridSampler", "parameters": ["x"], "bounds": [[0, 1]], "num_samples": 5},
            "r": {"type": "RandomSampler", "parameters": ["y"], "bounds": [[0, 1]], "budget": 4},
        },
    },
}

#: Every day those that draw in different ways, the variants with the long series.
MOST_DIFFERENT = [
    (name if name in ("sobol", "nested") else pytest.param(name, marks=pytest.mark.full))
    for name in BY_POSITION
]
#: the one with the others in it
NESTED_EVERY_DAY = ["nested", *in_full(*(name for name in BY_POSITION if name != "nested"))]

FIXED: dict[str, dict[str, Any]] = {
    "grid": {"type": "GridSampler", **BOX, "num_samples": [3, 2]},
    "array": {"type": "ArraySampler", "parameters": ["x", "y"], "bounds": [[1, 2, 3], [0.5, 0.25]]},
    "csv": {"type": "CSVSampler", "path": "six.csv"},
    "nested": {
        "type": "NestedSampler",
        "samplers": {"a": array_sampler("x", [1, 2, 3]), "b": array_sampler("y", [0, 1])},
    },
}


def one_stage(sampler: dict[str, Any], **sizes: int) -> dict[str, Any]:
    parameters = sampler.get("parameters", ["x", "y"])
    return campaign_config(
        {**sampler, **sizes},
        runners={"r0": {"type": "helpers.parts.scripted:TracingRunner", "add": parameters}},
    )


def points(campaign: Campaign) -> list[tuple[str, ...]]:
    """Give the drawn values of the dataset, in its order."""
    names = [name for name in ("x", "y") if name in campaign.columns()]
    return [tuple(row[name] for name in names) for row in campaign.rows()]


@pytest.fixture
def one_longer_campaign(tmp_path_factory: pytest.TempPathFactory) -> Longer:
    """Give the first points of a campaign of 16 samples, or of all there are, that was run in one
    session.
    """

    def first_points(sampler: dict[str, Any], count: int, **sizes: int) -> list[tuple[str, ...]]:
        key = repr((sampler, sizes))
        if key not in _longer:
            root = tmp_path_factory.mktemp("longer")
            write_points(root)
            whole = Campaign(root, one_stage(sampler, **{"budget": 16, **sizes}))
            whole.config["supervisor"]["base_run_dir"] = str(whole.run_dir)
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("SEMANTICS_RUNS")
                assert whole.run() == 0
            _longer[key] = points(whole)
        return _longer[key][:count]

    return first_points


_longer: dict[str, list[tuple[str, ...]]] = {}


def write_points(root: Path) -> None:
    for name, count in (("points.csv", 40), ("six.csv", 6)):
        lines = [f"{index / 8},{index % 3}" for index in range(count)]
        (root / name).write_text("\n".join(["x,y", *lines]) + "\n")


@pytest.fixture(autouse=True)
def files_of_points(campaign: Campaign) -> None:
    write_points(campaign.root)


# -- the same points as one longer campaign --------------------------------------------------------


@pytest.mark.parametrize("name", MOST_DIFFERENT)
def test_raising_the_budget_gives_the_points_of_one_longer_campaign(
    campaign: Campaign, one_longer_campaign: Longer, name: str
) -> None:
    """Samplers that draw by position: 4 then 10, with the default batch, equals 10 at once; the
    first four are not run again.
    """
    sampler = BY_POSITION[name]
    assert campaign.run(config=one_stage(sampler, budget=4)) == 0
    campaign.budget(10)
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(sampler, 10)
    assert len(campaign.rows()) == 10
    assert set(campaign.executions().values()) == {1}


@pytest.mark.parametrize("name", NESTED_EVERY_DAY)
@pytest.mark.parametrize("batch_size", [4, *in_full(None)])
def test_extending_twice_adds_the_budget_each_time(
    campaign: Campaign, one_longer_campaign: Longer, name: str, batch_size: int | None
) -> None:
    """5 + 5 + 5 is 15, and the same 15 as at once, whether a batch is a part of 5 or all of it."""
    sizes = {} if batch_size is None else {"batch_size": batch_size}
    assert campaign.run(config=one_stage(BY_POSITION[name], budget=5, **sizes)) == 0
    for count in (10, 15):
        assert campaign.extend() == 0
        assert len(campaign.rows()) == count
    assert points(campaign) == one_longer_campaign(BY_POSITION[name], 15)


@pytest.mark.parametrize("amount", [7, *in_full(1, 3, 4)])
def test_extending_by_less_and_by_more_than_a_batch_is_exact(
    campaign: Campaign, one_longer_campaign: Longer, amount: int
) -> None:
    """6 with batch 4, extended by 1 to 7: the count is exact, and the batches are what is drawn,
    not full ones.
    """
    assert campaign.run(config=one_stage(BY_POSITION["random"], budget=6, batch_size=4)) == 0
    campaign.budget(amount)
    assert campaign.extend() == 0
    assert points(campaign) == one_longer_campaign(BY_POSITION["random"], 6 + amount)
    assert sum(record["size"] for record in campaign.records("samples")) == 6 + amount


@pytest.mark.parametrize("name", NESTED_EVERY_DAY)
def test_another_batch_size_in_each_session_changes_nothing(
    campaign: Campaign, one_longer_campaign: Longer, name: str
) -> None:
    """The batch size says in what portions, not which points: 3s, then 4s, then one batch."""
    assert campaign.run(config=one_stage(BY_POSITION[name], budget=5, batch_size=3)) == 0
    campaign.config["samplers"]["s0"].update(budget=11, batch_size=4)
    assert campaign.resume() == 0
    campaign.config["samplers"]["s0"] |= {"budget": 16}
    del campaign.config["samplers"]["s0"]["batch_size"]
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(BY_POSITION[name], 16)


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a NestedSampler"])
def test_a_sobol_campaign_of_before_goes_on_with_its_own_points(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    """Scrambling was once seeded by a whole number, which gives other points: what was begun so is
    finished so.
    """
    sobol = {"type": "SobolSequenceSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 4}
    sampler = (
        {
            "type": "NestedSampler",
            "samplers": {"a": {**sobol, "budget": 12, "seed": 5}},
            "budget": 4,
        }
        if nested
        else sobol
    )
    config = campaign_config(
        sampler, runners={"r0": {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"]}}
    )
    del config["supervisor"]["seed"]

    def seeded_by_a_number(sampler: SobolSequenceSampler, seed: int, variant: int) -> Any:
        return qmc.Sobol(1, scramble=True, seed=seed)

    with monkeypatch.context() as before:
        before.setattr(SobolSequenceSampler, "_make_engine", seeded_by_a_number)
        assert campaign.run(config=config) == 0
    campaign.budget(12)
    assert campaign.resume() == 0
    expected = qmc.Sobol(1, scramble=True, seed=5 if nested else 42).random_base2(4)
    assert campaign.numbers("x") == expected[:12, 0].tolist()


def test_latin_hypercubes_go_on_batch_by_batch(
    campaign: Campaign, one_longer_campaign: Longer
) -> None:
    """4s are stratified each on its own, and batch k is the same however the campaign came to
    it.
    """
    sampler = {"type": "LatinHypercubeSampler", **BOX}
    assert campaign.run(config=one_stage(sampler, budget=4, batch_size=4)) == 0
    campaign.budget(12)
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(sampler, 12, batch_size=4)
    for start in (0, 4, 8):
        assert sorted(int(4 * x) for x in campaign.numbers("x")[start : start + 4]) == [0, 1, 2, 3]


def test_a_latin_hypercube_without_batches_grows_by_hypercubes(campaign: Campaign) -> None:
    """5 extended by 3 keeps its 5 and adds a hypercube of 3: the exact count, and no point drawn
    anew.
    """
    sampler = {"type": "LatinHypercubeSampler", **BOX}
    assert campaign.run(config=one_stage(sampler, budget=5)) == 0
    before = points(campaign)
    campaign.budget(3)
    assert campaign.extend() == 0
    after = campaign.numbers("x")
    assert points(campaign)[:5] == before
    assert len(after) == 8
    assert sorted(int(3 * x) for x in after[5:]) == [0, 1, 2]


# -- samplers with a fixed number of points --------------------------------------------------------


@pytest.mark.parametrize("name", FIXED)
def test_extending_a_finished_design_says_that_there_is_nothing_to_extend(
    campaign: Campaign, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 and a sentence; nothing in the directory changes."""
    assert campaign.run(config=one_stage(FIXED[name])) == 0
    assert len(campaign.rows()) == 6
    before = campaign.snapshot()
    assert campaign.extend() == 3
    assert "nothing to extend" in capsys.readouterr().err
    assert campaign.snapshot() == before


@pytest.mark.parametrize("name", ["csv", *in_full("nested")])
def test_what_a_budget_left_of_a_design_can_be_extended(
    campaign: Campaign, one_longer_campaign: Longer, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """4 of 6 rows, extended by 4: the two that are left, and after that nothing."""
    assert campaign.run(config=one_stage(FIXED[name], budget=4)) == 0
    assert len(campaign.rows()) == 4
    assert campaign.extend() == 0
    assert points(campaign) == one_longer_campaign(FIXED[name], 6)
    assert campaign.extend() == 3
    assert "nothing to extend" in capsys.readouterr().err


@pytest.mark.parametrize("name", FIXED)
def test_resuming_a_finished_design_runs_nothing(campaign: Campaign, name: str) -> None:
    """A finished campaign resumes to 0 at once, and its results stay byte for byte."""
    assert campaign.run(config=one_stage(FIXED[name])) == 0
    before = (
        campaign.path("enchanted_dataset.csv").read_bytes(),
        campaign.path("runs.h5").read_bytes(),
    )
    campaign.forget_executions()
    assert campaign.resume() == 0
    assert not campaign.executions()
    assert (
        campaign.path("enchanted_dataset.csv").read_bytes(),
        campaign.path("runs.h5").read_bytes(),
    ) == before


def test_a_changed_grid_is_refused(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A finer grid shares few points with the old one, so it is another campaign."""
    assert campaign.run(config=one_stage(FIXED["grid"])) == 0
    before = campaign.snapshot()
    campaign.config["samplers"]["s0"]["num_samples"] = [4, 2]
    assert campaign.resume() == 2
    said = capsys.readouterr().err
    assert "stages[0].options.num_samples: was [3, 2], is now [4, 2]" in said
    assert campaign.snapshot() == before


# -- interrupted -----------------------------------------------------------------------------------


def interrupt(campaign: Campaign, at: int, *arguments: str) -> int:
    """Run until `at` batches of one sample have been drawn in this session, then die as a sampler
    that raises.
    """
    campaign.config["samplers"]["s0"]["kill_after"] = at
    code = campaign.run(*arguments)
    del campaign.config["samplers"]["s0"]["kill_after"]
    return code


def test_an_interrupted_extension_finishes_its_own_target(
    campaign: Campaign, one_longer_campaign: Longer
) -> None:
    """4 of 10 done, extend 4: the target is 14; interrupted again, a resume goes on to 14 though
    the budget says 4.
    """
    config = one_stage(BY_POSITION["with_kill"], budget=10, batch_size=1)
    campaign.write(config)
    assert interrupt(campaign, 4) != 0
    assert len(campaign.rows()) == 4
    campaign.budget(4)
    assert interrupt(campaign, 3, "--run-mode", "extend") != 0
    assert campaign.targets() == [14]
    assert len(campaign.rows()) == 7
    assert campaign.resume() == 0
    assert campaign.targets() == [14]
    assert set(campaign.executions().values()) == {1}
    assert points(campaign) == one_longer_campaign(BY_POSITION["random"], 14)


def test_a_lowered_budget_does_not_lower_the_target(campaign: Campaign) -> None:
    """What was planned stays planned: the larger of the recorded target and the budget holds."""
    campaign.write(one_stage(BY_POSITION["with_kill"], budget=6, batch_size=1))
    assert interrupt(campaign, 2) != 0
    campaign.budget(3)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 6


# -- earlier stages --------------------------------------------------------------------------------


def pairs(campaign: Campaign, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in campaign.rows()]


def test_raising_an_earlier_budget_runs_every_later_batch_for_the_new_parents(
    campaign: Campaign,
) -> None:
    """2 parents with 3 children in batches of 2 become 4 parents: 12 rows, each pair once, and only
    the 6 new pairs are run.
    """
    config = campaign_config(random_sampler(2), random_sampler(3, 2, ("y",)))
    assert campaign.run(config=config) == 0
    old = set(pairs(campaign, "x", "y"))
    campaign.forget_executions()
    campaign.budget(4)
    assert campaign.resume() == 0
    found = pairs(campaign, "x", "y")
    xs, ys = {x for x, _ in found}, {y for _, y in found}
    assert (len(found), len(xs), len(ys)) == (12, 4, 3)
    assert set(found) == set(itertools.product(xs, ys))
    assert old <= set(found)
    assert set(campaign.executions().values()) == {1}
    assert len(campaign.executions()) == 2 + 6


def test_raising_the_first_of_three_budgets_reaches_the_last_stage(campaign: Campaign) -> None:
    """All combinations of three stages, no duplicates, after the first and then the middle budget
    was raised.
    """
    config = campaign_config(
        random_sampler(1), random_sampler(2, 1, ("y",)), random_sampler(2, None, ("z",))
    )
    assert campaign.run(config=config) == 0
    assert len(campaign.rows()) == 4
    campaign.budget(2)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 8
    campaign.budget(3, depth=1)
    assert campaign.resume() == 0
    found = pairs(campaign, "x", "y", "z")
    axes = [sorted({point[axis] for point in found}) for axis in range(3)]
    assert [len(axis) for axis in axes] == [2, 3, 2]
    assert len(found) == 12
    assert set(found) == set(itertools.product(*axes))
    assert set(campaign.executions().values()) == {1}
    assert len(campaign.executions()) == 2 + 6 + 12
    assert len(campaign.rows("last_complete_enchanted_dataset.csv")) == 6


def test_extending_a_nested_campaign_adds_samples_to_the_last_stage_for_every_parent(
    campaign: Campaign,
) -> None:
    """3 parents with 2 children, extended by 2: 12 rows, batch by batch parent-major."""
    config = campaign_config(array_sampler("x", [1, 2, 3]), random_sampler(2, None, ("y",)))
    assert campaign.run(config=config) == 0
    assert campaign.extend() == 0
    found = pairs(campaign, "x", "y")
    ys = [y for _, y in found]
    assert [x for x, _ in found] == ["1", "1", "2", "2", "3", "3"] * 2
    assert ys[:2] * 3 == ys[:6]
    assert ys[6:8] * 3 == ys[6:]
    assert len(set(ys)) == 4


def test_raising_two_budgets_at_once_gives_all_combinations(campaign: Campaign) -> None:
    """New parents meet old and new children alike."""
    config = campaign_config(random_sampler(2), random_sampler(2, None, ("y",)))
    assert campaign.run(config=config) == 0
    campaign.budget(3, depth=0)
    campaign.budget(4, depth=1)
    assert campaign.resume() == 0
    found = pairs(campaign, "x", "y")
    assert len(found) == 12
    assert set(found) == set(itertools.product({x for x, _ in found}, {y for _, y in found}))
    assert set(campaign.executions().values()) == {1}
