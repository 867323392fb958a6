"""The script of continuous integration: what it installs and runs, and how often a failing test may
fail.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = """\
sudo apt-get install -y one; echo first >> said # pip install -q -e . &&
sudo apt-get install -y two three; echo second >> said # '.[test]'
"""


def test_it_runs_both_commands_of_the_readme_in_their_order(tmp_path: Path) -> None:
    """Protects newcomers: what the README says is what is tested, packages included, the first
    command before the second.
    """
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "bin").mkdir()
    for name in ("apt-get", "sudo"):
        stub = tmp_path / "bin" / name
        stub.write_text('#!/bin/sh\n[ "${0##*/}" = sudo ] && exec "$@"\necho "$@" >> installed\n')
        stub.chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"}
    subprocess.run(
        [tmp_path / ".ci" / "run"], env=environment, check=True, capture_output=True, timeout=60
    )
    assert (tmp_path / "said").read_text().split() == ["first", "second"]
    assert (tmp_path / "installed").read_text().split("recommends ")[-1].split() == [
        "one",
        "two",
        "three",
    ]


def test_the_readme_has_the_commands_that_it_looks_for() -> None:
    """Protects the test above from a README that is written anew."""
    lines = (ROOT / "README.md").read_text().splitlines()
    for piece in re.findall(r'command_with "(.*)"\)', (ROOT / ".ci" / "run").read_text()):
        [line] = [line for line in lines if piece in line]
        assert re.match(r"sudo apt-get install -y [\w. -]+; python3 -m venv \.venv && ", line)


TESTS = """\
import os, pytest
from pathlib import Path

@pytest.mark.parametrize("number", range(int(os.environ["FAILING"])))
def test_fails_once(number):
    mark = Path(__file__).with_name(f"mark{number}")
    seen = mark.exists()
    mark.touch()
    assert seen

def test_passes():
    count = Path(__file__).with_name("passes")
    count.write_text(count.read_text() + "." if count.exists() else ".")
"""


@pytest.mark.parametrize(
    ("failing", "stays", "status"), [(3, False, 0), (0, True, 1), (4, False, 1)]
)
def test_three_failures_are_run_again_once(
    tmp_path: Path, failing: int, stays: bool, status: int
) -> None:
    """Protects from tests that only pass when repeated: three at most are, alone, and are named;
    what fails twice is red.
    """
    (tmp_path / "test_some.py").write_text(
        TESTS + "\n\ndef test_stays():\n    assert not int(os.environ['STAYS'])\n"
    )
    environment = {
        "FAILING": str(failing),
        "STAYS": str(int(stays)),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PATH": "/usr/bin:/bin",
    }
    command = [
        sys.executable,
        str(ROOT / ".ci" / "once_more.py"),
        sys.executable,
        f"{sys.executable} -m pytest -q test_some.py",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert (tmp_path / "passes").read_text() == ".", "what has passed is not run again"
    assert done.stdout.count("flaky, passed alone: ") == (failing if failing <= 3 else 0)
    assert done.stdout.count("failed twice: test_some.py::test_stays") == int(stays)


def test_a_command_that_does_not_get_to_its_tests_is_red(tmp_path: Path) -> None:
    """Protects from old records of failures: an installation that fails is not taken for tests that
    have.
    """
    cache = tmp_path / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text("{}")
    command = [sys.executable, str(ROOT / ".ci" / "once_more.py"), sys.executable, "exit 1"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60).returncode == 1
