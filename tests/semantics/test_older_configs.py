"""Configurations in the older program's style run unmodified and give the files that its users'
scripts expect.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.storage.run_state import RunState
from enchanted_tui.supervisor import campaign as campaign_module
from enchanted_tui.supervisor import projections
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler
from helpers.files import read_csv, read_h5

OLDER = Path(__file__).parent / "older"


#: What the older program draws for `older/sobol.yaml`, under scipy 1.13 to 1.17.
OLDER_SOBOL = [
    (0.20519809238612652, 1.3250159490853548), (0.6663575898855925, 0.1349113043397665),
    (0.8723325319588184, 1.7592865079641342), (0.2548920400440693, 0.7025935091078281),
    (0.4848552579060197, 1.6604729425162077), (0.8830383354797959, 0.846335643902421),
    (0.5929190246388316, 1.219732653349638), (0.03845590632408857, 0.28902941197156906),
]  # fmt: skip


class Expected(NamedTuple):
    rows: int
    columns: str
    batches: tuple[int, ...] = (1,)  #: of each stage


EXPECTED = {
    "minimal": Expected(4, "output,success,success_r1,x,runtime_sec_r1,run_dir"),
    "nested_three_stages": Expected(
        64,
        "output,success,success_r3,success_r2,success_r1,c1,c2,runtime_sec_r1,c3,c4,runtime_sec_r2,c5,c6,runtime_sec_r3,run_dir",
        (1, 1, 1),
    ),
    "sequential_three_steps": Expected(
        6,
        "output,success,success_code3_runner,success_code2_runner,success_code1_runner,c1,c2,"
        "runtime_sec_code1_runner,runtime_sec_code2_runner,runtime_sec_code3_runner,run_dir",
        (2,),
    ),
    "one_sampler_in_two_stages": Expected(
        9, "output,success,success_r2,success_r1,c1,runtime_sec_r1,runtime_sec_r2,run_dir", (1, 1)
    ),
    "budget_10_batch_3": Expected(
        10, "output,success,success_r1,c1,c2,runtime_sec_r1,run_dir", (4,)
    ),
    "batch_above_budget": Expected(3, "output,success,success_r1,c1,runtime_sec_r1,run_dir"),
    "nested_sampler": Expected(12, "output,success,success_r1,c1,c2,runtime_sec_r1,run_dir"),
    "dead_keys": Expected(6, "output,success,success_r1,c1,c2,runtime_sec_r1,run_dir"),
    "snake_case": Expected(4, "output,success,success_r,fuel,c1,runtime_sec_r,run_dir"),
    "anchors": Expected(
        14,
        "output,success,success_r2,success_r1,c1,c2,runtime_sec_r1,c3,c4,runtime_sec_r2,run_dir",
        (3, 1),
    ),
    "every_file_option": Expected(
        6,
        "output,success,success_r2,success_r1,c1,runtime_sec_r1,c2,runtime_sec_r2,run_dir",
        (1, 1),
    ),
    "failing_parents": Expected(
        12,
        "output,success,success_r2,success_r1,c1,runtime_sec_r1,c2,runtime_sec_r2,run_dir",
        (1, 1),
    ),
    "sobol": Expected(10, "output,success,success_r1,x,y,runtime_sec_r1,run_dir"),
    "yaml_traps": Expected(10, "output,success,success_r1,x,runtime_sec_r1,run_dir", (2,)),
}


def older(campaign: Campaign, name: str) -> Campaign:
    """Run one of the configurations with the older program's own option."""
    campaign.run_dir = campaign.root / "out"
    assert cli.main(["-cf", str(OLDER / f"{name}.yaml"), "--no-ui"]) == 0
    return campaign


def test_every_configuration_is_expected() -> None:
    """No file goes untested."""
    assert sorted(path.stem for path in OLDER.glob("*.yaml")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_it_runs_unmodified(campaign: Campaign, name: str) -> None:
    """Exact number of rows, columns in their order, every row a run directory, and the state file
    that names the last batch.
    """
    expected = EXPECTED[name]
    older(campaign, name)
    assert campaign.columns() == expected.columns.split(",")
    assert len(campaign.rows()) == expected.rows
    base = yaml.safe_load((OLDER / f"{name}.yaml").read_text())["supervisor"]["base_run_dir"]
    last = len(expected.batches) - 1
    for row in campaign.rows():
        prefix, _, directory = row["run_dir"].rpartition("/")
        assert prefix == f"{base}/data"
        assert directory.startswith(f"d{last}_b")
        assert Path(row["run_dir"]).is_dir() or name == "every_file_option"
    state = yaml.safe_load(campaign.path("enchanted_run.yaml").read_text())
    assert list(state) == ["batch_number", "depth", "submitted_samples"]
    assert (state["batch_number"], state["depth"]) == (expected.batches[-1] - 1, last)
    assert campaign.stored_configs() == [f"{name}.yaml"]
    assert (
        campaign.path(f"config/{name}.yaml").read_bytes() == (OLDER / f"{name}.yaml").read_bytes()
    )


def test_rows_of_nested_stages_are_parent_major(campaign: Campaign) -> None:
    """Each row of one level with each sample of the next, the last parameter of a grid changing
    fastest.
    """
    older(campaign, "nested_three_stages")
    grids = [
        itertools.product((0.0, 1.0), (2.0, 3.0)),
        itertools.product((0.0, 10.0), (0.0, 1.0)),
        itertools.product((100.0, 200.0), (1.0, 2.0)),
    ]
    points: list[Any] = [sum(parts, ()) for parts in itertools.product(*grids)]
    assert [
        tuple(float(row[f"c{number}"]) for number in range(1, 7)) for row in campaign.rows()
    ] == points
    assert campaign.numbers("output") == [point[4] + point[5] for point in points]
    assert [row["run_dir"] for row in campaign.rows()] == [
        f"out/data/d2_b0_s{sample}_r0" for sample in range(64)
    ]


def test_two_by_three_is_six_parent_major(campaign: Campaign) -> None:
    """The example of the older program's own documentation: 3 draws in each of two stages, one
    sampler serving both.
    """
    older(campaign, "one_sampler_in_two_stages")
    first = [row["c1"] for row in read_csv(campaign.path("last_complete_enchanted_dataset.csv"))]
    second = campaign.column("c1")
    assert second[:3] * 3 == second
    assert len(set(first)) == len(set(second)) == 3
    assert not set(first) & set(second)


def test_steps_see_the_whole_row_of_the_step_before(campaign: Campaign) -> None:
    """c1, then output + c2, then output: the last step's output is the sum."""
    older(campaign, "sequential_three_steps")
    for row in campaign.rows():
        assert float(row["output"]) == float(row["c1"]) + float(row["c2"])
    directories = {path.name for path in campaign.path("data").iterdir()}
    assert directories == {
        f"d0_b{batch}_s{sample}_r{step}"
        for batch in range(2)
        for sample in range(3)
        for step in range(3)
    }
    assert [row["run_dir"][-2:] for row in campaign.rows()] == ["r2"] * 6


def test_every_run_directory_has_its_datapoint(campaign: Campaign) -> None:
    """Header and one row: the runner's outputs, its success by name, inputs, run time, run
    directory.
    """
    older(campaign, "sequential_three_steps")
    columns = {
        0: "output,success,success_code1_runner,c1,c2,runtime_sec_code1_runner,run_dir",
        1: (
            "output,success,success_code2_runner,success_code1_runner,c1,c2,runtime_sec_code1_runner,runtime_sec_code2_runner,run_dir"
        ),
    }
    for step, header in columns.items():
        path = campaign.path(f"data/d0_b1_s2_r{step}/enchanted_datapoint.csv")
        assert path.read_text().splitlines()[0] == header
        (row,) = read_csv(path)
        assert row["run_dir"] == f"out/data/d0_b1_s2_r{step}"
        assert row["success"] == "True"
        assert 0 <= float(row[f"runtime_sec_code{step + 1}_runner"]) < 10
    assert campaign.path("data/d0_b1_s2_r0/params.txt").is_file()


def test_failing_parents_are_expanded_with_their_failure_carried_along(campaign: Campaign) -> None:
    """4 x 3 rows; the third parent's children show `success_r1` False and have run."""
    older(campaign, "failing_parents")
    assert campaign.column("success_r1") == ["True"] * 6 + ["False"] * 3 + ["True"] * 3
    assert campaign.column("success") == ["True"] * 12
    assert campaign.numbers("output") == [
        parent + child for parent in (1, 2, 3, 4) for child in (10, 20, 30)
    ]


def test_the_older_layout_of_the_hdf5_file(campaign: Campaign) -> None:
    """Runs of all levels, the last level together, attributes filled in, and success as a number
    that can be read.
    """
    older(campaign, "failing_parents")
    content = read_h5(campaign.path("runs.h5"))
    # attributes tell of the campaign
    assert {name for name in content if not name.startswith("@")} == {
        "data",
        "metadata",
    }
    runs = content["data"]["runs"]
    assert set(runs) == {f"d0_b0_s{sample}_r0" for sample in range(4)} | {
        f"d1_b0_s{sample}_r0" for sample in range(12)
    }
    failed = runs["d0_b0_s2_r0"]
    assert dict(zip(failed["columns"], failed["values"][0], strict=True)) | {"runtime_sec_r1": 0} == {
        "output": 3.0, "success": 0.0, "success_r1": 0.0, "c1": 3.0, "runtime_sec_r1": 0,
    }  # fmt: skip
    aggregated = content["data"]["aggregated"]
    assert aggregated["columns"] == [name for name in campaign.columns() if name != "run_dir"]
    assert len(aggregated["values"]) == 12
    assert [row[0] for row in aggregated["values"]] == campaign.numbers("output")
    assert aggregated["text_columns"] == ["run_dir"]
    assert [row[0] for row in aggregated["text_values"]] == campaign.column("run_dir")
    for stage in "01":
        assert content["metadata"]["run_groups"][stage] == {
            "@sampler": "ArraySampler", "@executors": ["LocalExecutor"], "@runners": ["SumRunner"],
        }  # fmt: skip


def test_the_options_about_files_do_what_they_say(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """save_files custom, Parquet beside CSV, no HDF5, failures logged, and an unset local_storage
    ignored with a warning.
    """
    older(campaign, "every_file_option")
    assert {path.name for path in campaign.path("data").rglob("*") if path.is_file()} == {
        "params.txt"
    }
    assert campaign.path("enchanted_dataset.parquet").is_file()
    assert not campaign.path("runs.h5").exists()
    log = campaign.path("logs/main.log").read_text()
    assert log.count("=== FAILURE ===") == 3
    assert "ENCHANTED_TEST_NO_SUCH_VARIABLE" in capsys.readouterr().err
    parents = campaign.rows("last_complete_enchanted_dataset.csv")
    assert [(row["output"], row["success"]) for row in parents] == [("nan", "False")] * 3


def test_dead_keys_warn_and_do_nothing(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every key that never had an effect is named with its line, and what it nearly says; the
    campaign runs.
    """
    older(campaign, "dead_keys")
    said = capsys.readouterr().err
    for key in (
        "project",
        "output_dir",
        "verbose",
        "whatever",
        "num_samples",
        "bugdet",
        "other_params",
        "parameter_mode",
        "comment",
    ):
        assert f"{key}: ignored" in said or f".{key}:" in said
    assert "dead_keys.yaml:2:1" in said
    assert not (campaign.root / "local_out").exists()


def test_sobol_points_are_those_of_seed_42(campaign: Campaign) -> None:
    """The first 8 are what the older program drew with its default seed; the budget of 10 is served
    in full.
    """
    older(campaign, "sobol")
    found = list(zip(campaign.numbers("x"), campaign.numbers("y"), strict=True))
    assert len(found) == 10
    assert found[:8] == OLDER_SOBOL


def test_numbers_that_yaml_takes_for_text_are_numbers(campaign: Campaign) -> None:
    """1e-3 and 1e1: within the bounds, and ten of them."""
    older(campaign, "yaml_traps")
    assert all(1e-3 <= x <= 10 for x in campaign.numbers("x"))


def test_progress_reports_have_the_older_lines(campaign: Campaign) -> None:
    """Scripts that grep them go on working; one report for each batch, and one for the whole
    pipeline beside.
    """
    older(campaign, "budget_10_batch_3")
    reports = (
        campaign.path("logs/all_progress.txt").read_text().split("=== PROGRESS REPORT ===")[1:]
    )
    assert len(reports) == 4
    # batches overlap: any may end first
    for batch, report in enumerate(sorted(reports, key=lambda text: text[text.index("Batch: ") :])):
        count = 3 if batch < 3 else 1
        lines = report.splitlines()
        for line in (
            "Depth: 0",
            f"Batch: {batch}",
            f"Completed: {count}/{count}",
            f"Successes: {count}",
            "Failures: 0",
            "Success Rate:  100.0%",
        ):
            assert line in lines
        assert any(line.startswith("Time: ") for line in lines)
        assert f"[{'#' * 40}] 100.0%" in lines
    assert (
        campaign.path("logs/current_progress.txt")
        .read_text()
        .splitlines()[2]
        .startswith("=== PROGRESS REPORT ===")
    )
    assert "10/10" in campaign.path("logs/pipeline_progress.txt").read_text()


def test_the_log_has_the_older_format(campaign: Campaign) -> None:
    """Time, level cut to five letters in brackets, message."""
    import re

    older(campaign, "minimal")
    for line in campaign.path("logs/main.log").read_text().splitlines():
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[[A-Z ]{5}\] ", line)


def test_the_files_are_where_they_were(campaign: Campaign) -> None:
    """The names that scripts know, and our own only below `state` and as the failures file."""
    older(campaign, "failing_parents")
    assert {path.name for path in campaign.run_dir.iterdir()} == {
        "config", "data", "logs", "state", "enchanted_dataset.csv", "last_complete_enchanted_dataset.csv",
        "enchanted_failures.csv", "enchanted_run.yaml", "runs.h5",
    }  # fmt: skip
    assert {path.name for path in campaign.path("logs").iterdir()} == {
        "main.log", "current_progress.txt", "all_progress.txt", "pipeline_progress.txt",
    }  # fmt: skip


def test_the_state_file_never_counts_what_the_dataset_lacks(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever enchanted_run.yaml is written the rows are there already, so a kill between the two
    leaves none that nobody has.
    """
    write = projections.write_run_state
    counted = []

    def look_and_write(path: Path, state: RunState) -> None:
        rows = campaign.rows() if campaign.path("enchanted_dataset.csv").exists() else []
        counted.append((state.submitted_samples, len(rows)))
        write(path, state)

    monkeypatch.setattr(projections, "write_run_state", look_and_write)
    monkeypatch.setattr(projections, "_PROGRESS_INTERVAL", 0.0)
    monkeypatch.setattr(campaign_module, "_TICK", 0.0)
    assert campaign.run(config=campaign_config(random_sampler(60, 2))) == 0
    assert len(counted) > 3
    assert all(submitted <= rows for submitted, rows in counted), counted


def test_a_sampler_that_dies_can_be_resumed(campaign: Campaign) -> None:
    """RandomSamplerWithKill, the older program's aid for testing this: every start gets some
    batches further.
    """
    config = yaml.safe_load((OLDER / "budget_10_batch_3.yaml").read_text())
    config["samplers"]["s1"] |= {"type": "RandomSamplerWithKill", "kill_after": 2}
    campaign.run_dir = campaign.root / "out"
    assert campaign.run(config=config) == 1
    assert len(campaign.rows()) == 6
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 10


@pytest.mark.parametrize(
    "text",
    [
        (
            "sampler: {type: RandomSampler, bounds: [[0,1]], parameters: [x], budget: 3}\nrunner:"
            " {type: R}\nexecutor: {type: LocalExecutor}\n"
        ),
        (
            "# of a plugin\nsampler:\n  type: TemplateSampler\nrunner:\n  type: TemplateRunner\n "
            " executable_path: p\nexecutor:\n  type: LocalExecutor\n  base_run_dir: /tmp\n"
        ),
        "executor: {type: DaskExecutor, base_run_dir: x}\n",
    ],
)
def test_a_file_of_version_1_is_told_in_one_sentence(
    campaign: Campaign, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one error for each section that it lacks and a warning for each that it has."""
    Path("old.yaml").write_text(text)
    assert cli.main(["old.yaml", "--check"]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith("old.yaml:")
    assert "version 1 of Enchanted Surrogates" in said


@pytest.mark.parametrize("inside", [False, True], ids=["at the top", "in supervisor"])
def test_post_processing_of_the_next_version_is_run(
    campaign: Campaign, inside: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its script runs when the campaign is complete, and a warning says where this program has
    that.
    """
    Path("after.py").write_text("open('done.txt', 'w').close()\n")
    config = campaign_config(random_sampler(2))
    (config["supervisor"] if inside else config)["post_processing"] = {"script_path": "after.py"}
    assert campaign.run(config=config) == 0
    assert "is run as supervisor.on_complete" in capsys.readouterr().err
    assert list(campaign.root.rglob("done.txt"))


REFUSED = {
    "an empty run_order": ("supervisor.run_order=[]", "empty list"),
    "a negative budget": ("samplers.s1.budget=-1", "budget"),
    "a fractional budget": ("samplers.s1.budget=2.5", "budget"),
    "a batch of nothing": ("samplers.s1.batch_size=0", "batch_size"),
    "bounds upside down": ("samplers.s1.bounds=[[1, 0]]", "above the upper"),
    "endless bounds": ("samplers.s1.bounds=[[0, .inf]]", "finite"),
    "more parameters than bounds": ("samplers.s1.parameters=[x, y]", "parameters 2"),
    "a parameter called success": ("samplers.s1.parameters=[success]", "'success'"),
    "a parameter called run_dir": ("samplers.s1.parameters=[run_dir]", "'run_dir'"),
    "a parameter twice": (
        (
            "samplers.s1={type: RandomSampler, bounds: [[0, 1], [0, 1]], parameters: [x, x],"
            " budget: 2}"
        ),
        "twice",
    ),
    "a typo in run_mode": ("supervisor.run_mode=Resum", "resume"),
    "an unknown executor": ("supervisor.run_order.0.executor=cluster", "cluster"),
    "an unknown type": ("executors.local.type=LocalExecuter", "LocalExecutor"),
    "an unknown runner": ("runners.r1.type=SumRuner", "SumRunner"),
    "loguniform from zero": ("samplers.s1.distribution=loguniform", "above 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_was_a_trap_is_an_error_now(
    campaign: Campaign, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the key, and nothing on disk; docs/compatibility.md lists these."""
    override, reason = REFUSED[case]
    assert cli.main(["-cf", str(OLDER / "minimal.yaml"), "--no-ui", "--set", override]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert "Traceback" not in said
    assert list(campaign.root.iterdir()) == []


@pytest.mark.parametrize(
    ("override", "rows"),
    [
        ("supervisor.run_mode=FRESH", 4),
        ("samplers.s1.bounds=[[0.5, 0.5]]", 4),
        ("samplers.s1.budget=0", 0),
        ("logging=debug", 4),
        ("logging=null", 4),
        ("samplers.s1.batch_size=null", 4),
        ("storage=null", 4),
        ("supervisor.save_files_list=null", 4),
        ("supervisor.summary_datatype=Parquet", 4),
        ("supervisor.run_order.0.comment=hello", 4),
    ],
)
def test_what_crashed_late_runs_now(campaign: Campaign, override: str, rows: int) -> None:
    """Spellings and nulls that meant something sensible all along."""
    campaign.run_dir = campaign.root / "out"
    assert cli.main(["-cf", str(OLDER / "minimal.yaml"), "--no-ui", "--set", override]) == 0
    assert (
        len(campaign.rows()) if rows else campaign.path("enchanted_dataset.csv").exists()
    ) == rows
