"""A directory of the older program, as if it had been taken over: looked at without changing
anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.older.additions import notice
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.records import Record
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory


@dataclass(frozen=True)
class Recorded:
    """A campaign that is only read."""

    state: CampaignState
    damage: list[str]
    read: Callable[[int], Any]

    def read_row(self, offset: int) -> dict[str, Any]:
        """Return the row of the task record at `offset`."""
        row: dict[str, Any] = self.read(offset)["row"]
        return row


@contextlib.contextmanager
def recorded(run_dir: CampaignDirectory) -> Iterator[Recorded]:
    """Return a campaign of this program from its journal, or an untouched one of the older program
    from its files.

    Raises EnvironmentProblem if it cannot be read.
    """
    if is_older_run(run_dir):
        records, problem = _records(run_dir)
        if problem:
            raise EnvironmentProblem(problem)
        state = CampaignState()
        for number, record in enumerate(records):
            state.apply(record, number)
        yield Recorded(state, [], records.__getitem__)
        return
    state, damage = fold(run_dir.journal)
    damage += notice(run_dir, state)
    with JournalReader(run_dir.journal) as reader:
        yield Recorded(state, damage, reader.read)


class OlderRun:
    """The records that taking the directory over would write; to be asked as a `JournalFollower`
    is.
    """

    def __init__(self, run_dir: CampaignDirectory) -> None:
        self._run_dir = run_dir
        self._changed: int | None = None
        self._records: list[Record] = []
        self.position = 0
        self.damage: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self._records)

    def look(self) -> bool:
        """Read the directory if that has not been done since it changed; True if what was known is
        void.
        """
        try:
            changed = self._run_dir.run_state.stat().st_mtime_ns
        except OSError:
            return False
        if changed == self._changed:
            return False
        void = self._changed is not None
        self._changed, self.position = changed, 0
        self._records, problem = _records(self._run_dir)
        self.damage = (problem,) if problem else ()
        return void

    def records(self) -> Generator[tuple[int, Record]]:
        """Return (offset, record) of what has not been given."""
        while self.position < len(self._records):
            self.position += 1
            yield self.position - 1, self._records[self.position - 1]

    def read(self, offset: int) -> Any:
        """Return the record at `offset`."""
        return self._records[offset] if offset < len(self._records) else None

    def close(self) -> None:
        self._records = []


def _records(run_dir: CampaignDirectory) -> tuple[list[Record], str]:
    """Return the records and, if there are none, a sentence that says why."""
    from enchanted_tui.config.loading import load_config
    from enchanted_tui.config.problems import ConfigError
    from enchanted_tui.record.older.adopt import records_if_adopted
    from enchanted_tui.record.stored_configs import newest_config

    stored = newest_config(run_dir)
    if stored is None:
        return (
            [],
            (
                f"{run_dir.root} was made by the older program and holds no configuration, so its"
                " results cannot be told apart."
            ),
        )
    try:
        config = load_config(
            stored.path, run_mode="resume", base_run_dir=str(run_dir.root), base_dir=stored.base_dir
        )
        return list(records_if_adopted(run_dir, config)), ""
    except ConfigError as error:
        return (
            [],
            (
                f"The older program's configuration in {stored.path} does not fit this version:"
                f" {str(error).splitlines()[0]}"
            ),
        )
    except (EnvironmentProblem, OSError) as error:
        return [], str(error)
