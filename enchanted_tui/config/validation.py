"""Check a whole configuration, section by section, and reduce it to what the program works with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.components import Checker
from enchanted_tui.config.conversion import expand
from enchanted_tui.config.extent import check_extent
from enchanted_tui.config.flow import Flow, check_foreign_names
from enchanted_tui.config.lookup import BUILTIN, KINDS, importing_from
from enchanted_tui.config.models import STOP_LIMITS, ComponentSpec, StageSpec, SupervisorOptions
from enchanted_tui.config.nested import option_path
from enchanted_tui.config.problems import Path, describe
from enchanted_tui.config.report import Report
from enchanted_tui.config.run_order import RunOrder
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
DEFAULT_BASE_RUN_DIR = "./base_run_dir"


@dataclass
class Checked:
    """What the sections say; incomplete where there are errors."""

    logging: int = LOG_LEVELS["INFO"]
    components: dict[str, dict[str, ComponentSpec]] = field(default_factory=dict)
    supervisor: SupervisorOptions | None = None
    stages: tuple[StageSpec, ...] = ()
    hdf5: bool = True


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
    for key in root:
        # customary places for anchors
        if key not in (*SECTIONS, "post_processing") and not str(key).startswith((".", "_", "x-")):
            report.warning(
                (key,),
                f"ignored, because there is no such section{did_you_mean(str(key), SECTIONS)}",
                at_key=True,
            )
    checked = Checked(logging=_log_level(report, root.get("logging")), hdf5=_hdf5(report, root))
    run_order = RunOrder(report)
    sections = {kind: _section(checker, kind, run_order.used(kind)) for kind in COMPONENT_KINDS}
    checked.components = {
        kind: {name: spec for name, (spec, _) in section.items()}
        for kind, section in sections.items()
    }
    elsewhere = all(
        getattr(instance, "looks_up_local_storage", False)
        for _, instance in sections["executor"].values()
    )
    checked.supervisor = _supervisor(checker, interactive, elsewhere)
    checked.stages = run_order.stages()

    _one_at_a_time(report, checked)

    _check_stop_when(
        report,
        checked,
        {
            name
            for name, (_, instance) in sections["sampler"].items()
            if getattr(instance, "adaptive", False)
        },
    )

    _check_earlier(
        report, checked, {name: instance for name, (_, instance) in sections["sampler"].items()}
    )

    def place(kind: str, name: str, option: str) -> Path:
        return option_path(
            report.document, option, (KINDS[kind], key_of(report, KINDS[kind], name))
        )

    with importing_from(import_dirs):  # functions are looked for where they will be found
        Flow(report, sections["sampler"], sections["runner"], place).follow(checked.stages)
    check_extent(report, sections["sampler"], checked.stages, place)
    return checked


def _version_1_key(root: dict[Any, Any]) -> str | None:
    """Give the first section that only files of version 1 of the older program have, where there is
    none of today's.
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


def _hdf5(report: Report, root: dict[Any, Any]) -> bool:
    """Tell whether runs.h5 is written: unless `storage.type` says none."""
    storage = root.get("storage")
    if storage is None:
        return True
    if not isinstance(storage, dict):
        report.error(
            ("storage",), f"expected a mapping such as {{type: none}}, found {describe(storage)}"
        )
        return True
    for key in storage:
        if key != "type":
            report.warning(
                ("storage", key),
                f"ignored, because there is no such option{did_you_mean(str(key), ('type',))}",
                at_key=True,
            )
    if "type" not in storage:
        return True
    written = (
        storage["type"].strip().lower() if isinstance(storage["type"], str) else storage["type"]
    )
    if written == "none":
        return False
    if written not in ("hdf5", "h5"):
        report.warning(
            ("storage", "type"),
            f"expected 'hdf5' or 'none', found {describe(storage['type'])}; runs.h5 will be"
            " written",
        )
    return True


# -- executors, samplers, runners ------------------------------------------------------------------


def _section(checker: Checker, kind: str, used: set[str]) -> dict[str, tuple[ComponentSpec, Any]]:
    """Check one section; give the components by name, each with an instance if it declares its
    options.
    """
    report, section = checker.report, KINDS[kind]
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
    accepted: dict[str, tuple[ComponentSpec, Any]] = {}
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
        found = checker.component(kind, name, path, value, used=name in used)
        if found is None:
            refused.add(name)
            continue
        accepted[name] = found
        if kind == "sampler" and not found[0].builtin:
            check_foreign_names(report, found[0], path)
    return accepted


def key_of(report: Report, section: str, name: str) -> Any:
    """Give the key of a section that is written as `name`."""
    return next(
        key for key in report.document.root[section] if name_of(report, (section, key)) == name
    )


def name_of(report: Report, path: Path) -> str:
    """Give the name that the last key of a path is, as it was written: 007 is not 7."""
    place = report.document.place(path)
    return place.key if place is not None and place.key is not None else str(path[-1])


# -- supervisor ------------------------------------------------------------------------------------


def _supervisor(checker: Checker, interactive: bool, elsewhere: bool) -> SupervisorOptions | None:
    report = checker.report
    section = report.document.root.get("supervisor")
    if section is None:
        report.error(("supervisor",), "is required: a mapping with base_run_dir and run_order")
        return None
    if not isinstance(section, dict):
        report.error(
            ("supervisor",),
            f"expected a mapping with base_run_dir and run_order, found {describe(section)}",
        )
        return None
    _check_base_run_dir(report, section, interactive)
    found = checker.reader.read(
        SupervisorOptions,
        ("supervisor",),
        section,
        report,
        besides=("run_order", "post_processing"),
    )
    if found is None:
        return None
    options: SupervisorOptions = found[2]
    if options.save_files == "none" and section.get("save_files") != "none":
        message = (
            "is taken for 'none': the files of the run directories are deleted once they are not"
            " needed; write 'all' to keep them"
        )
        report.warning(("supervisor", "save_files"), message)
    _post_processing(checker, options)
    options.local_storage = _local_storage(report, options.local_storage, elsewhere)
    return options


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


def _post_processing(checker: Checker, options: SupervisorOptions) -> None:
    """Run the script that files for the older program's next version name under `post_processing`
    as `on_complete`, and say so.
    """
    root = checker.report.document.root
    section = root["supervisor"] if "post_processing" in root["supervisor"] else root
    path = ("supervisor", "post_processing") if section is not root else ("post_processing",)
    written = section.get("post_processing")
    script = written.get("script_path") if isinstance(written, dict) else None
    if written is None:
        return
    if not isinstance(script, str) or options.on_complete is not None:
        reason = "on_complete is given" if isinstance(script, str) else "it has no script_path"
        checker.report.warning(
            path, f"ignored, because {reason}; use supervisor.on_complete", at_key=True
        )
        return
    place = os.path.join(checker.base_dir, expand(script))
    place = place if os.path.exists(place) else os.path.abspath(expand(script))
    options.on_complete = [sys.executable, place]
    checker.report.warning(
        path, f"is run as supervisor.on_complete: [python, {script}]; write it there", at_key=True
    )


def _check_stop_when(report: Report, checked: Checked, learning: set[str]) -> None:
    """Say which limits can never be reached, because no sampler in use learns."""
    if checked.supervisor is None or learning & {stage.sampler for stage in checked.stages}:
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
    """Give the path that `path` leads to; one with a NUL, which no file can have, as it is."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return path


def _check_base_run_dir(report: Report, section: dict[Any, Any], interactive: bool) -> None:
    path = ("supervisor", "base_run_dir")
    value = section.get("base_run_dir")
    if value is None:
        if interactive:
            report.warning(path, f"is not given; the campaign goes to {DEFAULT_BASE_RUN_DIR}")
        else:
            report.error(
                path,
                "is required where there is no terminal: the directory of the campaign's files",
            )
    elif isinstance(value, str) and not value.strip():
        report.error(path, "expected a directory, found an empty text")
    elif isinstance(value, str) and "\0" in value:
        report.error(path, "no directory can have a NUL character in its name; remove it")
    elif isinstance(value, str) and "$" in expand(value):
        report.error(
            path, f"an environment variable in {value!r} is not set; set it, or write the path out"
        )
    elif isinstance(value, str) and expand(value).startswith("~"):
        report.error(
            path,
            f"there is no user whose home {value!r} begins with; write the path out, or ./{value}"
            " for a directory of that name",
        )


def _local_storage(report: Report, written: str | None, elsewhere: bool) -> str | None:
    """Give the directory that `local_storage` names: itself, or the value of that environment
    variable; None if there is none.

    Nothing is said about that where all tasks run `elsewhere`, on nodes that look it up themselves.
    """
    if written is None:
        return None
    path = ("supervisor", "local_storage")
    expanded = expand(written)
    if os.path.isdir(expanded):
        return os.path.abspath(expanded)
    held = os.environ.get(written)
    if elsewhere and (held is None or not os.path.isdir(held)):
        return None
    if held is None:
        report.warning(
            path,
            f"ignored: {written!r} is neither an existing directory nor an environment variable"
            " that is set",
        )
        return None
    if not os.path.isdir(held):
        report.warning(
            path,
            f"ignored: the environment variable {written} names {held!r}, which is no existing"
            " directory",
        )
        return None
    return os.path.abspath(held)
