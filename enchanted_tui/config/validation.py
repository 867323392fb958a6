"""Check a whole configuration, section by section, and reduce it to what the program works with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.components import Checker
from enchanted_tui.config.continuation import check_continuation
from enchanted_tui.config.conversion import expand
from enchanted_tui.config.extent import check_extent
from enchanted_tui.config.flow import Flow, check_foreign_names
from enchanted_tui.config.import_places import importing_from
from enchanted_tui.config.lookup import BUILTIN, KINDS
from enchanted_tui.config.models import STOP_LIMITS, ComponentSpec, StageSpec, SupervisorOptions
from enchanted_tui.config.nested import option_path
from enchanted_tui.config.nesting import check_starts
from enchanted_tui.config.options import asked
from enchanted_tui.config.problems import Path, describe
from enchanted_tui.config.report import Report
from enchanted_tui.config.resource_checks import check_resources
from enchanted_tui.config.restart_support import check_restarts
from enchanted_tui.config.run_order import RunOrder
from enchanted_tui.config.supervisor_section import check_supervisor
from enchanted_tui.suggestions import did_you_mean

SECTIONS = ("logging", "executors", "samplers", "runners", "supervisor", "storage")
COMPONENT_KINDS = ("executor", "sampler", "runner")
LOG_LEVELS = {
    "CRITICAL": 50,
    "FATAL": 50,
    "ERROR": 40,
    "WARNING": 30,
    "WARN": 30,
    "INFO": 20,
    "DEBUG": 10,
    "NOTSET": 0,
}
_VERSION_1 = (
    "this is a file of version 1 of Enchanted Surrogates: give its executor, sampler and runner"
    " names below executors, samplers and runners, move base_run_dir to supervisor, and name them"
    " in supervisor.run_order (docs/compatibility.md has an example)"
)
_LOCAL = BUILTIN["executor"]["LocalExecutor"]

#: Components by name, each with an instance if it declares its options.
Section = dict[str, tuple[ComponentSpec, Any]]


@dataclass
class Checked:
    """What the sections say; incomplete where there are errors."""

    logging: int = LOG_LEVELS["INFO"]
    components: dict[str, dict[str, ComponentSpec]] = field(default_factory=dict)
    supervisor: SupervisorOptions | None = None
    stages: tuple[StageSpec, ...] = ()
    hdf5: str = "hdf5"


def check(
    report: Report, base_dir: FilePath, import_dirs: Sequence[FilePath], *, interactive: bool
) -> Checked:
    """Check the document of `report`. `interactive`: whether a person is there to see that
    base_run_dir is a default.
    """
    checker = Checker(report, base_dir, import_dirs)
    root = report.document.root
    version_1 = _version_1_key(root)
    if version_1 is not None:
        report.error((version_1,), _VERSION_1, at_key=True)
        return Checked()
    _warn_of_unknown_sections(report)
    checked = Checked(logging=_log_level(report, root.get("logging")), hdf5=_hdf5(report, root))
    run_order = RunOrder(report, checker.reader)
    sections = {kind: _section(checker, kind, run_order) for kind in COMPONENT_KINDS}
    checked.components = {
        kind: {name: spec for name, (spec, _) in section.items()}
        for kind, section in sections.items()
    }
    _check_batches(report, sections["runner"])
    elsewhere = all(
        getattr(executor, "looks_up_local_storage", False)
        for _, executor in sections["executor"].values()
    )
    checked.supervisor = check_supervisor(checker, interactive, elsewhere)
    checked.stages = run_order.stages()
    _one_at_a_time(report, checked)
    _check_together(report, checked, sections, import_dirs)
    return checked


def _warn_of_unknown_sections(report: Report) -> None:
    for key in report.document.root:
        # customary places for anchors
        if key not in (*SECTIONS, "post_processing") and not str(key).startswith((".", "_", "x-")):
            report.warning(
                (key,),
                f"ignored, because there is no such section{did_you_mean(str(key), SECTIONS)}",
                at_key=True,
            )


def _check_together(
    report: Report,
    checked: Checked,
    sections: Mapping[str, Section],
    import_dirs: Sequence[FilePath],
) -> None:
    """Check what follows from several sections: whether components go with each other, with the
    order in which they run and with the supervisor's options.
    """
    executors, samplers, runners = (
        {name: instance for name, (_, instance) in sections[kind].items()}
        for kind in COMPONENT_KINDS
    )
    _check_stop_when(report, checked, samplers)
    _check_earlier(report, checked, samplers)

    def place(kind: str, name: str, option: str) -> Path:
        return option_path(
            report.document, option, (KINDS[kind], key_of(report, KINDS[kind], name))
        )

    pairs = [(step.executor, step.runner) for stage in checked.stages for step in stage.steps]
    check_resources(report, pairs, executors, runners, place)
    supervisor = report.document.root.get("supervisor")
    local_storage = isinstance(supervisor, dict) and bool(supervisor.get("local_storage"))
    check_restarts(report, pairs, executors, runners, place, local_storage=local_storage)
    with importing_from(import_dirs):  # functions are looked for where they will be found
        Flow(report, sections["sampler"], sections["runner"], place).follow(checked.stages)
    check_extent(report, sections["sampler"], checked.stages, place, groups=checked.hdf5 == "hdf5")
    check_continuation(
        report, sections["sampler"], sections["runner"], checked.stages, checked.supervisor
    )
    check_starts(report, checked.stages, sections["sampler"])


def _version_1_key(root: dict[Any, Any]) -> str | None:
    """Return the first section that only files of version 1 of the older program have, where there
    is none of today's.
    """
    if any(section in root for section in ("executors", "samplers", "runners", "supervisor")):
        return None
    return next(
        (
            kind
            for kind in COMPONENT_KINDS
            if isinstance(root.get(kind), dict) and "type" in root[kind]
        ),
        None,
    )


# -- small sections --------------------------------------------------------------------------------


def _log_level(report: Report, value: Any) -> int:
    if value is None:
        return LOG_LEVELS["INFO"]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.strip().upper() in LOG_LEVELS:
        return LOG_LEVELS[value.strip().upper()]
    suggestion = did_you_mean(value.upper(), LOG_LEVELS) if isinstance(value, str) else ""
    report.error(
        ("logging",),
        "expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL, found"
        f" {describe(value)}{suggestion}",
    )
    return LOG_LEVELS["INFO"]


def _hdf5(report: Report, root: dict[Any, Any]) -> str:
    """Return the layout of runs.h5, ``hdf5`` or ``table``; nothing if `storage.type` says none."""
    storage = root.get("storage")
    if storage is None:
        return "hdf5"
    if not isinstance(storage, dict):
        report.error(
            ("storage",), f"expected a mapping such as {{type: none}}, found {describe(storage)}"
        )
        return "hdf5"
    for key in storage:
        if key != "type":
            report.warning(
                ("storage", key),
                f"ignored, because there is no such option{did_you_mean(str(key), ('type',))}",
                at_key=True,
            )
    if "type" not in storage:
        return "hdf5"
    written = (
        storage["type"].strip().lower() if isinstance(storage["type"], str) else storage["type"]
    )
    if written == "none":
        return ""
    if written == "table":
        return "table"
    if written not in ("hdf5", "h5"):
        report.warning(
            ("storage", "type"),
            f"expected 'hdf5', 'table' or 'none', found {describe(storage['type'])}; runs.h5 will"
            " be written",
        )
    return "hdf5"


# -- executors, samplers, runners ------------------------------------------------------------------


def _section(checker: Checker, kind: str, run_order: RunOrder) -> Section:
    """Check one section; return the components that are accepted."""
    report, section, used = checker.report, KINDS[kind], run_order.used(kind)
    entries = report.document.root.get(section)
    if not isinstance(entries, dict) or not entries:
        what = f"is required: a mapping of names to {section}, each with a 'type'"
        is_missing = entries is None
        report.error(
            (section,),
            (
                what
                if is_missing
                else f"expected a mapping of names to {section}, found {describe(entries)}"
            ),
        )
        return {}
    accepted: Section = {}
    refused: set[str] = set()
    for key, value in entries.items():
        path = (section, key)
        name = name_of(report, path)
        if not name.strip():
            report.error(path, "the name is empty; give it one", at_key=True)
            continue
        if name in accepted or name in refused:
            report.error(path, "this name is given twice; rename one", at_key=True)
            continue
        place = partial(_place, report, run_order, name) if kind == "sampler" else _nothing
        found = checker.component(kind, name, path, value, used=name in used, prepare=place)
        if found is None:
            refused.add(name)
            continue
        accepted[name] = found
        if kind == "sampler" and not found[0].builtin:
            check_foreign_names(report, found[0], path)
    return accepted


def _place(report: Report, run_order: RunOrder, name: str, sampler: Any) -> None:
    """Give a sampler the campaign's seed and the first stage that it has, if a seed is given: what
    it says of its points then holds for the run.
    """
    supervisor = report.document.root.get("supervisor")
    seed = supervisor.get("seed") if isinstance(supervisor, dict) else None
    depth = next((d for d, stage in enumerate(run_order.stages()) if stage.sampler == name), 0)
    if isinstance(seed, int) and not isinstance(seed, bool) and hasattr(sampler, "place"):
        sampler.place(seed, depth)


def _nothing(_: Any) -> None:
    """There is nothing to do before a component checks itself."""


def key_of(report: Report, section: str, name: str) -> Any:
    """Return the key of a section that is written as `name`."""
    return next(
        key for key in report.document.root[section] if name_of(report, (section, key)) == name
    )


def name_of(report: Report, path: Path) -> str:
    """Return the name that the last key of a path is, as it was written: 007 is not 7."""
    place = report.document.place(path)
    return place.key if place is not None and place.key is not None else str(path[-1])


# -- supervisor ------------------------------------------------------------------------------------


def _one_at_a_time(report: Report, checked: Checked) -> None:
    """Let local executors without a size run plugins of the older program one sample at a time, as
    that program did, and say so.

    Such a plugin may use a fixed scratch file, a licence for one or all cores: side by side its
    samples would spoil each other.
    """
    executors, runners = checked.components["executor"], checked.components["runner"]
    steps = {(step.executor, step.runner) for stage in checked.stages for step in stage.steps}
    for name, runner in sorted(steps):
        spec = executors.get(name)
        if (
            spec is None
            or spec.class_path != _LOCAL
            or spec.options.get("n_workers") is not None
            or runner not in runners
        ):
            continue
        if not runners[runner].older:
            continue
        executors[name] = replace(
            spec, options={**spec.options, "n_workers": 1}, one_at_a_time=True
        )
        message = (
            "runs one sample at a time, as Enchanted Surrogates does, because its plugin"
            f" {runners[runner].type_name!r} (runner {runner!r}) may rely on that; set n_workers to"
            " run several side by side"
        )
        report.warning(
            (KINDS["executor"], key_of(report, KINDS["executor"], name)), message, at_key=True
        )


def _check_batches(report: Report, runners: Section) -> None:
    """Say which runners are to take many samples in one call and cannot."""
    batched = {
        name: spec
        for name, (spec, instance) in runners.items()
        if instance is not None and spec.options.get("batch", 1) != 1
    }
    for name, spec in batched.items():
        takes_many = asked(spec.cls, "takes_many")
        if takes_many is None:
            continue
        where = (KINDS["runner"], key_of(report, KINDS["runner"], name))
        if not takes_many:
            message = (
                f"{spec.cls.__name__} takes one sample at a time, as it has no many_code_run; leave"
                " batch out"
            )
            report.error((*where, "batch"), message)
        elif spec.options.get("restart"):
            message = (
                "a call with many samples cannot be continued in one of their directories; leave"
                " out restart, or batch"
            )
            report.error((*where, "restart"), message, at_key=True)


def _check_stop_when(report: Report, checked: Checked, samplers: Mapping[str, Any]) -> None:
    """Say which limits can never be reached, because no sampler in use learns."""
    used = [samplers.get(stage.sampler) for stage in checked.stages]
    if checked.supervisor is None or any(getattr(each, "adaptive", False) for each in used):
        return
    for name in checked.supervisor.stop_when:
        if STOP_LIMITS.get(name):
            message = (
                "no sampler in run_order learns, so this limit is never reached; leave it out, or"
                " use a sampler that learns"
            )
            report.error(("supervisor", "stop_when", name), message, at_key=True)


def _check_earlier(report: Report, checked: Checked, samplers: Mapping[str, Any]) -> None:
    """Say which samplers are to learn from an earlier campaign that is not there; the campaign's
    own directory may be named too.
    """
    if checked.supervisor is None:
        return
    own = _without_links(expand(checked.supervisor.base_run_dir))
    for name in dict.fromkeys(stage.sampler for stage in checked.stages):
        earlier = expand(getattr(samplers.get(name), "base_run_dir", None) or "")
        needed = "data" if getattr(samplers.get(name), "parser", None) else "enchanted_dataset.csv"
        if (
            earlier
            and _without_links(earlier) != own
            and not os.path.exists(os.path.join(earlier, needed))
        ):
            message = (
                f"there is no {needed} in {earlier}, so there is nothing to learn from; name the"
                " run directory of an earlier campaign"
            )
            report.error(
                (KINDS["sampler"], key_of(report, KINDS["sampler"], name), "base_run_dir"), message
            )


def _without_links(path: str) -> str:
    """Return the path that `path` leads to; one with a NUL, which no file can have, as it is."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return path
