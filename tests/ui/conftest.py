"""Real run directories for the screens, made by the real engine, and a home of its own for what the
app remembers.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.ui import snapshots
from helpers.ui.campaigns import run_campaign
from helpers.ui.installed import build_all, install


def pytest_configure(config: pytest.Config) -> None:
    snapshots.set_update(bool(config.getoption("--update-snapshots")))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings, and nothing remembered from elsewhere."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for variable, below in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CACHE_HOME", ".cache"),
    ):
        monkeypatch.setenv(variable, str(home / below))
    for variable in ("NO_COLOR", "SSH_CONNECTION", "LC_CTYPE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    return home


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The source, the sdist unpacked, and the wheel that is made from the sdist."""
    return build_all(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def environment(built: dict[str, Path]) -> Path:
    """A fresh environment with the wheel in it."""
    return install(built["wheel"])


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 60 samples in 3 batches that has completed; about a fifth have failed. Shared
    by all tests: only look at it.
    """
    return run_campaign(tmp_path_factory.mktemp("shared"), "finished_run")


@pytest.fixture
def own_run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    run = tmp_path / "a_run"
    shutil.copytree(finished_run, run)
    return run
