"""Collects what there is to say about a configuration, so that all of it is said at once."""

from __future__ import annotations

from collections.abc import Iterable

from enchanted_tui.config.problems import Path, Problem
from enchanted_tui.config.tree import Document


class Report:
    """The problems of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._problems: dict[Problem, None] = {}

    def error(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Report what makes the configuration unusable."""
        self._add(self.document.problem("error", path, message, at_key=at_key))

    def warning(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Report what is allowed but probably not meant."""
        self._add(self.document.problem("warning", path, message, at_key=at_key))

    def add(self, problems: Iterable[Problem]) -> None:
        """Take in problems found elsewhere."""
        self._problems.update(dict.fromkeys(problems))

    @property
    def problems(self) -> list[Problem]:
        """What has been reported, each problem once."""
        return list(self._problems)

    @property
    def error_count(self) -> int:
        return sum(problem.severity == "error" for problem in self._problems)

    def _add(self, problem: Problem | None) -> None:
        if problem is not None:
            self._problems[problem] = None


def in_order(problems: list[Problem]) -> list[Problem]:
    """Sort problems as they stand in the file; those of overrides come last."""
    return sorted(
        problems, key=lambda problem: (problem.line is None, problem.line or 0, problem.column or 0)
    )
