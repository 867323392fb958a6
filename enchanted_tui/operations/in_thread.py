"""A campaign in a thread of a program that has other things to do, such as the app.

What a sampler or plugin does to its surroundings there stays there as far as the operating system
allows: the thread has a working directory and a umask of its own, and no exception leaves it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from enchanted_tui.operations.surroundings import own_working_directory
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.supervisor import control
from enchanted_tui.supervisor.supervisor import Supervisor


class CampaignThread:
    """Runs a supervisor in a daemon thread, which a campaign that hangs in foreign code cannot keep
    the process alive with.
    """

    def __init__(
        self, supervisor: Supervisor, on_end: Callable[[CampaignThread], None] = lambda ended: None
    ) -> None:
        self.supervisor = supervisor
        self.root = supervisor.config.base_run_dir
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None  #: what ended it before or instead of an outcome
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name="campaign", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the campaign still runs, or is still being opened or closed."""
        return self._thread.is_alive()

    @property
    def begun(self) -> bool:
        """Whether the run directory has been opened, so that there is something to lose by ending
        the process.
        """
        return self.supervisor.state is not None

    def request(self, action: control.Action) -> None:
        """Ask the campaign to pause, continue, drain or abort."""
        self.supervisor.request(action, control.whoami())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; tell whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        own_working_directory()
        try:
            self.outcome = self.supervisor.start()
        # SystemExit from a plugin included; the program decides what to make of it
        except BaseException as error:  # noqa: BLE001
            self.error = error
        self._on_end(self)
