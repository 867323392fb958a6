"""Points added to a campaign by hand: what they would be, and asking for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enchanted_tui import values
from enchanted_tui.commands import command_line
from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.operations import actions
from enchanted_tui.record import points_request
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.points_request import PointsRequest
from enchanted_tui.record.samples import read_samples
from enchanted_tui.record.session_start import build_samplers, is_pure
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.samplers.matching import Matching
from enchanted_tui.samplers.point_table import PointsFileError, WantedColumns
from enchanted_tui.samplers.points_file import read
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor import control

MOST = 100_000  #: points in one request, which is a small file
_SHOWN = 3


@dataclass(frozen=True)
class PointsToAdd:
    """Points that fit a stage."""

    root: Path
    request: PointsRequest
    n_stages: int
    warnings: tuple[str, ...]
    there: str  #: where they are already, empty if they are not

    @property
    def count(self) -> int:
        return len(self.request.samples)

    def as_text(self) -> str:
        """Say how many they are, and show the first."""
        lines = [f"{_counted(self.count)} for stage {self.request.depth}"]
        lines += [f"  {values.encode(sample)}" for sample in self.request.samples[:_SHOWN]]
        if self.count > _SHOWN:
            lines.append(f"  and {self.count - _SHOWN:,} more")
        return "\n".join([*lines, *self.warnings])


def points_to_add(
    root: Path, path: Path, depth: int = 0, columns: Sequence[str] | None = None
) -> PointsToAdd:
    """Return the points of a file as samples of a stage of the campaign in `root`; changes nothing.

    Raises RefusedError, MismatchError or PointsFileError, which say all there is to correct, where
    they are not.
    """
    state = actions.read_state(root)
    if not 0 <= depth < len(state.stages):
        last = len(state.stages) - 1
        there = "stage 0 alone" if not last else f"stages 0 to {last}"
        raise RefusedError(f"The campaign in {root} has {there}; there is no stage {depth}.")
    stage = state.stages[depth]
    samplers = build_samplers(actions.configuration(root), state.seed)
    run_dir = CampaignDirectory(root.resolve())
    matching = Matching(samplers[depth], _examples(run_dir, stage, samplers[depth]))
    points = _points(path, columns)
    matching.check_names(points, path.name)
    samples, warnings = matching.samples(points, path.name)
    request = PointsRequest(depth, samples, control.whoami(), path.name)
    return PointsToAdd(
        root, request, len(state.stages), tuple(warnings), _where(run_dir, stage, request)
    )


def stage_names(root: Path) -> list[str]:
    """Return the sampler of each stage of the campaign in `root`."""
    names = actions.read_state(root).stage_names
    return [f"{stage['sampler']} ({stage['sampler_type']})" for stage in names]


def add(points: PointsToAdd) -> str:
    """Ask for points; return a sentence that says what becomes of them. Raises
    EnvironmentProblem.
    """
    if points.there:
        return points.there
    run_dir = CampaignDirectory(points.root.resolve())
    try:
        points_request.ask(run_dir.control, points.request)
    except OSError as error:
        raise EnvironmentProblem(
            f"{run_dir.control} cannot be written ({error.strerror}); no points were added."
        ) from error
    stage = f" for stage {points.request.depth}" if points.n_stages > 1 else ""
    holder = actions.who_may_run(points.root)
    if holder is not None:
        return f"Asked the supervisor ({holder.describe()}) for {_counted(points.count)}{stage}."
    go_on = command_line(points.root, "--no-ui")
    wait = "waits" if points.count == 1 else "wait"
    return (
        f"{_counted(points.count)}{stage} {wait} in {points.root} for the next session: {go_on}"
        " runs what is left."
    )


def _points(path: Path, columns: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    try:
        file = read(
            str(path), WantedColumns(None if columns is None else tuple(columns), gaps=False)
        )
    except PointsFileError as error:
        raise RefusedError(str(error)) from None
    if file.rows > MOST:
        raise RefusedError(
            f"{path.name} has {file.rows:,} points, and {MOST:,} can be added at once; take a"
            " PoolSampler or CSVSampler for so many, or several files."
        )
    return [
        dict(zip(file.columns, row, strict=True))
        for row in zip(*file.columns.values(), strict=True)
    ]


def _examples(run_dir: CampaignDirectory, stage: StageState, sampler: Any) -> list[dict[str, Any]]:
    """Return some samples of a stage: of its record, else those that will be drawn first."""
    for batch in stage.batches:
        for offset in batch.slices.values():
            with JournalReader(run_dir.journal) as reader:
                return read_samples(reader.read(offset))
    if is_pure(sampler) and sampler.target:
        found: list[dict[str, Any]] = sampler.points(0, 0, sampler.target, 0, 1)
        return found
    return []


def _where(run_dir: CampaignDirectory, stage: StageState, request: PointsRequest) -> str:
    """Say that points have been asked for before; empty if they have not."""
    count = _counted(len(request.samples))
    batch = stage.has_added(request.id)
    if batch is not None:
        return (
            f"These {count} are on record already, as batch {batch.index} of stage {stage.depth};"
            " nothing is added."
        )
    if any(item.id == request.id for item in points_request.waiting(run_dir.control)):
        return f"These {count} have been asked for already, and wait; nothing is added."
    return ""


def _counted(number: int) -> str:
    return f"{number:,} point{'' if number == 1 else 's'}"
