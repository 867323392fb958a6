"""Puts points on record that somebody adds by hand while a campaign runs, or before it goes on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from enchanted_tui.record import points_request
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.points_request import PointsRequest, WaitingPoints
from enchanted_tui.record.records import Record
from enchanted_tui.record.samples import SLICE, added_record, samples_record
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState

log = logging.getLogger(__name__)


class AddedPoints:
    """Takes the requests for points of a session. All methods are the loop's."""

    def __init__(
        self,
        directory: Path,
        state: CampaignState,
        journal: Journal,
        record: Callable[[Record], int],
    ) -> None:
        self._directory, self._state = directory, state
        self._journal, self._record = journal, record
        self._unreadable: set[Path] = set()

    def take(self, depth: int) -> None:
        """Put on record what is asked for at a stage: a request goes once that is on disk, and is
        passed over where it was already.
        """
        for item in self._waiting():
            if item.depth == depth:
                self._take(item, self._state.stages[depth])

    def wait(self) -> bool:
        """Tell whether points wait for a stage that does not run now."""
        return any(item.depth < len(self._state.stages) for item in self._waiting())

    def _waiting(self) -> list[WaitingPoints]:
        found = points_request.waiting(self._directory)
        return [item for item in found if item.path not in self._unreadable]

    def _take(self, item: WaitingPoints, stage: StageState) -> None:
        try:
            self._put(item.read(), stage)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self._unreadable.add(item.path)
            log.warning(
                f"{item.path}: the points asked for cannot be read, so they are not added: {error}"
            )
            return
        self._journal.flush()
        self._journal.sync()
        with contextlib.suppress(OSError):  # it is known by its id where it comes again
            item.path.unlink()

    def _put(self, request: PointsRequest, stage: StageState) -> None:
        batch = stage.has_added(request.id)
        number = len(stage.batches) if batch is None else batch.index
        first = stage.drawn if batch is None else batch.first
        size, there = len(request.samples), set() if batch is None else set(batch.slices)
        for start in range(0, size, SLICE):
            if start in there:
                continue
            record = samples_record(
                request.samples[start : start + SLICE],
                depth=stage.depth,
                batch=number,
                first=first,
                size=size,
                start=start,
            )
            self._record(added_record(record, request=request.id, by=request.by, file=request.file))
        if batch is None:
            log.info(
                f"{size} {'point' if size == 1 else 'points'} of {request.file} added to stage"
                f" {stage.depth} by {request.by}"
            )
