"""The program as users install it: built into sdist and wheel, in an environment of its own, far
from the checkout.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from pathlib import Path

from helpers.ui.terminal import Terminal


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
