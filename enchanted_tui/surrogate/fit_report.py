"""A fit as JSON: for scripts, the model's file and the app."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy

from enchanted_tui.surrogate.cross_validation import CurvePoint
from enchanted_tui.surrogate.power_law import LEVEL
from enchanted_tui.surrogate.surrogate_fit import FitReport, OutputReport

_PAIRS = 400  #: of values and predictions, for a parity plot


def as_json(report: FitReport) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "run_dir": str(report.root),
        "samples": report.samples,
        "fingerprint": report.fingerprint,
        "where": report.where,
        "judged_by": report.how,
        "outputs": [_output_json(one) for one in report.outputs],
        "success": {
            **asdict(report.success),
            "rate": report.success.rate,
            "tells": report.success.tells,
        },
        "notes": list(report.notes),
        "next": list(report.next_steps),
        "seconds": report.seconds,
    }


def _output_json(one: OutputReport) -> dict[str, Any]:
    law, doubled = one.law, one.advice.doubled
    return {
        **one.fitted.described(),
        "spread": one.spread,
        "rmse_of_spread": one.fitted.rmse / one.spread,
        "counted_in": one.counted_in,
        "does_not_depend_on": list(one.needless),
        "samples_alike": one.alike,
        "learning_curve": [_point_json(point) for point in one.validation.curve],
        "power_law": None
        if law is None
        else {
            "exponent": law.exponent,
            "exponent_low": law.exponent_low,
            "exponent_high": law.exponent_high,
            "level": LEVEL,
        },
        "forecast": None
        if doubled is None
        else {
            **asdict(doubled),
            "count": doubled.samples,
            "samples": _samples(one, doubled.samples),
        },
        "samples_for_half_the_error": _samples(one, one.advice.samples_to_halve),
        "count_for_half_the_error": one.advice.samples_to_halve,
        "errors_by_part": [asdict(part) for part in one.errors.parts],
        "errs_most_where": {
            "condition": one.errors.condition,
            "caught": one.errors.caught,
            "others": one.errors.others,
        }
        if one.errors.condition
        else None,
        "verdict": one.advice.verdict,
        "advice": one.advice.sentence,
        "left_out": {**asdict(one.left_out), "samples": one.left_out.count},
        "parity": _parity(one),
    }


def _point_json(point: CurvePoint) -> dict[str, Any]:
    told = {**asdict(point), "count": point.count}
    del told["groups"]
    return told


def _samples(one: OutputReport, count: int | None) -> int | None:
    """Return about how many samples so many points or parents have, as those there are have."""
    last = one.validation.errors
    return None if count is None else round(count * last.samples / last.count)


def _parity(one: OutputReport) -> dict[str, list[float]]:
    """Return some of the values that were held out, with what was predicted of them."""
    truth, predicted = one.validation.truth.ravel(), one.validation.predicted.ravel()
    chosen = numpy.linspace(0, len(truth) - 1, min(len(truth), _PAIRS)).astype(int)
    return {"value": truth[chosen].tolist(), "predicted": predicted[chosen].tolist()}
