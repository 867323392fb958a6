"""What is remembered from one session of the app to the next."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.ui import remembered
from helpers.eager_threads import at_once


def test_threads_that_remember_something_at_the_same_time_forget_nothing(tmp_path: Path) -> None:
    """Protects the list of runs: the app notes a divider or a file in a thread while it notes the
    run that it opens, and each writes all that is remembered.
    """

    def note(thread: int) -> None:
        for number in range(20):
            remembered.update(tmp_path, seen=tmp_path / f"{thread}-{number}")

    at_once(*(lambda thread=thread: note(thread) for thread in range(3)))
    assert len(remembered.read(tmp_path).recent) == 60
