"""The older program's public configurations, key for key: rows, columns and their order are what
that program gives.

Expected values were observed by running it. The everyday version runs them on local workers,
without pauses and with smaller budgets of samplers that learn; ``--full`` runs them as they are.
"""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.config.loading import load_config
from helpers.campaign import Campaign
from helpers.marks import in_full

PUBLIC = Path(__file__).parent / "older_public"

has_extra = all(importlib.util.find_spec(name) for name in ("sklearn", "skactiveml"))

ONE = "output,success,success_r1,{},runtime_sec_r1,run_dir"
C = ONE.format("c1,c2")
#: A runner of two stages: its run time keeps the place that it had in the parent's row.
TWICE = "output,success,success_r1,c1,c2,runtime_sec_r1,c3,c4,run_dir"


class Expected(NamedTuple):
    rows: int
    columns: str
    code: int = 0
    everyday: int | None = None  #: a smaller budget of the sampler s1


EXPECTED = {
    "example_active": Expected(
        256, "output,success,success_r2,success_r1,c1,c2,runtime_sec_r1,runtime_sec_r2,run_dir"
    ),
    "example_active_borunner": Expected(50, ONE.format("x")),
    "example_bayesian_optimization_local": Expected(50, ONE.format("x"), 0, 4),
    "example_dask_local": Expected(4, C),
    "example_local": Expected(10, ONE.format("x,y")),
    "example_local_large": Expected(300, C, 1),
    "example_nested": Expected(
        64,
        "output,success,success_code3_runner,success_code2_runner,success_code1_runner,c1,c2,runtime_sec_code1_runner,"
        "c3,c4,runtime_sec_code2_runner,c5,c6,runtime_sec_code3_runner,run_dir",
    ),
    "example_sequential": Expected(
        4,
        "output,success,success_code3_runner,success_code2_runner,success_code1_runner,c1,c2,"
        "runtime_sec_code1_runner,runtime_sec_code2_runner,runtime_sec_code3_runner,run_dir",
    ),
    "full_workflow_dask": Expected(50, C),
    "full_workflow_joblib": Expected(50, C),
    "full_workflow_local": Expected(10, C),
    "nested_budget_increase": Expected(81, TWICE),
    "nested_dask_executors": Expected(
        16, "output,success,success_r2,success_r1,c1,c2,runtime_sec_r1,c3,c4,runtime_sec_r2,run_dir"
    ),
    "nested_executor_reuse": Expected(
        64,
        "output,success,success_r3,success_r2,success_r1,c1,c2,runtime_sec_r1,c3,c4,runtime_sec_r2,c5,c6,runtime_sec_r3,run_dir",
    ),
    "nested_resume_after_interruption": Expected(54, TWICE, 1),
    "nested_sequential": Expected(
        100,
        "output,success,success_r2,success_r1,c1,c2,runtime_sec_r1,runtime_sec_r2,c3,c4,run_dir",
    ),
    "runner_failure_nested": Expected(
        12, "output,success,success_r2,success_r1,c1,runtime_sec_r1,c2,runtime_sec_r2,run_dir"
    ),
    "runner_failure_sequential": Expected(
        4, "output,success,success_r2,success_r1,c1,runtime_sec_r1,runtime_sec_r2,run_dir"
    ),
    "runner_failure_simple": Expected(4, ONE.format("c1")),
    "sequential_local": Expected(
        10, "output,success,success_r2,success_r1,c1,c2,runtime_sec_r1,runtime_sec_r2,run_dir"
    ),
    "simple_budget_increase": Expected(15, C),
    "simple_resume_after_interruption": Expected(40, C, 1),
}
#: These need a cluster with SLURM; what they would ask it for is looked at.
ON_CLUSTERS = ("example_bayesian_optimization", "example_dask_slurm")
LEARNING = pytest.mark.skipif(
    not has_extra, reason="scikit-activeml is not installed: install the extra 'learning'"
)
NAMES = [pytest.param(name, marks=LEARNING if "active" in name else ()) for name in EXPECTED]
#: scikit-activeml alone takes seconds to import
QUICK = [name for name in EXPECTED if "active" not in name]
#: of those, what is run every day
TELLING = QUICK[::4]


def content_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PUBLIC / f"{name}.yaml").read_text())
    return found


def local(name: str) -> list[str]:
    """What makes a configuration quick: local workers, no pauses, smaller budgets of samplers that
    learn.
    """
    content = content_of(name)
    changes = [
        f"executors.{key}={{type: LocalExecutor, n_workers: 2}}" for key in content["executors"]
    ]
    changes += [
        f"runners.{key}.sleep_sec=0"
        for key, runner in content["runners"].items()
        if runner["type"] == "ExampleRunner"
    ]
    changes += [f"samplers.s1.budget={EXPECTED[name].everyday}"] if EXPECTED[name].everyday else []
    return list(itertools.chain.from_iterable(("--set", change) for change in changes))


def run(campaign: Campaign, name: str, *changes: str) -> int:
    campaign.run_dir = campaign.root / "out"
    return cli.main(
        ["-cf", str(PUBLIC / f"{name}.yaml"), "--no-ui", "--base-run-dir", "out", *changes]
    )


def check(campaign: Campaign, name: str, rows: int) -> None:
    """Columns in their order, and rows in the order of batches and samples."""
    assert campaign.columns() == EXPECTED[name].columns.split(",")
    found = campaign.rows()
    assert len(found) == rows
    places = [
        tuple(int(part[1:]) for part in row["run_dir"].rpartition("/")[2].split("_"))
        for row in found
    ]
    assert places == sorted(places)
    assert len({place[0] for place in places}) == len({place[3] for place in places}) == 1


def test_all_24_are_here() -> None:
    """No public configuration goes untested."""
    assert sorted(path.stem for path in PUBLIC.glob("*.yaml")) == sorted([*EXPECTED, *ON_CLUSTERS])
    assert len(EXPECTED) + len(ON_CLUSTERS) == 24


@pytest.mark.parametrize(
    "name", [*TELLING, *in_full(*(name for name in QUICK if name not in TELLING))]
)
def test_rows_and_columns_are_the_older_programs(campaign: Campaign, name: str) -> None:
    """Whether it ends or dies in the middle, as configured."""
    expected = EXPECTED[name]
    assert run(campaign, name, *local(name)) == expected.code
    check(campaign, name, expected.everyday or expected.rows)


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_they_run_as_they_are(campaign: Campaign, name: str) -> None:
    """With their own executors, pauses and budgets."""
    assert run(campaign, name) == EXPECTED[name].code
    check(campaign, name, EXPECTED[name].rows)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_valid_as_they_are(name: str) -> None:
    """Errors are none; every key that does nothing is a warning."""
    assert len(load_config(PUBLIC / f"{name}.yaml").stages) == len(
        content_of(name)["supervisor"]["run_order"]
    )


@pytest.mark.parametrize("name", ON_CLUSTERS)
def test_those_for_clusters_are_valid(name: str) -> None:
    """Account, queue and walltime are passed on; there is no SLURM here to run them."""
    config = load_config(PUBLIC / f"{name}.yaml")
    written = content_of(name)["executors"]["e1"]["SLURMcluster_config"]
    assert written.items() <= config.executors["e1"].options["SLURMcluster_config"].items()


def test_values_of_a_sequence_and_of_failures(campaign: Campaign) -> None:
    """What their own workflow tests look at: 12 = 6 + 6, and 7 failures among 4 + 12 samples."""
    assert run(campaign, "sequential_local", *local("sequential_local")) == 0
    assert campaign.numbers("output") == [12.0] * 10
    campaign.run_dir = campaign.root / "second"
    assert (
        run(campaign, "runner_failure_nested", *local("runner_failure_nested"), "--overwrite") == 0
    )
    assert campaign.column("success").count("False") == 4
    assert campaign.column("success_r1").count("False") == 3


def test_a_killed_one_is_completed_by_a_resume(campaign: Campaign) -> None:
    """As in their own test of continuation: 40 of 50 rows, then all, without `kill_after`."""
    name = "simple_resume_after_interruption"
    assert run(campaign, name, *local(name)) == 1
    assert (
        run(
            campaign,
            name,
            *local(name),
            "--run-mode",
            "resume",
            "--set",
            "samplers.random_kill.kill_after=null",
        )
        == 0
    )
    assert len(campaign.rows()) == 50
