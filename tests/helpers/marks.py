"""Which marks a module of tests bears: they follow from where it is and what it imports.

So nobody forgets them. A test may bear ``slow`` on its own besides. ``pytest --fast``
leaves out all of these.
"""

from __future__ import annotations

import ast
import functools
import os
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]

#: by a module, or a package, that is imported anywhere in the tests' module
BY_IMPORT = {
    "helpers.slow_disk": "apt",
    "helpers.slurm": "slurm",
    "helpers.ssh": "ssh",
    "helpers.dask_cluster": "dask",
    "distributed": "dask",
    "helpers.ui.terminal": "tty",
    "pty": "tty",
}
_NAMED = re.compile(rf"\b({'|'.join(name.rpartition('.')[2] for name in BY_IMPORT)})\b")
#: by where the module is
BY_PLACE = {
    "campaigns/*": "campaign",
    "slurm/*": "slurm",
    "ssh/*": "ssh",
    "durability/test_continuation_kill.py": "kill",
    "durability/test_kill.py": "kill",
    "durability/test_gest_kill.py": "kill",
    "durability/test_learning_kill.py": "kill",
    "durability/test_write_points.py": "kill",
    "ui/test_in_browser.py": "apt",  # a browser
    "ui/test_pictures_in_xterm.py": "apt",  # xterm on a display that nobody sees
    "ui/test_config_killed.py": "kill",
    "ui/test_surviving.py": "kill",
    "reporting/test_report_in_browser.py": "apt",  # a browser
    "durability/test_weather.py": "apt",  # a compiler
}
#: programs of the Debian packages that the README names
DEBIAN_PROGRAMS = {
    *("cc", "fusermount3", "gcc", "mpicc", "mpirun", "ngspice", "tcsh", "csh", "tmux"),
    *(
        "munged",
        "sacctmgr",
        "sbatch",
        "scontrol",
        "slurmctld",
        "slurmd",
        "srun",
        "sshd",
        "ssh-keygen",
    ),
}
#: whole campaigns, the whole app, models that are fitted, tools that are run
SLOW = (
    "durability/*",
    "executors/test_batch.py",
    "executors/test_foreign_modules.py",
    "executors/test_fresh_process.py",
    "executors/test_grace.py",
    "executors/test_long_*.py",
    "executors/test_memory_retry.py",
    "executors/test_node_book.py",
    "executors/test_path_operations.py",
    "executors/test_resources_local.py",
    "executors/test_reused_runners.py",
    "executors/test_run_directory.py",
    "executors/test_start_directory_gone.py",
    "executors/test_stragglers.py",
    "executors/test_taking_back.py",
    "executors/test_task_use.py",
    "export/test_round_trip.py",
    "runners/test_command_batch.py",
    "runners/test_copied_cases.py",
    "runners/test_runner_imports.py",
    "runners/test_runners_page.py",
    "plotting/test_plot_command.py",
    "plugins/*",
    "samplers/test_learning_*.py",
    "samplers/test_outcome_limits.py",
    "semantics/*",
    "storage/test_docs.py",
    "supervisor/test_finishing.py",
    "supervisor/test_runs.py",
    "supervisor/test_viewing.py",
    "surrogate/*",
    "test_ci.py",
    "test_shell_completion.py",
    "test_site.py",
    "ui/*",
)
#: of those, what is quick, so that every room has its share of `make fast`
QUICK = (
    "plugins/test_one_door.py",
    "semantics/test_command_line.py",
    "ui/test_log_reader.py",
    "ui/test_registry.py",
    "ui/test_table.py",
)

#: what ``pytest --fast`` leaves out
LONGER = frozenset({*BY_IMPORT.values(), *BY_PLACE.values(), "slow", "full"})

#: set while the long series are run, for processes of tests too
FULL_VARIABLE = "ENCHANTED_TESTS_FULL"


def in_full(*values: Any) -> list[Any]:
    """Return members of a series that are run with ``--full`` alone; tuples are several
    arguments.
    """
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.full)
        for value in values
    ]


def examples(count: int) -> int:
    """Return on how many examples to try a property: on `count` with ``--full``, else a third."""
    return count if os.environ.get(FULL_VARIABLE) else max(10, count // 3)


def rounds(everyday: int, full: int) -> int:
    """Return how often to go round: `full` times with ``--full``, else `everyday` times."""
    return full if os.environ.get(FULL_VARIABLE) else everyday


@functools.cache
def marks_of(path: Path) -> frozenset[str]:
    """Return the names of the marks that all tests of the module at `path` bear."""
    place = path.relative_to(TESTS).as_posix()
    imported = _imported_by(path)
    marks = {
        mark
        for name, mark in BY_IMPORT.items()
        if any(module == name or module.startswith(f"{name}.") for module in imported)
    }
    marks |= {mark for pattern, mark in BY_PLACE.items() if fnmatch(place, pattern)}
    if _matches(place, SLOW) and not _matches(place, QUICK):
        marks.add("slow")
    return frozenset(marks)


def _matches(place: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(place, pattern) for pattern in patterns)


def _imported_by(path: Path) -> set[str]:
    """Return the names of all modules that a module imports, inside functions too; none if nothing
    of `BY_IMPORT` is named in it anywhere.
    """
    found: set[str] = set()
    text = path.read_text(encoding="utf-8")
    if not _NAMED.search(text):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found
