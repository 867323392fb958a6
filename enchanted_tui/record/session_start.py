"""What a session begins with: its samplers, its targets and the record that opens it."""

from __future__ import annotations

import inspect
import os
import socket
from collections.abc import Sequence
from typing import Any

from enchanted_tui.config.identity import identity, runner_options
from enchanted_tui.config.models import CampaignConfig, StepSpec
from enchanted_tui.executors.older_form import holds_jobs
from enchanted_tui.record.records import OpenRecord, StageNames, StepNames
from enchanted_tui.samplers.base import Sampler, SomeSampler
from enchanted_tui.version import __version__


def build_samplers(config: CampaignConfig, seed: int) -> list[SomeSampler]:
    """Return each stage a sampler of its own, placed by seed and stage."""
    samplers = []
    for depth, stage in enumerate(config.stages):
        sampler: Any = config.samplers[stage.sampler].build(**_handed(config, stage.sampler))
        if isinstance(sampler, Sampler):
            sampler.place(seed, depth, given=config.supervisor.seed is not None)
        samplers.append(sampler)
    return samplers


def _handed(config: CampaignConfig, name: str) -> dict[str, str]:
    """Return what a sampler of somebody else's is told besides its options: the run directory, if
    it takes that and has no other.
    """
    spec = config.samplers[name]
    if spec.builtin or "base_run_dir" in spec.options:
        return {}
    try:
        parameters = inspect.signature(spec.cls).parameters
    except (TypeError, ValueError):  # a class written in C may not tell
        return {}
    takes_all = spec.older and any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
    return (
        {"base_run_dir": str(config.base_run_dir)}
        if takes_all or "base_run_dir" in parameters
        else {}
    )


def sampler_target(sampler: Any) -> int:
    """How many samples a sampler is to draw in all."""
    target: int = sampler.target if isinstance(sampler, Sampler) else int(sampler.budget)
    return target


def portions(samplers: Sequence[Any]) -> list[int | None]:
    """Return how many samples each sampler draws at once, where that is a function of the position
    alone; 0: all that are left.
    """
    return [
        (getattr(sampler, "batch_size", None) or 0) if is_pure(sampler) else None
        for sampler in samplers
    ]


def is_pure(sampler: Any) -> bool:
    """Tell whether a sampler can draw any part of any batch again, by position."""
    return isinstance(sampler, Sampler) and type(sampler).points is not Sampler.points


def open_record(
    config: CampaignConfig,
    *,
    campaign: str,
    session: str,
    mode: str,
    seed: int,
    stored: str,
    targets: list[int],
) -> OpenRecord:
    """Return the journal record with which a session opens; `stored` is the name of the
    configuration's copy.
    """
    record: OpenRecord = {
        "type": "open",
        "campaign": campaign,
        "session": session,
        "seed": seed,
        "version": __version__,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "mode": mode,
        "job": os.environ.get("SLURM_JOB_ID", ""),
        "config": stored,
        "config_dir": str(config.base_dir),
        "config_path": None if config.path is None else os.path.abspath(config.path),
        "base_run_dir": [str(config.base_run_dir), config.shown_base_run_dir],
        "identity": identity(config),
        "runner_options": runner_options(config),
        "overrides": list(config.overrides),
        "units": units(config),
        "stages": describe_stages(config),
        "targets": targets,
    }
    if config.supervisor.about:
        record["about"] = config.supervisor.about
    if config.supervisor.max_core_hours is not None:
        record["max_core_hours"] = float(config.supervisor.max_core_hours)
    if config.supervisor.spread:
        record["run_directories"] = config.supervisor.run_directories
    return record


def units(config: CampaignConfig) -> dict[str, str]:
    """Return the units of parameters, as their samplers say, and those of the supervisor's options,
    which come first.
    """
    found: dict[str, str] = {}
    for stage in config.stages:
        spec = config.samplers[stage.sampler]
        if issubclass(spec.cls, Sampler):
            found.update(spec.build().units())
    return {**found, **config.supervisor.units}


def describe_stages(config: CampaignConfig) -> list[StageNames]:
    """Return the stages by name and type, as recorded and shown."""
    return [
        {
            "sampler": stage.sampler,
            "sampler_type": config.samplers[stage.sampler].cls.__name__,
            "steps": [_describe(config, step) for step in stage.steps],
        }
        for stage in config.stages
    ]


def _describe(config: CampaignConfig, step: StepSpec) -> StepNames:
    executor = config.executors[step.executor]
    names: StepNames = {
        "executor": step.executor,
        "executor_type": executor.cls.__name__,
        "runner": step.runner,
        "runner_type": config.runners[step.runner].cls.__name__,
    }
    if holds_jobs(executor):
        names["in_jobs"] = True
    return names
