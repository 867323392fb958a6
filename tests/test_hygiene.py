"""The rules of the house: style, types, arrows between packages, and what may be imported where."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_HEAVY = (
    "textual",
    "pandas",
    "dask",
    "distributed",
    "paramiko",
    "pyarrow",
    "scipy",
    "h5py",
    "numpy",
    "jinja2",
    "sklearn",
    "skactiveml",
)


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_style() -> None:
    """Protects readability: one style, no unused code, none of the mistakes that ruff knows."""
    _run(sys.executable, "-m", "ruff", "check", ".")
    _run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_types() -> None:
    """Protects callers: the package is clean under mypy's strict mode."""
    _run(sys.executable, "-m", "mypy")


def test_arrows() -> None:
    """Protects the structure: packages import each other in one direction only, workers and engine
    stay light.
    """
    _run(str(Path(sys.executable).parent / "lint-imports"))


def _imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import enchanted_tui",
        "import enchanted_tui.executors.local.worker",
        (
            "import enchanted_tui.runners.command_runner, enchanted_tui.runners.python_runner,"
            " enchanted_tui.runners.double_gaussian_runner"
        ),
        "import enchanted_tui.executors.task",
    ],
)
def test_workers_import_the_standard_library_alone(code: str) -> None:
    """Protects thousands of workers' start-up and nodes that have no packages."""
    third_party = (
        _imported_by(code) - set(sys.stdlib_module_names) - _imported_by("pass") - {"enchanted_tui"}
    )
    assert not third_party


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], ["--schema"]], ids=lambda argv: argv[0]
)
def test_small_answers_import_nothing_heavy(argv: list[str]) -> None:
    """Protects the first impression on a slow file system: a small question must not import the
    world.
    """
    code = (
        "import contextlib, io\nfrom enchanted_tui.cli import main\nwith"
        f" contextlib.redirect_stdout(io.StringIO()):\n    main({argv!r})"
    )
    heavy = set(_HEAVY) - ({"numpy"} if argv == ["--schema"] else set())
    assert not heavy & _imported_by(code)


def test_names_of_test_modules_are_unique() -> None:
    """Protects whole runs of the tests: two modules of one name in different folders stop pytest
    while it collects.
    """
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
