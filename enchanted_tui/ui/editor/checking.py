"""What is found out about a text away from the event loop: problems, outline, explanations, what
would run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from enchanted_tui.config.assist import Assistant, KeyHelp, OutlineEntry
from enchanted_tui.config.completion import Completion, complete
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.problems import Problem
from enchanted_tui.errors import UserError

NOT_ONE = "no configuration (YAML), so it is not checked"


class TextAnswers(Protocol):
    """What else can be asked about a text that has been checked. Every answer may take long."""

    def explain(self, line: int, column: int) -> KeyHelp | None:
        """Explain the key at a place; lines and columns count from 0."""

    def preview(self) -> str:
        """Say what would run by a text that is valid."""

    def companions(self) -> list[Path]:
        """Return the files that a text names which is valid."""


@dataclass(frozen=True)
class OwnAnswers:
    """TextAnswers by what the check has made, in this process."""

    config: CampaignConfig | None
    assistant: Assistant

    def explain(self, line: int, column: int) -> KeyHelp | None:
        return self.assistant.explain(line, column)

    def preview(self) -> str:
        return "" if self.config is None else preview_text(self.config)

    def companions(self) -> list[Path]:
        from enchanted_tui.operations.companion_files import companion_files

        return [] if self.config is None else companion_files(self.config)


@dataclass(frozen=True)
class CheckedText:
    """The findings about one state of the text."""

    text: str
    problems: tuple[Problem, ...]
    outline: tuple[OutlineEntry, ...]
    answers: TextAnswers
    is_valid: bool  #: True for a configuration that can run
    is_configuration: bool = True  #: False for a file of another kind, such as a module
    kind: str = ""  #: as what such a file was judged: "Python" or "template"; or not at all

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def problem_beyond(
        self, here: tuple[int, int], direction: int
    ) -> tuple[tuple[int, int], int] | None:
        """Return place and index of the next problem from `here`, or with a negative `direction` of
        the one before, round the end of the text; None if none has a place. Places count from 0.
        """
        places = [
            ((problem.line - 1, (problem.column or 1) - 1), index)
            for index, problem in enumerate(self.problems)
            if problem.line is not None
        ]
        ahead = [
            found for found in places if (found[0] > here if direction > 0 else found[0] < here)
        ] or places
        if not ahead:
            return None
        return ahead[0] if direction > 0 else ahead[-1]

    def why_no_place(self, name: str) -> str:
        """Say why there is no problem to go to in the file `name`."""
        if self.problems:
            return "There is no problem with a place in the text."
        return "There are no problems." if self.is_judged else f"{name} is {NOT_ONE}."

    @property
    def is_judged(self) -> bool:
        """Whether it was checked at all."""
        return self.is_configuration or bool(self.kind)

    def without_problems(self, name: str) -> str:
        """Say of the file `name` that nothing is wrong with it, or that nobody can tell."""
        if self.is_configuration:
            return "No problems: the configuration is valid."
        return (
            f"No problems: this is a valid {self.kind} file."
            if self.kind
            else (f"{name} is {NOT_ONE}.")
        )


def check(text: str, path: Path | None, home: Path) -> CheckedText:
    """Check a text as `--check` would check the file `path`; one without a file is checked as if it
    lay in `home`.
    """
    return judge(text, path, home)[0]


def judge(text: str, path: Path | None, home: Path) -> tuple[CheckedText, CampaignConfig | None]:
    """Check a text likewise; return also the campaign, None if there are errors."""
    from enchanted_tui.config.loading import parse_config
    from enchanted_tui.config.recognising import is_configuration
    from enchanted_tui.operations.file_checks import file_problems, kind_of

    if not is_configuration(path, text):
        found = tuple(file_problems(path, text))
        kind = kind_of(path, text)
        answers = OwnAnswers(None, Assistant(""))
        return CheckedText(text, found, (), answers, False, is_configuration=False, kind=kind), None
    try:
        config, problems = parse_config(
            text, path, base_dir=None if path is not None else home, interactive=True
        )
    # an editor must outlive whatever a plugin does while it is imported
    except Exception as error:  # noqa: BLE001
        config, problems = None, [_failed(f"{type(error).__name__}: {error}")]
    assistant = Assistant(text, path.parent if path is not None else home)
    answers = OwnAnswers(config, assistant)
    outline = tuple(assistant.outline())
    return CheckedText(text, tuple(problems), outline, answers, config is not None), config


def _failed(why: str) -> Problem:
    return Problem("error", "", None, None, "", f"the check itself failed: {why}")


def awaiting(checked: CheckedText, companions: Iterable[str], directory: Path) -> CheckedText:
    """Return what is said of a text whose `companions`, files that its template brings along, come
    into `directory` with the first save: what is wrong for want of them is no mistake.
    """
    missing = [name for name in companions if not (directory / name).exists()]
    problems = []
    for problem in checked.problems:
        name = next((name for name in missing if _is_about(problem, name)), "")
        if name:
            said = f"{name} is not there yet: saving writes it beside the configuration"
            problem = replace(problem, severity="warning", message=said)
        problems.append(problem)
    return replace(checked, problems=tuple(problems)) if missing else checked


def _is_about(problem: Problem, name: str) -> bool:
    """Tell whether a file, or the module in it, is what an error names."""
    said = problem.message
    return problem.severity == "error" and (name in said or f"'{Path(name).stem}'" in said)


def not_checked(text: str, why: str) -> CheckedText:
    """Return what is said of a text of which the check has not come to its end."""
    return CheckedText(text, (_failed(why),), (), OwnAnswers(None, Assistant("")), False)


def completion(text: str, base_dir: Path, place: tuple[int, int]) -> Completion:
    """Return what can be written at a place, counted from 0."""
    return complete(Assistant(text, base_dir), *place)


def preview_text(config: CampaignConfig) -> str:
    """Say what would run, with the job script of executors that submit one."""
    from enchanted_tui.operations.preview import preview

    try:
        return preview(config).as_text()
    except (UserError, OSError) as error:
        return f"It would not start: {error}"
    except Exception as error:  # noqa: BLE001 - a plugin's sampler may raise anything
        return f"What would run cannot be told: {type(error).__name__}: {error}"
