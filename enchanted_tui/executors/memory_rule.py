"""Whether samples that were killed for want of memory run again with more.

Modules of plugins import it on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.config.options import Nested, option
from enchanted_tui.resources import mebibytes

_MOST_FACTOR = 10.0


class MemoryRetry(Nested):
    """How much more memory a sample is given that was killed for want of it."""

    factor: float = option(
        1.5,
        doc="How many times the memory that it had, each time.",
        gt=1,
        le=_MOST_FACTOR,
    )
    times: int = option(3, doc="How often one sample is given more at most.", ge=1)
    most: int | str = option(
        None,
        doc=(
            "The most memory that a sample is given on a node, as for sbatch; never more than there"
            " is."
        ),
        example="200G",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        try:
            mebibytes(self.most)
        except ValueError as error:
            yield "most", str(error).partition(": ")[2]

    def after(self, mem: int, times: int, there_is: int | None) -> int | None:
        """Return the MiB with which a sample runs again that was killed with `mem`, and had been
        given more so many times before; None if it does not. `there_is`: on a node, if known.
        """
        if times >= self.times:
            return None
        limits = [math.ceil(mem * self.factor), mebibytes(self.most) or math.inf]
        if there_is is not None:
            limits.append(there_is)
        more = min(limits)
        return int(more) if more > mem else None


def memory_retry_option() -> Any:
    """Declare the option of an executor."""
    return option(
        None,
        doc=(
            "Samples that were killed for want of memory, and only they, run again with so many"
            " times the `mem` of their runner's `resources`: at most 3 times, and never with more"
            " than there is (see docs/looking-after.md)."
        ),
        nested=MemoryRetry,
        example=1.5,
    )


def memory_retry_problem(given: Any) -> str | None:
    """Say what is wrong with the option where it is a number, or None."""
    if given is None or isinstance(given, Mapping) or 1 < given <= _MOST_FACTOR:
        return None
    return f"{given:g}: write a factor above 1 and at most {_MOST_FACTOR:g}, such as 1.5"


def memory_retry_of(options: Mapping[str, Any]) -> MemoryRetry | None:
    """Return the rule that an executor's options have; None for none."""
    given = options.get("memory_retry")
    if given is None:
        return None
    return MemoryRetry(**given) if isinstance(given, Mapping) else MemoryRetry(factor=float(given))
