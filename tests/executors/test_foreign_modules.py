"""Files of the working directory that are named like modules: nothing of the program imports them,
and runners beside them work.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from helpers.dask_cluster import LOCAL
from helpers.marks import in_full
from helpers.processes import LIMIT

PACKAGES = [
    "yaml",
    "numpy",
    "pandas",
    "dask",
    "distributed",
    "tornado",
    "scipy",
    "h5py",
    "psutil",
    "msgspec",
    "jinja2",
    "sitecustomize",
]
MODEL = """\
import os, queue, random, types
import numpy

def solve(x, run_dir):
    here = os.path.dirname(os.path.abspath(__file__))
    assert not [m for m in (numpy, queue, random, types) if m.__file__.startswith(here)]
    return {"output": float(numpy.square(x))}

def done(run_dir):
    import json
    open(os.path.join(run_dir, "done"), "w").close()
"""
CONFIG = {
    "executors": {"local": {"type": "LocalExecutor", "n_workers": 2}},
    "samplers": {
        "s": {
            "type": "BayesianOptimizationSampler",
            "parameters": ["x"],
            "bounds": [[0, 1]],
            "budget": 4,
            "initial_samples": 2,
        }
    },
    "runners": {"model": {"type": "PythonRunner", "function": "model:solve"}},
    "supervisor": {
        "run_order": [{"sampler": "s", "executor": "local", "runner": "model"}],
        "on_complete": "model:done",
    },
}


def fill(place: Path) -> None:
    """Put a file of the name of every module into a directory, none of which can be imported, and
    the model of a user beside them.
    """
    for name in {*sys.stdlib_module_names, *PACKAGES} - {"encodings", "__main__"}:
        (place / f"{name}.py").write_text(
            f"import os\nos.write(2, b'{name} of the working directory was"
            " imported')\nos._exit(99)\n"
        )
    (place / "encodings").mkdir()
    (place / "encodings" / "__init__.py").write_text("raise SystemExit(99)\n")
    (place / "model.py").write_text(MODEL)


def rows(root: Path) -> list[str]:
    with (root / "enchanted_dataset.csv").open(newline="") as file:
        return [row["success"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("how", ["detached", *in_full("dask")])
def test_no_process_of_the_program_imports_from_the_working_directory(campaign, how):
    """Protects from a campaign that does not start for a file with which it has nothing to do.

    Workers, the process that fits models, the one that holds a Dask cluster and its workers, what
    runs in the background and what is called at the end.
    """
    made = campaign({**CONFIG, "executors": {"local": LOCAL}} if how == "dask" else CONFIG)
    fill(made.root)
    arguments = ("--detach",) if how == "detached" else ("--no-ui",)
    process = made.start("campaign.yaml", *arguments, program=("-P", "-m", "enchanted_tui"))
    said = "".join(process.communicate(timeout=LIMIT))
    assert process.returncode == 0, said
    made.wait_for_no_process(LIMIT)
    assert rows(made.run_dir) == ["True"] * 4
    assert (made.run_dir / "done").exists()


def test_started_as_a_module(campaign):
    """`python -m enchanted_tui` has the working directory on Python's path, but not before what is
    installed.
    """
    points = {"s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1, 2]]}}
    made = campaign({**CONFIG, "samplers": points})
    (made.root / "model.py").write_text(MODEL)
    for name in PACKAGES:
        (made.root / f"{name}.py").write_text("raise SystemExit(99)\n")
    ended = made.run_apart()
    assert ended.code == 0, ended
    assert rows(made.run_dir) == ["True"] * 2


@pytest.mark.parametrize(
    ("process", "sentence"),
    [
        ("pool.fork_server", "starts local workers keeps dying"),
        *in_full(("samplers.learning", "fits the model")),
    ],
)
def test_what_a_dying_process_printed_is_in_the_message(campaign, monkeypatch, process, sentence):
    """Protects whoever has to find out why: the reason is in the sentence, not nowhere."""
    made = campaign(CONFIG)
    (made.root / "model.py").write_text(MODEL)
    (made.root / "site").mkdir()
    (made.root / "site" / "sitecustomize.py").write_text(
        dedent(f"""\
            import os, sys
            if any({process!r} in word for word in sys.orig_argv):
                os.write(2, b"no licence for {process}\\n")
                os._exit(7)
            """)
    )
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(made.root / "site"), os.environ["PYTHONPATH"]])
    )
    ended = made.run_apart()
    assert ended.code == (3 if process == "pool.fork_server" else 1), ended
    assert "Traceback" not in ended.err
    assert sentence in ended.err
    assert f"ended with code 7 (no licence for {process})" in ended.err


def test_run_as_a_module_it_imports_nothing_of_the_working_directory(tmp_path):
    """`python -m` puts that first; the package sees to it before it imports anything, typing
    included.
    """
    (tmp_path / "typing.py").write_text("raise SystemExit(99)\n")
    (tmp_path / "textwrap.py").write_text("raise SystemExit(99)\n")
    command = [sys.executable, "-m", "enchanted_tui", "--template"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "First campaign" in done.stdout
