"""What a person asks to be run, and the command line that says the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.commands import command_line
from enchanted_tui.journal_lines import TaskId

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig
    from enchanted_tui.supervisor.supervisor import Supervisor

MODES = ("fresh", "resume", "extend", "auto", "retry")


@dataclass(frozen=True)
class Launch:
    """One campaign session to be started."""

    target: Path  #: a configuration file or a run directory, absolute
    mode: str  #: a run mode, or retry: the failed samples again
    base_run_dir: str | None = None  #: instead of the configuration's
    overwrite: bool = False  #: with fresh: delete what an earlier campaign created
    detached: bool = False  #: in a session of its own instead of this app
    only: tuple[TaskId, ...] | None = None  #: with retry: these tasks, or all that failed
    text: str | None = (
        #: what the configuration file will say once it is saved, if that is not what it says now
        None
    )

    @property
    def is_run_dir(self) -> bool:
        return self.target.is_dir()

    def arguments(self) -> list[str]:
        """Return the arguments of ``enchanted-tui`` that start the same."""
        if self.mode == "retry":
            chosen = (
                [] if self.only is None else ["--only", ",".join(task.name for task in self.only)]
            )
            return ["--retry-failed", str(self.target), *chosen]
        given = [str(self.target)]
        if not (self.is_run_dir and self.mode == "resume"):
            given += ["--run-mode", self.mode]
        if self.base_run_dir is not None and not self.is_run_dir:
            given += ["--base-run-dir", self.base_run_dir]
        return [*given, "--overwrite"] if self.overwrite else given

    def command_line(self, home: Path) -> str:
        """Return the command as a person would type it in the directory `home`."""
        arguments = [_shortened(argument, home) for argument in self.arguments()]
        return command_line(*arguments, "--detach" if self.detached else "--no-ui")

    def configuration(self) -> CampaignConfig:
        """Load and check the configuration. Imports what it names: not for the event loop. Raises
        ConfigError.
        """
        from enchanted_tui.operations import actions

        mode = "resume" if self.mode == "retry" else self.mode
        base_run_dir = None if self.is_run_dir else self.base_run_dir
        return actions.configuration(
            self.target, run_mode=mode, base_run_dir=base_run_dir, text=self.text
        )

    def own_mode(self) -> str:
        """Return the run mode that the configuration asks for; fresh if it cannot be read, which is
        said elsewhere.
        """
        from enchanted_tui.config.problems import ConfigError
        from enchanted_tui.operations import actions

        try:
            found = actions.configuration(
                self.target, base_run_dir=self.base_run_dir, text=self.text
            )
        except ConfigError:
            return "fresh"
        return found.supervisor.run_mode

    def supervisor(self, config: CampaignConfig) -> Supervisor:
        """Return the supervisor that runs it in this process."""
        from enchanted_tui.operations import actions

        if self.mode != "retry":
            return actions.start(config, overwrite=self.overwrite)
        return actions.retry_failed(config, only=self.only)


def _shortened(argument: str, home: Path) -> str:
    """Write a path below `home` relative to it."""
    if not os.path.isabs(argument):
        return argument
    relative = os.path.relpath(argument, home)
    return argument if relative == "." or relative.startswith("..") else relative
