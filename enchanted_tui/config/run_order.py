"""Check `supervisor.run_order`: the stages, and that what they name exists."""

from __future__ import annotations

from typing import Any

from enchanted_tui.config.lookup import KINDS
from enchanted_tui.config.models import StageSpec, StepSpec
from enchanted_tui.config.nested import Reader
from enchanted_tui.config.problems import Path, describe
from enchanted_tui.config.report import Report
from enchanted_tui.config.stage_options import KEYS, read_stage_options
from enchanted_tui.suggestions import did_you_mean

_PATH: Path = ("supervisor", "run_order")
_KEYS = ("executor", "sampler", "runner")


class RunOrder:
    """The stages of a document; making it reports what is wrong with them."""

    def __init__(self, report: Report, reader: Reader) -> None:
        self._report, self._reader = report, reader
        self._known = {kind: _names(report, KINDS[kind]) for kind in _KEYS}
        self._used: dict[str, set[str]] = {kind: set() for kind in _KEYS}
        self._stages: list[StageSpec] = []
        for index, entry in enumerate(self._entries()):
            stage = self._stage((*_PATH, index), entry)
            if stage is not None:
                self._stages.append(stage)
        self._check_runner_names()

    def used(self, kind: str) -> set[str]:
        """Names of the components of a kind that the stages use."""
        return self._used[kind]

    def stages(self) -> tuple[StageSpec, ...]:
        """The stages that have no error of their own."""
        return tuple(self._stages)

    def _entries(self) -> list[Any]:
        section = self._report.document.root.get("supervisor")
        if not isinstance(section, dict):
            return []  # reported with the section
        entries = section.get("run_order")
        if isinstance(entries, list) and entries:
            return entries
        example = "a list of stages, such as - {executor: e1, sampler: s1, runner: r1}"
        if entries is None:
            self._report.error(_PATH, f"is required: {example}")
        elif isinstance(entries, list):
            self._report.error(
                _PATH, f"expected {example}, found an empty list, which would run nothing"
            )
        else:
            self._report.error(_PATH, f"expected {example}, found {describe(entries)}")
        return []

    def _stage(self, path: Path, entry: Any) -> StageSpec | None:
        if not isinstance(entry, dict):
            self._report.error(
                path,
                "expected a mapping with the keys executor, sampler and runner, found"
                f" {describe(entry)}",
            )
            return None
        known = (*_KEYS, *KEYS)
        for key in entry:
            if key not in known:
                message = f"ignored, because a stage has no such key{did_you_mean(str(key), known)}"
                self._report.warning((*path, key), message, at_key=True)
        executors = self._references("executor", (*path, "executor"), entry)
        runners = self._references("runner", (*path, "runner"), entry)
        sampler = self._sampler((*path, "sampler"), entry)
        given = read_stage_options(self._reader, path, entry, self._report)
        if executors is None or runners is None or sampler is None:
            return None
        if len(executors) != len(runners):
            message = (
                f"the number of runners is {len(runners)}, that of executors {len(executors)}; give"
                " as many of both, one for each step"
            )
            self._report.error((*path, "runner"), message)
            return None
        return StageSpec(
            sampler,
            tuple(StepSpec(*pair) for pair in zip(executors, runners, strict=True)),
            *given,
        )

    def _sampler(self, path: Path, entry: dict[Any, Any]) -> str | None:
        value = entry.get("sampler")
        if isinstance(value, list):
            self._report.error(
                path,
                "expected the name of one sampler, found a list; give each sampler a stage of"
                " its own",
            )
            return None
        found = self._references("sampler", path, entry)
        return found[0] if found else None

    def _references(self, kind: str, path: Path, entry: dict[Any, Any]) -> list[str] | None:
        """Return the names that a stage lists under one key; None if any is wrong."""
        value = entry.get(kind)
        if value is None:
            self._report.error(
                path,
                f"is required: the name of one of the {KINDS[kind]}{_listed(self._known[kind])}",
            )
            return None
        if value == []:
            self._report.error(
                path,
                f"expected the name of one of the {KINDS[kind]}, or several, found an empty list",
            )
            return None
        places = (
            [(*path, index) for index in range(len(value))] if isinstance(value, list) else [path]
        )
        names = [self._reference(kind, place) for place in places]
        return [name for name in names if name is not None] if None not in names else None

    def _reference(self, kind: str, path: Path) -> str | None:
        value = self._report.document.value(path)
        if value is None or isinstance(value, dict | list):
            self._report.error(
                path, f"expected the name of one of the {KINDS[kind]}, found {describe(value)}"
            )
            return None
        place = self._report.document.place(path)
        name = place.text if place is not None and place.text is not None else str(value)
        if name not in self._known[kind]:
            suggestion = did_you_mean(name, self._known[kind])
            self._report.error(
                path,
                f"there is no {kind} named"
                f" {describe(name)}{suggestion or _listed(self._known[kind], '; there are')}",
            )
            return None
        self._used[kind].add(name)
        return name

    def _check_runner_names(self) -> None:
        """Warn where one runner serves twice: its columns then hold what it did last."""
        seen: dict[str, Path] = {}
        for depth, stage in enumerate(self._stages):
            for step in stage.steps:
                if step.runner in seen:
                    message = (
                        f"the runner {step.runner!r} serves more than once, so the columns"
                        f" success_{step.runner} and runtime_sec_{step.runner} tell of its last use"
                        " only; configure it under a second name to keep both"
                    )
                    self._report.warning((*_PATH, depth, "runner"), message)
                seen[step.runner] = (depth,)


def _names(report: Report, section: str) -> list[str]:
    entries = report.document.root.get(section)
    if not isinstance(entries, dict):
        return []
    places = (report.document.place((section, key)) for key in entries)
    return [
        place.key if place is not None and place.key is not None else str(key)
        for key, place in zip(entries, places, strict=True)
    ]


def _listed(names: list[str], link: str = ":") -> str:
    shown = ", ".join(names[:12])
    return f"{link} {shown}{', ...' if len(names) > 12 else ''}" if names else ""
