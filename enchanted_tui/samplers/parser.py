"""What a parser is: it reads back from a run directory the numbers that a sampler learns from.

Runs on workers, beside runners of the same module: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Parser:
    """Read the observations of a run. Its keyword arguments are `parser_config` of the sampler.

    A class without this base works too, if it has one of the two methods.
    """

    def read_output_file(self, run_dir: str) -> Mapping[str, Any]:
        """Return the observations of the run in `run_dir` (absolute), numbers by name.

        Whatever it raises means that this run is no observation.
        """
        raise NotImplementedError

    def collect_sample_information(
        self, run_dir: str, observations: Sequence[str | None]
    ) -> Mapping[str, Any]:
        """Return what a sampler wants to know of the run in `run_dir`.

        ``objective`` has a number for each of `observations` (names; None is ``output``); of more
        or fewer numbers the sum counts. ``failure`` is true where the run gave none; ``inputs``
        has the parameters, by name or in their order, for runs of an earlier campaign. By default
        it is made from `read_output_file`.
        """
        found = self.read_output_file(run_dir)
        return {"objective": [found[name or "output"] for name in observations], "failure": False}
