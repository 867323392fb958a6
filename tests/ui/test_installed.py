"""The program as users install it: built into sdist and wheel, in an environment of its own, far
from the checkout.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from helpers.ui.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
_BUILD = (
    "import sys; from setuptools import build_meta; print(getattr(build_meta,"
    " sys.argv[1])(sys.argv[2]))"
)
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "runs", "data_dir", "build", "dist", "*.egg-info", "__pycache__"
)


def _build(hook: str, source: Path, target: Path, setuptools: Path) -> Path:
    """Build `source` as the build system does, without fetching what the running environment
    has.
    """
    command = [sys.executable, "-c", _BUILD, hook, str(target)]
    environment = {**os.environ, "PYTHONPATH": str(setuptools)}
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The source, the sdist, and the wheel that is made from the sdist."""
    top = tmp_path_factory.mktemp("built")
    tools, source = top / "tools", top / "source"
    # too old for the licence as it is declared; fetch it, as pip does
    if int(version("setuptools").partition(".")[0]) < 77:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(tools),
            "setuptools>=77",
        ]
        subprocess.run(command, check=True, timeout=300)
    shutil.copytree(ROOT, source, ignore=_LEFT_OUT)
    sdist = _build("build_sdist", source, top, tools)
    with tarfile.open(sdist) as archive:
        archive.extractall(top / "unpacked", filter="data")
    [unpacked] = (top / "unpacked").iterdir()
    return {
        "source": source,
        "unpacked": unpacked,
        "wheel": _build("build_wheel", unpacked, top, tools),
    }


@pytest.fixture(scope="module")
def environment(built: dict[str, Path]) -> Path:
    """A fresh environment with the wheel in it, which sees the dependencies of the running one;
    nothing is fetched.
    """
    place = built["wheel"].with_name("environment")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(place)], check=True, timeout=120
    )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(place / "bin" / "python"),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run(
        [*pip, str(built["wheel"])], check=True, timeout=120, env={**os.environ, "PYTHONPATH": ""}
    )
    [packages] = place.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(
        "".join(f"{path}\n" for path in sys.path if path.endswith("-packages"))
    )
    return place


def _files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_nothing_is_missing_in_wheel_and_sdist(built: dict[str, Path]) -> None:
    """Protects every file that is no module, as the style sheet of the app and the mark of typed
    packages.
    """
    package = {name for name in _files(built["source"]) if name.startswith("enchanted_tui/")}
    with zipfile.ZipFile(built["wheel"]) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == package
    assert "enchanted_tui/py.typed" in package
    missing = _files(built["source"]) - _files(built["unpacked"])
    assert missing == set(), "MANIFEST.in leaves it out of the sdist"


def test_the_first_screen_opens(environment: Path, tmp_path: Path) -> None:
    """Protects whoever installs a wheel: the app starts in a real terminal, shows its first screen
    and is left.
    """
    shown = Terminal(
        cwd=tmp_path, program=[str(environment / "bin" / "enchanted-tui")], PYTHONPATH=""
    )
    try:
        shown.wait_for("No runs yet")
        shown.press("q")
        assert shown.wait() == 0
    finally:
        shown.end()


def test_a_first_campaign_runs(environment: Path, built: dict[str, Path], tmp_path: Path) -> None:
    """Protects the README's walk: its configuration, and for those without a clone the one that the
    program gives.
    """
    command = str(environment / "bin" / "enchanted-tui")
    template = subprocess.run(
        [command, "--template", "first campaign"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    )
    (tmp_path / "first.yaml").write_bytes(template.stdout)
    shutil.copy(built["source"] / "configs" / "quickstart.yaml", tmp_path)
    for config, run_dir, rows in (
        ("first.yaml", "runs/first", 100),
        ("quickstart.yaml", "runs/quickstart", 200),
    ):
        done = subprocess.run(
            [command, config, "--no-ui"], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        with (tmp_path / run_dir / "enchanted_dataset.csv").open(newline="") as file:
            assert [row["success"] for row in csv.DictReader(file)] == ["True"] * rows
