"""Warn of parameters that no runner uses: the samples would all be the same, and successes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from enchanted_tui.config.models import ComponentSpec, StageSpec
from enchanted_tui.config.options import asked
from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report
from enchanted_tui.expressions import Expression, ExpressionError

_PLACEHOLDER = "a placeholder is written {{{{ {} }}}}"
_MOST_NAMED = 5
REPLICATE = "replicate"  #: which of the repeats of a point a sample is

Components = Mapping[str, tuple[ComponentSpec, Any]]


def check_use(
    report: Report,
    samplers: Components,
    runners: Components,
    place: Callable[[str, str, str], Path],
    stages: Sequence[StageSpec],
) -> None:
    """Warn, at the runner that comes first, of what its sampler draws and neither it nor one after
    it uses.

    `place` gives the path of a component's option. Of a file's columns, some may be for people
    alone.
    """
    known = {
        name for stage in stages if stage.sampler in samplers for name in _drawn(samplers, stage)[0]
    }
    for depth, stage in enumerate(stages):
        after = list(dict.fromkeys(step.runner for later in stages[depth:] for step in later.steps))
        used = _used(after, runners)
        if stage.sampler not in samplers or used is None:
            continue
        names, option = _drawn(samplers, stage)
        inner = _names_in_derived(samplers[stage.sampler][0])
        unused = [name for name in names if name not in used | inner | {REPLICATE}]
        if unused and (option or len(unused) == len(names)):
            _warn(report, unused, after, runners, known, place)


def parameter_names(spec: ComponentSpec, instance: Any) -> tuple[list[str], str]:
    """Return the names that a sampler draws, and the option that lists them, empty if there is
    none.
    """
    listed = spec.options.get("parameters")
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return [*listed, *_added_to(spec)], "parameters"
    if isinstance(listed, dict):
        return [*map(str, listed), *_added_to(spec)], "parameters"
    try:
        return list(getattr(instance, "parameter_names", ())), ""
    except (ValueError, OSError):  # a file that cannot be read is told by the sampler's own check
        return [], ""


def derived_from(spec: ComponentSpec) -> dict[str, str]:
    """Return the parameters that a sampler derives from those that it draws, with their
    expressions; none for a class that means something else by the option.
    """
    found = spec.options.get("derived") if hasattr(spec.cls, "expression_problems") else None
    return found if isinstance(found, dict) else {}


def _added_to(spec: ComponentSpec) -> list[str]:
    """Return the parameters that a sampler adds to those that it draws."""
    repeats = spec.options.get("repeats", 1) if hasattr(spec.cls, "repeat_problems") else 1
    return [*derived_from(spec), *([REPLICATE] if repeats != 1 else [])]


def parameter_place(spec: ComponentSpec, name: str) -> str:
    """Return where the options of a sampler name a parameter; an empty text if nowhere."""
    listed = spec.options.get("parameters")
    if name in derived_from(spec):
        return f"derived.{name}"
    if isinstance(listed, dict) and name in listed:
        return f"parameters.{name}"
    if isinstance(listed, list) and name in listed:
        return f"parameters[{listed.index(name)}]"
    return ""


def _names_in_derived(spec: ComponentSpec) -> set[str]:
    """Return the parameters from which others are derived."""
    return names_in(derived_from(spec).values())


def names_in(texts: Iterable[str]) -> set[str]:
    """Return the names in expressions; those that cannot be read are told elsewhere."""
    found: set[str] = set()
    for text in texts:
        with contextlib.suppress(ExpressionError):
            found |= Expression(text).names
    return found


def _drawn(samplers: Components, stage: StageSpec) -> tuple[list[str], str]:
    return parameter_names(*samplers[stage.sampler])


def _used(names: Sequence[str], runners: Components) -> set[str] | None:
    """Name the parameters that these runners use; None if one may use any, or was refused."""
    found: set[str] = set()
    for name in names:
        spec, instance = runners.get(name, (None, None))
        used = instance.used_parameters() if instance is not None else None
        if used is None:
            return None
        found |= used
        assert instance is not None
        assert spec is not None
        found |= set().union(*instance.names_in_resources().values())
        found |= names_in((asked(spec.cls, "derived", spec.options) or {}).values())
    return found


def _warn(
    report: Report,
    unused: Sequence[str],
    names: Sequence[str],
    runners: Components,
    known: set[str],
    place: Callable[[str, str, str], Path],
) -> None:
    shown = list(unused[:_MOST_NAMED])
    if len(unused) > len(shown):
        shown.append(f"{len(unused) - len(shown)} more")
    subject = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    instances = [runners[name][1] for name in names]
    clauses = [
        clause
        for name in unused[:_MOST_NAMED]
        for instance in instances
        if (clause := instance.meant_by(name, known))
    ]
    has_texts = any(hasattr(instance, "template_variables") for instance in instances)
    remedy = (
        _PLACEHOLDER.format(unused[0])
        if has_texts
        else "an argument bears the name of its parameter"
    )
    how = f" ({'; '.join(dict.fromkeys(clauses))})" if clauses else ""
    whose = f"runner {names[0]}" if len(names) == 1 else f"the runners {', '.join(names)}"
    kind = "placeholder" if has_texts else "argument"
    verb = "is" if len(unused) == 1 else "are"
    report.warning(
        place("runner", names[0], ""), f"{subject} {verb} in no {kind} of {whose}{how}; {remedy}"
    )
