"""Work of an event loop that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


class LoopTasks:
    """Holds what runs beside the rest: the loop itself would forget it half-done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Future[Any]] = set()

    def begin(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
