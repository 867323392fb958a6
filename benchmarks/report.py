"""The report: one table for each case, what is wanted, and what the figures mean."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

from benchmarks import app
from benchmarks.cases import Case, wanted
from benchmarks.contenders import OURS
from benchmarks.results import Results

NOTES = Path(__file__).with_name("notes.md")
_INTRODUCTION = """\
# Benchmarks

Made by `python -m benchmarks`; the text at the end comes from `benchmarks/notes.md`. Whole
processes from start to end, medians over the rounds; the contenders of a table take turns, so their
ratios hold even where the machine was busy. *CPU* is user and system time of all processes. Memory
in MB: the process that was started, the largest single process, and all processes together at one
moment (shared pages counted once).
"""


def write_report(path: Path, results: Results, cases: list[Case]) -> None:
    parts = [_INTRODUCTION, _machine(results), _wanted_table(results)]
    parts += [_case_table(case, results) for case in cases if _has_any(case, results)]
    if NOTES.exists():
        parts.append(NOTES.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))


def machine_facts() -> str:
    """Give one line on the machine."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = next(
        (
            int(line.split()[1]) >> 20
            for line in _lines("/proc/meminfo")
            if line.startswith("MemTotal:")
        ),
        0,
    )
    return (
        f"{len(os.sched_getaffinity(0))} cores ({model}), {memory} GB, {platform.system()}"
        f" {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    )


def _machine(results: Results) -> str:
    loads = [run.load for runs in results.runs.values() for run in runs]
    load = (
        f"; load average when the runs began {min(loads):.1f} to {max(loads):.1f} (their own share"
        " included)"
        if loads
        else ""
    )
    file_system = results.fact("file system") or "unknown file system"
    return f"{time.strftime('%Y-%m-%d')}, {machine_facts()}, {file_system}{load}.\n"


def _wanted_table(results: Results) -> str:
    lines = ["## What is wanted", "", "| | wanted | measured | |", "|---|---:|---:|---|"]
    for item in [*wanted(), *app.wanted()]:
        measured = item.measured(results)
        verdict = "" if measured is None else "met" if measured <= item.limit else "**not met**"
        shown = "not measured" if measured is None else f"{measured:.3g} {item.unit}"
        lines.append(f"| {item.text} | {item.limit:g} {item.unit} | {shown} | {verdict} |")
    return "\n".join([*lines, ""])


def _has_any(case: Case, results: Results) -> bool:
    return any(results.done(case.name, contender.name) for contender in case.contenders)


def _case_table(case: Case, results: Results) -> str:
    unit = "ms a sample" if case.per_sample else "ms"
    ratios = "".join(f" x {other} |" for other in _compared(case))
    head = (
        f"| | rounds | wall, s (all rounds) | {unit} |{ratios} CPU, {unit} | memory: own / largest"
        " / all |"
    )
    lines = [f"## {case.title}", "", head, "|---|" + "---:|" * (head.count("|") - 2)]
    lines += [_row(case, contender.name, results) for contender in case.contenders]
    return "\n".join([*lines, ""])


def _row(case: Case, name: str, results: Results) -> str:
    columns = 5 + len(_compared(case))
    note = results.notes.get((case.name, name))
    runs = results.runs.get((case.name, name), [])
    walls = sorted(results.values(case.name, name, "wall"))
    if note or not walls:
        return f"| {name} | {note or (runs[-1].error if runs else 'not measured')} |" + " |" * (
            columns - 1
        )
    scale = 1000 / case.samples if case.per_sample else 1000
    wall = results.median(case.name, name, "wall") or 0.0
    cpu = results.median(case.name, name, "cpu") or 0.0
    failed = sum(bool(run.error) for run in runs)
    cells = [
        name,
        f"{len(walls)}"
        + (f" ({failed} failed: {next(run.error for run in runs if run.error)})" if failed else ""),
        f"{wall:.3g} ({walls[0]:.3g} to {walls[-1]:.3g})" if len(walls) > 1 else f"{wall:.3g}",
        _number(wall * scale),
        *(_ratio(results, case.name, name, other) for other in _compared(case)),
        _number(cpu * scale),
        " / ".join(
            f"{results.median(case.name, name, field) or 0:.0f}"
            for field in ("peak", "peak_child", "peak_all")
        ),
    ]
    return "| " + " | ".join(cells) + " |"


def _compared(case: Case) -> list[str]:
    """Give the contenders to which the others of a case are compared."""
    names = [contender.name for contender in case.contenders]
    return [name for name in dict.fromkeys((case.floor, OURS)) if name in names]


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(results: Results, case: str, name: str, other: str) -> str:
    ratio = results.ratio(case, name, other)
    return "" if ratio is None else f"{ratio:.2f}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
