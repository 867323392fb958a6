"""From a configuration to what the loop works with: a plan for each stage, and what all tasks
share.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from enchanted_tui.config.continuation import all_ranges, measured
from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.config.options import asked
from enchanted_tui.executors.base import TaskContext
from enchanted_tui.record.session_start import is_pure
from enchanted_tui.runners.base import Runner, takes_many
from enchanted_tui.runners.sample_resources import resources_of
from enchanted_tui.samplers.base import SomeSampler
from enchanted_tui.supervisor.kept_files import stay_to_the_end
from enchanted_tui.supervisor.sampler_kinds import is_learning_sampler, learns
from enchanted_tui.supervisor.session import Session
from enchanted_tui.supervisor.streaming import read_by_children
from enchanted_tui.supervisor.unread import KeptPlan
from enchanted_tui.task_paths import TaskPaths

if TYPE_CHECKING:
    from enchanted_tui.supervisor.neighbour_choice import ContinuationPlan


class StagePlan(Struct, frozen=True):
    """The configuration of one stage, made ready."""

    depth: int
    sampler: SomeSampler
    pure: bool  #: the sampler can draw any part again (`samplers.base.Sampler.points`)
    adaptive: bool  #: the sampler learns, so a batch waits for the results of the ones before
    learning: bool  #: it is a `samplers.learning_sampler.LearningSampler`
    runners: tuple[str, ...]  #: one name a step
    #: what is drawn, here and in the stages before; None if a sampler does not say
    parameters: frozenset[str] | None
    #: one set a step: columns that a failed row must not show with an inherited value
    own_outputs: tuple[frozenset[str], ...]
    paths: TaskPaths  #: absolute
    skip_failed_parents: bool
    skip_after_failed_step: bool
    continuation: ContinuationPlan | None = None  #: how its samples start from others
    packed_after: int = -1  #: the step after which directories may be packed where it has run


def stage_plans(session: Session) -> list[StagePlan]:
    """Return the plan of each stage of an opened campaign."""
    config = session.config
    plans = []
    drawn: set[str] = set()
    named = True  # whether all samplers so far say what they draw
    for depth, (stage, sampler) in enumerate(zip(config.stages, session.samplers, strict=True)):
        names = set(getattr(sampler, "parameter_names", ()))
        drawn |= names
        named &= bool(names)
        runners = tuple(step.runner for step in stage.steps)
        plans.append(
            StagePlan(
                depth=depth,
                sampler=sampler,
                pure=is_pure(sampler),
                adaptive=learns(sampler),
                learning=is_learning_sampler(sampler),
                runners=runners,
                parameters=frozenset(drawn) if named else None,
                own_outputs=tuple(
                    frozenset(_output_names(config, runner) - drawn) for runner in runners
                ),
                paths=session.paths,
                skip_failed_parents=config.supervisor.failed_parents == "skip",
                skip_after_failed_step=config.supervisor.failed_steps == "skip",
                continuation=_continuation(session, depth),
                packed_after=_packed_after(config, depth),
            )
        )
    return plans


def _packed_after(config: CampaignConfig, depth: int) -> int:
    if config.supervisor.save_files != "packed":
        return -1
    if stay_to_the_end(config, depth) or depth in read_by_children(config):
        return -1
    return len(config.stages[depth].steps) - 1


def _continuation(session: Session, depth: int) -> ContinuationPlan | None:
    config = session.config
    continuation = config.stages[depth].continuation
    if continuation is None:
        return None
    from enchanted_tui.supervisor.neighbour_choice import ContinuationPlan
    from enchanted_tui.supervisor.space import Space

    samplers = [
        (config.samplers[stage.sampler], sampler)
        for stage, sampler in zip(config.stages[: depth + 1], session.samplers, strict=False)
    ]
    start_from = continuation.start_from
    space = Space(measured(start_from, samplers), all_ranges(samplers), start_from.scale)
    return ContinuationPlan(start_from, continuation.by_distance, space)


def task_context(session: Session) -> TaskContext:
    """Return what every task of the campaign shares."""
    config = session.config
    used = {step.runner for stage in config.stages for step in stage.steps}
    return TaskContext(
        data_dir=session.paths.data_dir,
        spread=bool(session.paths.spread),
        shown_data_dir=os.path.join(config.shown_base_run_dir, "data"),
        runners={name: _runner_spec(config.runners[name]) for name in sorted(used)},
        seed=session.state.seed,
        campaign=session.state.campaign,
        session=session.session_id,
        local_storage=session.local_storage,
        local_storage_written=_written_local_storage(config.tree),
        save_files=KeptPlan(config, session.samplers).message(),
        python_path=[str(path) for path in config.python_path],
        working_dir=os.getcwd(),
        io_patience=config.supervisor.io_patience,
        packing=config.supervisor.pack if config.supervisor.save_files == "packed" else None,
        log_level=config.logging,
        core_limit=config.supervisor.max_core_hours is not None,
    )


def _runner_spec(spec: ComponentSpec) -> dict[str, Any]:
    """Return what workers make a runner from; with `restart` how its samples are continued, with
    `resources` what each needs, with `batch` how many one call takes at most.
    """
    made = {"class": spec.class_path, "options": spec.worker_options()}
    more = {
        "restart": asked(spec.cls, "restart", spec.options),
        "resources": resources_of(spec.cls, spec.options),
        "batch": batch_of(spec),
        "derived": _derived_columns(spec) or None,
        "shared": _shared_by_samples(spec),
    }
    return {**made, **{name: value for name, value in more.items() if value not in (None, 1)}}


def _derived_columns(spec: ComponentSpec) -> Mapping[str, str]:
    """Return the expressions of the columns that a runner derives, by their names."""
    columns: Mapping[str, str] | None = asked(spec.cls, "derived", spec.options)
    return columns or {}


def _shared_by_samples(spec: ComponentSpec) -> Any:
    """Return what a runner has prepared for all of its samples; None if that fails: each sample
    says so itself.
    """
    if getattr(spec.cls, "prepare_shared", Runner.prepare_shared) is Runner.prepare_shared:
        return None
    try:
        return spec.build().prepare_shared()
    except Exception:  # noqa: BLE001 - whatever a plugin raises
        return None


def batch_of(spec: ComponentSpec) -> int:
    """Return how many samples one call of a runner takes at most."""
    if not takes_many(spec.cls):
        return 1
    declared = getattr(spec.cls, "batch", 1)
    batch = spec.options.get("batch", getattr(declared, "default", declared))
    return batch if isinstance(batch, int) and batch > 0 else 1


def _written_local_storage(tree: Mapping[str, Any]) -> str | None:
    written = (tree.get("supervisor") or {}).get("local_storage")
    return written if isinstance(written, str) and written else None


def _output_names(config: Any, runner: str) -> set[str]:
    """Return the columns that a runner returns: those it declares, else the customary one."""
    spec = config.runners[runner]
    declared = spec.build().output_names() if hasattr(spec.cls, "output_names") else ()
    return (set(declared) or {"output"}) | set(_derived_columns(spec))
