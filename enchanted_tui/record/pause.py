"""Who has paused a campaign, and why, where a rule of its own has."""

from __future__ import annotations

from enchanted_tui.record.records import ControlRecord, GuardRecord


class Pause:
    """What the journal says of it."""

    def __init__(self) -> None:
        self.by: str | None = None
        self.guard: GuardRecord | None = None  #: the record of the rule; kept until all goes on
        self.guarded_at = 0.0  #: when a rule did so last, seconds since the epoch

    def steered(self, record: ControlRecord) -> None:
        """Somebody steers the campaign."""
        if record["action"] == "pause":
            self.by = record["by"]
        elif record["action"] == "continue":
            self.lift()

    def guarded(self, record: GuardRecord) -> None:
        """A rule has paused it."""
        self.by = f"the {record['rule']}"
        self.guard, self.guarded_at = record, record["time"]

    def lift(self) -> None:
        """It goes on."""
        self.by = self.guard = None
