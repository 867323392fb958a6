"""Checks of constraints and derived parameters, as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from enchanted_tui.expressions import Expression, ExpressionError, normal_name
from enchanted_tui.suggestions import did_you_mean


def expression_problems(
    constraints: Sequence[str], derived: Mapping[str, str], names: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Check constraints and derived parameters, whose names are those of the parameters `names` and
    of what is derived before.
    """
    known = {normal_name(name): name for name in names}
    for name, text in derived.items():
        where = f"derived.{name}"
        if normal_name(name) in known:
            yield where, f"{name!r} is a parameter already; give what is derived another name"
        yield from _problems_of(text, where, known)
        known[normal_name(name)] = name
    for index, text in enumerate(constraints):
        where = f"constraints[{index}]"
        found = list(_problems_of(text, where, known))
        yield from found
        if not found and not Expression(text).is_condition:
            yield where, f"{text!r} is no condition; compare something, as in {text} < 1"


def _problems_of(text: str, where: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        unknown = sorted(Expression(text).names - {*known, *known.values()})
    except ExpressionError as error:
        yield where, str(error)
        return
    for name in unknown:
        listed = ", ".join(list(known.values())[:20])
        yield (
            where,
            (
                f"there is no parameter {name!r} here{did_you_mean(name, known.values())}; there"
                f" are {listed}"
            ),
        )
