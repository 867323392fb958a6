"""Programs that the campaigns run: installed where they are missing."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import site
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.marks import FULL_VARIABLE
from helpers.packages import INSTALL_LIMIT, installed
from helpers.real_campaign import ROOT, RealCampaign

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enchanted-tui-tests"


@pytest.fixture(scope="session")
def freegs_python() -> str:
    """Give the Python of an environment with FreeGS and this project, which is made once and kept.

    Every day it stands upon the environment of the tests, and holds only what differs from that;
    with ``--full`` it is installed as the tutorial says.
    """
    apart = FULL_VARIABLE in os.environ
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    made_of = [
        str(ROOT),
        sys.version,
        "" if apart else sys.prefix,
        project["dependencies"],
        project["optional-dependencies"]["freegs"],
    ]
    home = CACHE / f"freegs-{hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            if apart:
                _install_freegs(home)
            else:
                _install_freegs_above(home, project["optional-dependencies"]["freegs"])
            (home / "complete").touch()
    return str(home / "bin" / "python")


@pytest.fixture(scope="session")
def ngspice() -> str:
    """Give the path of ngspice; as root, install its Debian package where it is missing."""
    found = installed("ngspice", "ngspice")
    if found is None:
        cannot_run(
            "ngspice is not installed; install the Debian package ngspice to run this campaign"
        )
    return found


@pytest.fixture(scope="module")
def real_campaign(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., RealCampaign]]:
    """Make campaigns below one directory; whatever they leave running is ended with the module."""
    place = tmp_path_factory.mktemp("campaigns")
    with contextlib.ExitStack() as ends:

        def make(
            config: str, name: str, *options: str, python: str = sys.executable
        ) -> RealCampaign:
            made = RealCampaign(config, place / name, python, *options)
            ends.callback(made.end_processes)
            return made

        yield make


def cannot_run(reason: str) -> None:
    """Skip the test; fail it in continuous integration, where a campaign that nobody runs is no
    campaign.
    """
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def _install_freegs(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(home))
    _run(str(home / "bin" / "pip"), "install", "-q", "-e", f"{ROOT}[freegs]")


def _install_freegs_above(home: Path, packages: list[str]) -> None:
    """Install packages into an environment that finds all others in that of the tests."""
    shutil.rmtree(home, ignore_errors=True)
    _run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = str(home / "bin" / "python")
    [own] = (home / "lib").glob("python*/site-packages")
    below = "".join(f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    (own / "below.pth").write_text(below)
    _run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *packages)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
    )
    if done.returncode:
        cannot_run(
            f"FreeGS cannot be installed ({' '.join(command)}):"
            f" {(done.stderr or done.stdout).strip()[-500:]}"
        )
