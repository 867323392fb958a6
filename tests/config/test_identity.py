"""What may change between the runs of one campaign, and what may not."""

import json
import shutil
from pathlib import Path

import pytest

from enchanted_tui.config.identity import identity, runner_options
from enchanted_tui.config.models import CampaignConfig
from helpers.good_config import GOOD, spoilt

STAGE = "{executor: e1, sampler: s1, runner: r1}"
SAMPLER = (
    "type: RandomSampler\n    parameters: [x, y]\n    bounds: [[0, 1], [0, 1]]\n    budget: 10"
)


def test_identity_is_json(good):
    """The identity goes into the journal and is compared with what comes out of it."""
    found = identity(good())
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("budget: 10", "budget: 20"),
        ("budget: 10", "budget: 10\n    batch_size: 3"),
        ("budget: 10", "budget: 10\n    distribution: Uniform"),
        ("type: RandomSampler", "type: random_sampler"),
        ("{type: LocalExecutor}", "{type: JoblibExecutor, n_workers: 3}"),
        ("base_run_dir: out", "base_run_dir: elsewhere\n  run_mode: resume\n  max_failures: 5"),
        ("executors:", "logging: debug\nexecutors:"),
        ("{type: ExampleRunner}", "{type: ExampleRunner, fail_prob: 0.5}"),
    ],
)
def test_what_may_change(good, old, new):
    """Budget, batches, executors, limits, logging and places are free, and so is writing out a
    default.
    """
    assert identity(good(spoilt(old, new))) == identity(good())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[[0, 1], [0, 1]]", "[[0, 1], [0, 2]]"),
        ("[x, y]", "[x, z]"),
        ("budget: 10", "budget: 10\n    distribution: normal"),
        ("budget: 10", "budget: 10\n    seed: 1"),
        ("type: RandomSampler", "type: LatinHypercubeSampler"),
        ("base_run_dir: out", "base_run_dir: out\n  seed: 3"),
        (STAGE, f"{STAGE}\n    - {STAGE}"),
        (
            "executor: e1, sampler: s1, runner: r1",
            "executor: [e1, e1], sampler: s1, runner: [r1, r1]",
        ),
    ],
)
def test_what_may_not_change(good, old, new):
    """Whatever determines the samples, or which steps they go through, is part of the identity."""
    assert identity(good(spoilt(old, new))) != identity(good())


def test_renaming_components(good):
    """The name of a sampler or executor means nothing; that of a runner is in the columns of the
    dataset.
    """
    assert identity(good(GOOD.replace("s1", "other").replace("e1", "there"))) == identity(good())
    assert identity(good(GOOD.replace("r1", "other"))) != identity(good())


def test_points_file_counts_by_content(good, tmp_path):
    """A campaign and its points may move to another directory; other points are another
    campaign.
    """
    text = spoilt(SAMPLER, "type: CSVSampler\n    path: points.csv")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "points.csv").write_text("x,y\n1,2\n")
    first = identity(good(text, path=tmp_path / "a" / "c.yaml"))
    assert identity(good(text, path=tmp_path / "b" / "c.yaml")) == first
    (tmp_path / "b" / "points.csv").write_text("x,y\n1,3\n")
    assert identity(good(text, path=tmp_path / "b" / "c.yaml")) != first


NESTED = """type: NestedSampler
    samplers:
      a: {type: CSVSampler, csv_path: points.csv}
      b: {type: RandomSampler, parameters: [z], bounds: [[0, 1]], budget: 3}"""


def test_nested_samplers(good, tmp_path):
    """The parts of a nested sampler count with all they hold: files by content, their budgets too,
    as they place the combinations.
    """
    (tmp_path / "points.csv").write_text("x,y\n1,2\n")
    text = spoilt(SAMPLER, NESTED)
    first = identity(good(text))
    (tmp_path / "moved").mkdir()
    shutil.copy(tmp_path / "points.csv", tmp_path / "moved")
    assert identity(good(text, path=tmp_path / "moved" / "c.yaml")) == first
    assert identity(good(text.replace("csv_path:", "path:"))) == first
    assert identity(good(text.replace("budget: 3", "budget: 4"))) != first
    assert (
        identity(good(text.replace("type: NestedSampler", "type: NestedSampler\n    budget: 2")))
        == first
    )


def test_budget_that_sizes_a_part(good, tmp_path):
    """Where the budget of the whole sizes a part, it says which combination comes when, and may not
    change.
    """
    (tmp_path / "points.csv").write_text("x,y\n1,2\n3,4\n")
    text = spoilt(SAMPLER, NESTED.replace(", budget: 3", "") + "\n    budget: 6")
    assert identity(good(text)) != identity(good(text.replace("budget: 6", "budget: 8")))


def test_runner_options_see_changed_templates(good, tmp_path):
    """Changed options and changed input files of a runner are noticed; what stays the same is not,
    wherever it lies.
    """
    runner = (
        "{type: CommandRunner, command: [echo, '{{ x }}'], templates: {in.txt: in.j2}, outputs: {c:"
        " {exit_code: true}}}"
    )
    text = spoilt("{type: ExampleRunner}", runner)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "in.j2").write_text("x = {{ x }}\n")
    first = runner_options(good(text, path=tmp_path / "a" / "c.yaml"))
    assert json.loads(json.dumps(first)) == first
    assert runner_options(good(text, path=tmp_path / "b" / "c.yaml")) == first
    (tmp_path / "b" / "in.j2").write_text("x = {{ x }}.0\n")
    assert runner_options(good(text, path=tmp_path / "b" / "c.yaml")) != first
    assert (
        runner_options(good(text.replace("echo", "cat"), path=tmp_path / "a" / "c.yaml")) != first
    )


def _code(config: CampaignConfig) -> list[str]:
    """Return what is compared of the runner's code, its options apart."""
    found: list[str] = runner_options(config)["r1"]["code"]
    return found


@pytest.mark.parametrize(
    ("directory", "noticed"), [("code", True), ("lib/python3.11/site-packages", False)]
)
def test_what_is_installed_beside_a_plugin_has_a_version_of_its_own(
    directory: str, noticed: bool, good, tmp_path: Path
) -> None:
    """Every start of a campaign with an installed plugin parsed all of scipy, for seconds."""
    place = tmp_path / directory
    place.mkdir(parents=True)
    source = "import os; import helper_of_mine as h\ndef run(x):\n    return {'success': True}\n"
    (place / "code_of_mine.py").write_text(source)
    (place / "helper_of_mine.py").write_text("x = 1\n")
    text = spoilt(
        "{type: ExampleRunner}",
        "{type: PythonRunner, function: 'code_of_mine:run', check_function: false,"
        f" python_path: [{place}]}}",
    )
    first = _code(good(text, path=tmp_path / "c.yaml"))
    (place / "helper_of_mine.py").write_text("x = 2\n")
    second = _code(good(text, path=tmp_path / "c.yaml"))
    assert (second != first) is noticed
    (place / "code_of_mine.py").write_text(source + "\n")
    assert _code(good(text, path=tmp_path / "c.yaml")) != second


@pytest.mark.parametrize(
    "line",
    [
        "import helper_of_mine",
        "import os, helper_of_mine.part as part",
        "import os, \\\n    helper_of_mine",
        "if True: x = 1; from helper_of_mine import (\n    x)",
        "def f():\n    try:\n        pass\n    except OSError:\n        import helper_of_mine",
        "match 1:\n    case 1:\n        import helper_of_mine",
        "import größe",
    ],
)
def test_an_import_is_seen_wherever_it_stands(line: str, good, tmp_path: Path) -> None:
    """A change in a module that a runner imports is told of on resuming."""
    (tmp_path / "code_of_mine.py").write_text(f"{line}\n", encoding="utf-8")
    text = spoilt(
        "{type: ExampleRunner}",
        "{type: PythonRunner, function: 'code_of_mine:run', check_function: false,"
        " python_path: [.]}",
    )
    helper = tmp_path / ("größe.py" if "größe" in line else "helper_of_mine.py")
    helper.write_text("x = 1\n")
    (tmp_path / "not_imported.py").write_text("x = 1\n")
    first = _code(good(text, path=tmp_path / "c.yaml"))
    (tmp_path / "not_imported.py").write_text("x = 2\n")
    assert _code(good(text, path=tmp_path / "c.yaml")) == first
    helper.write_text("x = 2\n")
    assert _code(good(text, path=tmp_path / "c.yaml")) != first


def test_what_a_campaign_leaves_beside_its_code_is_no_change(good, tmp_path):
    """`python_path: [.]` beside `base_run_dir: runs` is natural; every resume would warn, after
    reading all of it.
    """
    text = spoilt(
        "{type: ExampleRunner}",
        "{type: PythonRunner, function: 'code:run', python_path: [.], check_function: false}",
    )
    (tmp_path / "code.py").write_text("def run(x):\n    return {'success': True}\n")
    first = runner_options(good(text, path=tmp_path / "c.yaml"))
    for left in (
        "runs/one/state/journal.jsonl",
        "runs/one/data/d0_b0_s0_r0/made.py",
        "__pycache__/code.cpython-311.pyc",
        "one-export.csv",
    ):
        (tmp_path / left).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / left).write_text("x = 1\n")
    assert runner_options(good(text, path=tmp_path / "c.yaml")) == first
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "helper.py").write_text("x = 1\n")
    assert runner_options(good(text, path=tmp_path / "c.yaml")) != first


def test_unused_runners_do_not_count(good):
    """Only runners that run_order uses are compared."""
    text = spoilt(
        "r1: {type: ExampleRunner}",
        "r1: {type: ExampleRunner}\n  r2: {type: ExampleRunner, fail_prob: 1}",
    )
    assert runner_options(good(text)) == runner_options(good())
