"""The recipes of docs/mpi.md: each is a valid configuration, and `--dry-run` says of it what the
page says.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enchanted_tui import cli

PAGE = Path(__file__).parent.parent / "docs" / "mpi.md"
#: A recipe, and below it what the dry run says.
RECIPE = re.compile(r"```yaml\n([^`]*)```\n\n```text\n([^`]*)```")
REST = """\
    outputs: {y: {file: stdout.txt, regex: 'y = (\\S+)'}}
samplers: {points: {type: RandomSampler, parameters: [x], bounds: [[0, 1]], budget: 8}}
supervisor:
  base_run_dir: runs/recipe
  seed: 1
  run_order: [{executor: cluster, sampler: points, runner: code}]
"""


def recipes() -> dict[str, tuple[str, str]]:
    """Return configuration and dry run of each recipe, by its heading."""
    sections = [part.partition("\n") for part in PAGE.read_text().split("\n### ")[1:]]
    found = {name: RECIPE.search(text) for name, _, text in sections}
    return {name: (match[1], match[2]) for name, match in found.items() if match}


RECIPES = recipes()


def test_there_is_a_recipe_for_each_kind() -> None:
    """Without this, a change of the page's style would leave nothing to test below."""
    assert list(RECIPES) == [
        "OpenMP",
        "MPI on part of a node",
        "MPI over nodes",
        "One GPU per sample",
        "Mixed sizes",
        "Hybrid",
    ]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_accepted_and_gives_what_the_page_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever copies it: `--check` finds no error, and script and launch line are those
    shown.
    """
    monkeypatch.chdir(tmp_path)
    config, said = RECIPES[name]
    Path("campaign.yaml").write_text(config + REST)
    assert cli.main(["campaign.yaml", "--check"]) == 0, capsys.readouterr().err
    assert cli.main(["campaign.yaml", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    for line in said.splitlines():
        assert line in shown


def test_what_fits_nowhere_is_said_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects core-hours: the sentence of the page is that of the program."""
    monkeypatch.chdir(tmp_path)
    config = RECIPES["Hybrid"][0].replace("12:00:00", "12:00:00, nodes: 4, ntasks: 16")
    Path("campaign.yaml").write_text(
        config.replace("ranks: 8, cpus_per_rank: 16, gpus: 8, mem: 200G", "ranks: 64") + REST
    )
    assert cli.main(["campaign.yaml", "--check"]) == 2
    (shown,) = re.findall(r"runners\.code\.resources: (no sample .*?), \.\.\.", PAGE.read_text())
    assert shown in capsys.readouterr().err
