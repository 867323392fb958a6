"""The examples of docs/output-files.md run on files that the writers made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from enchanted_tui.executors.task_end import FAILURE_KINDS
from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.failures_file import Failure, Failures
from enchanted_tui.storage.hdf5 import write_hdf5

PAGE = (Path(__file__).parents[2] / "docs" / "output-files.md").read_text()


def test_the_examples_run(tmp_path: Path) -> None:
    """Examples are copied before the text around them is read."""
    rows: list[dict[str, Any]] = [
        {
            "output": 1.5,
            "success": bool(n % 3),
            "profile": [1, 2],
            "x": n,
            "run_dir": f"out/data/d0_b0_s{n}_r0",
        }
        for n in range(9)
    ]
    Dataset(
        tmp_path / "enchanted_dataset.csv",
        lambda: iter(((0, n), row) for n, row in enumerate(rows)),
    ).rebuild()
    failed = [
        Failure(f"d0_b0_s{n}_r0", "exception", "ValueError: no", {"x": n}, rows[n]["run_dir"])
        for n in (0, 3, 6)
    ]
    Failures(tmp_path / "enchanted_failures.csv", lambda: iter(failed)).rebuild()
    write_hdf5(
        tmp_path / "runs.h5",
        [],
        lambda: ((f"d0_b0_s{n}_r0", row) for n, row in enumerate(rows)),
        [],
    )
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 3
    checks = (
        "assert profile == [1, 2] and len(good) == 6\nassert list(inputs['x']) == [0, 3, 6]\nassert"
        " len(frame) == 9 and row['x'] == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*examples, checks])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_kind_of_failure_is_explained() -> None:
    """The table of kinds and the list in the code are one."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)[-len(FAILURE_KINDS) :] == list(
        FAILURE_KINDS
    )
