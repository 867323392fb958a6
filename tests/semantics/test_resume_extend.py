"""Resuming with a raised budget and extending: exact counts, and the points of one longer campaign where the method allows it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from campaign_harness import Campaign, array_sampler, campaign_config, random_sampler

from enchanted_tui import cli

BOX = {"parameters": ["x", "y"], "bounds": [[0.0, 1.0], [-2.0, 3.0]]}

Longer = Callable[..., list[tuple[str, ...]]]

#: Samplers for which 4 + 6 points are the 10 of one campaign, whatever the batches.
BY_POSITION: dict[str, dict[str, Any]] = {
    "random": {"type": "RandomSampler", **BOX},
    "loguniform": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[1e-3, 1.0]], "distribution": "loguniform"},
    "normal": {"type": "RandomSampler", **BOX, "distribution": "normal"},
    "integers": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 10**20]], "distribution": "int_uniform"},
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
    name if name in ("random", "sobol", "csv", "nested") else pytest.param(name, marks=pytest.mark.full) for name in BY_POSITION
]

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
    return campaign_config({**sampler, **sizes}, runners={"r0": {"type": "scripted_runners:TracingRunner", "add": parameters}})


def points(campaign: Campaign) -> list[tuple[str, ...]]:
    """Give the drawn values of the dataset, in its order."""
    names = [name for name in ("x", "y") if name in campaign.columns()]
    return [tuple(row[name] for name in names) for row in campaign.rows()]


@pytest.fixture
def one_longer_campaign(tmp_path_factory: pytest.TempPathFactory) -> Longer:
    """Give the first points of a campaign of 16 samples, or of all there are, that was run in one session."""

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


# -- the same points as one longer campaign ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_POSITION)
def test_raising_the_budget_gives_the_points_of_one_longer_campaign(campaign: Campaign, one_longer_campaign: Longer, name: str) -> None:
    """Samplers that draw by position: 4 then 10, with the default batch, equals 10 at once; the first four are not run again."""
    sampler = BY_POSITION[name]
    assert campaign.run(config=one_stage(sampler, budget=4)) == 0
    campaign.budget(10)
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(sampler, 10)
    assert len(campaign.rows()) == 10
    assert set(campaign.executions().values()) == {1}


@pytest.mark.parametrize("name", MOST_DIFFERENT)
@pytest.mark.parametrize("batch_size", [None, 4])
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


@pytest.mark.parametrize("amount", [1, 3, 4, 7])
def test_extending_by_less_and_by_more_than_a_batch_is_exact(campaign: Campaign, one_longer_campaign: Longer, amount: int) -> None:
    """6 with batch 4, extended by 1 to 7: the count is exact, and the batches are what is drawn, not full ones."""
    assert campaign.run(config=one_stage(BY_POSITION["random"], budget=6, batch_size=4)) == 0
    campaign.budget(amount)
    assert campaign.extend() == 0
    assert points(campaign) == one_longer_campaign(BY_POSITION["random"], 6 + amount)
    assert sum(record["size"] for record in campaign.records("samples")) == 6 + amount


@pytest.mark.parametrize("name", MOST_DIFFERENT)
def test_another_batch_size_in_each_session_changes_nothing(campaign: Campaign, one_longer_campaign: Longer, name: str) -> None:
    """The batch size says in what portions, not which points: 3s, then 4s, then one batch."""
    assert campaign.run(config=one_stage(BY_POSITION[name], budget=5, batch_size=3)) == 0
    campaign.config["samplers"]["s0"].update(budget=11, batch_size=4)
    assert campaign.resume() == 0
    campaign.config["samplers"]["s0"] |= {"budget": 16}
    del campaign.config["samplers"]["s0"]["batch_size"]
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(BY_POSITION[name], 16)


def test_latin_hypercubes_go_on_batch_by_batch(campaign: Campaign, one_longer_campaign: Longer) -> None:
    """4s are stratified each on its own, and batch k is the same however the campaign came to it."""
    sampler = {"type": "LatinHypercubeSampler", **BOX}
    assert campaign.run(config=one_stage(sampler, budget=4, batch_size=4)) == 0
    campaign.budget(12)
    assert campaign.resume() == 0
    assert points(campaign) == one_longer_campaign(sampler, 12, batch_size=4)
    for start in (0, 4, 8):
        assert sorted(int(4 * x) for x in campaign.numbers("x")[start : start + 4]) == [0, 1, 2, 3]


def test_a_latin_hypercube_without_batches_grows_by_hypercubes(campaign: Campaign) -> None:
    """5 extended by 3 keeps its 5 and adds a hypercube of 3: the exact count, and no point drawn anew."""
    sampler = {"type": "LatinHypercubeSampler", **BOX}
    assert campaign.run(config=one_stage(sampler, budget=5)) == 0
    before = points(campaign)
    campaign.budget(3)
    assert campaign.extend() == 0
    after = campaign.numbers("x")
    assert points(campaign)[:5] == before
    assert len(after) == 8
    assert sorted(int(3 * x) for x in after[5:]) == [0, 1, 2]


# -- samplers with a fixed number of points -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["csv", "nested"])
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
    before = campaign.path("enchanted_dataset.csv").read_bytes(), campaign.path("runs.h5").read_bytes()
    campaign.forget_executions()
    assert campaign.resume() == 0
    assert not campaign.executions()
    assert (campaign.path("enchanted_dataset.csv").read_bytes(), campaign.path("runs.h5").read_bytes()) == before


def test_a_changed_grid_is_refused(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A finer grid shares few points with the old one, so it is another campaign."""
    assert campaign.run(config=one_stage(FIXED["grid"])) == 0
    before = campaign.snapshot()
    campaign.config["samplers"]["s0"]["num_samples"] = [4, 2]
    assert campaign.resume() == 2
    said = capsys.readouterr().err
    assert "stages[0].options.num_samples: was [3, 2], is now [4, 2]" in said
    assert campaign.snapshot() == before


# -- interrupted ----------------------------------------------------------------------------------------------------------------


def interrupt(campaign: Campaign, at: int, *arguments: str) -> int:
    """Run until `at` batches of one sample have been drawn in this session, then die as a sampler that raises."""
    campaign.config["samplers"]["s0"]["kill_after"] = at
    code = campaign.run(*arguments)
    del campaign.config["samplers"]["s0"]["kill_after"]
    return code


def test_an_interrupted_extension_finishes_its_own_target(campaign: Campaign, one_longer_campaign: Longer) -> None:
    """4 of 10 done, extend 4: the target is 14; interrupted again, a resume goes on to 14 though the budget says 4."""
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


# -- earlier stages ---------------------------------------------------------------------------------------------------------------


def pairs(campaign: Campaign, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in campaign.rows()]


def test_raising_an_earlier_budget_runs_every_later_batch_for_the_new_parents(campaign: Campaign) -> None:
    """2 parents with 3 children in batches of 2 become 4 parents: 12 rows, each pair once, and only the 6 new pairs are run."""
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
    """All combinations of three stages, no duplicates, after the first and then the middle budget was raised."""
    config = campaign_config(random_sampler(1), random_sampler(2, 1, ("y",)), random_sampler(2, None, ("z",)))
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


def test_extending_a_nested_campaign_adds_samples_to_the_last_stage_for_every_parent(campaign: Campaign) -> None:
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


# -- what may change, and what may not ----------------------------------------------------------------------------------------------


def changed(path: str, value: Any) -> Any:
    """Give a change of one value, named by the path that `_apply` walks."""
    return pytest.param(path, value, id=path)


def _apply(config: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    place: Any = config
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        changed("samplers.s0.bounds", [[0.0, 2.0]]),
        changed("samplers.s0.parameters", ["w"]),
        changed("samplers.s0.distribution", "normal"),
        changed("samplers.s0.seed", 3),
        changed("samplers.s0.type", "LatinHypercubeSampler"),
        changed("supervisor.seed", 8),
        changed("supervisor.run_order.0.runner", ["r0", "r1"]),
        changed("supervisor.run_order.0.runner", "r1"),
    ],
)
def test_a_change_that_does_not_fit_the_results_is_refused(
    campaign: Campaign, path: str, value: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the difference listed, and not one file touched."""
    config = campaign_config(random_sampler(3))
    config["runners"]["r1"] = {"type": "scripted_runners:TracingRunner", "add": ["x"]}
    assert campaign.run(config=config) == 0
    before = campaign.snapshot()
    _apply(campaign.config, path, value)
    if value == ["r0", "r1"]:
        campaign.config["supervisor"]["run_order"][0]["executor"] = ["here", "here"]
    if path.endswith("parameters"):
        campaign.config["runners"]["r0"]["add"] = ["w"]
    assert campaign.resume() == 2
    said = capsys.readouterr().err
    assert "has changed in a way that does not fit" in said
    assert "was" in said and "is now" in said
    assert campaign.snapshot() == before
    assert campaign.extend() == 2
    assert campaign.snapshot() == before


def test_a_stage_more_or_less_is_refused_by_their_number(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A shorter run order overwrote results before; the message counts rather than printing both."""
    assert campaign.run(config=campaign_config(random_sampler(2), random_sampler(2, None, ("y",)))) == 0
    del campaign.config["supervisor"]["run_order"][1]
    assert campaign.resume() == 2
    assert "stages: there were 2, there are now 1" in capsys.readouterr().err
    assert len(campaign.rows()) == 4


def test_all_differences_are_listed_at_once(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A person mends them in one go."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    _apply(campaign.config, "samplers.s0.bounds", [[0.0, 2.0]])
    _apply(campaign.config, "supervisor.seed", 8)
    assert campaign.resume() == 2
    said = capsys.readouterr().err
    assert "seed: was 7, is now 8" in said
    assert "bounds" in said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        changed("executors.here.n_workers", 1),
        changed("executors.here.timeout_sec", 60),
        changed("executors.here.type", "JoblibExecutor"),
        changed("logging", "DEBUG"),
        changed("supervisor.max_failures", 5),
        changed("supervisor.log_failures", True),
        changed("supervisor.failed_steps", "skip"),
        changed("samplers.s0.batch_size", 2),
        changed("storage", {"type": "none"}),
    ],
)
def test_what_does_not_determine_the_results_may_change(campaign: Campaign, path: str, value: Any) -> None:
    """Executors, limits, portions and logging are free."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.budget(5)
    _apply(campaign.config, path, value)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 5


def test_writing_a_default_out_is_no_change(campaign: Campaign) -> None:
    """`distribution: uniform` says what held anyway; so does another spelling of the type."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.config["samplers"]["s0"] |= {"distribution": "uniform", "type": "random_sampler"}
    assert campaign.resume() == 0


def test_values_that_are_not_equal_to_themselves_are_no_change(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """NaN in a list of values, or in a runner's options, is the same NaN as before."""
    config = campaign_config(array_sampler("x", [float("nan"), 1.0, float("inf")]))
    config["runners"]["r0"]["fill_value"] = float("nan")
    assert campaign.run(config=config) == 0
    assert campaign.resume() == 0
    assert "changed" not in capsys.readouterr().err
    assert campaign.column("x") == ["nan", "1.0", "inf"]


def test_the_names_of_samplers_and_executors_may_change(campaign: Campaign) -> None:
    """Only what a sampler draws counts, not what it is called; a runner's name is a column and counts."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.config["samplers"] = {"renamed": campaign.config["samplers"]["s0"]}
    campaign.config["supervisor"]["run_order"][0]["sampler"] = "renamed"
    campaign.config["samplers"]["renamed"]["budget"] = 4
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 4


def test_changed_options_of_a_runner_warn(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """The recorded samples keep what they were run with; the log and the terminal say so."""
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    campaign.config["runners"]["r0"]["fail_when"] = {"x": [-1.0]}
    campaign.budget(3)
    assert campaign.resume() == 0
    assert "options of a runner have changed" in capsys.readouterr().err
    assert "options of a runner have changed" in campaign.path("logs/main.log").read_text()


def test_a_campaign_without_a_seed_keeps_the_one_it_drew(campaign: Campaign) -> None:
    """Resuming needs no seed in the configuration: the drawn one is on record and goes on."""
    config = campaign_config(random_sampler(3))
    del config["supervisor"]["seed"]
    assert campaign.run(config=config) == 0
    campaign.budget(6)
    assert campaign.resume() == 0
    assert len(set(campaign.column("x"))) == 6
    seeds = {record["seed"] for record in campaign.records("open")}
    assert len(seeds) == 1
    whole = campaign_config(random_sampler(6))
    whole["supervisor"] |= {"seed": seeds.pop(), "base_run_dir": "whole"}
    other = Campaign(campaign.root, whole, run_dir="whole")
    assert other.run() == 0
    assert other.column("x") == campaign.column("x")


# -- run modes and stored configurations ----------------------------------------------------------------------------------------------


def test_auto_starts_fresh_and_then_resumes(campaign: Campaign) -> None:
    """One command for a batch script that is queued again and again."""
    campaign.write(campaign_config(random_sampler(3)))
    assert campaign.run("--run-mode", "auto") == 0
    campaign.budget(5)
    assert campaign.run("--run-mode", "auto") == 0
    assert [record["mode"] for record in campaign.records("open")] == ["fresh", "resume"]
    assert set(campaign.executions().values()) == {1}
    assert len(campaign.rows()) == 5


@pytest.mark.parametrize("mode", ["resume", "extend"])
def test_with_nothing_recorded_there_is_nothing_to_go_on_with(campaign: Campaign, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3 and what to do; no directory is made."""
    assert campaign.run("--run-mode", mode, config=campaign_config()) == 3
    said = capsys.readouterr().err
    assert f"nothing to {mode}" in said
    assert "fresh" in said
    assert not campaign.run_dir.exists()


def test_a_run_directory_resumes_with_its_stored_configuration(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory is enough, from anywhere, without the configuration's file, and wherever it has been moved to."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.config_path.unlink()
    elsewhere = campaign.root / "elsewhere"
    elsewhere.mkdir()
    moved = elsewhere / "moved"
    campaign.run_dir.rename(moved)
    monkeypatch.chdir(elsewhere)
    assert cli.main(["moved", "--no-ui", "--set", "samplers.s0.budget=4"]) == 0
    assert cli.main([str(moved), "--no-ui", "--run-mode", "extend", "--set", "samplers.s0.budget=2"]) == 0
    campaign.run_dir = moved
    assert len(campaign.rows()) == 6
    assert (moved / "data/d0_b2_s1_r0").is_dir()
    assert not campaign.path("run").exists()


def test_rows_name_their_directories_alike_however_the_directory_was_named(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_dir` is relative as configured, also of samples run by a resume that was given the absolute path elsewhere."""
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    monkeypatch.chdir("/")
    for budget in (3, 4):
        assert cli.main([str(campaign.run_dir), "--no-ui", "--set", f"samplers.s0.budget={budget}"]) == 0
    assert campaign.column("run_dir") == [f"run/data/d0_b{batch}_s{sample}_r0" for batch, sample in ((0, 0), (0, 1), (1, 0), (2, 0))]
    assert campaign.path("data/d0_b2_s0_r0/result.txt").exists()


def test_every_changed_configuration_is_kept(campaign: Campaign) -> None:
    """The history of configurations, overrides included; an unchanged one is not stored twice."""
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    assert campaign.resume() == 0
    assert campaign.stored_configs() == ["campaign.yaml"]
    campaign.budget(3)
    assert campaign.resume() == 0
    assert campaign.resume("--set", "samplers.s0.budget=4") == 0
    assert campaign.stored_configs() == ["campaign.2.yaml", "campaign.3.yaml", "campaign.yaml"]
    assert "budget: 2" in campaign.path("config/campaign.yaml").read_text()
    assert "budget: 3" in campaign.path("config/campaign.2.yaml").read_text()
    newest = campaign.path("config/campaign.3.yaml").read_text()
    assert "budget: 4" in newest
    assert "samplers.s0.budget=4" in newest
    assert [record["config"] for record in campaign.records("open")][-1] == "campaign.3.yaml"


def test_a_stored_configuration_finds_its_relative_paths(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths start where the configuration lay, for a nested sampler too, not where its copy lies or the resume is started."""
    place = campaign.root / "project"
    place.mkdir()
    (place / "design.csv").write_text("x\n1\n2\n3\n4\n")
    sampler = {
        "type": "NestedSampler",
        "samplers": {"file": {"type": "CSVSampler", "path": "design.csv"}, "b": array_sampler("y", [0, 10])},
        "budget": 4,
    }
    campaign.config_path = place / "campaign.yaml"
    assert campaign.run(config=one_stage(sampler)) == 0
    other = campaign.root / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert cli.main([str(campaign.run_dir), "--no-ui", "--set", "samplers.s0.budget=8"]) == 0
    assert pairs(campaign, "x", "y") == [(x, y) for x in "1234" for y in ("0", "10")]


def test_a_file_of_points_belongs_to_the_design(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Another content is another design, also inside a nested sampler."""
    sampler = {"type": "NestedSampler", "samplers": {"file": {"type": "CSVSampler", "path": "six.csv"}}}
    assert campaign.run(config=one_stage(sampler)) == 0
    with (campaign.root / "six.csv").open("a") as file:
        file.write("9,9\n")
    assert campaign.resume() == 2
    assert "sha256" in capsys.readouterr().err


# -- the nested sampler's inferred part ------------------------------------------------------------------------------------------------


def test_a_budget_that_sizes_a_part_is_part_of_the_design(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Raising it would put other combinations in the same places, so it is refused rather than silently reordered."""
    sampler = {
        "type": "NestedSampler",
        "samplers": {
            "a": array_sampler("x", [1, 2]),
            "r": {"type": "RandomSampler", "parameters": ["y"], "bounds": [[0, 1]]},
        },
        "budget": 6,
    }
    assert campaign.run(config=one_stage(sampler)) == 0
    assert len(campaign.rows()) == 6
    before = campaign.snapshot()
    campaign.budget(8)
    assert campaign.resume() == 2
    assert "budget: was 6, is now 8" in capsys.readouterr().err
    assert campaign.snapshot() == before


def test_a_budget_that_only_cuts_the_combinations_may_be_raised(campaign: Campaign) -> None:
    """Where every part has a size of its own, a larger budget takes the next combinations."""
    sampler = {
        "type": "NestedSampler",
        "samplers": {"a": array_sampler("x", [1, 2]), "r": random_sampler(3, None, ("y",))},
        "budget": 4,
    }
    assert campaign.run(config=one_stage(sampler)) == 0
    first = points(campaign)
    campaign.budget(6)
    assert campaign.resume() == 0
    assert points(campaign)[:4] == first
    assert len(set(points(campaign))) == 6
