"""One call at a time in a thread of its own, so that the loop goes on meanwhile: a sampler that
learns may take long to answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any


class Woken:
    """Tells the loop that what ran in the thread has ended."""


class SamplerThread:
    """Runs a function; `wake` is called, from its thread, when it has ended."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def run(self, function: Callable[[], Any]) -> Generator[None, None, Any]:
        """Run `function` and yield None until it has ended; then return what it gave, or raise what
        it raised.

        To be used as ``result = yield from thread.run(function)``.
        """
        ended = threading.Event()
        gave: list[Any] = []
        raised: list[BaseException] = []

        def call() -> None:
            try:
                gave.append(function())
            except BaseException as error:  # noqa: BLE001 - raised again in the loop's own thread
                raised.append(error)
            ended.set()
            self._wake()

        threading.Thread(target=call, name="sampler", daemon=True).start()
        while not ended.is_set():
            yield None
        if raised:
            raise raised[0]
        return gave[0]
