"""What the options of the section `supervisor` do to a whole campaign, and the commands that only
look.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.files import read_csv, snapshot

FAILING = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"]}


def failing(values: list[Any], wanted: list[Any], **supervisor: Any) -> dict[str, Any]:
    """A campaign over `values` of x, of which `wanted` fail."""
    runner = {**FAILING, "fail_when": {"x": wanted}}
    return campaign_config(
        array_sampler("x", values, batch_size=5), runners={"r0": runner}, **supervisor
    )


# -- max_failures ----------------------------------------------------------------------------------


def test_max_failures_counts_and_the_campaign_can_be_resumed(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the third failure nothing new begins: exit code 4, the reason said, and a resume with
    another limit runs the rest.
    """
    config = failing(list(range(400)), list(range(400)), max_failures=3, breaker=0)
    config["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=config) == 4
    assert "max_failures = 3" in capsys.readouterr().err
    assert 3 <= len(campaign.failures()) < 400
    assert campaign.records("end")[-1]["reason"] == "max_failures"
    done = set(campaign.executions())
    campaign.config["supervisor"]["max_failures"] = 1000
    assert campaign.resume() == 4  # now because every sample failed
    assert campaign.records("end")[-1]["reason"] == "all_failed"
    assert len(campaign.rows()) == 400
    assert set(campaign.executions().values()) == {1}
    assert done < set(campaign.executions())


def test_a_fraction_counts_once_twenty_tasks_have_finished(campaign: Campaign) -> None:
    """All of the first 19 fail and none later: below twenty tasks a fraction stops nothing; of
    forty, 19 are fewer than a half.
    """
    config = failing(list(range(19)), list(range(19)), max_failures=0.5)
    assert campaign.run(config=config) == 4
    assert campaign.records("end")[-1]["reason"] == "all_failed"
    assert len(campaign.rows()) == 19


def test_a_fraction_stops_the_campaign_above_it(campaign: Campaign) -> None:
    """Every second sample fails; 30 % are too many."""
    config = failing(list(range(300)), list(range(0, 300, 2)), max_failures=0.3)
    config["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=config) == 4
    assert campaign.records("end")[-1]["reason"] == "max_failures"
    assert 20 <= len(campaign.rows()) < 300


def test_a_fraction_that_is_just_reached_stops_nothing(campaign: Campaign) -> None:
    """The limit is what is still allowed: a half of forty may fail when a half is given, in
    whatever order they end.
    """
    config = failing(list(range(40)), list(range(20, 40)), max_failures=0.5)
    assert campaign.run(config=config) == 0
    assert len(campaign.failures()) == 20


def test_failures_below_the_limit_stop_nothing(campaign: Campaign) -> None:
    """Failures are data: exit code 0."""
    assert campaign.run(config=failing(list(range(10)), [1, 2], max_failures=3)) == 0
    assert len(campaign.rows()) == 10
    assert len(campaign.failures()) == 2


def test_failures_of_an_earlier_session_do_not_count(campaign: Campaign) -> None:
    """A person who resumes has seen them; otherwise a resume would stop at once, for ever."""
    config = failing(list(range(4)), [0, 1, 2])
    assert campaign.run(config=config) == 0
    campaign.config["samplers"]["s0"]["bounds"] = [list(range(4))]
    campaign.config["supervisor"]["max_failures"] = 1
    assert campaign.resume() == 0


def test_a_campaign_of_which_every_sample_failed_ends_with_4(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to learn from: a script must notice. Every row is there all the same."""
    assert campaign.run(config=failing([1, 2, 3], [1, 2, 3])) == 4
    assert "all 3 samples failed" in capsys.readouterr().err
    assert campaign.column("success") == ["False"] * 3


def test_a_campaign_whose_every_parent_failed_ends_with_4_too(campaign: Campaign) -> None:
    """With failed_parents: skip the last stage is empty then; that is no success."""
    config = campaign_config(
        array_sampler("x", [1, 2]), array_sampler("y", [5]), failed_parents="skip"
    )
    config["runners"]["r0"] = {**FAILING, "fail_when": {"x": [1, 2]}}
    assert campaign.run(config=config) == 4
    assert campaign.column("x") == ["1", "2"]


# -- nothing to do ---------------------------------------------------------------------------------


def test_a_budget_of_zero_warns_and_runs_nothing(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0, as before, but not in silence: on the terminal and, with the whole word of its
    level, in the log.
    """
    assert campaign.run(config=campaign_config(random_sampler(0))) == 0
    assert capsys.readouterr().err.count("budget of 0 draws no samples") == 1
    log = campaign.path("logs/main.log").read_text()
    assert "budget of 0 draws no samples" in log
    assert "[WARNING] " in log
    assert "[INFO ] " in log
    assert not campaign.executions()
    campaign.budget(2)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 2


def test_a_stage_without_rows_leaves_the_next_one_nothing_to_run(campaign: Campaign) -> None:
    """The older program ran the next stage without parents, in silence; here it runs nothing and
    the log says so.
    """
    assert (
        campaign.run(config=campaign_config(random_sampler(0), random_sampler(2, None, ("y",))))
        == 0
    )
    assert not campaign.executions()
    assert "nothing to run" in campaign.path("logs/main.log").read_text()


def test_a_middle_stage_without_rows_keeps_the_first_ones(campaign: Campaign) -> None:
    """Dataset and last complete dataset hold the last rows there are; raising the budget later runs
    everything.
    """
    config = campaign_config(
        random_sampler(2), random_sampler(0, None, ("y",)), random_sampler(2, None, ("z",))
    )
    assert campaign.run(config=config) == 0
    assert len(campaign.rows()) == 2
    assert len(campaign.rows("last_complete_enchanted_dataset.csv")) == 2
    campaign.budget(3, depth=1)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 12


# -- what becomes of failures ----------------------------------------------------------------------


def nested(**supervisor: Any) -> dict[str, Any]:
    runners = {
        "r0": {**FAILING, "fail_when": {"x": [2]}},
        "r1": {"type": "helpers.parts.scripted:TracingRunner", "add": ["y"]},
    }
    return campaign_config(
        array_sampler("x", [1, 2, 3]), array_sampler("y", [5, 6]), runners=runners, **supervisor
    )


def test_failed_parents_are_expanded_unless_told_otherwise(campaign: Campaign) -> None:
    """3 parents, one failed: 6 rows with `success_r0` carried along, the failed parent's children
    without its missing output.
    """
    assert campaign.run(config=nested()) == 0
    assert campaign.column("success_r0") == ["True", "True", "False", "False", "True", "True"]
    assert campaign.column("output") == ["5", "6"] * 3


def test_failed_parents_can_be_skipped(campaign: Campaign) -> None:
    """4 rows; the failed parent stays in the last complete dataset and in the failures."""
    assert campaign.run(config=nested(failed_parents="skip")) == 0
    assert campaign.column("x") == ["1", "1", "3", "3"]
    assert campaign.column("success_r0") == ["True"] * 4
    assert len(campaign.rows("last_complete_enchanted_dataset.csv")) == 3
    assert [row["task"] for row in campaign.failures()] == ["d0_b0_s1_r0"]


def steps(**supervisor: Any) -> dict[str, Any]:
    config = campaign_config(
        array_sampler("x", [1, 2]),
        runners={"r0": {**FAILING, "fail_when": {"x": [2]}}},
        **supervisor,
    )
    config["runners"]["last"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"]}
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["r0", "last"]}
    return config


def test_failed_samples_are_passed_on_unless_told_otherwise(campaign: Campaign) -> None:
    """The last step's verdict is the row's; `success_r0` tells of the failure."""
    assert campaign.run(config=steps()) == 0
    assert campaign.column("success") == ["True", "True"]
    assert campaign.column("success_r0") == ["True", "False"]
    assert len(campaign.executions()) == 4


def test_failed_samples_can_end_at_their_step(campaign: Campaign) -> None:
    """The row is there, failed, with the kind `skipped` and the reason in the failures; the step
    was not run and has no directory.
    """
    assert campaign.run(config=steps(failed_steps="skip")) == 0
    assert campaign.column("success") == ["True", "False"]
    kinds = {row["task"]: (row["kind"], row["message"]) for row in campaign.failures()}
    assert kinds["d0_b0_s1_r1"] == ("skipped", "step 0 failed: ValueError: x = 2 does not converge")
    assert len(campaign.executions()) == 3
    assert not campaign.path("data/d0_b0_s1_r1").exists()
    assert campaign.column("run_dir") == ["run/data/d0_b0_s0_r1", "run/data/d0_b0_s1_r0"]


@pytest.mark.parametrize("wanted", [True, False])
def test_failures_are_logged_if_wanted(campaign: Campaign, wanted: bool) -> None:
    """`log_failures` writes a block with reason and parameters into the log."""
    assert campaign.run(config=failing([1, 2], [2], log_failures=wanted)) == 0
    log = campaign.path("logs/main.log").read_text()
    assert ("=== FAILURE ===" in log) is wanted
    assert ('{"x":2}' in log) is wanted


def test_logged_failures_name_the_parameters(campaign: Campaign) -> None:
    """The option promises the reason and the parameters."""
    assert campaign.run(config=failing([1, 2], [2], log_failures=True)) == 0
    line = next(
        line
        for line in campaign.path("logs/main.log").read_text().splitlines()
        if "=== FAILURE ===" in line
    )
    assert "d0_b0_s1_r0" in line
    assert '{"x":2}' in line


# -- files that are kept ---------------------------------------------------------------------------


def chained(**supervisor: Any) -> dict[str, Any]:
    """Two stages, the first of two steps; every step but the first reads the file of its parent or
    previous step.
    """
    first = {"type": "helpers.parts.scripted:ParentFileRunner", "name": "chain.txt"}
    config = campaign_config(
        array_sampler("x", [1, 2], batch_size=1),
        array_sampler("y", [5, 6], batch_size=1),
        runners={"r0": first, "r1": {**first, "parent_name": "chain.txt"}},
        **supervisor,
    )
    config["runners"]["second"] = {**first, "parent_name": "chain.txt"}
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["r0", "second"]}
    return config


def files(campaign: Campaign) -> set[str]:
    return {path.name for path in campaign.path("data").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, {"enchanted_datapoint.csv", "chain.txt", "scratch.tmp"}),
        ({"save_files": "all"}, {"enchanted_datapoint.csv", "chain.txt", "scratch.tmp"}),
        ({"save_files": "custom", "save_files_list": ["chain.txt"]}, {"chain.txt"}),
        (
            {"save_files": "custom", "save_files_list": ["*.tmp", "enchanted_*"]},
            {"enchanted_datapoint.csv", "scratch.tmp"},
        ),
        ({"save_files": "none"}, set()),
        ({"save_files": None}, {"enchanted_datapoint.csv", "chain.txt", "scratch.tmp"}),
    ],
)
def test_only_the_wanted_files_stay_and_no_child_misses_its_parents(
    campaign: Campaign, options: dict[str, Any], kept: set[str]
) -> None:
    """Every step and child finds the files of the one before; only then are those removed that are
    not wanted. No row is lost.
    """
    assert campaign.run(config=chained(**options)) == 0
    assert campaign.column("success") == ["True"] * 4
    chains = campaign.column("chain")
    assert chains[0] == "d0_b0_s0_r0/d0_b0_s0_r1/d1_b0_s0_r0/"
    assert all(chain.count("/") == 3 for chain in chains)
    assert files(campaign) == kept
    assert (campaign.path("data/d0_b0_s0_r0").exists()) is bool(kept)
    assert {"main.log", "all_progress.txt"} <= {
        path.name for path in campaign.path("logs").iterdir()
    }
    assert campaign.path("config/campaign.yaml").exists()


def test_files_that_a_later_stage_may_need_stay_until_it_is_done(campaign: Campaign) -> None:
    """With `save_files: none` an interrupted campaign still has the parents' files, so that it can
    be resumed.
    """
    config = chained(save_files="none")
    config["samplers"]["s1"] = {
        "type": "RandomSamplerWithKill", "parameters": ["y"], "bounds": [[0, 1]], "budget": 3, "batch_size": 1, "kill_after": 1
    }  # fmt: skip
    assert campaign.run(config=config) == 1
    assert campaign.path("data/d0_b0_s0_r1/chain.txt").exists()
    del campaign.config["samplers"]["s1"]["kill_after"]
    assert campaign.resume() == 0
    assert campaign.column("success") == ["True"] * 6
    assert not files(campaign)


def test_new_children_of_cleaned_parents_are_announced(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parents whose files were removed get more children: the person hears of it before runners
    look for those files.
    """
    config = chained(save_files="none")
    config["samplers"]["s1"] = random_sampler(2, None, ("y",))
    assert campaign.run(config=config) == 0
    assert "removed files of finished parents" not in capsys.readouterr().err
    campaign.resume("--run-mode", "extend")
    assert "removed files of finished parents" in capsys.readouterr().err


def test_a_text_none_is_taken_for_none_with_a_notice(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """The older program took `None` for all; a person who wrote it meant none, and is told before
    anything is deleted.
    """
    config = chained(save_files="None")
    config_path = campaign.write(config)
    assert cli.main([str(config_path), "--check"]) == 0
    assert "taken for 'none'" in capsys.readouterr().err


# -- local storage ---------------------------------------------------------------------------------


def scratch(campaign: Campaign) -> Path:
    place = campaign.root / "scratch"
    place.mkdir()
    (place / "foreign.dat").write_text("somebody else's")
    (place / "data").mkdir()
    (place / "data/d0_b0_s0_r0").mkdir()
    (place / "data/d0_b0_s0_r0/mine.txt").write_text("also somebody else's")
    return place


@pytest.mark.parametrize("how", ["path", "variable"])
def test_tasks_run_in_a_private_directory_and_come_home(
    campaign: Campaign, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several batches and stages: files end in base_run_dir, run_dir says so, and foreign files in
    the local directory stay.
    """
    place = scratch(campaign)
    before = snapshot(place)
    monkeypatch.setenv("NODE_DISK", str(place))
    assert (
        campaign.run(config=chained(local_storage=str(place) if how == "path" else "NODE_DISK"))
        == 0
    )
    assert campaign.column("success") == ["True"] * 4
    assert campaign.column("run_dir")[0] == "run/data/d1_b0_s0_r0"
    assert campaign.path("data/d1_b0_s0_r0/chain.txt").is_file()
    assert snapshot(place) == before


def test_the_private_directory_is_used_while_tasks_run(campaign: Campaign) -> None:
    """Otherwise the option would do nothing: the runner's own run_dir lies in it."""
    place = scratch(campaign)
    config = campaign_config(random_sampler(2), local_storage=str(place))
    config["runners"]["r0"] = {"type": "PythonRunner", "function": "where_am_i:where"}
    (campaign.root / "where_am_i.py").write_text(
        "def where(run_dir):\n    return {'seen': run_dir}\n"
    )
    assert campaign.run(config=config) == 0
    for seen in campaign.column("seen"):
        assert Path(seen).is_relative_to(place)
        assert Path(seen).parent.name.startswith("enchanted-")
        assert not Path(seen).exists()


def test_a_local_directory_that_does_not_exist_warns_and_is_ignored(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped name must not stop a campaign that ran before, nor make a directory."""
    assert (
        campaign.run(config=campaign_config(random_sampler(2), local_storage="NO_SUCH_VARIABLE"))
        == 0
    )
    assert "NO_SUCH_VARIABLE" in capsys.readouterr().err
    assert len(campaign.rows()) == 2
    assert not (campaign.root / "NO_SUCH_VARIABLE").exists()


# -- the other files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("storage", "written"),
    [({"type": "None"}, False), ({"type": "none"}, False), ({"type": "h5"}, True), (None, True)],
)
def test_hdf5_can_be_turned_off(campaign: Campaign, storage: Any, written: bool) -> None:
    """`storage: {type: None}` as before, in any case; a section without content means the
    default.
    """
    config = campaign_config(random_sampler(2))
    config["storage"] = storage
    assert campaign.run(config=config) == 0
    assert campaign.path("runs.h5").exists() is written


def test_the_progress_files_of_a_finished_campaign(campaign: Campaign) -> None:
    """One final report for each batch and step, and a pipeline that has ended."""
    assert campaign.run(config=steps()) == 0
    reports = campaign.path("logs/all_progress.txt").read_text()
    assert reports.count("=== PROGRESS REPORT ===") == 2
    for line in (
        "Depth: 0",
        "Batch: 0",
        "Completed: 2/2",
        "Successes: 1",
        "Failures: 1",
        "Success Rate:   50.0%",
    ):
        assert line in reports
    assert "State: finished" in campaign.path("logs/pipeline_progress.txt").read_text()
    current = campaign.path("logs/current_progress.txt").read_text()
    assert current.startswith("\n")
    assert f"[{'#' * 40}] 100.0%" in current


SLOW_MODEL = """
import csv
import os
import time


def slow(x, run_dir):
    time.sleep(x)
    dataset = os.path.join(run_dir, "../../enchanted_dataset.csv")
    if not os.path.exists(dataset):
        return {"seen": 0}
    with open(dataset) as file:
        return {"seen": len(list(csv.reader(file))) - 1}
"""


def test_the_dataset_lags_at_most_two_seconds(campaign: Campaign) -> None:
    """While slow samples still run, the finished ones are in the dataset on disk."""
    (campaign.root / "slow_model.py").write_text(SLOW_MODEL)
    config = campaign_config(array_sampler("x", [0, 0, 0, 2.5]))
    config["runners"]["r0"] = {"type": "PythonRunner", "function": "slow_model:slow"}
    started = time.monotonic()
    assert campaign.run(config=config) == 0
    assert time.monotonic() - started < 30
    assert campaign.column("seen")[-1] == "3"


def test_a_sample_that_reports_failure_keeps_its_outputs(campaign: Campaign) -> None:
    """success False is data with a reason, not a lost sample."""
    config = campaign_config(array_sampler("c1", [1, 2]))
    config["runners"]["r0"] = {"type": "SumRunner", "params_to_sum": ["c1"], "fail_if": 2}
    assert campaign.run(config=config) == 0
    assert campaign.numbers("output") == [1.0, 2.0]
    assert campaign.column("success") == ["True", "False"]
    assert [row["kind"] for row in read_csv(campaign.path("enchanted_failures.csv"))] == [
        "reported"
    ]


def test_two_campaigns_do_not_share_their_logs(campaign: Campaign) -> None:
    """One after the other in one process: each log tells of its own campaign alone."""
    assert campaign.run(config=campaign_config(random_sampler(1))) == 0
    other = Campaign(
        campaign.root, campaign_config(random_sampler(1), log_failures=True), run_dir="other"
    )
    other.config["supervisor"]["base_run_dir"] = "other"
    other.config["runners"]["r0"] |= {"fail_when": {"x": []}}
    assert other.run() == 0
    assert campaign.path("logs/main.log").read_text().count("campaign completed") == 1
    assert other.path("logs/main.log").read_text().count("campaign completed") == 1
    assert os.listdir(campaign.path("logs")) != []


def test_a_unit_of_no_column_is_told(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its column would go without one in every file; nothing is said where nothing can be known, as
    all samples failed.
    """
    config = campaign_config(random_sampler(3), units={"outptu": "eV", "x": "m"})
    assert campaign.run(config=config) == 0
    said = capsys.readouterr().err
    assert said.count("the dataset has no column 'outptu'; did you mean 'output'?") == 1
    assert campaign.resume() == 0
    assert "no column" not in capsys.readouterr().err
    (campaign.root / "sad.py").write_text("def sad(x):\n    return {'success': False}\n")
    failing = campaign_config(
        random_sampler(3),
        runners={"r0": {"type": "PythonRunner", "function": "sad:sad"}},
        units={"output": "eV"},
    )
    campaign.run("--overwrite", config=failing)
    assert "no column" not in capsys.readouterr().err
