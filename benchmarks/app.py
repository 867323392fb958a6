"""The figures of the application: how soon it is there and answers, what watching costs, and what
it costs the campaign.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import app_much
from benchmarks.bench import Bench
from benchmarks.cases import Wanted
from benchmarks.contenders import campaign, command_line, write_config
from benchmarks.terminal import Terminal

_SAMPLER = {
    "type": "RandomSampler",
    "parameters": ["x", "y"],
    "bounds": [[0, 1], [0, 1]],
    "budget": 1_000_000,
    "batch_size": 10_000,
}
_GAUSSIAN = {"type": "SyntheticDoubleGaussianRunner", "dimensions": 2}
_WAIT = "import time\n\n\ndef wait(x, y):\n    time.sleep({seconds})\n    return {{'f': x + y}}\n"
_NUMBERS = r"\d[\d,]*/100,000"


def wanted() -> list[Wanted]:
    """Give the figures that are wanted of the application, on a quiet machine with two cores."""
    return [
        Wanted("app: first paint", 0.4, lambda r: r.fact("app, first paint"), "s"),
        Wanted(
            "app: key to paint, p95, at 1,000 results a second",
            30,
            lambda r: r.fact("app, key to paint"),
            "ms",
        ),
        Wanted(
            "app: first numbers of a directory of 100,000 samples",
            2.0,
            lambda r: r.fact("app, first numbers"),
            "s",
        ),
        Wanted("app: memory there", 300, lambda r: r.fact("app, memory"), "MB"),
        Wanted(
            "app: terminal traffic at 10 results a second, 80x24",
            4.0,
            lambda r: r.fact("app, traffic"),
            "KiB/s",
        ),
        Wanted(
            "app: processor at 10 results a second, 80x24",
            2.0,
            lambda r: r.fact("app, processor"),
            "% of a core",
        ),
        Wanted(
            "app: terminal traffic while nothing happens",
            0.0,
            lambda r: r.fact("app, idle traffic"),
            "B/s",
        ),
        Wanted(
            "app: terminal traffic with three live campaigns open, 80x24",
            6.0,
            lambda r: r.fact("app, three campaigns, traffic"),
            "KiB/s",
        ),
        Wanted(
            "app: processor with three live campaigns open, 80x24",
            3.0,
            lambda r: r.fact("app, three campaigns, processor"),
            "% of a core",
        ),
        Wanted(
            "app: loss of throughput with the app attached",
            5.0,
            lambda r: r.fact("app, loss of throughput"),
            "%",
        ),
        *app_much.wanted(),
    ]


def measure_app(bench: Bench, *, quick: bool) -> None:
    """Measure what is missing; each figure is a fact of the results."""
    for name, measure in _MEASURES.items():
        if bench.results.fact(name) is None:
            for fact, value in measure(bench, quick).items():
                bench.results.set_fact(fact, value)
                print(f"{fact:60} {value:.4g}", flush=True)


# -- how soon --------------------------------------------------------------------------------------


def _first_paint(bench: Bench, quick: bool) -> dict[str, float]:
    times = []
    for _ in range(3 if quick else 9):
        with Terminal([], bench.fresh("app-home")) as terminal:
            times.append(terminal.wait_for("Runs"))
    return {"app, first paint": median(times)}


def _large(bench: Bench, quick: bool) -> dict[str, float]:
    run = bench.finished(100_000)
    times = []
    for _ in range(1 if quick else 3):
        with Terminal([str(run)], bench.fresh("app-home")) as terminal:
            times.append(terminal.wait_for(_NUMBERS))
            terminal.wait_for("100,000/100,000 100%")
            terminal.read(2)
            used = terminal.memory()
    return {"app, first numbers": median(times), "app, memory": used}


def _key_to_paint(bench: Bench, quick: bool) -> dict[str, float]:
    """Press j and k at random moments while about 1,000 results a second arrive, and wait for the
    cursor's mark.
    """
    draw = random.Random(1)
    with (
        _running(bench, seconds=0.0019) as run,
        Terminal([str(run)], bench.fresh("app-home")) as terminal,
    ):
        terminal.wait_for("RUNNING")
        terminal.read(4)
        times = []
        for number in range(60 if quick else 200):
            terminal.read(draw.uniform(0.05, 0.3))
            times.append(terminal.answer_time("k" if number % 8 == 7 else "j", "▸"))
    return {
        "app, key to paint": 1000 * quantiles(times, n=20)[-1],
        "app, key to paint, median": 1000 * median(times),
    }


# -- what it costs ---------------------------------------------------------------------------------


def _watching(bench: Bench, quick: bool) -> dict[str, float]:
    with _running(bench, seconds=0.2) as run:
        return {f"app, {name}": value for name, value in _costs(bench, run, quick).items()}


def _three(bench: Bench, quick: bool) -> dict[str, float]:
    """Measure the same with three campaigns in tabs, of which one is on the Monitor and then all
    on the list of runs; give the larger costs.
    """
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(_running(bench, seconds=0.2, name=f"app-campaign-{number}"))
            for number in range(3)
        ]
        home = bench.fresh("app-home")
        costs = []
        for mode in ("monitor", "runs"):
            app_much.remember(home, runs, mode)
            costs.append(_costs_at([], home, quick))
    return {f"app, three campaigns, {name}": max(cost[name] for cost in costs) for name in costs[0]}


def _costs(bench: Bench, run: Path, quick: bool) -> dict[str, float]:
    return _costs_at([str(run)], bench.fresh("app-home"), quick)


def _costs_at(arguments: list[str], home: Path, quick: bool) -> dict[str, float]:
    window = 10 if quick else 30
    with Terminal(arguments, home) as terminal:
        terminal.wait_for("Monitor|Runs")
        terminal.read(8)
        before, begun = terminal.cpu(), time.perf_counter()
        count = terminal.read(window)
        seconds = time.perf_counter() - begun
        return {
            "traffic": count / seconds / 1024,
            "processor": 100 * (terminal.cpu() - before) / seconds,
        }


def _idle(bench: Bench, quick: bool) -> dict[str, float]:
    costs = _costs(bench, bench.finished(1_000), quick)
    return {"app, idle traffic": 1024 * costs["traffic"], "app, idle processor": costs["processor"]}


def _throughput(bench: Bench, quick: bool) -> dict[str, float]:
    """Compare how fast one long campaign goes while the app watches with how fast it goes, just
    before and after, while the app is held.

    The app is attached from the beginning, so that no window holds its reading of what went before;
    a campaign of hundreds of thousands of directories does not go at an even pace, so each window
    is compared with its neighbours.
    """
    window, losses = 3.0 if quick else 6.0, []
    with (
        _running(bench, _GAUSSIAN) as run,
        Terminal([str(run)], bench.fresh("app-home")) as terminal,
    ):
        terminal.wait_for("RUNNING")
        terminal.read(4)
        before = _speed_without(terminal, run, window)
        for _ in range(2 if quick else 8):
            terminal.read(2)  # it catches up
            attached = _speed(run, lambda: terminal.read(window))
            after = _speed_without(terminal, run, window)
            losses.append(1 - attached / ((before + after) / 2))
            before = after
    return {"app, loss of throughput": 100 * median(losses)}


def _speed_without(terminal: Terminal, run: Path, window: float) -> float:
    with terminal.stopped():
        return _speed(run, lambda: time.sleep(window))


def _speed(run: Path, wait: Callable[[], object]) -> float:
    """Give the bytes that the journal grows by in a second while `wait` waits."""
    journal = run / "state" / "journal.jsonl"
    before, begun = journal.stat().st_size, time.perf_counter()
    wait()
    return (journal.stat().st_size - before) / (time.perf_counter() - begun)


# -- campaigns to look at --------------------------------------------------------------------------


@contextlib.contextmanager
def _running(
    bench: Bench,
    runner: dict[str, Any] | None = None,
    *,
    seconds: float = 0.0,
    name: str = "app-campaign",
) -> Iterator[Path]:
    """Run a campaign, by default of tasks that sleep for so long, two at a time; give its run
    directory.
    """
    directory = bench.fresh(name)
    (directory / "waiting.py").write_text(_WAIT.format(seconds=seconds))
    sections = campaign(
        runner or {"type": "PythonRunner", "function": "waiting:wait"},
        [_SAMPLER],
        directory / "run",
    )
    command = command_line(str(write_config(directory, sections)), "--no-ui")
    process = subprocess.Popen(
        command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_journal(directory / "run")
        time.sleep(2)
        yield directory / "run"
    finally:
        for _ in range(2):  # drain, then abort
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        process.wait(60)


def _wait_for_journal(run: Path, timeout: float = 30.0) -> None:
    deadline = time.monotonic() + timeout
    while not (run / "state" / "journal.jsonl").exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no campaign has begun in {run}")
        time.sleep(0.01)


_MEASURES: dict[str, Callable[[Bench, bool], dict[str, float]]] = {
    "app, first paint": _first_paint,
    "app, traffic": _watching,
    "app, idle traffic": _idle,
    "app, three campaigns, traffic": _three,
    "app, key to paint": _key_to_paint,
    "app, first numbers": _large,
    "app, loss of throughput": _throughput,
    **app_much.MEASURES,
}
