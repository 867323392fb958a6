"""What would run: stages, batches, tasks, files and first samples; for a resume, what is reused and
why. Changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from enchanted_tui import values
from enchanted_tui.campaign_status import Liveness
from enchanted_tui.config.continuation import measured
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.durations import rough_duration
from enchanted_tui.executors.older_form import build_executor
from enchanted_tui.record import forecast, points_request, snapshot, stage_order
from enchanted_tui.record.file_use import Files, file_use, warning, with_room, words
from enchanted_tui.record.folding import fold
from enchanted_tui.record.forecast import Forecast
from enchanted_tui.record.older.additions import notice
from enchanted_tui.record.older.adopt import is_older_run, state_if_adopted
from enchanted_tui.record.records import Record
from enchanted_tui.record.session_start import build_samplers, is_pure, sampler_target
from enchanted_tui.record.state import CampaignState
from enchanted_tui.runners.sample_resources import resources_of
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.room import room_of
from enchanted_tui.supervisor.canary import size_of
from enchanted_tui.supervisor.free_directory import has_record
from enchanted_tui.supervisor.open_executors import in_batch_jobs
from enchanted_tui.supervisor.resuming import check_unchanged, go_on, read_at
from enchanted_tui.supervisor.sampler_kinds import learns
from enchanted_tui.supervisor.streaming import why_it_waits
from enchanted_tui.task_paths import GROUPS

_SAMPLES_SHOWN = 3
_MANY_DIRECTORIES = 100_000  #: so many in one directory are worth a note


@dataclass(frozen=True)
class StagePreview:
    """What one stage would run."""

    depth: int
    sampler: str
    steps: tuple[str, ...]  #: "runner on executor"
    target: int
    batches: int | None  #: None where only the sampler knows
    samples: int  #: combined with parents
    tasks: int
    done: int  #: samples that have a row already and are reused
    first_samples: tuple[dict[str, Any], ...]  #: only where they are known without running anything
    after_parent: bool = False  #: a sample begins as soon as its parent has its row
    waits_because: str = ""  #: why all of a nested stage wait for the whole stage before
    start_from: str = ""  #: where samples start from another one: in what the distance is measured
    canary: int = 0  #: samples that run before the rest


@dataclass(frozen=True)
class Preview:
    """What a campaign would run."""

    base_run_dir: Path
    mode: str
    stages: tuple[StagePreview, ...]
    notes: tuple[str, ...]
    submissions: tuple[str, ...] = ()  #: what executors would ask a scheduler for
    #: what samples on record make of files, and the room there is
    files: Files = field(default_factory=Files)
    cost: Forecast | None = None  #: in core-hours, where samples are on record or there is a limit
    at_once: int = 1  #: tasks that run at the same time, as far as is known
    groups: int = 0  #: subdirectories of `data` in which the run directories lie, where they do

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "base_run_dir": str(self.base_run_dir)}

    def as_text(self) -> str:
        lines = [f"{self.mode} in {self.base_run_dir}"]
        for stage in self.stages:
            batches = (
                ""
                if stage.batches is None
                else f" in {_counted(stage.batches, 'batch', 'batches')}"
            )
            lines.append(
                f"stage {stage.depth + 1}: {stage.sampler},"
                f" {_counted(stage.target, 'sample')}{batches}"
            )
            for number, step in enumerate(stage.steps):
                lines.append(f"  step {number + 1}: {step}")
            lines.append(
                f"  {_counted(stage.samples, 'row')},"
                f" {_counted(stage.tasks, 'task')}{_reused(stage)}"
            )
            if stage.after_parent:
                lines.append("  each begins as soon as its parent has its row")
            if stage.waits_because:
                lines.append(
                    f"  all wait until the stage before is complete: {stage.waits_because}"
                )
            if stage.start_from:
                lines.append(f"  each starts from its nearest neighbour in {stage.start_from}")
            if stage.canary:
                lines.append(f"  {_counted(stage.canary, 'sample')} before the rest (canary)")
            if not stage.done:
                lines += [f"  sample: {values.encode(sample)}" for sample in stage.first_samples]
        directories = _counted(
            sum(stage.tasks for stage in self.stages), "run directory", "run directories"
        )
        where = f"below {self.base_run_dir / 'data'}"
        if self.groups:
            where = f"in {_counted(self.groups, 'subdirectory', 'subdirectories')} of" + where[5:]
        lines.append(f"{directories} with an enchanted_datapoint.csv each, {where}")
        return "\n".join([*lines, *self._cost(), *self._files(), *self.submissions, *self.notes])

    def _cost(self) -> list[str]:
        """Say what is known of core-hours and time."""
        if self.cost is None:
            return []
        said = forecast.words(self.cost)
        if said and self.cost.run_time_left:
            time = rough_duration(self.cost.run_time_left / self.at_once)
            said += f"; about {time} for what is left, {self.at_once:,} at a time"
        return [
            text for text in (said and f"core-hours: {said}", forecast.warning(self.cost)) if text
        ]

    def _files(self) -> list[str]:
        """Say what is known of files: the room on a disk without quotas only where it matters."""
        least = 2 * sum(stage.tasks for stage in self.stages) + self.groups
        if "files" in self.files or self.files.get("said_by", "df") != "df":
            return [text for text in (words(self.files), warning(self.files)) if text]
        return [text for text in (warning({**self.files, "at_end": least, "now": 0}),) if text]


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _reused(stage: StagePreview) -> str:
    """Say what of a stage is on record, and what is left to run."""
    if not stage.done:
        return ""
    left = (
        f"{stage.samples - stage.done:,} left to run"
        if stage.done < stage.samples
        else "nothing left to run"
    )
    return (
        f"; {stage.done:,} {'row is' if stage.done == 1 else 'rows are'} on record and reused,"
        f" {left}"
    )


def preview(config: CampaignConfig) -> Preview:
    """Say what the configuration would run in its run mode.

    Raises what opening the campaign would raise where that is known beforehand.
    """
    run_dir = CampaignDirectory(config.base_run_dir)
    mode = config.supervisor.run_mode
    recorded = has_record(run_dir)
    if mode == "auto":
        mode = "resume" if recorded else "fresh"
    notes: list[str] = []
    state, read = _recorded(config, run_dir, mode, recorded, notes)
    if mode != "fresh" and (count := points_request.count_waiting(run_dir.control)):
        notes.append(f"{points_request.words(count)}: their rows come on top.")
    seed = state.seed if state.sessions else config.supervisor.seed
    if seed is None:
        seed = secrets.randbits(63)
        notes.append(
            "No seed is given: a run draws one and records it, so its random samples will be others"
            " than those shown."
        )
    if state.sessions:
        samplers, targets = go_on(config, state, mode, read)
    else:
        samplers = build_samplers(config, seed)
        targets = [sampler_target(sampler) for sampler in samplers]
    return _told(config, state, mode, _stages(config, state, samplers, targets), notes)


def _recorded(
    config: CampaignConfig,
    run_dir: CampaignDirectory,
    mode: str,
    recorded: bool,
    notes: list[str],
) -> tuple[CampaignState, Callable[[int], Record]]:
    """Return what is on record that the campaign would go on with, and what reads its records; add
    to `notes` what there is to say of it. Raises RefusedError if it does not fit.
    """
    state = CampaignState()
    read: Callable[[int], Record] = partial(read_at, run_dir.journal)
    if mode != "fresh" and recorded:
        if is_older_run(run_dir):
            state, records = state_if_adopted(run_dir, config)
            read = records.__getitem__
            notes.append(
                "The directory was made by the older program and would be taken over first."
            )
        else:
            state, said = fold(run_dir.journal)
            notes += [*said, *notice(run_dir, state)]
        check_unchanged(config, state)
        notes.append(
            "Samples on record are reused because bounds, parameters, run_order and seed are"
            " unchanged; only what has no row runs."
        )
    elif mode != "fresh":
        notes.append(f"There is nothing to {mode} in {run_dir.root}.")
    elif run_dir.root.exists() and any(run_dir.root.iterdir()):
        notes.append(
            f"{run_dir.root} is not empty: a fresh start asks first, or needs --overwrite."
        )
    return state, read


def _told(
    config: CampaignConfig,
    state: CampaignState,
    mode: str,
    stages: tuple[StagePreview, ...],
    notes: list[str],
) -> Preview:
    """Return what there is to say of the stages."""
    run_dir = CampaignDirectory(config.base_run_dir)
    if not state.sessions and _all_in_one(config, stages):
        notes.append(
            "All run directories lie in one, which is slow on parallel file systems;"
            " supervisor.run_directories: spread puts them into 1,000, for a campaign that has not"
            " begun."
        )
    at_once = [_at_once(config, depth) for depth in range(len(stages))]
    return Preview(
        run_dir.root,
        mode,
        stages,
        tuple(notes),
        _submissions(config),
        with_room(
            file_use(run_dir, state, [stage.samples for stage in stages]), room_of(run_dir.root)
        ),
        _forecast(config, state, stages),
        at_once[state.current_depth],
        _groups(config, stages),
    )


def _all_in_one(config: CampaignConfig, stages: tuple[StagePreview, ...]) -> bool:
    """Tell whether one directory will hold very many."""
    stay = config.supervisor.save_files in ("all", "custom") and not config.supervisor.spread
    return stay and sum(stage.tasks for stage in stages) > _MANY_DIRECTORIES


def _groups(config: CampaignConfig, stages: tuple[StagePreview, ...]) -> int:
    """Return in how many groups the run directories lie; 0 where they lie in `data` itself."""
    if not config.supervisor.spread:
        return 0
    return min(GROUPS, max((stage.samples for stage in stages), default=0))


def _forecast(
    config: CampaignConfig, state: CampaignState, stages: tuple[StagePreview, ...]
) -> Forecast:
    """Return what the campaign will have cost, by the samples on record."""
    known = snapshot.take(state, Liveness.NOT_RUNNING).stages if state.sessions else ()
    going_on = [
        replace(taken, expected=stage.samples) for taken, stage in zip(known, stages, strict=False)
    ]
    most = config.supervisor.max_core_hours
    return forecast.forecast(
        state.cost, going_on, stage_order.depths_in_progress(state.stages), most=most
    )


def _canary(config: CampaignConfig, depth: int, samples: int) -> int:
    """Return how many samples of a stage run before the rest; 0 if the rest does not wait."""
    option = config.supervisor.canary
    if option is False:
        return 0
    specs = (config.executors[step.executor] for step in config.stages[depth].steps)
    size = size_of(option, samples, lambda: _at_once(config, depth), in_jobs=in_batch_jobs(specs))
    return size if size < samples else 0


def _at_once(config: CampaignConfig, depth: int) -> int:
    """Return how many tasks of a stage run at the same time, as far as the options say."""
    names = dict.fromkeys(step.executor for step in config.stages[depth].steps)
    return sum(max(1, build_executor(config.executors[name]).worker_count()) for name in names)


def _submissions(config: CampaignConfig) -> tuple[str, ...]:
    """Yield, for each executor that is used, what it would ask a scheduler for."""
    texts = []
    steps = [step for stage in config.stages for step in stage.steps]
    for name in dict.fromkeys(step.executor for step in steps):
        executor = build_executor(config.executors[name])
        root = str(config.base_run_dir)
        if executor.gives_shares:
            runners = dict.fromkeys(step.runner for step in steps if step.executor == name)
            specs = [config.runners[runner] for runner in runners]
            written = [resources_of(spec.cls, spec.options) for spec in specs]
            text = executor.dry_run(root, [found for found in written if found])
        else:
            text = executor.dry_run(root)
        if text:
            texts.append(f"{name}: {text}")
    return tuple(texts)


def _start_from(config: CampaignConfig, samplers: list[Any], depth: int) -> str:
    stages = config.stages[: depth + 1]
    continuation = stages[-1].continuation
    if continuation is None:
        return ""
    known = [
        (config.samplers[stage.sampler], sampler)
        for stage, sampler in zip(stages, samplers, strict=False)
    ]
    order = ", the next one first" if continuation.by_distance else ""
    return ", ".join(measured(continuation.start_from, known)) + order


def _stages(
    config: CampaignConfig, state: CampaignState, samplers: list[Any], targets: list[int]
) -> tuple[StagePreview, ...]:
    stages = []
    parents = 1
    for depth, (stage, sampler, target) in enumerate(
        zip(config.stages, samplers, targets, strict=True)
    ):
        recorded = state.stages[depth] if state.sessions else None
        size = getattr(sampler, "batch_size", None) or target
        new = target - (recorded.drawn if recorded else 0)
        own = target - (recorded.added if recorded else 0)  # of the sampler
        steps = tuple(f"{step.runner} on {step.executor}" for step in stage.steps)
        stages.append(
            StagePreview(
                depth=depth,
                sampler=f"{stage.sampler} ({type(sampler).__name__})",
                steps=steps,
                target=target,
                batches=(
                    None
                    if learns(sampler)
                    else (len(recorded.batches) if recorded else 0) + -(-new // max(1, size))
                ),
                samples=target * parents,
                tasks=target * parents * len(steps),
                done=recorded.n_rows if recorded else 0,
                first_samples=(
                    tuple(sampler.points(0, 0, min(size, own), 0, min(_SAMPLES_SHOWN, size, own)))
                    if is_pure(sampler) and own
                    else ()
                ),
                after_parent=depth > 0 and not why_it_waits(config, depth),
                waits_because=why_it_waits(config, depth),
                start_from=_start_from(config, samplers, depth),
                canary=0
                if recorded and recorded.n_rows
                else _canary(config, depth, target * parents),
            )
        )
        parents *= target
    return tuple(stages)
