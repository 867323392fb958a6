"""Check stages whose samples start from their nearest neighbour: what the distance is measured in,
and whether runners make use of the neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.config.models import ComponentSpec, StageSpec, SupervisorOptions
from enchanted_tui.config.problems import Path
from enchanted_tui.config.ranges import Ranges, ranges_of
from enchanted_tui.config.report import Report
from enchanted_tui.config.stage_options import StartFrom
from enchanted_tui.config.use import REPLICATE, derived_from, parameter_names
from enchanted_tui.neighbours import RUN_DIR, column
from enchanted_tui.suggestions import did_you_mean

Components = Mapping[str, tuple[ComponentSpec, Any]]


def check_continuation(
    report: Report,
    samplers: Components,
    runners: Components,
    stages: Sequence[StageSpec],
    supervisor: SupervisorOptions | None,
) -> None:
    """Report what is wrong with `start_from`, and what is hardly meant."""
    for depth, stage in enumerate(stages):
        if stage.continuation is None:
            continue
        path: Path = ("supervisor", "run_order", depth, "start_from")
        before = [item.sampler for item in stages[: depth + 1]]
        if all(name in samplers for name in before):
            for where, sentence in _distance_problems(
                stage.continuation.start_from, [samplers[name] for name in before], depth > 0
            ):
                report.error((*path, *where), sentence)
        _check_use(report, path, stage, runners)
        _check_files(report, path, stage.continuation.start_from, supervisor)


def measured(start_from: StartFrom, samplers: Sequence[tuple[ComponentSpec, Any]]) -> list[str]:
    """Return the parameters in which the distance is measured; `samplers` are those of the stage
    and of the stages before.
    """
    if start_from.nearest != "all":
        return list(start_from.nearest)
    names = (
        name
        for spec, sampler in samplers
        for name in parameter_names(spec, sampler)[0]
        if name not in {*derived_from(spec), REPLICATE}
    )
    return list(dict.fromkeys(names))


def all_ranges(samplers: Sequence[tuple[ComponentSpec, Any]]) -> Ranges:
    """Return the ranges of what several samplers draw; what a later one draws anew has its
    range.
    """
    return {
        name: found
        for spec, sampler in samplers
        for name, found in ranges_of(spec, sampler).items()
    }


def _distance_problems(
    start_from: StartFrom, samplers: Sequence[tuple[ComponentSpec, Any]], has_parents: bool
) -> Iterator[tuple[Path, str]]:
    """Yield, by place below `start_from`, what cannot be measured."""
    names, ranges = measured(start_from, samplers), all_ranges(samplers)
    drawn = {name for item in samplers for name in parameter_names(*item)[0]}
    if RUN_DIR in drawn:
        yield (), f"a sampler draws {RUN_DIR!r}, which is what samples are given; rename it"
    if not names:
        yield (
            (),
            (
                "the samplers do not say which parameters they draw; name those in which the"
                " distance is measured, as in {nearest: [x, y], scale: {x: 1.0, y: 1.0}}"
            ),
        )
    for index, name in enumerate(names):
        where: Path = () if start_from.nearest == "all" else ("nearest", index)
        if name in ranges or name in start_from.scale:
            if name not in drawn and drawn and not has_parents:
                yield where, f"no sampler draws {name!r}{did_you_mean(name, drawn)}"
        elif name in drawn or has_parents:
            yield (
                where,
                (
                    f"how far {name!r} reaches is not known; say what counts as a distance of 1, as"
                    f" in scale: {{{name}: 1.0}}"
                ),
            )
        else:
            yield where, f"no sampler draws {name!r}{did_you_mean(name, drawn)}"
    for name in start_from.scale:
        if name not in names:
            hint = did_you_mean(name, names)
            yield ("scale", name), f"the distance is not measured in {name!r}{hint}"


def _check_use(report: Report, path: Path, stage: StageSpec, runners: Components) -> None:
    """Say where no runner of the stage makes use of the neighbour, or a name is taken."""
    used: set[str] = set()
    is_certain = True
    for step in stage.steps:
        _, instance = runners.get(step.runner, (None, None))
        names = instance.used_parameters() if instance is not None else None
        is_certain &= names is not None
        used |= names or set()
        own = column(step.runner)
        if instance is not None and own in instance.output_names():
            report.error(
                path,
                f"the runner {step.runner!r} has an output {own!r}, which is the column that names"
                " its neighbours; rename the output",
            )
    if is_certain and RUN_DIR not in used:
        shown = ", ".join(dict.fromkeys(step.runner for step in stage.steps))
        report.warning(
            path,
            f"no runner of the stage ({shown}) uses {RUN_DIR}, so every sample starts"
            " cold; a CommandRunner has it as a placeholder, a function of a PythonRunner as an"
            " argument",
        )


def _check_files(
    report: Report, path: Path, start_from: StartFrom, supervisor: SupervisorOptions | None
) -> None:
    """Say that files which others may start from stay until the end of the campaign."""
    if supervisor is None or not supervisor.loses_files:
        return
    later = (
        "samples that are added later start cold"
        if supervisor.save_files == "none"
        else "samples that are added later find only what is named to be kept"
    )
    report.warning(
        path,
        "the run directories stay until the campaign is complete, since samples start from them;"
        f" save_files: {supervisor.save_files} removes files then, and {later}",
    )
