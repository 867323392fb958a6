"""Answer questions, one JSON line each, from standard input to standard output, until standard
input closes.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback


def main() -> None:
    """Serve until whoever asks is gone, in the middle of an answer too."""
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer
    questions: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            questions.put(line)
        os._exit(0)

    threading.Thread(target=listen, name="questions", daemon=True).start()
    # takes seconds: whoever asks may be gone by then
    from enchanted_tui.samplers.learning.answers import (
        answer,
        prepare,
    )

    prepare(sys.argv[1])
    while True:
        try:
            reply = answer(json.loads(questions.get()))
        # whatever a model raises is told to whoever asked
        except Exception as error:  # noqa: BLE001
            reply = {
                "error": f"{type(error).__name__}: {error}",
                "traceback": traceback.format_exc(),
            }
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
