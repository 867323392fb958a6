"""What the running supervisor tells viewers in ``state/live.json`` (see `record.live`), at most
once a second.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import cast

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.record.file_use import Files
from enchanted_tui.record.live import Job, Live, Straggling, Worker
from enchanted_tui.record.node_use import use_of_nodes
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.snapshot import phase_of
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.why import waiting_for
from enchanted_tui.resources import numbers
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor.dispatch import Dispatcher
from enchanted_tui.supervisor.file_writer import LATE, FileWriter
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.whole_files import write_atomically

_MOST_SHOWN = 1_000  #: workers, nodes, jobs
_TELL_EVERY = 1.0  #: seconds between two reports on what is done after the last task
_REFRESH = 10.0  #: seconds after which an unchanged file is written again, as a sign of life


class LiveFile:
    """The file as its supervisor keeps it."""

    def __init__(self, run_dir: CampaignDirectory, writer: FileWriter) -> None:
        self._path, self._writer = run_dir.live, writer
        self.last: Live | None = None  #: what viewers have been told last
        self._written_at = 0.0
        self.files = Files()  #: what the samples make of them, see `record.file_use`
        self.straggling: Straggling | None = None  #: samples that run far longer than others
        self.canary = ""  #: why most of a stage does not begin yet, where that is so
        self.trouble = ""  #: what keeps the campaign from going on, if the file system does
        self.doing = ""  #: what is being done once nothing runs any more

    def write(
        self,
        state: CampaignState,
        executors: OpenExecutors,
        dispatcher: Dispatcher,
        runs: Sequence[StageRun],
        stopping: Outcome | None,
    ) -> None:
        """Write the file if anything in it has changed."""
        workers = [cast(Worker, asdict(worker)) for worker in executors.workers()]
        nodes = [use.told() for use in use_of_nodes(map(asdict, executors.nodes()), workers)]
        idle = executors.idle_share()
        content: Live = {
            "state": phase_of(state, Liveness.RUNNING, stopping=stopping is not None),
            "depth": runs[0].plan.depth if runs else None,
            "depths": [run.plan.depth for run in runs],
            "in_flight": len(dispatcher.in_flight),
            "workers": workers[:_MOST_SHOWN],
            "n_workers": len(workers),
            "nodes": nodes[:_MOST_SHOWN],
            "cores": sum(len(numbers(node["cpus"])) for node in nodes),
            "busy_cores": sum(node["busy_cpus"] for node in nodes),
            "jobs": [cast(Job, asdict(job)) for job in executors.jobs()[:_MOST_SHOWN]],
            "core_hours": round(executors.core_hours(), 4),
            "held_core_hours": round(dispatcher.held_core_hours(), 4),
            **({} if idle is None else {"idle_share": round(idle, 2)}),
            "links": executors.links(),
            **self._trouble(),
            "waiting_for": waiting_for(
                workers,
                len(dispatcher.in_flight),
                paused_by=state.paused_by,
                stopping=stopping.message if stopping is not None else None,
                ask=executors.waiting_for,
            ),
        }
        if self.straggling is not None:
            content["straggling"] = self.straggling
        if self.canary:
            content["canary"] = self.canary
        if self.files:
            content["files"] = self.files
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

    def tell_of_trouble(self, sentence: str) -> None:
        """Say what keeps the campaign from going on; empty: nothing does any more."""
        self.trouble = sentence
        before = {name: value for name, value in (self.last or {}).items() if name != "trouble"}
        state = {"state": Phase.PAUSED} if sentence else {}
        self._write(cast(Live, {**before, **state, **self._trouble()}))

    def _trouble(self) -> Live:
        behind, told = self._writer.behind(), Live()
        if self.trouble:
            told["trouble"] = self.trouble
        if behind > LATE:
            told["behind"] = round(behind)
        return told

    def _write(self, content: Live) -> None:
        self.last, self._written_at = content, time.monotonic()
        text = json.dumps({"time": time.time(), **content})
        # a viewer's convenience never stops a campaign, nor holds it up
        self._writer.put(
            "state/live.json",
            partial(write_atomically, self._path, text),
            for_show=True,
            newest_only=True,
        )

    def close(self, state: CampaignState) -> None:
        """The supervisor ends: nothing is live any more."""
        self._writer.put(
            "state/live.json", partial(self._path.unlink, missing_ok=True), for_show=True
        )
        self._writer.wait()
