"""One campaign in numbers: how far, at what cost, what failed and why, and the best of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy

from enchanted_tui.campaign_status import Phase
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.older.older_view import recorded
from enchanted_tui.record.provenance import metadata
from enchanted_tui.record.records import StageNames
from enchanted_tui.record.snapshot import StageSummary
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.values import as_plain_json
from enchanted_tui.views.dataset_statistics import Results, read_news
from enchanted_tui.views.failure_groups import FailureGroup
from enchanted_tui.views.separation import separations
from enchanted_tui.views.viewing import View, Viewer

_ALL = 3600.0  #: seconds of reading: as long as it takes


@dataclass(frozen=True)
class ExtremeSample:
    """The sample with the smallest, or the largest, value of an output."""

    value: float
    task: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class OutputExtremes:
    """The best values of an output among the successes; which of both is better is for people to
    say.
    """

    name: str
    unit: str
    smallest: ExtremeSample
    largest: ExtremeSample


@dataclass(frozen=True)
class FailurePattern:
    """Failures with one kind of message, and the condition on a parameter that tells them from
    successes, if one does.
    """

    pattern: str
    example: str  #: the newest whole message
    count: int
    kinds: tuple[tuple[str, int], ...]
    hosts: tuple[tuple[str, int], ...]
    condition: str = ""
    caught: float = 0.0  #: share of the failures that meet it
    others: float = 0.0  #: share of the successes that do


@dataclass(frozen=True)
class CampaignFacts:
    """One campaign at one moment. Samples are those of the dataset's stage, with their parents."""

    root: Path
    name: str  #: tells it from the others that it is compared with
    phase: Phase
    ended: str  #: how its last session ended, or why nothing happens
    samplers: tuple[str, ...]  #: types, by stage
    runners: tuple[str, ...]
    samples: int  #: that have finished
    fingerprint: str  #: of the dataset, see `views.dataset_fingerprint`
    expected: int
    succeeded: int
    failed: int
    tasks: int  #: that have finished, of all stages and steps
    core_hours: float  #: held until now
    mean_runtime: float | None  #: seconds a task
    failures: tuple[FailurePattern, ...]
    outputs: tuple[OutputExtremes, ...]
    columns: tuple[str, ...]  #: of the dataset, without the program's own
    provenance: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        told = {**asdict(self), "root": str(self.root), "phase": str(self.phase)}
        del told["fingerprint"]
        told["outputs"] = as_plain_json(told["outputs"])  # parameters may be arrays
        return told


@dataclass(frozen=True)
class CampaignReading:
    """What is read of a campaign: its facts and its dataset."""

    facts: CampaignFacts
    results: Results
    view: View
    units: Mapping[str, str]
    stage_names: Sequence[StageNames]


def has_campaign(root: Path) -> bool:
    """Tell whether a campaign is recorded in a directory, by this program or the older one."""
    run_dir = CampaignDirectory(root)
    return run_dir.journal.is_file() or is_older_run(run_dir)


def read_campaign(root: Path) -> CampaignReading:
    """Read a campaign, running or not; changes nothing. Takes long for many samples. Raises
    EnvironmentProblem or OSError if it cannot be read.
    """
    follower = CampaignFollower(root)
    try:
        return follower.read()
    finally:
        follower.close()


class CampaignFollower:
    """Reads a campaign again and again; what it has read is not read twice. For one thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._viewer = Viewer(root)
        self._results = Results()
        self._sessions = -1
        self._units: Mapping[str, str] = {}
        self._provenance: Mapping[str, str] = {}
        self._stage_names: Sequence[StageNames] = ()

    def read(self) -> CampaignReading:
        """Return the campaign as it is now. Raises as `read_campaign` does."""
        viewer, results = self._viewer, self._results
        view = viewer.refresh(budget=_ALL)
        if view.snapshot.sessions != self._sessions or not self._stage_names:
            self._read_names(view.snapshot.sessions)
        news, parameters = read_news(viewer, results)
        results.take(news)
        results.parameters = parameters or results.parameters
        failures = tuple(_pattern(viewer, group) for group in viewer.rows.failure_groups())
        facts = _facts(view, results, failures, self._units, self._provenance)
        return CampaignReading(facts, results, view, self._units, self._stage_names)

    def _read_names(self, sessions: int) -> None:
        """Read what changes from session to session only."""
        run_dir = CampaignDirectory(self.root.resolve())
        with recorded(run_dir) as reader:
            state = reader.state
            self._units, self._stage_names = dict(state.units), list(state.stage_names)
            self._provenance = metadata(run_dir, state) if state.stages else {}
        self._sessions = sessions

    def close(self) -> None:
        """Close the journal."""
        self._viewer.close()


def _facts(
    view: View,
    results: Results,
    failures: tuple[FailurePattern, ...],
    units: Mapping[str, str],
    provenance: Mapping[str, str],
) -> CampaignFacts:
    taken = view.snapshot
    stage = _dataset_stage(taken.stages)
    ok = int(results.success.sum())
    return CampaignFacts(
        root=view.root,
        name=view.root.name,
        phase=view.phase,
        ended=view.ended or view.why,
        samplers=_types(provenance, "samplers") or tuple(one.sampler for one in taken.stages),
        runners=_types(provenance, "runners") or tuple(n for s in taken.stages for n in s.runners),
        samples=len(results),
        fingerprint=results.fingerprint,
        expected=max(stage.expected if stage is not None else 0, len(results)),
        succeeded=ok,
        failed=len(results) - ok,
        tasks=taken.tasks_done,
        core_hours=(taken.core_seconds / 3600 if taken.cost is None else taken.cost.core_hours),
        mean_runtime=taken.mean_runtime,
        failures=failures,
        outputs=tuple(
            found
            for name in results.outputs
            if (found := _extremes(results, name, units.get(name, ""))) is not None
        ),
        columns=tuple(name for name in results.columns if not is_own(name)),
        provenance=provenance,
    )


def is_own(name: str) -> bool:
    """Tell whether a column is the program's own."""
    own = ("success_", "runtime_sec_", "neighbour_")
    return name in ("success", "run_dir") or name.startswith(own)


def _types(provenance: Mapping[str, str], what: str) -> tuple[str, ...]:
    return tuple(filter(None, provenance.get(what, "").split(", ")))


def _dataset_stage(stages: tuple[StageSummary, ...]) -> StageSummary | None:
    """Return the deepest stage that has samples, whose rows the dataset holds."""
    return next((stage for stage in reversed(stages) if stage.done), stages[0] if stages else None)


def _extremes(results: Results, name: str, unit: str) -> OutputExtremes | None:
    values = results.columns[name].numbers
    usable = numpy.isfinite(values) & results.success
    if not usable.any():
        return None
    smallest = int(numpy.argmin(numpy.where(usable, values, math.inf)))
    largest = int(numpy.argmax(numpy.where(usable, values, -math.inf)))
    return OutputExtremes(
        name, unit, _sample(results, name, smallest), _sample(results, name, largest)
    )


def _sample(results: Results, name: str, row: int) -> ExtremeSample:
    parameters = {
        one: results.columns[one].raw[row] for one in results.parameters if one in results.columns
    }
    value = float(results.columns[name].numbers[row])
    return ExtremeSample(value, results.tasks[row].name, parameters)


def _pattern(viewer: Viewer, group: FailureGroup) -> FailurePattern:
    judged = separations(*viewer.rows.failure_values((group.pattern,)))
    told = judged[0] if judged and judged[0].tells else None
    return FailurePattern(
        group.pattern,
        group.example,
        group.count,
        group.kinds,
        group.hosts,
        *(() if told is None else (told.condition(), told.caught, 1 - told.spared)),
    )
