"""The door to the engine: ``Supervisor(config).start()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.executors.base import Trouble
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.dataframe import dataset_frame
from enchanted_tui.record.live import Live
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor import control, notify
from enchanted_tui.supervisor.campaign import LOCK_LOST, Campaign
from enchanted_tui.supervisor.control import Request
from enchanted_tui.supervisor.file_writer import FileWriter, NotWritten
from enchanted_tui.supervisor.free_directory import Confirm
from enchanted_tui.supervisor.inbox import Inbox
from enchanted_tui.supervisor.main_log import campaign_log, early_log
from enchanted_tui.supervisor.on_complete import run_hook
from enchanted_tui.supervisor.recorder import Observer
from enchanted_tui.supervisor.session import open_session

if TYPE_CHECKING:
    import pandas


class Supervisor:
    """Run a campaign: ``Supervisor(config).start()``.

    `config` is a `CampaignConfig`, a mapping or a namespace with the keys of a config file. Signal
    handlers, working directory, random generators and the host program's logging are left alone; to
    steer from another thread call `request`.
    """

    def __init__(
        self,
        config: CampaignConfig | Mapping[str, Any] | Any,
        config_path: str | Path | None = None,
        *,
        mode: str | None = None,
        overwrite: bool = False,
        confirm: Confirm | None = None,
        observer: Observer | None = None,
        retry: Callable[[CampaignState], list[TaskId]] | None = None,
    ) -> None:
        if not isinstance(config, CampaignConfig):
            from enchanted_tui.config.loading import config_from_mapping

            config = config_from_mapping(config, path=config_path)
        self.config = config
        self._mode = mode or config.supervisor.run_mode
        self._overwrite = overwrite
        self._confirm = confirm
        self._observer = observer
        self._retry = retry
        self._inbox = Inbox()
        #: Somebody is there to be asked: where a rule of the campaign's own stops it, it waits,
        #: paused, instead of ending.
        self.attended = False

    @property
    def state(self) -> CampaignState | None:
        """The campaign's state while the campaign runs and afterwards."""
        return self._campaign.state if self._campaign is not None else None

    @property
    def snapshot(self) -> Snapshot | None:
        """The campaign in numbers, published about once a second; may be read from any thread."""
        return self._campaign.projections.snapshot if self._campaign is not None else None

    @property
    def doing(self) -> str:
        """What is being done when no task runs any more, such as writing a large file, or what
        keeps the campaign from going on; empty while tasks run.
        """
        live = self._campaign.live if self._campaign is not None else None
        return live.trouble or live.doing if live is not None else ""

    @property
    def live(self) -> Live | None:
        """What viewers are told of workers, nodes and jobs, about once a second."""
        return self._campaign.live.last if self._campaign is not None else None

    _campaign: Campaign | None = None

    def request(self, action: control.Action, by: str = "this process") -> None:
        """Ask the running campaign to pause, continue, drain or abort. May be called from any
        thread.
        """
        self._inbox.put(Request(action, by))

    def start(self) -> Outcome:
        """Run the campaign to its end, or until it is drained or aborted.

        Raises EnvironmentProblem, DirectoryInUseError or RefusedError if it cannot begin; from then
        on the outcome says what happened.
        """
        with early_log(self.config.logging) as early:
            session = open_session(
                self.config,
                mode=self._mode,
                overwrite=self._overwrite,
                confirm=self._confirm,
                on_lock_lost=lambda: self._inbox.put(Trouble(LOCK_LOST)),
            )
        writer = FileWriter(
            self.config.supervisor.io_patience,
            lambda: self._inbox.put(NotWritten()),
            lambda: not session.is_taken_over(),
        )
        try:
            with campaign_log(session.run_dir, self.config.logging, writer, early):
                self._campaign = Campaign(
                    session, self._inbox, writer, self._observer, lambda: self.attended
                )
                outcome = self._campaign.run(self._retry)
                run_hook(session, outcome, self._inbox)
        finally:
            writer.close()
            session.close()
        notify.tell_of_the_end(self.config, outcome, self.state)
        return outcome

    def create_dataset(self) -> pandas.DataFrame:
        """Return what has been computed so far as a table: from the record, or from the run
        directories where there is no record.
        """
        return dataset_frame(CampaignDirectory(self.config.base_run_dir))
