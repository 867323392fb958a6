"""What others get - a report, a crate - holds neither secrets nor paths, however they are written, and
a path is shortened once.
"""

from __future__ import annotations

import csv
import re
from html import unescape
from pathlib import Path

import pytest
import yaml

from enchanted_tui import cli
from helpers.surrogates import asked

_SECRETS = ("hunter2", "correct", "battery", "opensesame", "swordfish", "tr0ub", "MIIEpAIBAAK")
_CODE = """
import os

def run(a, b):
    if a > 0.8:
        place = os.path.join(os.getcwd(), "height", "data", "x.h5")
        home = os.path.expanduser("~")
        raise RuntimeError(f"refused for {place} and {home}/my/x, token=opensesame")
    if a > 0.6:
        raise RuntimeError("\\x1b[31m/scratch/somebody/a.f90:12\\x1b[0m in ~somebody/lib/b.f90")
    return {"height": a + b, "log": "\\x1b[1m/scratch/somebody/c.f90\\x1b[0m"}
"""
_CONFIG = """
samplers:
  s: {type: SobolSequenceSampler, parameters: [a, b], bounds: [[0, 1], [0, 1]], budget: 32}
runners:
  code: {type: PythonRunner, function: "secret_code:run"}
executors:
  here:
    type: LocalExecutor
    n_workers: 2
    environment:
      DB_PASSWORD: |
        hunter2

        correct battery
      OTHER: kept
      API_TOKEN: >-
        swordfish
      SITE_SECRET: "tr0ub
        4dor"
      SSH: |
        -----BEGIN RSA PRIVATE KEY-----
        MIIEpAIBAAK
        -----END RSA PRIVATE KEY-----
storage: {type: none}
supervisor:
  base_run_dir: height
  about: {description: Heights, authors: [Ann], licence: CC0-1.0}
  run_order: [{sampler: s, executor: here, runner: code}]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign whose run directory has the name of an output, started beside it."""
    root = tmp_path_factory.mktemp("private")
    (root / "secret_code.py").write_text(_CODE)
    (root / "campaign.yaml").write_text(_CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert cli.main(["campaign.yaml", "--no-ui"]) == 0
    return root


@pytest.fixture(scope="module")
def page(place: Path) -> str:
    """The text of the report of a run directory that is named from beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        code, _, said = asked("--report", "height", "--model", "linear", "--out", "page.html")
        assert code == 0, said
    return unescape((place / "page.html").read_text())


def test_a_report_holds_no_secrets(page: str) -> None:
    """Protects whoever hands the page on: in the configuration, in blocks and folded lines too, and
    in what samples say.
    """
    assert not [secret for secret in _SECRETS if secret in page]
    assert "token=..." in page and "DB_PASSWORD: ..." in page and "OTHER: kept" in page


def test_a_crate_holds_no_secrets(place: Path, tmp_path: Path) -> None:
    """And its configuration is YAML all the same."""
    code, _, said = asked("--export", place / "height", "--crate", "--out", tmp_path / "c")
    assert code == 0, said
    text = (tmp_path / "c" / "configuration.yaml").read_text()
    assert not [secret for secret in _SECRETS if secret in text]
    variables = yaml.safe_load(text)["executors"]["here"]["environment"]
    assert variables["DB_PASSWORD"] == "..." and variables["OTHER"] == "kept"
    with (tmp_path / "c" / "dataset.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["run_dir"].startswith("data/d0_") for row in rows)  # as sharing.md has it
    assert set(variables) == {"DB_PASSWORD", "OTHER", "API_TOKEN", "SITE_SECRET", "SSH"}


def test_what_compilers_print_names_nobody(place: Path, page: str, tmp_path: Path) -> None:
    """Protects from a colour before a path: neither page nor data say who somebody is."""
    assert "a.f90:12" in page and "b.f90" in page and "somebody" not in page
    code, _, said = asked("--export", place / "height", "--crate", "--out", tmp_path / "c")
    assert code == 0, said
    made = [path.read_text() for path in (tmp_path / "c").iterdir() if path.is_file()]
    assert any("c.f90" in text for text in made)
    assert not [text for text in made if "somebody" in text]


def test_a_relative_name_is_no_place_to_be_hidden(page: str) -> None:
    """Protects words that are the name of the run directory: that of a column stays itself."""
    assert "<h3>height</h3>" in page
    assert "…/height<" not in page and "……" not in page
    assert "Learning curve of height" in page


def test_a_path_is_shortened_once(place: Path, page: str) -> None:
    """Below the run directory it is named from there, and nothing says where that is."""
    assert "…/height/data/x.h5" in page
    assert str(place) not in page and str(Path.home()) + "/my" not in page
    assert re.search(r"and …/x\b", page)
