"""The figures of the application where there is much: megabytes of text, many columns, tabs."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from benchmarks.bench import Bench
from benchmarks.cases import Wanted
from benchmarks.terminal import Terminal
from enchanted_tui.blas_threads import one_thread
from enchanted_tui.ui.charts import chart_choice
from enchanted_tui.views.dataset_statistics import DatasetColumn, Part, Results, summaries
from enchanted_tui.views.rank_correlation import correlation_matrix
from enchanted_tui.views.row_condition import RowCondition
from enchanted_tui.views.row_selection import RowSelection
from enchanted_tui.views.task_index import TaskList

_ROWS, _COLUMNS = 100_000, 100
_CORRELATED = 20  #: columns of the matrix
_TEXT = 5_000_000  #: bytes
_TABS = 8
_BEGINNING = """\
executors:
  here: {type: LocalExecutor}
samplers:
  plane: {type: RandomSampler, parameters: [x, y], bounds: [[0, 1], [0, 1]], budget: 10}
runners:
  peaks: {type: SyntheticDoubleGaussianRunner, dimensions: 2}
supervisor:
  base_run_dir: out
  run_order:
    - {executor: here, sampler: plane, runner: peaks}
"""


def wanted() -> list[Wanted]:
    """Give the figures that are wanted where there is much, on a quiet machine with two cores."""
    asked = (
        ("app: key in the editor with 5 MB of YAML, p95", 0.1, "s"),
        ("app: condition on 100,000 rows of 100 columns, table", 0.2, "s"),
        ("app: condition on 100,000 rows of 100 columns, charts", 0.2, "s"),
        ("app: condition on 100,000 rows of 100 columns, summary", 0.2, "s"),
        ("app: correlations of 20 columns of 100,000 rows", 1.0, "s"),
        ("app: memory with three runs of 100,000 samples in tabs", 300, "MB"),
        ("app: key to paint while a surrogate is fitted to 100,000 x 40, p95", 30, "ms"),
        ("app: memory of that fit", 2_000, "MB"),
        ("app: terminal traffic of eight tabs while nothing happens", 0.0, "B/s"),
        ("app: processor with eight tabs while nothing happens", 0.5, "% of a core"),
    )
    return [Wanted(text, limit, _fact(text), unit) for text, limit, unit in asked]


def _fact(text: str) -> Callable[..., float | None]:
    return lambda results: results.fact(text)


# -- the editor ------------------------------------------------------------------------------------


def _editor(bench: Bench, quick: bool) -> dict[str, float]:
    """Type into the middle of a long text at random moments, and wait for the cursor's place."""
    path = bench.fresh("app-text") / "long.yaml"
    path.write_text(_long_text())
    draw = random.Random(1)
    with Terminal([str(path)], bench.fresh("app-home")) as terminal:
        terminal.wait_for("column 1 ")
        terminal.read(3)
        terminal.send("\x1b[6~" * 20)  # pages down
        terminal.read(3)
        times = []
        for number in range(20 if quick else 60):
            terminal.read(draw.uniform(0.05, 0.6))  # now and then long enough for a check
            times.append(terminal.answer_time("x", f"column {number + 2} "))
    return {
        "app: key in the editor with 5 MB of YAML, p95": quantiles(times, n=20)[-1],
        "app: key in the editor with 5 MB of YAML, median": median(times),
    }


def _long_text() -> str:
    """Give a text of a configuration with a long section that nobody knows."""
    items, length = [_BEGINNING, "notes:\n"], 0
    while length < _TEXT:
        items.append(
            f"  item_{len(items)}:  # one of many\n    values: [{len(items)}, 0.5, 'text']\n"
            f'    name: "number {len(items)}"\n'
        )
        length += len(items[-1])
    return "".join(items)


# -- datasets --------------------------------------------------------------------------------------


def _rows(bench: Bench, quick: bool) -> dict[str, float]:
    """Keep the rows of a condition, and work out what each view shows of them."""
    whole = _dataset()

    def select() -> RowSelection:
        condition = RowCondition("c0 > 1 and success", whole.columns)
        return RowSelection(whole, condition.keep(whole.columns, len(whole)), whole)

    def table() -> None:
        found = select()
        found.numbers_of(range(len(found) - 1, -1, -1))

    def charts() -> None:
        found = select()
        choice = chart_choice.ChartChoice(x="c1", y="c2").settled(found)
        for name in ("histogram", "scatter"):
            chart_choice.picture(found, choice, name, 80, 20)

    def summary() -> None:
        found = select()
        ok = found.success
        summaries({name: found.columns[name].numbers for name in found.numeric}, ok)

    named = {"table": table, "charts": charts, "summary": summary}
    return {
        f"app: condition on 100,000 rows of 100 columns, {name}": _seconds(work, quick)
        for name, work in named.items()
    }


def _dataset() -> Results:
    """Give a dataset of numbers, and of whether each sample has succeeded."""
    draw = np.random.default_rng(1)
    results = Results()
    for number in range(_COLUMNS - 1):
        column = results.columns[f"c{number}"] = DatasetColumn(f"c{number}")
        values = draw.normal(1.0, 1.0, _ROWS)
        column.extend(Part(values.tolist(), array("d", values.tobytes()), {float}))
    success = draw.random(_ROWS) < 0.9
    column = results.columns["success"] = DatasetColumn("success")
    column.extend(Part(success.tolist(), array("d", success.astype(np.float64).tobytes()), {bool}))
    results.tasks = TaskList(array("q", (64 * np.arange(_ROWS)).tobytes()))
    return results


def _correlations(bench: Bench, quick: bool) -> dict[str, float]:
    draw = np.random.default_rng(1)
    columns = {str(number): draw.normal(size=_ROWS) for number in range(_CORRELATED)}
    with one_thread():  # as the app does
        found = _seconds(lambda: correlation_matrix(columns), quick)
    return {"app: correlations of 20 columns of 100,000 rows": found}


def _seconds(work: Callable[[], object], quick: bool) -> float:
    times = []
    for _ in range(3 if quick else 9):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return median(times)


# -- surrogates ------------------------------------------------------------------------------------

_FITTED = 40  #: parameters
_MODEL = f"""
import numpy as np

def run(**columns):
    x = np.stack([columns[f"p{{k}}"] for k in range({_FITTED})], axis=1)
    return {{"output": 3 * x[:, 0] * x[:, 1] + np.sin(5 * x[:, 2]) + x[:, 3:8].sum(axis=1)}}
"""


def _fitting(bench: Bench, quick: bool) -> dict[str, float]:
    """Go through the rows of a large dataset at random moments while the app has a surrogate fitted
    to it.
    """
    draw, times = random.Random(1), []
    with Terminal([str(_of_many_parameters(bench))], bench.fresh("app-home")) as terminal:
        terminal.wait_for("100,000/100,000 100%", 120)
        terminal.send("5")
        terminal.wait_for("100,000 rows")
        alone = terminal.memory()
        terminal.send("fn")  # Surrogate, compute
        terminal.wait_for(r"Working it out: (?!starting)", 120)
        terminal.send("t")
        terminal.read(2)
        used = 0.0
        while len(times) < (60 if quick else 200) and _is_fitting(terminal):
            terminal.read(draw.uniform(0.05, 0.3))
            times.append(terminal.answer_time("j", r"d0_b\d+_s\d+"))
            used = max(used, terminal.memory() - alone)
    return {
        "app: key to paint while a surrogate is fitted to 100,000 x 40, p95": 1000
        * quantiles(times, n=20)[-1],
        "app: memory of that fit": used,
    }


def _is_fitting(terminal: Terminal) -> bool:
    """Tell whether the process that fits is still at work."""
    with contextlib.suppress(OSError):  # one that has just ended
        lines = (Path(f"/proc/{pid}/cmdline") for pid in terminal.processes())
        return any(b"enchanted_tui.surrogate" in line.read_bytes() for line in lines)
    return False


def _of_many_parameters(bench: Bench) -> Path:
    """Give the run directory of a finished campaign of 100,000 samples of many parameters."""
    directory = bench.fresh("many-parameters")
    (directory / "wide_model.py").write_text(_MODEL)
    names = [f"p{number}" for number in range(_FITTED)]
    sampler = {"type": "RandomSampler", "parameters": names, "bounds": [[0, 1]] * _FITTED}
    runner = {"type": "PythonRunner", "function": "wide_model:run", "batch": 1000}
    config = {
        "executors": {"here": {"type": "LocalExecutor"}},
        "samplers": {"cube": {**sampler, "budget": _ROWS}},
        "runners": {"code": runner},
        "storage": {"type": "none"},
        "supervisor": {
            "base_run_dir": "run",
            "save_files": "none",
            "run_order": [{"sampler": "cube", "executor": "here", "runner": "code"}],
        },
    }
    (directory / "campaign.yaml").write_text(json.dumps(config))
    command = [sys.executable, "-m", "enchanted_tui", "campaign.yaml", "--no-ui"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=3600)
    return directory / "run"


# -- tabs ------------------------------------------------------------------------------------------


def remember(home: Path, runs: Sequence[Path], mode: str) -> None:
    """Have the app of `home` begin with these runs in tabs, the first of them shown."""
    remembered = home / ".local/state/enchanted-tui/session.json"
    remembered.parent.mkdir(parents=True, exist_ok=True)
    places = [str(run) for run in runs]
    tabs = [{"root": place} for place in places]
    known = {"tabs": tabs, "last_run": places[0], "recent": places, "mode": mode}
    remembered.write_text(json.dumps(known))


def _copies(bench: Bench, samples: int, count: int) -> list[Path]:
    """Give so many finished campaigns: one, and copies of it without its samples' directories."""
    run = bench.finished(samples)
    copies = [bench.fresh(f"copy-{samples}") / "run" for _ in range(count - 1)]
    for copy in copies:
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("data"))
    return [run, *copies]


def _memory(bench: Bench, quick: bool) -> dict[str, float]:
    """Look at record and dataset of three large runs, one after the other."""
    home = bench.fresh("app-home")
    remember(home, _copies(bench, 100_000, 3), "monitor")
    with Terminal([], home) as terminal:
        for _ in range(3):
            terminal.wait_for("100,000/100,000 100%")
            terminal.send("5")  # the dataset
            terminal.wait_for("100,000 rows")
            terminal.read(2)
            terminal.send("3>")  # the record of the next one
            terminal.forget()
        terminal.read(2)
        used = terminal.memory()
    return {"app: memory with three runs of 100,000 samples in tabs": used}


def _eight_tabs(bench: Bench, quick: bool) -> dict[str, float]:
    """Have eight finished runs in tabs, all of which have been looked at."""
    home, window = bench.fresh("app-home"), 10 if quick else 30
    remember(home, _copies(bench, 1_000, _TABS), "monitor")
    with Terminal([], home) as terminal:
        for _ in range(_TABS):
            terminal.wait_for("1,000/1,000 100%")
            terminal.send(">")
            terminal.forget()
            terminal.read(1)
        terminal.read(8)
        before, begun = terminal.cpu(), time.perf_counter()
        sent = terminal.read(window)
        seconds = time.perf_counter() - begun
        used = terminal.cpu() - before
    return {
        "app: terminal traffic of eight tabs while nothing happens": sent / seconds,
        "app: processor with eight tabs while nothing happens": 100 * used / seconds,
    }


MEASURES: dict[str, Callable[[Bench, bool], dict[str, float]]] = {
    "app: key in the editor with 5 MB of YAML, p95": _editor,
    "app: condition on 100,000 rows of 100 columns, table": _rows,
    "app: correlations of 20 columns of 100,000 rows": _correlations,
    "app: memory with three runs of 100,000 samples in tabs": _memory,
    "app: key to paint while a surrogate is fitted to 100,000 x 40, p95": _fitting,
    "app: terminal traffic of eight tabs while nothing happens": _eight_tabs,
}
