"""A comparison as text, from its JSON. Imports nothing heavy, since the app shows it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.durations import core_hours, duration
from enchanted_tui.surrogate.fit_text import TITLES, table
from enchanted_tui.visible_text import visible

_WIDEST = 44  #: characters of a value of the configuration
_PATTERNS = 3  #: kinds of failures that are shown of each campaign


def as_text(told: Mapping[str, Any]) -> str:
    """Return a comparison, as `Comparison.as_json` gives it, as text."""
    return visible("\n".join(_lines(told)))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield from campaign_lines(told)
    for output in told["outputs"]:
        yield ""
        yield from curve_lines(output, told["judged_by"])
    yield ""
    yield from configuration_lines(told)
    yield from note_lines(told)


def campaign_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Return what there is to say of each campaign: a column for each, then their failures."""
    runs = told["runs"]
    yield from table(["", *(run["name"] for run in runs)], fact_rows(runs))
    for run in runs:
        patterns = run["failures"]
        for one in patterns[:_PATTERNS]:
            where = (
                f"; where {one['condition']} ({one['caught']:.0%} of them, and {one['others']:.0%}"
                " of the successes)"
                if one["condition"]
                else ""
            )
            yield f"{run['name']}: {one['count']:,} failed: {one['pattern']}{where}"
        if len(patterns) > _PATTERNS:
            left = sum(one["count"] for one in patterns[_PATTERNS:])
            yield f"{run['name']}: {left:,} failed in {len(patterns) - _PATTERNS} other ways"


def fact_rows(runs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return what is said of each campaign: a title, and a cell for each."""
    rows = [[title, *(text(run) for run in runs)] for title, text in _FACTS]
    for name in _shared_outputs(runs):
        rows.append([f"{name} from", *(_extreme(run, name, "smallest") for run in runs)])
        rows.append([f"{name} to", *(_extreme(run, name, "largest") for run in runs)])
    return rows


def failure_rows(runs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return how many tasks of each campaign have failed with each kind of message."""
    counts = [{one["pattern"]: one["count"] for one in run["failures"]} for run in runs]
    patterns = dict.fromkeys(pattern for found in counts for pattern in found)
    return [
        [
            f"failed: {pattern}",
            *(f"{found[pattern]:,}" if pattern in found else "-" for found in counts),
        ]
        for pattern in patterns
    ]


def _failed(run: Mapping[str, Any]) -> str:
    share = f" ({run['failed'] / run['samples']:.1%})" if run["samples"] else ""
    return f"{run['failed']:,}{share}"


def _each(run: Mapping[str, Any]) -> str:
    return core_hours(run["core_hours"] / run["samples"]) if run["samples"] else "-"


#: Title and text of what is said of each campaign.
_FACTS: tuple[tuple[str, Any], ...] = (
    ("sampler", lambda run: " -> ".join(run["samplers"])),
    ("runner", lambda run: ", ".join(run["runners"])),
    ("state", lambda run: run["phase"]),
    ("samples", lambda run: f"{run['samples']:,} of {run['expected']:,}"),
    ("failed", _failed),
    ("core-hours", lambda run: core_hours(run["core_hours"])),
    ("core-hours a sample", _each),
    ("run time of a task", lambda run: duration(run["mean_runtime"])),
)


def _shared_outputs(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the outputs of all campaigns that have some yet."""
    names = [[one["name"] for one in run["outputs"]] for run in runs if run["outputs"]]
    return [name for name in names[0] if all(name in one for one in names)] if names else []


def _extreme(run: Mapping[str, Any], name: str, which: str) -> str:
    one = next((one for one in run["outputs"] if one["name"] == name), None)
    if one is None:
        return "-"
    unit = f" {one['unit']}" if one["unit"] else ""
    return f"{one[which]['value']:.6g}{unit} ({one[which]['task']})"


def curve_lines(output: Mapping[str, Any], judged_by: str) -> Iterator[str]:
    """Return the learning curves of an output, beside each other."""
    unit = f" {output['unit']}" if output["unit"] else ""
    yield f"surrogates of {output['name']}: {TITLES[output['model']]}, errors by {judged_by}"
    curves = output["curves"]
    sizes = sorted({point["samples"] for curve in curves for point in curve["points"]})
    heading = ["samples"]
    for curve in curves:
        heading += [f"{curve['run']}: RMSE{unit}", "R2", "core-hours"]
    by_size = [{point["samples"]: point for point in curve["points"]} for curve in curves]
    yield from (
        f"  {line}"
        for line in table(
            heading,
            [
                [f"{size:,}", *(cell for points in by_size for cell in _cells(points.get(size)))]
                for size in sizes
            ],
        )
    )
    yield "  " + reached_line(output)


def reached_line(output: Mapping[str, Any]) -> str:
    """Say what it took each campaign to reach the error that all have reached."""
    unit = f" {output['unit']}" if output["unit"] else ""
    took = "; ".join(
        f"{curve['run']} {curve['samples_needed']:,} samples and"
        f" {core_hours(curve['core_hours_needed'])} core-hours"
        for curve in output["curves"]
        if curve["samples_needed"] is not None
    )
    return f"to an RMSE of {output['target']:.4g}{unit}, which all have reached, it took {took}"


def _cells(point: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if point is None:
        return "-", "-", "-"
    return (
        f"{point['rmse']:.4g} +- {point['rmse_error']:.1g}",
        "-" if point["r2"] is None else f"{point['r2']:.5f}",
        core_hours(point["core_hours"]),
    )


def configuration_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Return where the configurations differ: a line for each key, a column for each campaign."""
    if not told["configuration"]:
        yield "the configurations are the same"
        return
    rows = [
        [one["key"], *("-" if value is None else _cut(value) for value in one["values"])]
        for one in told["configuration"]
    ]
    yield from table(["configuration", *(run["name"] for run in told["runs"])], rows)


def _cut(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 3] + "..."


def note_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Return what is left out."""
    yield from (f"note: {note}" for note in told["notes"])
