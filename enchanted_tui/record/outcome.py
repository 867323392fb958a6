"""How a campaign's session ended, and the exit codes that say so to scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.errors import ExitCode

if TYPE_CHECKING:
    from enchanted_tui.record.records import EndRecord


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    code: ExitCode
    reason: EndReason
    message: str = ""

    def end_record(self, files: dict[str, Any]) -> EndRecord:
        """Return the record with which the session ends; `files`: how the output files are then."""
        from enchanted_tui.record.records import EndRecord

        return EndRecord(
            type="end",
            reason=self.reason.value,
            exit_code=int(self.code),
            message=self.message,
            files=files,
        )
