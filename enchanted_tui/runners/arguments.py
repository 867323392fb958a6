"""What the built-in runners ask of their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from enchanted_tui.runners.failure import SampleFailed


def number(params: Mapping[str, Any], name: str, asker: str) -> float:
    """Return the parameter `name` as a number; text that spells one will do.

    Raises SampleFailed if it is missing or no number.
    """
    try:
        return float(params[name])
    except KeyError:
        raise SampleFailed(
            f"{asker} needs the parameter {name!r}; the sample has {listed(params)}", "exception"
        ) from None
    except (TypeError, ValueError):
        raise SampleFailed(
            f"{asker} needs a number as parameter {name!r}, not {params[name]!r:.60}", "exception"
        ) from None


def listed(names: Iterable[Any], limit: int = 12) -> str:
    """Return names as text for a message: ``a, b, c``, cut after `limit`, ``none`` if there are
    none.
    """
    known = [str(name) or "''" for name in names]
    shown = ", ".join(known[:limit])
    return f"{shown}, ... ({len(known)} in all)" if len(known) > limit else shown or "none"
