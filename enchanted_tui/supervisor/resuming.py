"""What a recorded campaign goes on with: whether the configuration is still its own, with which
samplers and to which targets, and what of the session before must be looked after first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from enchanted_tui.config.extent import too_many_rows
from enchanted_tui.config.identity import identity, is_same, runner_changes, runner_options
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.options import asked
from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.executors.ends.ending import end_marked
from enchanted_tui.executors.ends.steps import sweep
from enchanted_tui.executors.older_form import adopts_jobs
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.session_start import build_samplers, sampler_target
from enchanted_tui.record.state import CampaignState
from enchanted_tui.samplers.base import SomeSampler
from enchanted_tui.supervisor.sequences import continue_sequences


def what_has_changed(state: CampaignState, config: CampaignConfig) -> list[str]:
    """Say what of the runners is not as it was when samples were run with them."""
    options, code = runner_changes(state.runner_options, runner_options(config))
    since = "changed since the recorded samples were run; they are kept as they are"
    return [
        *([f"The options of a runner have {since} ({'; '.join(options)})."] if options else ()),
        *([f"The code of a runner has {since} ({'; '.join(code)})."] if code else ()),
    ]


def end_what_was_left(state: CampaignState) -> None:
    """End what a killed supervisor has left running: it must not touch what is run again. Raises
    EnvironmentProblem if that fails.
    """
    mark = f"{state.campaign}:"
    left = end_marked(mark)
    if state.allocation:
        left += sweep(state.allocation, mark)
    if left:
        raise EnvironmentProblem(
            f"Samples of the session before may still run: {', '.join(left)}. End them, or the job"
            " they are in (scancel), then resume."
        )


def check_jobs(config: CampaignConfig, state: CampaignState) -> None:
    """Raise EnvironmentProblem if jobs may still work on samples that this configuration would give
    to somebody else.
    """
    for name in sorted(
        {state.jobs.open[holder.token].executor for holder in state.jobs.holders.values()}
    ):
        spec = config.executors.get(name)
        if spec is None or not adopts_jobs(spec.cls):
            jobs = ", ".join(
                sorted(submission.job or submission.name for submission in state.jobs.of(name))
            )
            raise EnvironmentProblem(
                f"Jobs of the executor {name!r} may still work on samples ({jobs}), and the"
                " configuration has no executor of that name that can look after them. Resume once"
                " with it, and abort if they are not wanted; then another executor may take over."
            )


def parents_files_are_gone(
    config: CampaignConfig, state: CampaignState, targets: list[int]
) -> bool:
    """Tell whether new children are to be run below parents whose directories were cleaned when the
    campaign was complete.
    """
    grown = any(new > stage.drawn for new, stage in zip(targets[1:], state.stages[1:], strict=True))
    return grown and state.complete and config.supervisor.loses_files


def check_unchanged(config: CampaignConfig, state: CampaignState) -> None:
    """Raise RefusedError, listing the differences, if the configuration is not the recorded
    campaign's any more.
    """
    if config.supervisor.spread != state.spread:
        began = "spread" if state.spread else "flat"
        raise RefusedError(
            f"The run directories in {config.base_run_dir} are {began}, and would not be found any"
            f" more with supervisor.run_directories: {config.supervisor.run_directories}. Set it to"
            f" {began} to go on, or start another campaign in another base_run_dir."
        )
    recorded, now = (_told(one, config, state) for one in (state.identity, identity(config)))
    differences = list(_differences("", recorded, now))
    if differences:
        listed = "\n".join(f"  {line}" for line in differences)
        raise RefusedError(
            "The configuration has changed in a way that does not fit the results recorded in"
            f" {config.base_run_dir}:\n{listed}\nUndo these changes to go on, or start another"
            " campaign in another base_run_dir."
        )


def _told(identity: Any, config: CampaignConfig, state: CampaignState) -> Any:
    """Return an identity without what samplers are to learn, where nothing has been learnt yet."""
    stages = []
    for number, stage in enumerate(identity.get("stages", ())):
        free = frozenset[str]()
        if number < min(len(state.stages), len(config.stages)):
            learnt = state.stages[number].learned.points
            cls = config.samplers[config.stages[number].sampler].cls
            free = frozenset() if learnt else asked(cls, "learnt_options") or frozenset()
        options = {name: one for name, one in stage["options"].items() if name not in free}
        stages.append({**stage, "options": options})
    return {**identity, "stages": stages}


def _differences(path: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in dict.fromkeys([*old, *new]):
            if key not in old and _is_new_default(key, new[key]):
                continue
            below = f"{path}.{key}" if path else str(key)
            found += _differences(below, old.get(key), new.get(key))
        return found
    if (
        isinstance(old, list)
        and isinstance(new, list)
        and any(isinstance(item, dict | list) for item in old)
    ):
        lines = [
            line
            for index, pair in enumerate(zip(old, new, strict=False))
            for line in _differences(f"{path}[{index}]", *pair)
        ]
        return (
            lines
            if len(old) == len(new)
            else [*lines, f"{path}: there were {len(old)}, there are now {len(new)}"]
        )
    return [] if is_same(old, new) else [f"{path}: was {old!r:.200}, is now {new!r:.200}"]


def _is_new_default(key: str, value: Any) -> bool:
    """Tell whether an option that an older record does not know says what was so before it."""
    return value in (None, False, "", [], {}) or (key == "repeats" and value == 1)


def go_on(
    config: CampaignConfig, state: CampaignState, mode: str, read: Callable[[int], Any]
) -> tuple[list[SomeSampler], list[int]]:
    """Return the samplers with which a recorded campaign goes on, and each stage's target; `read`
    gives the record at an offset.

    Raises EnvironmentProblem if there is nothing to extend, RefusedError if what is recorded does
    not fit the samplers.
    """
    samplers = build_samplers(config, state.seed)
    targets = extended_targets(state, samplers, mode)
    continue_sequences(samplers, state, targets, read)
    return samplers, targets


def read_at(journal: Path, offset: int) -> Any:
    """Return the record at an offset of a journal that is not open."""
    with JournalReader(journal) as reader:
        return reader.read(offset)


def extended_targets(state: CampaignState, samplers: list[SomeSampler], mode: str) -> list[int]:
    """Return each stage's target for a resume (the recorded one, or a larger budget) or an
    extension (the last one grows by its budget).

    Raises EnvironmentProblem if there is nothing to extend, RefusedError if it would be too much.
    """
    recorded = [stage.target for stage in state.stages]
    if mode == "extend":
        last = state.stages[-1]
        extended = _extended(last.sampler_target, samplers[-1]) + last.added
        targets = [*recorded[:-1], extended]
    else:
        targets = [
            max(stage.sampler_target, sampler_target(sampler)) + stage.added
            for stage, sampler in zip(state.stages, samplers, strict=True)
        ]
    excess = too_many_rows(targets)
    if excess is not None:
        raise RefusedError(
            f"Together with what is recorded, stage {excess[0]} would be too large: {excess[1]}."
        )
    return targets


def _extended(recorded: int, sampler: SomeSampler) -> int:
    total: int | None = getattr(sampler, "total", None)
    if total is None:
        return recorded + sampler.budget
    if recorded >= total:
        raise EnvironmentProblem(
            f"There is nothing to extend: {type(sampler).__name__} has {total} points and all of"
            " them belong to the campaign already."
        )
    return min(recorded + sampler.budget, total)
