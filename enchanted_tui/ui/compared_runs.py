"""What the screen of runs side by side shows, read in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.views.dataset_statistics import Floats, Results

if TYPE_CHECKING:
    from enchanted_tui.comparison.campaign_facts import (
        CampaignFacts,
        CampaignFollower,
        CampaignReading,
    )
    from enchanted_tui.comparison.configuration_differences import KeyDifference
    from enchanted_tui.ui.charts.picture import Picture


@dataclass(frozen=True)
class RunsBeside:
    """Runs side by side at one moment."""

    runs: tuple[CampaignFacts, ...]
    facts: Sequence[Sequence[str]]  #: a title, and a cell for each run
    differences: tuple[KeyDifference, ...]
    notes: tuple[str, ...]
    names: tuple[str, ...]  #: of the columns of numbers that all have, parameters first
    outputs: tuple[str, ...]  #: of these
    numbers: tuple[Mapping[str, Floats], ...]  #: by run

    def nothing(self, size: tuple[int, int]) -> Picture:
        """Return the picture of what has no columns in common."""
        return nothing(size, "These runs have no column of numbers in common.")


class ComparedRuns:
    """Follows runs; `read` is for one thread at a time."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._followers: list[CampaignFollower] = []
        self._closed = False

    def read(self) -> RunsBeside:
        """Return them as they are now. Raises EnvironmentProblem or OSError."""
        # heavy, and no matter of the first screen
        from enchanted_tui.comparison.campaign_facts import CampaignFollower
        from enchanted_tui.comparison.comparison_text import fact_rows, failure_rows
        from enchanted_tui.comparison.configuration_differences import configuration_differences
        from enchanted_tui.comparison.side_by_side import columns_left_out, told_apart

        if not self._followers:
            self._followers = [CampaignFollower(root) for root in self._roots]
        readings = [follower.read() for follower in self._followers]
        if self._closed:
            self.close()
        runs = tuple(
            replace(reading.facts, name=name)
            for reading, name in zip(readings, told_apart(self._roots), strict=True)
        )
        differences, notes = configuration_differences(self._roots)
        told = [run.as_json() for run in runs]
        names, outputs = _shared_numbers(readings)
        return RunsBeside(
            runs,
            [*fact_rows(told), *failure_rows(told)],
            differences,
            (*columns_left_out(runs), *notes),
            names,
            outputs,
            tuple(
                {name: _numbers(reading.results, name) for name in names} for reading in readings
            ),
        )

    def close(self) -> None:
        """Close the journals, at the latest when what is being read has been."""
        self._closed = True
        for follower in self._followers:
            follower.close()


def _shared_numbers(
    readings: Sequence[CampaignReading],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of numbers of all runs that have samples, and which of them are outputs
    of the first.
    """
    results = [reading.results for reading in readings if len(reading.results)]
    if not results:
        return (), ()
    names = tuple(
        name for name in results[0].numeric if all(name in one.numeric for one in results[1:])
    )
    return names, tuple(name for name in results[0].outputs if name in names)


def _numbers(results: Results, name: str) -> Floats:
    """Return a column; nothing of a run that has no sample yet."""
    column = results.columns.get(name)
    return np.zeros(0) if column is None else column.numbers
