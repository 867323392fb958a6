"""What somebody may have meant by a name that does not exist.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def normalised(name: str) -> str:
    """Return a name without what its spellings differ in: ``local_executor`` and ``LocalExecutor``
    are the same.
    """
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def nearest(name: Any, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name nearest to what was written, or None if none is near."""
    import difflib

    by_form: dict[str, str] = {}
    for candidate in known:
        by_form.setdefault(normalised(candidate), candidate)
    found = difflib.get_close_matches(normalised(str(name))[:200], by_form, n=1, cutoff=cutoff)
    return by_form[found[0]] if found else None


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """Return a suggestion to append to a sentence, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found!r}?" if found is not None else ""
