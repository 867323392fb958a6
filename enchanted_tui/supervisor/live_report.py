"""What the running supervisor tells viewers in ``state/live.json`` (see `record.live`), at most
once a second.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict
from typing import cast

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.record.live import Job, Live, Worker
from enchanted_tui.record.node_use import use_of_nodes
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.snapshot import phase_of
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.why import waiting_for
from enchanted_tui.resources import numbers
from enchanted_tui.storage.layout import RunDir
from enchanted_tui.supervisor.dispatch import Dispatcher
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.whole_files import write_atomically

_MOST_SHOWN = 1_000  #: workers, nodes, jobs
_TELL_EVERY = 1.0  #: seconds between two reports on what is done after the last task
_REFRESH = 10.0  #: seconds after which an unchanged file is written again, as a sign of life


class LiveFile:
    """The file as its supervisor keeps it."""

    def __init__(self, run_dir: RunDir) -> None:
        self._path = run_dir.live
        self.last: Live | None = None  #: what viewers have been told last
        self._written_at = 0.0
        self.doing = ""  #: what is being done once nothing runs any more

    def write(
        self,
        state: CampaignState,
        dispatcher: Dispatcher,
        run: StageRun | None,
        stopping: Outcome | None,
    ) -> None:
        """Write the file if anything in it has changed."""
        workers = [cast(Worker, asdict(worker)) for worker in dispatcher.workers()]
        nodes = [use.told() for use in use_of_nodes(map(asdict, dispatcher.nodes()), workers)]
        idle = dispatcher.idle_share()
        content: Live = {
            "state": phase_of(state, Liveness.RUNNING, stopping=stopping is not None),
            "depth": run.plan.depth if run is not None else None,
            "in_flight": len(dispatcher.in_flight),
            "workers": workers[:_MOST_SHOWN],
            "n_workers": len(workers),
            "nodes": nodes[:_MOST_SHOWN],
            "cores": sum(len(numbers(node["cpus"])) for node in nodes),
            "busy_cores": sum(node["busy_cpus"] for node in nodes),
            "jobs": [cast(Job, asdict(job)) for job in dispatcher.jobs()[:_MOST_SHOWN]],
            "core_hours": round(dispatcher.core_hours(), 4),
            **({} if idle is None else {"idle_share": round(idle, 2)}),
            "links": dispatcher.links(),
            "waiting_for": waiting_for(
                workers,
                len(dispatcher.in_flight),
                paused_by=state.paused_by,
                stopping=stopping.message if stopping is not None else None,
                ask=dispatcher.waiting_for,
            ),
        }
        if content != self.last or time.monotonic() - self._written_at > _REFRESH:
            self._write(content)

    def tell(self, doing: str) -> None:
        """Say what is being done after the last task, and how far that is; viewers are told once a
        second.
        """
        is_news = not self.doing
        self.doing = doing
        if is_news or time.monotonic() - self._written_at >= _TELL_EVERY:
            self._write(
                cast(
                    Live,
                    {
                        **(self.last or {}),
                        "in_flight": 0,
                        "workers": [],
                        "n_workers": 0,
                        "nodes": [],
                        "cores": 0,
                        "jobs": [],
                        "doing": doing,
                    },
                )
            )

    def _write(self, content: Live) -> None:
        self.last, self._written_at = content, time.monotonic()
        with contextlib.suppress(OSError):  # a viewer's convenience never stops a campaign
            write_atomically(self._path, json.dumps({"time": time.time(), **content}))

    def close(self, state: CampaignState) -> None:
        """The supervisor ends: nothing is live any more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
