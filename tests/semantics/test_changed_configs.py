"""Going on with a changed configuration: what is refused, what is free, and what of it is kept in
the run directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.marks import in_full


def one_stage(sampler: dict[str, Any], **sizes: int) -> dict[str, Any]:
    parameters = sampler.get("parameters", ["x", "y"])
    return campaign_config(
        {**sampler, **sizes},
        runners={"r0": {"type": "helpers.parts.scripted:TracingRunner", "add": parameters}},
    )


def pairs(campaign: Campaign, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in campaign.rows()]


@pytest.fixture
def six_points(campaign: Campaign) -> Path:
    """A file of six points."""
    path = campaign.root / "six.csv"
    path.write_text("x,y\n" + "".join(f"{index / 8},{index % 3}\n" for index in range(6)))
    return path


# -- what may change, and what may not -------------------------------------------------------------


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
    config["runners"]["r1"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"]}
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


def test_a_stage_more_or_less_is_refused_by_their_number(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shorter run order overwrote results before; the message counts rather than printing
    both.
    """
    assert (
        campaign.run(config=campaign_config(random_sampler(2), random_sampler(2, None, ("y",))))
        == 0
    )
    del campaign.config["supervisor"]["run_order"][1]
    assert campaign.resume() == 2
    assert "stages: there were 2, there are now 1" in capsys.readouterr().err
    assert len(campaign.rows()) == 4


def test_all_differences_are_listed_at_once(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
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
        changed("samplers.s0.batch_size", 2),
        *in_full(
            ("executors.here.type", "JoblibExecutor"),
            ("supervisor.failed_steps", "skip"),
            ("executors.here.n_workers", 1),
            ("executors.here.timeout_sec", 60),
            ("logging", "DEBUG"),
            ("supervisor.max_failures", 5),
            ("supervisor.log_failures", True),
            ("storage", {"type": "none"}),
        ),
    ],
)
def test_what_does_not_determine_the_results_may_change(
    campaign: Campaign, path: str, value: Any
) -> None:
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


def test_values_that_are_not_equal_to_themselves_are_no_change(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """NaN in a list of values, or in a runner's options, is the same NaN as before."""
    config = campaign_config(array_sampler("x", [float("nan"), 1.0, float("inf")]))
    config["runners"]["r0"]["fill_value"] = float("nan")
    assert campaign.run(config=config) == 0
    assert campaign.resume() == 0
    assert "changed" not in capsys.readouterr().err
    assert campaign.column("x") == ["nan", "1.0", "inf"]


def test_the_names_of_samplers_and_executors_may_change(campaign: Campaign) -> None:
    """Only what a sampler draws counts, not what it is called; a runner's name is a column and
    counts.
    """
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.config["samplers"] = {"renamed": campaign.config["samplers"]["s0"]}
    campaign.config["supervisor"]["run_order"][0]["sampler"] = "renamed"
    campaign.config["samplers"]["renamed"]["budget"] = 4
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 4


def test_changed_options_of_a_runner_warn(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
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


# -- run modes and stored configurations -----------------------------------------------------------


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
def test_with_nothing_recorded_there_is_nothing_to_go_on_with(
    campaign: Campaign, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 and what to do; no directory is made."""
    assert campaign.run("--run-mode", mode, config=campaign_config()) == 3
    said = capsys.readouterr().err
    assert f"nothing to {mode}" in said
    assert "fresh" in said
    assert not campaign.run_dir.exists()


def test_a_run_directory_resumes_with_its_stored_configuration(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is enough, from anywhere, without the configuration's file, and wherever it has
    been moved to.
    """
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    campaign.config_path.unlink()
    elsewhere = campaign.root / "elsewhere"
    elsewhere.mkdir()
    moved = elsewhere / "moved"
    campaign.run_dir.rename(moved)
    monkeypatch.chdir(elsewhere)
    assert cli.main(["moved", "--no-ui", "--set", "samplers.s0.budget=4"]) == 0
    assert (
        cli.main([str(moved), "--no-ui", "--run-mode", "extend", "--set", "samplers.s0.budget=2"])
        == 0
    )
    campaign.run_dir = moved
    assert len(campaign.rows()) == 6
    assert (moved / "data/d0_b2_s1_r0").is_dir()
    assert not campaign.path("run").exists()


def test_rows_name_their_directories_alike_however_the_directory_was_named(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run_dir` is relative as configured, also of samples run by a resume that was given the
    absolute path elsewhere.
    """
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    monkeypatch.chdir("/")
    for budget in (3, 4):
        assert (
            cli.main([str(campaign.run_dir), "--no-ui", "--set", f"samplers.s0.budget={budget}"])
            == 0
        )
    assert campaign.column("run_dir") == [
        f"run/data/d0_b{batch}_s{sample}_r0" for batch, sample in ((0, 0), (0, 1), (1, 0), (2, 0))
    ]
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


def test_a_stored_configuration_finds_its_relative_paths(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths start where the configuration lay, for a nested sampler too, not where its copy lies or
    the resume is started.
    """
    place = campaign.root / "project"
    place.mkdir()
    (place / "design.csv").write_text("x\n1\n2\n3\n4\n")
    sampler = {
        "type": "NestedSampler",
        "samplers": {
            "file": {"type": "CSVSampler", "path": "design.csv"},
            "b": array_sampler("y", [0, 10]),
        },
        "budget": 4,
    }
    campaign.config_path = place / "campaign.yaml"
    assert campaign.run(config=one_stage(sampler)) == 0
    other = campaign.root / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert cli.main([str(campaign.run_dir), "--no-ui", "--set", "samplers.s0.budget=8"]) == 0
    assert pairs(campaign, "x", "y") == [(x, y) for x in "1234" for y in ("0", "10")]


def test_a_file_of_points_belongs_to_the_design(
    campaign: Campaign, six_points: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another content is another design, also inside a nested sampler."""
    sampler = {
        "type": "NestedSampler",
        "samplers": {"file": {"type": "CSVSampler", "path": "six.csv"}},
    }
    assert campaign.run(config=one_stage(sampler)) == 0
    with six_points.open("a") as file:
        file.write("9,9\n")
    assert campaign.resume() == 2
    assert "sha256" in capsys.readouterr().err


# -- the nested sampler's inferred part ------------------------------------------------------------


def test_a_budget_that_sizes_a_part_is_part_of_the_design(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Raising it would put other combinations in the same places, so it is refused rather than
    silently reordered.
    """
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
    first = pairs(campaign, "x", "y")
    campaign.budget(6)
    assert campaign.resume() == 0
    assert pairs(campaign, "x", "y")[:4] == first
    assert len(set(pairs(campaign, "x", "y"))) == 6
