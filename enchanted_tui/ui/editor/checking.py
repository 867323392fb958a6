"""What is found out about a text away from the event loop: problems, outline, explanations, what
would run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.config.assist import Assistant, KeyHelp, OutlineEntry
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.problems import Problem
from enchanted_tui.errors import UserError

NOT_ONE = "no configuration (YAML), so it is not checked"


@dataclass(frozen=True)
class CheckedText:
    """The findings about one state of the text."""

    text: str
    problems: tuple[Problem, ...]
    config: CampaignConfig | None
    outline: tuple[OutlineEntry, ...]
    assistant: Assistant
    is_configuration: bool = (
        True  #: False for a file of another kind, such as a module, which is not judged
    )

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    def explain(self, line: int, column: int) -> KeyHelp | None:
        """Explain the key at a place; lines and columns count from 0."""
        return self.assistant.explain(line, column)


def check(text: str, path: Path | None, home: Path) -> CheckedText:
    """Check a text as `--check` would check the file `path`; one without a file is checked as if it
    lay in `home`.
    """
    from enchanted_tui.config.loading import parse_config
    from enchanted_tui.config.recognising import is_configuration

    if not is_configuration(path, text):
        return CheckedText(text, (), None, (), Assistant(""), is_configuration=False)
    try:
        config, problems = parse_config(
            text, path, base_dir=None if path is not None else home, interactive=True
        )
    # an editor must outlive whatever a plugin does while it is imported
    except Exception as error:  # noqa: BLE001
        config, problems = (
            None,
            [
                Problem(
                    "error",
                    "",
                    None,
                    None,
                    "",
                    f"the check itself failed: {type(error).__name__}: {error}",
                )
            ],
        )
    assistant = Assistant(text, path.parent if path is not None else home)
    return CheckedText(text, tuple(problems), config, tuple(assistant.outline()), assistant)


def preview_text(config: CampaignConfig) -> str:
    """Say what would run, with the job script of executors that submit one."""
    from enchanted_tui.operations.preview import preview

    try:
        return preview(config).as_text()
    except (UserError, OSError) as error:
        return f"It would not start: {error}"
