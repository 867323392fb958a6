"""A fit as text, from its JSON. Imports nothing heavy, since the app shows it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.visible_text import visible

TITLES = {"gp": "Gaussian process", "trees": "randomised trees", "linear": "linear model"}


def as_text(told: Mapping[str, Any]) -> str:
    """Return a report, as `as_json` gives it, as text."""
    return visible("\n".join(_lines(told)))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    success = told["success"]
    yield (
        f"{told['run_dir']}: {told['samples']:,} samples, {success['succeeded']:,} successful;"
        f" errors by {told['judged_by']}"
    )
    yield ""
    yield from summary_lines(told["outputs"])
    for one in told["outputs"]:
        yield ""
        yield from output_lines(one)
    yield ""
    yield from success_lines(success)
    for note in told["notes"]:
        yield f"note: {note}"
    yield from (f"next: {step}" for step in told["next"])


def summary_lines(outputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Return the table of errors, a line for each output."""
    heading = ("output", "model", "samples", "RMSE", "of spread", "MAPE", "R2")
    yield from table(heading, [_summary_cells(one) for one in outputs])


def _summary_cells(one: Mapping[str, Any]) -> tuple[str, ...]:
    unit = f" {one['unit']}" if one["unit"] else ""
    return (
        one["name"],
        one["model"],
        f"{one['samples']:,}",
        f"{one['rmse']:.4g}{unit}",
        f"{one['rmse_of_spread']:.2%}",
        "-" if one["mape"] is None else f"{one['mape']:.2%}",
        "-" if one["r2"] is None else f"{one['r2']:.5f}",
    )


def output_lines(one: Mapping[str, Any]) -> Iterator[str]:
    """Return what there is to say of one output."""
    yield f"{one['name']} ({TITLES[one['model']]})"
    if said := needless_sentence(one):
        yield f"  {said}"
    yield from (
        f"  {line}"
        for line in table(
            ("learnt from", "RMSE", "MAPE", "R2"),
            [_curve_cells(one, p) for p in one["learning_curve"]],
        )
    )
    law = one["power_law"]
    if law is not None:
        falls = "falls" if law["exponent"] >= 0 else "rises"
        sign = "-" if law["exponent"] >= 0 else ""
        yield (
            f"  RMSE {falls} as {learnt_from(one)}^{sign}{abs(law['exponent']):.2f}"
            f" ({law['level']:.0%}: {law['exponent_low']:.2f} to {law['exponent_high']:.2f})"
        )
    yield f"  {one['advice']}"
    where = one["errs_most_where"]
    if where is not None:
        yield (
            f"  errs most where {where['condition']}: so are {where['caught']:.0%} of the worst"
            f" tenth and {where['others']:.0%} of the others"
        )
    for part in worst_parts(one):
        yield (
            f"  {part['name']} {part['part']}: RMSE {part['rmse']:.3g}, {part['ratio']:.2g} times"
            f" that of all ({part['samples']:,} samples)"
        )


def needless_sentence(one: Mapping[str, Any]) -> str:
    """Say which parameters are left out; nothing if none is."""
    names = one.get("does_not_depend_on")
    if not names:
        return ""
    return (
        f"does not depend on {', '.join(names)}, as far as samples show: {one['samples_alike']:,}"
        " that differ from another one in nothing else have its value"
    )


def worst_parts(one: Mapping[str, Any], most: int = 3) -> list[Mapping[str, Any]]:
    """Return the parts of parameters' ranges in which predictions err most."""
    parts = sorted(one["errors_by_part"], key=lambda part: -part["ratio"])
    return [part for part in parts[:most] if part["ratio"] >= 1.25]


def learnt_from(one: Mapping[str, Any]) -> str:
    """Return what the learning curve of an output counts: samples, points or parents."""
    found: str = one.get("counted_in", "samples")
    return found


def counts(one: Mapping[str, Any]) -> list[int]:
    """Return how many of these each point of the learning curve has learnt from."""
    return [point.get("count", point["samples"]) for point in one["learning_curve"]]


def _curve_cells(one: Mapping[str, Any], point: Mapping[str, Any]) -> tuple[str, ...]:
    of = learnt_from(one)
    samples = f"{point['samples']:,}"
    return (
        samples if of == "samples" else f"{point['count']:,} {of} ({samples} samples)",
        f"{point['rmse']:.4g} +- {point['rmse_error']:.1g}",
        "-" if point["mape"] is None else f"{point['mape']:.2%}",
        "-" if point["r2"] is None else f"{point['r2']:.5f}",
    )


def success_lines(success: Mapping[str, Any]) -> Iterator[str]:
    """Return what is known of failures."""
    if success.get("hidden"):
        yield success["hidden"]
        return
    if success["succeeded"] == success["samples"]:
        yield "no sample has failed"
        return
    failed = success["samples"] - success["succeeded"]
    yield f"{failed:,} samples have failed: {success['rate']:.1%} succeed"
    if success["auc"] is None:
        yield "  too few for a model of where they fail"
        return
    if success["tells"]:
        yield (
            f"  failures can be foreseen: a success is told from a failure with probability"
            f" {success['auc']:.2f}; predicted rate of success {success['predicted_rate']:.1%}"
        )
    else:
        yield (
            f"  failures do not follow from the parameters: a success is told from a failure with"
            f" probability {success['auc']:.2f}, and 0.5 is chance"
        )
    if success["condition"]:
        yield (
            f"  they fail where {success['condition']}: {success['caught']:.0%} of the failures are"
            f" there, and {success['others']:.0%} of the successes"
        )


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for row in (heading, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
