"""What is wrong with what functions of the Python interface are given for a fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.surrogate.fit_command import MODELS
from enchanted_tui.surrogate.model_inputs import SurrogateError


def refuse(wrong: Sequence[str]) -> None:
    """Raise SurrogateError naming all mistakes, if there are any."""
    if wrong:
        raise SurrogateError("; ".join(wrong))


def wrong_arguments(
    outputs: Any = (),
    test: Any = None,
    folds: Any = None,
    model: Any = None,
    where: Any = None,
) -> list[str]:
    """Return a sentence for each mistake."""
    wrong = []
    if isinstance(outputs, str):  # a sequence too, of its characters
        wrong.append(f"outputs is a list of texts: write outputs=[{outputs!r}]")
    elif not isinstance(outputs, Iterable):
        wrong.append(f"outputs={outputs!r}: expected a list of names")
    if where is not None and not isinstance(where, str):
        wrong.append(f"where={where!r}: expected a text, a condition on the rows")
    whole = isinstance(folds, int) and not isinstance(folds, bool)
    if folds is not None and not (whole and folds >= 2):
        wrong.append(f"folds={folds!r}: expected a whole number, 2 or more")
    if folds is not None and test is not None:
        wrong.append("folds and test are two ways to judge a model; give one of them")
    if model is not None and model not in MODELS:
        hint = did_you_mean(model, MODELS) if isinstance(model, str) else ""
        wrong.append(f"model={model!r}: there is {', '.join(map(repr, MODELS))}{hint}")
    return wrong
