"""Plugins of Enchanted Surrogates under this program: found, run one sample at a time, with the
modules that they import.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.config.loading import load_config
from enchanted_tui.config.lookup import LookupFailure, find

COMPAT = Path(__file__).parents[2] / "compat"

#: A runner of the shape of the public template's, which drives a code that cannot run twice in one
#: place.
RUNNER = """\
import os, time
from enchanted_surrogates.runners.base_runner import Runner
from enchanted_surrogates.utils.is_package_available import is_package_available
from enchanted_surrogates.utils.logger import get_logger
from enchanted_surrogates.utils.print_stats_table import print_stats_table
from .code_parser import CodeParser

log = get_logger(__name__)


class CodeRunner(Runner):
    def __init__(self, executable_path, other_params: dict, *args, **kwargs):
        self.parser = CodeParser()
        self.scratch = executable_path

    def single_code_run(self, params: dict, run_dir: str):
        assert is_package_available("json") and not is_package_available("no_such_package.at_all")
        self.parser.write_input_file(params, run_dir)
        print_stats_table({"header": "code", "subheader": "one run", "x": params["x"]})
        with open(self.scratch, "x"):
            time.sleep(0.02)
        os.unlink(self.scratch)
        return {"output": 2 * params["x"], "success": True}
"""
PARSER = """\
import os
from enchanted_surrogates.parsers.base_parser import Parser


class CodeParser(Parser):
    def write_input_file(self, params: dict, run_dir: str):
        with open(os.path.join(run_dir, "input.txt"), "w") as file:
            file.write(str(params))
"""
SAMPLER = """\
from enchanted_surrogates.samplers.base_sampler import Sampler


class StepSampler(Sampler):
    def __init__(self, budget, base_run_dir=None, **kwargs):
        self.budget = budget
        self.told = []
        self.place = base_run_dir

    def get_next_samples(self):
        first, self.submitted = self.submitted, min(self.budget, self.submitted + 2)
        return [{"x": x} for x in range(first, self.submitted)]

    def register_future(self, future):
        self.told += list(future["x"])
        with open(f"{self.place}/told.txt", "w") as file:
            file.write(str(self.told))
"""
ENTRY_POINTS = """\
[enchanted_surrogates.runners]
code_runner = enchanted_plugin_code.code_runner:CodeRunner
[enchanted_surrogates.parsers]
code_parser = enchanted_plugin_code.code_parser:CodeParser
[enchanted_surrogates.samplers]
step_sampler = enchanted_plugin_code.step_sampler:StepSampler
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plugin as pip installs it, with our distribution of what it imports; the working directory
    is an empty one.
    """
    site = tmp_path / "site"
    package = site / "enchanted_plugin_code"
    package.mkdir(parents=True)
    for name, source in {
        "__init__": "",
        "code_runner": RUNNER,
        "code_parser": PARSER,
        "step_sampler": SAMPLER,
    }.items():
        (package / f"{name}.py").write_text(source)
    information = site / "enchanted_plugin_code-0.1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: enchanted_plugin_code\nVersion: 0.1\n"
    )
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    for place in (COMPAT, site):
        monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("PYTHONPATH", f"{site}:{COMPAT}")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield site
    for name in [
        name
        for name in sys.modules
        if name.startswith(("enchanted_surrogates", "enchanted_plugin_code"))
    ]:
        del sys.modules[name]


def config(
    samples: int = 6, executor: dict[str, Any] | None = None, **sampler: Any
) -> dict[str, Any]:
    grid = {"type": "ArraySampler", "parameters": ["x"], "bounds": [list(range(samples))]}
    return {
        "executors": {
            "e1": {"type": "LocalExecutor", **(executor or {})},
            "e2": {"type": "LocalExecutor", **(executor or {})},
        },
        "samplers": {"s1": sampler or grid},
        "runners": {
            "r1": {
                "type": "CodeRunner",
                "executable_path": str(Path("scratch").absolute()),
                "other_params": {},
            }
        },
        "supervisor": {
            "base_run_dir": "out",
            "run_order": [{"executor": ["e1", "e2"], "sampler": "s1", "runner": ["r1", "r1"]}],
        },
    }


def run(content: dict[str, Any], *arguments: str) -> int:
    Path("campaign.yaml").write_text(yaml.safe_dump(content))
    return cli.main(["campaign.yaml", *(arguments or ("--no-ui",))])


def test_its_samples_run_one_after_another(
    plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the older program's LocalExecutor ran them, in all steps: a fixed scratch file is never
    there twice. `--check` says so.
    """
    assert run(config(), "--check") == 0
    assert capsys.readouterr().err.count("runs one sample at a time") == 2
    assert run(config()) == 0
    rows = Path("out/enchanted_dataset.csv").read_text().splitlines()
    assert len(rows) == 7
    assert "False" not in "".join(rows)
    assert Path("out/data/d0_b0_s3_r1/input.txt").is_file()


@pytest.mark.parametrize(
    ("executor", "workers", "warned"),
    [
        ({}, 1, True),
        ({"n_workers": 3}, 3, False),
        ({"type": "JoblibExecutor"}, None, False),
        ({"timeout_sec": 5}, 1, True),
    ],
)
def test_n_workers_says_otherwise(
    plugin: Path, executor: dict[str, Any], workers: int | None, warned: bool
) -> None:
    """A size of one's own is honoured without a word, and what ran side by side before does so
    now.
    """
    Path("campaign.yaml").write_text(yaml.safe_dump(config(executor=executor)))
    found = load_config("campaign.yaml")
    assert found.executors["e1"].options.get("n_workers") == workers
    assert any("one sample at a time" in str(warning) for warning in found.warnings) is warned


def test_runners_of_ours_run_side_by_side(plugin: Path) -> None:
    """One executor may serve both: it is the plugin that asks for it."""
    content = config()
    content["runners"]["r1"] = {"type": "SumRunner", "params_to_sum": ["x"]}
    Path("campaign.yaml").write_text(yaml.safe_dump(content))
    assert not load_config("campaign.yaml").executors["e1"].options


def test_its_sampler_is_told_of_all_results_and_of_the_run_directory(plugin: Path) -> None:
    """`base_run_dir` is handed to a sampler that takes it, as the older program's next version
    does.
    """
    content = config(type="StepSampler", budget=5)
    content["supervisor"]["run_order"][0] |= {"executor": "e1", "runner": "r1"}
    assert run(content) == 0
    assert Path("out/told.txt").read_text() == "[0, 1, 2, 3, 4]"


@pytest.mark.parametrize("name", ["extra_runner", "ExtraRunner"])
def test_a_module_where_the_older_program_looks_is_found(
    plugin: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`type` falls back to enchanted_surrogates.runners.extra_runner:ExtraRunner, where that can be
    imported.
    """
    import enchanted_surrogates.runners

    (plugin / "extra_runner.py").write_text(
        "class ExtraRunner:\n    def single_code_run(self, run_dir, params):\n        return {}\n"
    )
    monkeypatch.setattr(enchanted_surrogates.runners, "__path__", [str(plugin)])
    found = find("runner", name)
    assert (found.class_path, found.older) == (
        "enchanted_surrogates.runners.extra_runner:ExtraRunner",
        True,
    )
    (plugin / "extra_runner.py").write_text("import no_such_module\n")
    sys.modules.pop("enchanted_surrogates.runners.extra_runner")
    with pytest.raises(LookupFailure, match="no_such_module"):
        find("runner", name)
    with pytest.raises(LookupFailure, match="there is no runner"):
        find("runner", "nothing_runner")


def test_the_helpers_that_plugins_import(plugin: Path, caplog: pytest.LogCaptureFixture) -> None:
    """load_plugins and the import_* functions, for plugins, for built-in parts, and for what is
    broken or missing.
    """
    from enchanted_surrogates import load_plugins
    from enchanted_surrogates.utils import precise_imports as imports

    plugins = load_plugins()
    assert plugins["code_runner"].__name__ == "CodeRunner"
    assert imports.import_parser("CodeParser", {}).__class__ is plugins["code_parser"]
    runner = imports.import_runner(
        "code_runner",
        {"executable_path": "p", "other_params": {}, "type": "code_runner", "__runner_name": "r"},
    )
    assert runner.scratch == "p"
    sampler = imports.import_sampler(
        "RandomSampler",
        {"type": "RandomSampler", "bounds": [[0, 1]], "parameters": ["x"], "budget": 3},
    )
    assert len(sampler.get_next_samples()) == 3
    assert (
        imports.get_snake_and_pascal("CodeRunner")
        == imports.get_snake_and_pascal("code_runner")
        == ("code_runner", "CodeRunner")
    )
    for wrong, error in {"kebab-case": ValueError, "NoSuchRunner": ImportError}.items():
        with pytest.raises(error):
            imports.import_runner(wrong, {})
    (plugin / "enchanted_plugin_code/code_parser.py").write_text("raise RuntimeError('broken')\n")
    for name in [name for name in sys.modules if name.startswith("enchanted_plugin_code")]:
        del sys.modules[name]
    assert "code_parser" not in load_plugins()
    assert "broken" in caplog.text


@pytest.mark.full
def test_the_distribution_installs_and_satisfies_plugins(tmp_path: Path) -> None:
    """pip takes it for `enchanted_surrogates`, so a plugin that asks for that installs without the
    program.
    """
    # an older one builds none alone, so pip fetches what it lacks
    has_wheel = int(version("setuptools").partition(".")[0]) >= 77
    offline = ["--no-index", "--no-build-isolation"] if has_wheel else []
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        *offline,
        "--target",
        str(tmp_path / "site"),
    ]
    (tmp_path / "compat").mkdir()
    subprocess.run(["cp", "-r", f"{COMPAT}/.", str(tmp_path / "compat")], check=True)
    project = (
        '[project]\nname = "wants-it"\nversion = "1"\ndependencies ='
        ' ["enchanted_surrogates>=2.0"]\n'
    )
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin/pyproject.toml").write_text(
        textwrap.dedent(project) + "[tool.setuptools]\npy-modules = []\n"
    )
    subprocess.run([*pip, str(tmp_path / "compat"), str(tmp_path / "plugin")], check=True)
    code = (
        "from enchanted_surrogates.runners.base_runner import Runner; from enchanted_surrogates"
        " import load_plugins; load_plugins()"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(tmp_path / "site")}
    )
