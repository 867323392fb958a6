"""The archive that is shipped to the cluster: what runs inside a job, as one file that Python can
run.
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]

#: What a job needs of this package; packages in between are shipped as empty ones.
_SHIPPED = (
    "lazy.py",
    # what a plugin's module imports, its samplers and executors beside the runner too
    "plugins.py",
    "samplers/base.py",
    "samplers/parser.py",
    "executors/base.py",
    "as_data.py",
    "csv_reading.py",
    "durations.py",
    "expressions.py",
    "suggestions.py",
    "fast_values.py",
    "values.py",
    "whole_files.py",
    "interpreter.py",
    "journal_lines.py",
    "file_patterns.py",
    "neighbours.py",
    "resources.py",
    "config/options.py",
    "executors/continued.py",
    "executors/core_allowance.py",
    "executors/datapoint.py",
    "executors/job.py",
    "executors/many.py",
    "executors/memory_rule.py",
    "executors/packed_inputs.py",
    "executors/passing_errors.py",
    "packing/*.py",
    "executors/run_directory.py",
    "executors/shown.py",
    "executors/straggler_rule.py",
    "executors/task.py",
    "executors/task_end.py",
    "executors/task_use.py",
    "executors/verdict.py",
    "executors/pool/*.py",
    "executors/ends/*.py",
    "executors/slurm/far/*.py",
    "runners/*.py",
    "runners/command/*.py",
)
_ENTRY = b"""\
import sys
if sys.version_info < (3, 9):
    sys.exit("enchanted-tui needs Python 3.9 or newer inside jobs, and this is %s: name another one"
             " as python: under the executor" % sys.version.split()[0])
from enchanted_tui.executors.slurm.far.main import main
sys.exit(main(sys.argv[1:]))
"""


@functools.cache
def archive() -> tuple[str, bytes]:
    """Return the archive's name, which tells its content, and its content."""
    files = {
        path.relative_to(_PACKAGE.parent).as_posix(): path.read_bytes()
        for pattern in _SHIPPED
        for path in _PACKAGE.glob(pattern)
    }
    for name in list(files):
        for package in Path(name).parents:
            if package != Path("."):
                files.setdefault(f"{package.as_posix()}/__init__.py", b"")
    files["__main__.py"] = _ENTRY
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    data = made.getvalue()
    return f"worker-{hashlib.sha256(data).hexdigest()[:12]}.pyz", data
