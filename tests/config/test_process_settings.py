"""Settings of the whole process that threads of the app change for a while: none of them takes from
another what that one still needs, and all is as it was in the end.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

from enchanted_tui.config.import_places import importing_from
from enchanted_tui.operations.file_checks import file_problems
from helpers.eager_threads import at_once

ON_ONE_THREAD = """
import numpy
from threadpoolctl import threadpool_info
from enchanted_tui.blas_threads import one_thread
def threads():
    return max(pool["num_threads"] for pool in threadpool_info())
print(threads())
first, second = one_thread(), one_thread()
first.__enter__()
second.__enter__()
first.__exit__(None, None, None)
print(threads())
second.__exit__(None, None, None)
print(threads())
"""


def test_a_directory_of_plugins_stays_as_long_as_somebody_imports_from_it(tmp_path: Path) -> None:
    """Protects a configuration from errors that it does not have: the editor's check of one ends
    while another thread loads the same one.
    """
    (tmp_path / "imported_beside_a_check.py").write_text("value = 7\n")
    before = list(sys.path)
    check, load = importing_from([tmp_path]), importing_from([tmp_path])
    check.__enter__()
    with load:
        check.__exit__(None, None, None)
        assert importlib.import_module("imported_beside_a_check").value == 7
    assert sys.path == before


def test_libraries_stay_on_one_thread_until_the_last_has_computed() -> None:
    """Protects a plot that is worked out while another one is done, and a sampler that computes
    later: it has the threads that it had before.
    """
    done = subprocess.run(
        [sys.executable, "-c", ON_ONE_THREAD],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "1", "2"]


def test_files_that_are_checked_beside_each_other_leave_warnings_as_they_were() -> None:
    """Protects what a person would be warned of later: of two checks that end in another order than
    they began, each puts back what there was before both.
    """
    filters, show = list(warnings.filters), warnings.showwarning

    def check() -> None:
        for _ in range(60):
            assert len(file_problems(Path("plugin.py"), "pattern = '\\d'\n" * 20)) == 20

    at_once(check, check, check)
    assert (list(warnings.filters), warnings.showwarning) == (filters, show)
