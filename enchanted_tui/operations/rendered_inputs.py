"""What samples would be given: their parameters, the command or call as it would be run, and the
input files as they would be written. Runs and writes nothing.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from enchanted_tui import neighbours, values
from enchanted_tui.config.import_places import importing_from
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.errors import UserError
from enchanted_tui.operations.preview import preview
from enchanted_tui.record.session_start import build_samplers, is_pure, sampler_target
from enchanted_tui.runners.base import SAMPLE_NAMES, SampleFailed
from enchanted_tui.runners.command.call_files import put_together
from enchanted_tui.runners.command_runner import CommandRunner
from enchanted_tui.runners.python_runner import PythonRunner
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.design import DesignSampler
from enchanted_tui.task_paths import TaskPaths

SHOWN = 3  #: samples, if nobody says otherwise
_LONGEST_FILE = 20_000  #: characters of an input file that are shown


@dataclass(frozen=True)
class RenderedInput:
    """What one sample would be given."""

    params: Mapping[str, Any]
    call: str = ""  #: the command as a shell shows it, behind ``$``, or the call of the function
    files: Mapping[str, str] = field(default_factory=dict)  #: by name in the run directory
    #: what else is put there or set: copies, links and environment variables, a line each
    besides: tuple[str, ...] = ()
    problem: str = ""  #: why it could not be rendered
    is_example: bool = False  #: the sampler will choose others, by what it learns

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        said = "for example " if self.is_example else ""
        lines = [f"{said}{name} = {values.encode(value)}" for name, value in self.params.items()]
        if self.problem:
            return "\n".join([*lines, self.problem])
        lines += [self.call, *self.besides]
        for name, text in self.files.items():
            cut = text if len(text) <= _LONGEST_FILE else f"{text[:_LONGEST_FILE]}\n..."
            lines += [f"--- {name}", *cut.splitlines()]
        return "\n".join(lines)


def rendered_inputs(config: CampaignConfig, count: int = SHOWN) -> list[RenderedInput]:
    """Return what the first samples of the first stage would be given in its first step.

    For a sampler that chooses its samples by what it learns, they are examples from the ranges of
    its parameters. Raises what opening the campaign would raise where that is known beforehand.
    """
    samples, are_examples = _first_samples(config, count)
    stage = config.stages[0]
    step = stage.steps[0]
    #: the first samples start cold
    cold = {} if stage.continuation is None else {neighbours.RUN_DIR: None}
    with importing_from(config.python_path):
        runner = config.runners[step.runner].build()
        render = _renderer(runner, config)
        found = []
        for number, sample in enumerate(samples):
            try:
                rendered = replace(render({**sample, **cold}, number), params=sample)
            except (SampleFailed, UserError, OSError) as error:
                rendered = RenderedInput(sample, problem=str(error))
            # a plugin may raise anything
            except Exception as error:  # noqa: BLE001
                rendered = RenderedInput(sample, problem=f"{type(error).__name__}: {error}")
            found.append(replace(rendered, is_example=are_examples))
    return found


def _first_samples(config: CampaignConfig, count: int) -> tuple[list[Sample], bool]:
    """Return samples of the first stage, and whether they are only examples."""
    seed = config.supervisor.seed
    sampler: Any = build_samplers(config, secrets.randbits(63) if seed is None else seed)[0]
    if is_pure(sampler):
        own = sampler_target(sampler)
        size = min(getattr(sampler, "batch_size", None) or own, own)
        return list(sampler.points(0, 0, size, 0, min(count, size))), False
    if isinstance(sampler, DesignSampler) and (axes := sampler.drawn_axes()):
        import numpy

        unit = (numpy.arange(count) + 0.5) / count
        columns = {name: axis.values(unit) for name, axis in axes.items()}
        rows = [
            {name: values.plain(column[number]) for name, column in columns.items()}
            for number in range(count)
        ]
        return sampler.complete(rows), True
    return [], True


def _renderer(runner: Any, config: CampaignConfig) -> Callable[[Sample, int], RenderedInput]:
    """Return what renders one sample, by its values and its number."""
    if isinstance(runner, CommandRunner):
        paths = TaskPaths(str(config.base_run_dir / "data"), config.supervisor.spread)
        return lambda sample, number: _command(runner, sample, number, paths)
    if isinstance(runner, PythonRunner):
        return lambda sample, number: RenderedInput(sample, call=_call(runner, sample))
    said = f"{type(runner).__name__} is given these values"
    return lambda sample, number: RenderedInput(sample, call=said)


def _command(runner: CommandRunner, sample: Sample, number: int, paths: TaskPaths) -> RenderedInput:
    name = f"d0_b0_s{number}_r0"
    runner.sample = dict(zip(SAMPLE_NAMES, (name, number, paths.of(name)), strict=True))
    prepared = runner.prepare(dict(sample))
    shared = runner.prepare_shared()
    if shared is not None:  # a call for many samples, here for this one alone
        prepared = put_together(shared, [prepared])
    return RenderedInput(
        sample,
        call=f"$ {shlex.join(prepared['argv'])}",
        files=prepared.get("files", {}),
        besides=tuple(_besides(prepared)),
    )


def _besides(prepared: Mapping[str, Any]) -> list[str]:
    found = [f"copy {source} as {name}" for name, source in prepared.get("copy", {}).items()]
    found += [f"link {source} as {name}" for name, source in prepared.get("link", {}).items()]
    for name, value in prepared.get("environment", {}).items():
        found.append(f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}")
    return found


def _call(runner: PythonRunner, sample: Sample) -> str:
    """Return the call of a function, with those arguments that it takes."""
    given = {**runner.arguments, **sample}
    accepted = runner.used_parameters()
    named = {
        name: value for name, value in given.items() if accepted is None or name in accepted
    }  # fmt: skip
    return f"{runner.function}({', '.join(f'{name}={value!r}' for name, value in named.items())})"


def dry_run(config: CampaignConfig, *, inputs: bool) -> tuple[dict[str, Any], str]:
    """Return what would run, as plain data and as text; with `inputs`, what the first samples would
    be given too.
    """
    shown = preview(config)
    told, text = shown.as_json(), shown.as_text()
    if inputs:
        rendered = rendered_inputs(config)
        told["inputs"] = [each.as_json() for each in rendered]
        text += f"\n{as_text(rendered)}"
    return told, text


def as_text(rendered: list[RenderedInput]) -> str:
    """Return several samples, one below the other."""
    if not rendered:
        return "What the first samples will be is known to the sampler alone."
    heads = [f"sample {number + 1}:" for number in range(len(rendered))]
    texts = [each.as_text().replace("\n", "\n  ") for each in rendered]
    return "\n".join(f"{head}\n  {text}" for head, text in zip(heads, texts, strict=True))
