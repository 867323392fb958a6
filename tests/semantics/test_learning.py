"""Campaigns whose samplers learn: budgets, going on, failures, nesting, steps, asynchronous
drawing, what is recorded, stopping.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import subprocess
import sys
import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.config.loading import config_from_mapping
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.learning_sampler import Pending
from enchanted_tui.supervisor.supervisor import Supervisor
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler
from helpers.marks import in_full, rounds
from helpers.processes import with_helpers

HILL = {"r0": {"type": "helpers.parts.learning:HillRunner"}}
BAYESIAN = {
    "type": "BayesianOptimizationSampler",
    "parameters": ["x"],
    "bounds": [[0.0, 1.0]],
    "initial_samples": 4,
    "acquisition_batch_size": 3,
}
PARETO = {**BAYESIAN, "objectives": {"output": "maximize", "cost": "minimize"}}
ACTIVE = {
    "type": "ActiveLearningSampler",
    "parameters": ["x"],
    "bounds": [[0.0, 1.0]],
    "query_strategy": "GreedySamplingTarget",
    "batch_size": 4,
    "n_candidates": 64,
}
has_extra = all(importlib.util.find_spec(name) for name in ("sklearn", "skactiveml"))
needs_extra = pytest.mark.skipif(
    not has_extra, reason="scikit-activeml is not installed: install the extra 'learning'"
)
BOTH = [pytest.param(BAYESIAN, id="bayesian"), pytest.param(ACTIVE, id="active", marks=needs_extra)]
#: each fit of the second takes a second or more
BAYESIAN_FIRST = [
    pytest.param(BAYESIAN, id="bayesian"),
    pytest.param(ACTIVE, id="active", marks=[needs_extra, pytest.mark.full]),
    pytest.param(
        {**ACTIVE, "outputs": ["output", "cost"], "subject_to": {"cost": {"le": 0.9}}},
        id="active with outputs",
        marks=[needs_extra, pytest.mark.full],
    ),
]
#: one member is for every day
EACH = [*BAYESIAN_FIRST, pytest.param(PARETO, id="pareto", marks=pytest.mark.full)]


def config(
    sampler: dict[str, Any],
    runner: dict[str, Any] | None = None,
    supervisor: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    runners = {"r0": {**HILL["r0"], **(runner or {})}}
    return campaign_config({**sampler, **options}, runners=runners, **(supervisor or {}))


def points(campaign: Campaign) -> list[str]:
    return campaign.column("x")


@pytest.mark.parametrize("sampler", EACH)
@pytest.mark.parametrize("asynchronous", [True, *in_full(False)])
def test_the_budget_is_exact_and_each_sample_runs_once(
    campaign: Campaign, sampler: dict[str, Any], asynchronous: bool
) -> None:
    """Random samples at the beginning and failing ones included; every observation is learnt
    from.
    """
    assert (
        campaign.run(
            config=config(sampler, {"fails_above": 0.8}, budget=11, asynchronous=asynchronous)
        )
        == 0
    )
    assert len(set(points(campaign))) == 11
    assert set(campaign.executions().values()) == {1}
    last = campaign.records("learned")[-1]
    outputs = [row["output"] for row in campaign.rows() if row["success"] == "True"]
    good = sum(math.isfinite(float(output)) for output in outputs if output)
    assert (last["known"], last["observations"], last["failed"]) == (11, good, 11 - good)


@pytest.mark.full  # every day `test_resume_continues_with_all_observations` compares two campaigns
@pytest.mark.parametrize("sampler", BAYESIAN_FIRST)
def test_batches_are_the_same_for_the_same_seed(
    campaign: Campaign, sampler: dict[str, Any]
) -> None:
    """To the bit, although workers finish in any order."""
    assert campaign.run(config=config(sampler, {"fails_above": 0.9}, budget=10)) == 0
    first = points(campaign)
    assert campaign.run("--overwrite") == 0
    assert points(campaign) == first


@pytest.mark.parametrize("sampler", EACH)
def test_resume_continues_with_all_observations(
    campaign: Campaign, sampler: dict[str, Any]
) -> None:
    """4 + 3 of 10 samples, resumed, then extended: the samples of one campaign, each run once."""
    whole = config(sampler, {"fails_above": 0.9}, budget=13)
    assert campaign.run(config=whole) == 0
    expected = points(campaign)
    campaign.forget_executions()
    shutil.rmtree(campaign.run_dir)
    sizes = [8, 12] if sampler["type"] == "ActiveLearningSampler" else [7, 10]
    assert campaign.run(config=config(sampler, {"fails_above": 0.9}, budget=sizes[0])) == 0
    campaign.budget(sizes[1])
    assert campaign.resume() == 0
    assert points(campaign) == expected[: sizes[1]]
    campaign.budget(13 - sizes[1])
    assert campaign.extend() == 0
    assert points(campaign) == expected
    assert set(campaign.executions().values()) == {1}


def test_all_failed_batches_are_survived(campaign: Campaign) -> None:
    """Nothing to learn from: everything is drawn at random, and the exit code says that all
    failed.
    """
    assert campaign.run(config=config(BAYESIAN, {"fails_above": -1.0}, budget=9)) in (0, 4)
    assert len(campaign.rows()) == 9
    assert campaign.records("learned") == []


@pytest.mark.full
def test_retried_failures_are_observations_afterwards(campaign: Campaign) -> None:
    """What failed and was run again counts with its new result."""
    assert campaign.run(config=config(BAYESIAN, {"fails_above": 0.5}, budget=7)) == 0
    campaign.config["runners"]["r0"]["fails_above"] = 2.0
    campaign.write()
    assert cli.main(["--retry-failed", "run"]) == 0
    campaign.budget(8)
    assert campaign.resume() == 0
    assert campaign.records("learned")[-1]["known"] == 8


@pytest.mark.full
@pytest.mark.parametrize("asynchronous", [False, *in_full(True)])
def test_an_inner_stage_averages_over_its_parents(campaign: Campaign, asynchronous: bool) -> None:
    """Each sample is run for every parent and is one observation."""
    inner = {**BAYESIAN, "budget": 6, "asynchronous": asynchronous}
    runners = {"r1": {"type": "helpers.parts.learning:HillRunner"}}
    assert (
        campaign.run(
            config=campaign_config(random_sampler(3, parameters=("y",)), inner, runners=runners)
        )
        == 0
    )
    rows = campaign.rows()
    assert len(rows) == 18
    last = campaign.records("learned")[-1]
    means: dict[str, list[float]] = {}
    for row in rows:
        means.setdefault(row["x"], []).append(float(row["output"]))
    assert (last["known"], last["observations"]) == (6, 6)
    assert last["best"] == pytest.approx(max(sum(values) / 3 for values in means.values()))


@pytest.mark.parametrize("asynchronous", [False, *in_full(True)])
def test_a_stage_with_steps_learns_from_the_last(campaign: Campaign, asynchronous: bool) -> None:
    """Sequential codes: what the last one gives is what is looked for."""
    steps = config({**BAYESIAN, "asynchronous": asynchronous}, budget=6)
    steps["runners"]["double"] = {"type": "helpers.parts.learning:HillRunner"}
    steps["supervisor"]["run_order"] = [
        {"executor": ["here", "here"], "sampler": "s0", "runner": ["r0", "double"]}
    ]
    assert campaign.run(config=steps) == 0
    assert len(campaign.rows()) == 6
    assert campaign.records("learned")[-1]["best"] == pytest.approx(max(campaign.numbers("output")))


def test_a_parser_says_what_is_learnt(campaign: Campaign) -> None:
    """Its objective, the negative height, comes from the run directory and not from the row."""
    assert (
        campaign.run(
            config=config(BAYESIAN, budget=7, parser="helpers.parts.learning:HeightParser")
        )
        == 0
    )
    assert campaign.records("learned")[-1]["best"] == pytest.approx(
        max(-value for value in campaign.numbers("output"))
    )


@pytest.mark.parametrize(
    ("budget", "asynchronous"),
    [(7, False), *in_full((7, True), (3, False))],
    ids=["batches", "asynchronous", "at the end"],
)
def test_a_parser_that_reads_no_sample_is_an_error(
    campaign: Campaign, budget: int, asynchronous: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise all samples are random and the campaign seems to have gone well; mended, it goes on
    with what has been run.
    """
    options = {"budget": budget, "asynchronous": asynchronous, "initial_samples": 3}
    lost = config({**BAYESIAN, **options}, parser="helpers.parts.learning:LostParser")
    assert campaign.run(config=lost) == 1
    assert "the parser LostParser could read none of" in capsys.readouterr().err
    ran = len(campaign.rows())
    assert 3 <= ran < 7
    for directory in campaign.path("data").iterdir():
        (directory / "lost.txt").write_text("0.5")
    assert campaign.resume() == 0
    assert len(campaign.rows()) == budget


@pytest.mark.full  # an example of the older program, which others run
def test_the_built_in_parser_finds_the_higher_peak(campaign: Campaign) -> None:
    """The older program's example: the distance of the output from 2, as small as it can be."""
    options = {
        "bounds": [[0.001, 1.0]],
        "parameters": ["x"],
        "budget": 12,
        "initial_samples": 5,
        "acquisition_batch_size": 4,
    }
    example = config({**BAYESIAN, **options}, parser="SyntheticDoubleGaussianParser")
    example["runners"]["r0"] = {"type": "SyntheticDoubleGaussianRunner"}
    assert campaign.run(config=example) == 0
    assert campaign.records("learned")[-1]["best"] == pytest.approx(
        max(campaign.numbers("output")) - 2
    )


# -- asynchronous ----------------------------------------------------------------------------------


def test_a_sample_is_drawn_as_soon_as_a_worker_is_free(campaign: Campaign) -> None:
    """After the first ones, no draw waits for the samples that still run."""
    assert (
        campaign.run(config=config(BAYESIAN, {"slow": 0.3}, budget=12, asynchronous=True, ahead=0))
        == 0
    )
    running_at_draws = []
    drawn = finished = 0
    for record in campaign.records():
        if record["type"] == "samples":
            running_at_draws.append(drawn - finished)
            drawn += len(record["rows"])
        finished += record["type"] == "task"
    assert max(running_at_draws[1:]) >= 1
    assert max(running_at_draws[1:]) <= 1, "two workers: at most one is busy when a sample is drawn"


@pytest.mark.full
@pytest.mark.parametrize(
    "kind", [pytest.param(BAYESIAN, id="bayesian"), pytest.param(PARETO, id="pareto")]
)
def test_every_draw_can_be_repeated_from_the_record(
    campaign: Campaign, kind: dict[str, Any]
) -> None:
    """It is a function of the seed, the position, what was known and what was pending: given the
    same order of results, the same.
    """
    options = {**kind, "budget": 12, "asynchronous": True, "ahead": 0}
    assert campaign.run(config=config(options, {"slow": 0.1, "fails_above": 0.9})) == 0
    from enchanted_tui.samplers.learning.answers import answer

    sampler = BayesianOptimizationSampler(
        **{name: value for name, value in options.items() if name != "type"}
    )
    sampler.place(7, 0)
    drawn: dict[tuple[int, int], tuple[int, dict[str, float]]] = {}
    tasks: list[dict[str, Any]] = []
    told = repeated = 0
    for record in campaign.records():
        if record["type"] == "task":
            tasks.append(record)
        elif record["type"] == "samples":
            for known in tasks[told : record["known"]]:
                position, sample = drawn.pop(tuple(known["task"][1:3]))
                sampler.tell(position, sample, [known["row"]])
            told = record["known"]
            pending = [Pending(position, sample) for position, sample in drawn.values()]
            found = sampler.draw(record["first"], len(record["rows"]), pending, answer)
            assert [list(sample.values()) for sample in found.samples] == record["rows"]
            repeated += found.learned is not None
            for place, sample in enumerate(found.samples):
                drawn[record["batch"], place] = record["first"] + place, sample
    assert repeated >= 4


@pytest.mark.full
def test_fits_wait_for_enough_new_results(campaign: Campaign) -> None:
    """With min_new_results, hyperparameters are kept in between; the draws go on."""
    assert (
        campaign.run(
            config=config(BAYESIAN, {"slow": 0.05}, budget=16, asynchronous=True, min_new_results=4)
        )
        == 0
    )
    known = [record["known"] for record in campaign.records("learned")]
    assert all(later - earlier >= 4 for earlier, later in pairwise(known[:-1]))
    assert known[-1] == 16
    assert len(campaign.rows()) == 16


def test_fitting_never_blocks_the_loop(campaign: Campaign) -> None:
    """While somebody else's sampler learns for seconds, a request is obeyed at once."""
    slow = campaign_config(
        {"type": "helpers.parts.learning:SlowLearner", "budget": 3, "seconds": 5.0}, runners=HILL
    )
    supervisor = Supervisor(config_from_mapping(slow))
    ended: list[Any] = []
    thread = threading.Thread(target=lambda: ended.append(supervisor.start()))
    thread.start()
    while not campaign.path("state/journal.jsonl").exists() or not campaign.records(
        "batch_complete"
    ):
        time.sleep(0.05)
    asked = time.monotonic()
    supervisor.request("drain")
    thread.join(20)
    assert ended[0].reason == "drained"
    assert time.monotonic() - asked < 4.0


# -- what is recorded and shown --------------------------------------------------------------------


def test_what_is_learnt_is_recorded_shown_and_given_as_json(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal keeps it, --status says it, --json has the points that a plot needs."""
    assert campaign.run(config=config(BAYESIAN, budget=10)) == 0
    records = campaign.records("learned")
    assert [record["known"] for record in records] == [4, 7, 10]
    assert records[-1]["best"] == max(campaign.numbers("output"))
    assert records[0]["acquisition"] > 0
    capsys.readouterr()
    assert cli.main(["--status", "run"]) == 0
    assert "cross-validated error" in capsys.readouterr().out
    assert cli.main(["--status", "run", "--json"]) == 0
    (stage,) = json.loads(capsys.readouterr().out)["snapshot"]["stages"]
    assert [point["known"] for point in stage["learned"]] == [4, 7, 10]
    assert {
        "cv_error",
        "cv_error_relative",
        "best",
        "acquisition",
        "observations",
        "failed",
        "seconds",
        "time",
    } <= stage["learned"][0].keys()


def test_the_front_of_several_objectives_is_recorded_and_shown(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its hypervolume never falls, repeats count as samples of their own, and --status says it."""
    assert campaign.run(config=config({**PARETO, "repeats": 2}, budget=12)) == 0
    records = campaign.records("learned")
    volumes = [record["best"] for record in records]
    assert volumes == sorted(volumes)
    pairs = list(zip(campaign.numbers("output"), campaign.numbers("cost"), strict=True))
    dominated = [any(b >= a and d <= c and (b, d) != (a, c) for b, d in pairs) for a, c in pairs]
    assert records[-1]["front"] == dominated.count(False)
    assert records[-1]["errors"].keys() == {"output", "cost"}
    capsys.readouterr()
    assert cli.main(["--status", "run"]) == 0
    assert f"front of {records[-1]['front']}, hypervolume" in capsys.readouterr().out


def test_what_no_runner_returns_is_told_before_anything_runs(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Objectives, limits, outputs and observations alike, all at once, each with the nearest name;
    what is derived is there.
    """
    written = config(BAYESIAN, budget=8, subject_to={"outptu": {"gt": 0}, "twice": {"lt": 3}})
    written["samplers"]["s0"]["objectives"] = {"output": "maximize", "twicee": "minimize"}
    written["runners"]["r0"] = {
        "type": "ExampleRunner",
        "sleep_sec": 0,
        "derived": {"twice": "2 * output"},
    }
    assert campaign.run(config=written) == 2
    said = capsys.readouterr().err
    assert "no runner returns 'outptu', which is to be learnt from; did you mean 'output'?" in said
    assert "no runner returns 'twicee', which is to be learnt from; did you mean 'twice'?" in said
    assert "'twice', which" not in said
    assert not campaign.run_dir.exists()


def test_a_misspelt_limit_of_a_plugin_ends_the_campaign(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows before what it returns; what has been run is kept: the same campaign goes on with
    the right name, as the sentence says, since nothing was learnt by the wrong one, and another one
    learns from it.
    """
    wrong = config(BAYESIAN, budget=7, subject_to={"csot": {"le": 0.5}})
    assert campaign.run(config=wrong) == 2
    said = capsys.readouterr().err
    assert "subject_to.csot names 'csot'; did you mean 'cost'?" in said
    assert "Correct the name in the configuration and resume: nothing has been learnt yet" in said
    assert "another" not in said and "traceback" not in said
    assert len(campaign.rows()) == 4
    before = campaign.rows()
    sampler = campaign.config["samplers"]["s0"]
    sampler["subject_to"] = {"cost": {"le": 0.5}}
    assert campaign.run("--run-mode", "resume") == 0, capsys.readouterr().err
    assert campaign.rows()[:4] == before and len(campaign.rows()) == 7
    sampler["subject_to"] = {"cost": {"le": 0.4}}
    assert campaign.run("--run-mode", "resume") == 2  # now it has learnt
    assert "options.subject_to.cost.le: was 0.5, is now 0.4" in capsys.readouterr().err
    sampler |= {"subject_to": {"cost": {"le": 0.5}}, "base_run_dir": str(campaign.run_dir)}
    sampler["initial_samples"] = 0
    campaign.run_dir = campaign.run_dir.with_name("another")
    assert campaign.run("--base-run-dir", str(campaign.run_dir)) == 0
    assert len(campaign.rows()) == 7
    assert campaign.records("learned")[-1]["observations"] == 14


@pytest.mark.full  # the sentence of one stage is tested every day
def test_what_has_run_is_said_where_later_stages_stream(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects from a sentence that is not so: children of a stage whose sampler fails may not have
    begun; they run when the campaign goes on.
    """
    wrong = {**BAYESIAN, "budget": 7, "subject_to": {"csot": {"le": 0.5}}}
    children = random_sampler(20, None, ("y",))
    assert campaign.run(config=campaign_config(wrong, children, runners=HILL)) == 2
    said = capsys.readouterr().err
    assert "what it had drawn was run, later stages have not run all of theirs" in said
    assert sum(record["task"][0] == 1 for record in campaign.records("task")) < 80
    campaign.config["samplers"]["s0"]["subject_to"] = {"cost": {"le": 0.5}}
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 140


@pytest.mark.full  # `test_a_misspelt_limit` learns first every day, too
def test_a_name_that_is_wrong_after_something_was_learnt(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects what the model was told: with results of an earlier campaign it has learnt before the
    first sample shows that a name is wrong, so another campaign is proposed, and this one says so.
    """
    assert campaign.run(config=config(BAYESIAN, budget=4)) == 0
    earlier, campaign.run_dir = campaign.run_dir, campaign.run_dir.with_name("another")
    wrong = config(BAYESIAN, budget=7, subject_to={"csot": {"le": 0.5}}, initial_samples=0)
    wrong["samplers"]["s0"]["base_run_dir"] = str(earlier)
    assert campaign.run("--base-run-dir", str(campaign.run_dir), config=wrong) == 2
    said = capsys.readouterr().err
    assert "Correct the name in the configuration of another campaign" in said
    assert "resume" not in said


# -- stop_when -------------------------------------------------------------------------------------

STOPS = {
    "target_error": {"target_error": 10.0},
    "target_relative_error": {"target_relative_error": 100.0},
    "no_improvement": {"no_improvement": 3},
    "core_hours": {"core_hours": 1e-9},
    "wall_hours": {"wall_hours": 1e-9},
}


@pytest.mark.parametrize(
    "limit",
    [
        "no_improvement",
        *in_full("target_error", "target_relative_error", "core_hours", "wall_hours"),
    ],
)
def test_a_campaign_ends_when_it_is_enough(
    campaign: Campaign, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0, reason stop_when, and a sentence that names the limit; resumed without it, it
    completes its budget.
    """
    count = rounds(19, 30)
    assert (
        campaign.run(config=config(BAYESIAN, budget=count, supervisor={"stop_when": STOPS[limit]}))
        == 0
    )
    assert campaign.records("end")[-1]["reason"] == "stop_when"
    assert f"stop_when.{limit}" in capsys.readouterr().err
    assert len(campaign.records("task")) < count
    campaign.config["supervisor"].pop("stop_when")
    assert campaign.resume("--set", f"samplers.s0.budget={count}") == 0
    assert len(set(points(campaign))) == count
    assert set(campaign.executions().values()) == {1}


def test_core_hours_count_cores(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the account: in a job that holds 8 CPUs, one sample at a time is 8 core-seconds a
    second, in every session.
    """
    monkeypatch.setenv("SLURM_JOB_CPUS_PER_NODE", "3(x2),2")
    limits = {"stop_when": {"core_hours": 0.8 / 3600}}
    runner = {"type": "PythonRunner", "function": "slow:slow"}
    (campaign.config_path.parent / "slow.py").write_text(
        "import time\n\n\ndef slow(x):\n    time.sleep(0.02)\n    return {'output': x}\n"
    )
    made = config(BAYESIAN, runner, budget=400, supervisor=limits)
    made["samplers"]["s0"] = {
        "type": "RandomSampler",
        "parameters": ["x"],
        "bounds": [[0, 1]],
        "budget": 400,
    }
    made["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=made) == 0
    assert campaign.records("end")[-1]["reason"] == "stop_when"
    records = campaign.records("task")
    assert {record["cores"] for record in records} == {8}
    assert (
        sum(8 * record["runtime"] for record in records)
        >= 0.8
        > sum(record["runtime"] for record in records)
    )


@pytest.mark.full
@pytest.mark.parametrize("sampler", BAYESIAN_FIRST)
def test_equal_values_are_not_enough(
    campaign: Campaign, sampler: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A code that gives 0 below its threshold: no share of a spread that there is not ends the
    campaign after its first batch.
    """
    runner = {"type": "PythonRunner", "function": "flat:flat"}
    (campaign.config_path.parent / "flat.py").write_text(
        "def flat(x):\n    return {'output': 0.0, 'success': True}\n"
    )
    limits = {"stop_when": {"target_relative_error": 0.5}}
    assert campaign.run(config=config(sampler, runner, budget=10, supervisor=limits)) == 0
    assert campaign.records("end")[-1]["reason"] == "completed"
    assert {record["cv_error_relative"] for record in campaign.records("learned")} == {None}
    capsys.readouterr()
    assert cli.main(["--status", "run"]) == 0
    assert "cross-validated error 0 from 10 observations" in capsys.readouterr().out


def test_limits_that_make_no_sense_are_told(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt limit, one that no sampler can reach, and one below zero; before anything is
    created.
    """
    for limits, said in (
        ({"target_eror": 1.0}, "did you mean 'target_error'"),
        ({"core_hours": -1}, "> 0"),
    ):
        assert (
            campaign.run(config=config(BAYESIAN, budget=5, supervisor={"stop_when": limits})) == 2
        )
        assert said in capsys.readouterr().err
    assert campaign.run(config=campaign_config(stop_when={"target_error": 1.0})) == 2
    assert "no sampler in run_order learns" in capsys.readouterr().err
    assert not campaign.run_dir.exists()


# -- what it costs others --------------------------------------------------------------------------


def test_the_supervisor_imports_no_model(campaign: Campaign) -> None:
    """Models are fitted in a process of their own: nothing of them comes into the supervisor."""
    campaign.write(config(BAYESIAN, budget=5))
    code = (
        "import sys; from enchanted_tui.cli import main; assert main(sys.argv[1:]) == 0;"
        " print(*sorted(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(campaign.config_path), "--no-ui"]
    done = subprocess.run(command, env=with_helpers(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not {"sklearn", "skactiveml", "enchanted_tui.samplers.learning.bayesian"} & set(
        done.stdout.split()
    )


@pytest.mark.full
def test_lost_values_cost_their_samples_alone(campaign: Campaign) -> None:
    """A damaged line of the journal, or a kill amid the write of a large batch: the campaign goes
    on, and learns from all the others.
    """
    whole = config(BAYESIAN, budget=9)
    assert campaign.run(config=whole) == 0
    journal = campaign.path("state/journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    second = [number for number, line in enumerate(lines) if b'"type":"samples"' in line][1]
    lines[second] = lines[second].replace(b'"rows"', b'"rots"')
    journal.write_bytes(b"".join(lines))
    assert campaign.resume("--run-mode", "extend") == 0
    assert len(campaign.rows()) == 18
    assert len(set(points(campaign)) - {""}) == 18
    assert (
        campaign.records("learned")[-1]["known"],
        campaign.records("learned")[-1]["observations"],
    ) == (18, 18)


def test_a_column_that_nobody_gives_is_told(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything would be drawn at random with nothing said; once is enough."""
    assert campaign.run(config=config(BAYESIAN, budget=6, observations=["hieght"])) == 0
    said = capsys.readouterr().err
    assert said.count("without a column 'hieght'") == 1
    assert campaign.run(
        "--overwrite", config=config(BAYESIAN, {"fails_above": -1.0}, budget=6)
    ) in (0, 4)
    assert "without a column" not in capsys.readouterr().err.replace("'hieght'", "")


@pytest.mark.parametrize(
    "value", ['"high"', *in_full("[1.0, 2.0]", "{'a': 1}", "numpy.arange(3.0)")]
)
def test_a_column_without_numbers_is_told(
    campaign: Campaign, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A profile instead of its peak: the whole budget would be drawn at random with nothing
    said.
    """
    runner = {"type": "PythonRunner", "function": "profiles:profile"}
    (campaign.config_path.parent / "profiles.py").write_text(
        f"import numpy\n\ndef profile(x):\n    return {{'output': {value}, 'peak': None if x < 0.5"
        " else x, 'success': True}\n"
    )
    assert campaign.run(config=config(BAYESIAN, runner, budget=6)) == 0
    said = capsys.readouterr().err
    assert said.count("without a column 'output' with a number in it") == 1
    assert (
        campaign.run(
            "--overwrite", config=config(BAYESIAN, runner, budget=6, observations=["peak"])
        )
        == 0
    )
    assert "without a column" not in capsys.readouterr().err, "a value that is missing is data"


@pytest.mark.parametrize("parser", [None, *in_full("helpers.parts.learning:HeightParser")])
def test_an_earlier_campaign_that_is_not_there_is_told(
    campaign: Campaign, parser: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is created; the campaign's own directory, which the older program wanted, is
    none.
    """
    options: dict[str, Any] = {"budget": 6, "parser": parser}
    assert campaign.run(config=config(BAYESIAN, **options, base_run_dir="nothing")) == 2
    assert "base_run_dir: there is no" in capsys.readouterr().err
    assert not campaign.run_dir.exists()
    assert campaign.run(config=config(BAYESIAN, **options, base_run_dir="run")) == 0
    assert (
        campaign.run(
            "--base-run-dir", "second", config=config(BAYESIAN, **options, base_run_dir="run")
        )
        == 0
    )
