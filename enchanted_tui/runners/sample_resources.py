"""The option `resources` of a runner: what one sample needs, with placeholders of the sample.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Union

from enchanted_tui.config.options import Nested, option
from enchanted_tui.resources import Resources
from enchanted_tui.runners.failure import SampleFailed

if TYPE_CHECKING:
    from enchanted_tui.runners.command.rendering import Text


class SampleResources(Nested):
    """What one sample needs. Each value is a number or text with placeholders of the sample."""

    nodes: Union[int, str] = option(1, doc="On how many nodes it runs.", example=2)
    ranks: Union[int, str] = option(
        None,
        doc="How many processes (MPI ranks) it has on all nodes together; by default one a node.",
        example="{{ n_ranks }}",
    )
    cpus_per_rank: Union[int, str] = option(
        1, doc="CPUs of each rank, and so the threads that it may start."
    )
    gpus: Union[int, float, str] = option(
        0,
        doc=("GPUs of all nodes together; less than 1 for a part of one that other samples share."),
        example=1,
    )
    mem: Union[int, str] = option(
        None,
        doc=(
            "Memory on each of its nodes, as for sbatch; by default the part that goes with its"
            " CPUs."
        ),
        example="8G",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        known = {}
        for name in self.given:
            value = getattr(self, name)
            if value is None or _has_placeholders(value):
                continue
            try:
                Resources.of({name: value} if name != "ranks" else {"ranks": value})
                known[name] = value
            except ValueError as error:
                yield name, str(error).partition(": ")[2]
        open_ones = [name for name in self.given if _has_placeholders(getattr(self, name))]
        if len(known) == len(self.given) and not open_ones:
            try:
                Resources.of(known)
            except ValueError as error:
                name, _, sentence = str(error).partition(": ")
                yield name, sentence


def resources_of(runner: type, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the option `resources` of a runner's class as written; None where it is not given, or
    where the class means something else by it.
    """
    declared = runner.options().get("resources") if hasattr(runner, "options") else None
    given = options.get("resources")
    if getattr(declared, "nested", None) is not SampleResources or not isinstance(given, dict):
        return None
    return given or None


def needed_names(written: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the parameters that the placeholders need, by option path such as
    ``resources.ranks``.
    """
    found = {text.where: text.required_names() for text in _texts(written)}
    return {where: names for where, names in found.items() if names}


def sample_resources(written: Mapping[str, Any], params: Mapping[str, Any]) -> Resources:
    """Return what one sample needs. Raises SampleFailed, kind ``prepare``."""
    from enchanted_tui.runners.command.rendering import context

    rendered = {name: value for name, value in written.items() if value is not None}
    texts = list(_texts(written))
    if texts:
        names = context(params)
        for text in texts:
            rendered[text.where.partition(".")[2]] = text.render(names)
    try:
        return Resources.of(rendered)
    except ValueError as error:
        raise SampleFailed(f"resources.{error}", "prepare") from None


def static_resources(written: Mapping[str, Any]) -> Resources | None:
    """Return what every sample needs, None where that depends on the sample. Raises ValueError."""
    if any(_has_placeholders(value) for value in written.values()):
        return None
    return Resources.of({name: value for name, value in written.items() if value is not None})


def _texts(written: Mapping[str, Any]) -> Iterator[Text]:
    from enchanted_tui.runners.command.rendering import Text

    for name, value in written.items():
        if _has_placeholders(value):
            yield Text(value, f"resources.{name}")


def _has_placeholders(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)
