"""A sensitivity analysis as text, from its JSON. Imports nothing heavy, since the app shows it
too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.surrogate.fit_text import TITLES, table
from enchanted_tui.visible_text import visible

AS_DRAWN = "as it was drawn"
_POOR = 0.8  #: share of explained variance below which the indices are to be taken with care


def as_text(told: Mapping[str, Any]) -> str:
    """Return an analysis, as `SensitivityReport.as_json` gives it, as text."""
    return visible("\n".join(_lines(told)))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{told['run_dir']}: {told['samples']:,} samples, {told['succeeded']:,} successful;"
        f" intervals of {told['level']:.0%}"
    )
    for one in told["outputs"]:
        yield ""
        yield from output_lines(one)
    yield ""
    yield from correlation_lines(told["correlations"])
    yield ""
    yield from input_lines(told)


def input_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Say how the parameters are taken to be distributed, and what else is to be regarded."""
    if all(said.endswith(AS_DRAWN) for said in told["inputs"]):
        yield f"inputs: each {AS_DRAWN}"
    else:
        yield f"inputs: {'; '.join(told['inputs'])}"
    yield from (f"note: {note}" for note in told["notes"])


def output_lines(one: Mapping[str, Any]) -> Iterator[str]:
    """Return the indices of one output."""
    yield (
        f"{one['name']} ({TITLES[one['model']]} of {one['samples']:,} samples, which explains"
        f" {one['explained']:.1%} of the variance of others)"
    )
    rows = [
        (
            index["name"],
            f"{index['first']:.3f}",
            f"{index['first_low']:.3f} to {index['first_high']:.3f}",
            f"{index['total']:.3f}",
            f"{index['total_low']:.3f} to {index['total_high']:.3f}",
        )
        for index in one["indices"]
    ]
    heading = ("parameter", "first order", "interval", "total", "interval")
    yield from (f"  {line}" for line in table(heading, rows))
    yield f"  {conclusion(one)}"


def conclusion(one: Mapping[str, Any]) -> str:
    """Say in words what the indices of an output mean."""
    if one["explained"] < _POOR:
        return (
            "the model explains too little for more than a rough order: draw more samples, or look"
            " for noise and for parameters that are missing"
        )
    idle = [index["name"] for index in one["indices"] if index["total_high"] < 0.05]
    together = 1 - sum(index["first"] for index in one["indices"])
    said = [f"{one['indices'][0]['name']} matters most"]
    if together > 0.1:
        said.append(f"{together:.0%} of the variance comes of parameters together")
    if idle:
        said.append(f"hardly matter{'s' if len(idle) == 1 else ''}: {', '.join(idle)}")
    return "; ".join(said)


def correlation_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Return the matrix of correlations, by ranks below the diagonal and linear above it."""
    names = found["names"]
    yield "correlations (linear above the diagonal, by ranks below)"
    rows = []
    for i, name in enumerate(names):
        cells = [
            "" if i == j else _number(found["pearson" if i < j else "spearman"][i][j])
            for j in range(len(names))
        ]
        rows.append((name, *cells))
    yield from (f"  {line}" for line in table(("", *names), rows))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
