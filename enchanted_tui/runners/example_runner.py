"""A stand-in for a simulation: sleeps, may fail, adds up two parameters."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.runners.arguments import number
from enchanted_tui.runners.base import Runner, SampleFailed

_COUNTED = re.compile(r"c(\d+)\Z")


class ExampleRunner(Runner):
    """Add up the two parameters ``c<N>`` with the largest N (one of them: that one; none: 0), write
    ``output.txt``, and pause.
    """

    sleep_sec: float | list[float] = option(
        0.01,
        doc="How long a sample takes: a number, or [shortest, longest] to draw from.",
        unit="s",
        ge=0,
        example=[0.1, 0.5],
    )
    fail_prob: float = option(0.0, doc="Probability that a sample fails.", ge=0, le=1)
    raise_failures: bool = option(
        True,
        doc=(
            "Whether a failing sample raises an exception; otherwise it reports success False and"
            " output NaN."
        ),
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        output = sum(number(params, name, "ExampleRunner") for name in _last_two(params))
        with open(os.path.join(run_dir, "output.txt"), "a", encoding="utf-8") as file:
            file.write(f"{output}\n")
        time.sleep(self._pause())
        if random.random() < self.fail_prob:
            if self.raise_failures:
                raise SampleFailed(
                    f"failed by chance, as fail_prob = {self.fail_prob} asks for", "exception"
                )
            return {"output": float("nan"), "success": False}
        return {"output": output, "success": True}

    def output_names(self) -> tuple[str, ...]:
        return ("output",)

    def problems(self) -> Iterator[tuple[str, str]]:
        if isinstance(self.sleep_sec, list):
            if len(self.sleep_sec) != 2:
                yield (
                    "sleep_sec",
                    f"a range is [shortest, longest], not {len(self.sleep_sec)} numbers",
                )
            elif self.sleep_sec[0] > self.sleep_sec[1]:
                yield (
                    "sleep_sec",
                    (
                        f"the shortest pause {self.sleep_sec[0]} is above the longest"
                        f" {self.sleep_sec[1]}; swap them"
                    ),
                )

    def _pause(self) -> float:
        if isinstance(self.sleep_sec, (list, tuple)):
            return random.uniform(self.sleep_sec[0], self.sleep_sec[1])
        return self.sleep_sec


def _last_two(params: dict[str, Any]) -> list[str]:
    counted = sorted(
        (int(match.group(1)), name)
        for name, match in ((name, _COUNTED.match(name)) for name in params)
        if match
    )
    return [name for _, name in counted[-2:]]
