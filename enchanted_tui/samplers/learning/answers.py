"""Questions to the models and their answers as plain JSON types, so that they can be asked of
another process.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import asdict
from typing import Any

import numpy

from enchanted_tui.samplers.candidate_pool import CandidatePool
from enchanted_tui.samplers.learning.candidates import Allowed, Cube, Given
from enchanted_tui.samplers.learning.posterior import Hyperparameters
from enchanted_tui.samplers.learning.proposals import Fitted, PointQuestion, Proposal

Question = dict[str, Any]
Answer = dict[str, Any]


def prepare(method: str) -> None:
    """Import what a method needs, which takes longer than to use it."""
    if method == "active":
        with contextlib.suppress(ImportError):  # told when it is used
            import skactiveml.pool  # noqa: F401
    import scipy.stats  # noqa: F401


def answer(question: Question) -> Answer:
    """Answer a question: ``method`` ("bayesian", "pareto" or "active"), its ``options``, and what a
    `PointQuestion` holds; ``space``, where parameters or constraints leave less than the
    unit cube, describes them as a configuration does, or a pool, of which the rows are answered
    too.
    """
    cube = _cube(question.get("space"))
    proposal = _propose(
        question["method"],
        question["options"],
        _asked(question, cube),
    )
    rows = {"rows": cube.rows(proposal.points)} if isinstance(cube, Given) else {}
    return {
        **rows,
        "points": proposal.points.tolist(),
        "fitted": {
            "models": [asdict(model) for model in proposal.fitted.models],
            "known": proposal.fitted.known,
        },
        "refitted": proposal.refitted,
        "diagnostics": {name: _finite(value) for name, value in proposal.diagnostics.items()},
    }


def _asked(question: Question, cube: Cube | None) -> PointQuestion:
    fitted = question["fitted"]
    points = numpy.array(question["points"], dtype=float)
    return PointQuestion(
        points,
        numpy.array(question["values"], dtype=float),
        numpy.array(question["pending"], dtype=float).reshape(-1, points.shape[1]),
        question["count"],
        question["seed"],
        None
        if fitted is None
        else Fitted(
            [Hyperparameters(**_tuples(model)) for model in fitted["models"]], fitted["known"]
        ),
        cube,
        numpy.array(question["outcomes"], dtype=float) if question.get("outcomes") else None,
    )


def _cube(told: dict[str, Any] | None) -> Cube | None:
    """Return where samples may be; None for all of the unit cube."""
    if not told:
        return None
    if "pool" in told:
        return Given(CandidatePool.told_of(told["pool"]), told["taken"])
    return Allowed.described(told)


def _propose(method: str, options: dict[str, Any], asked: PointQuestion) -> Proposal:
    if method == "active":
        from enchanted_tui.samplers.learning import active

        return active.propose(active.ActiveOptions(**options), asked)
    if method == "pareto":
        from enchanted_tui.samplers.learning import pareto

        return pareto.propose(pareto.ParetoOptions(**options), asked)
    from enchanted_tui.samplers.learning import bayesian

    return bayesian.propose(bayesian.BayesianOptions(**options), asked)


def _tuples(model: dict[str, Any]) -> dict[str, Any]:
    return {**model, "scales": tuple(model["scales"])}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
