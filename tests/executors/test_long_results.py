"""Results that are longer than what the pool reads at once."""

from __future__ import annotations

import os
import threading

from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.worker import write_all


def test_lines_of_any_length_come_back_whole_and_in_order(tmp_path) -> None:
    """A result that arrives in many pieces is put together exactly, and so are the short ones that
    share a piece with its ends.
    """
    channel = WorkerChannel(0, str(tmp_path))
    sent = [b"short\n", b"x" * 3_000_000 + b"\n", b"y\n", b"z" * 500_000 + b"\n", b"last\n"]
    _, worker_end = channel.ends()
    os.set_blocking(channel.results, True)
    writer = threading.Thread(
        target=lambda: (write_all(worker_end, b"".join(sent)), channel.handed_over())
    )
    writer.start()
    received: list[bytes] = []
    while (lines := channel.read_lines()) is not None:
        received += lines
    writer.join()
    channel.close()
    assert received == sent
