"""Answer questions, one JSON line each, from standard input to standard output, until standard
input closes.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, TextIO


def main() -> None:
    """Serve until whoever asks is gone, in the middle of an answer too."""
    lines, replies = _own_streams()
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in lines:
            questions.put(line)
        _end()

    threading.Thread(target=listen, name="questions", daemon=True).start()

    def say(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    def overdue(reply: dict[str, Any]) -> None:
        say(reply)
        _end()

    # takes seconds: whoever asks may be gone by then
    answer = _answering(sys.argv[1], overdue)
    while True:
        try:
            reply = answer(json.loads(questions.get()))
        # whatever a model raises is told to whoever asked
        except Exception as error:  # noqa: BLE001
            reply = {
                "error": f"{type(error).__name__}: {error}",
                "traceback": traceback.format_exc(),
            }
        say(reply)


def _own_streams() -> tuple[TextIO, TextIO]:
    """Return where questions come from and answers go, which nobody else in this process uses, nor
    processes that a library forks: these close what they know as standard input, and would keep
    whoever asks waiting when this process has died.
    """
    lines, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    ends = [lines.fileno(), replies.fileno()]

    def close() -> None:
        while ends:  # once: later, these numbers are of other files
            os.close(ends.pop())

    os.register_at_fork(after_in_child=close)
    return lines, replies


def _answering(
    method: str, overdue: Callable[[dict[str, Any]], None]
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what answers the questions of a method, with what it needs imported; it calls
    `overdue` with its last answer where one takes too long.
    """
    if method == "gest":
        from enchanted_tui.samplers.gest.conversation import Conversation

        return Conversation(overdue).answer
    from enchanted_tui.samplers.learning.answers import answer, prepare

    prepare(method)
    return answer


def _end() -> None:
    """End this process, and those that it has started, which are in its group."""
    with contextlib.suppress(OSError):
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
