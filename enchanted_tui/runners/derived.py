"""Columns that follow from a sample's parameters and outputs by an expression.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any


def with_derived(
    outputs: dict[str, Any], params: Mapping[str, Any], derived: Mapping[str, str]
) -> dict[str, Any]:
    """Return the outputs of a success with the columns that follow from them, each also from those
    before it; NaN where one cannot be worked out.
    """
    known = {**params, **outputs}
    found = dict(outputs)
    for name, text in derived.items():
        found[name] = known[name] = _expression(text).value(known)
    return found


@functools.lru_cache(maxsize=256)
def _expression(text: str) -> Any:
    from enchanted_tui.expressions import Expression  # few runners have any

    return Expression(text)
