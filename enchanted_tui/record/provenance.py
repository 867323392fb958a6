"""Where a dataset comes from: what its files say of it, and one line for each sample."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.code_records import CodeRecord
from enchanted_tui.record.code_versions import code_words
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory

PROVENANCE_COLUMNS = (
    *("task", "success", "host", "started", "finished", "runtime_sec", "attempt"),
    *("cpu_sec", "memory_bytes", "memory_at_most_bytes", "code"),
)
PROVENANCE_UNITS = {
    "runtime_sec": "s",
    "cpu_sec": "s",
    "memory_bytes": "B",
    "memory_at_most_bytes": "B",
}


def metadata(run_dir: CampaignDirectory, state: CampaignState) -> dict[str, str]:
    """Return what every file says of the campaign, as text; the times are in UTC."""
    return {
        "program": f"enchanted-tui {state.version}".strip(),
        "campaign": state.campaign,
        "seed": str(state.seed),
        "config": state.config_file,
        "config_sha256": _digest(run_dir, state),
        "host": state.host,
        "opened": _utc(state.opened_at),
        "samplers": ", ".join(stage["sampler_type"] for stage in state.stage_names),
        "runners": ", ".join(
            step["runner_type"] for stage in state.stage_names for step in stage["steps"]
        ),
        "code": code_words.summary(state.codes),
    }


def provenance_rows(
    stage: StageState, read: Callable[[int], TaskRecord], codes: Sequence[CodeRecord] = ()
) -> Iterator[dict[str, Any]]:
    """Yield, for each row of the dataset, which task made it (the last step, if there are several),
    where, when, with how much processor time and memory, and with which of the `codes`.
    """
    for _, _, _, offset in stage.rows():
        record = read(offset)
        depth, batch, sample, step = record["task"]
        started, runtime = float(record["started"]), float(record["runtime"])
        yield {
            "task": TaskId(depth, batch, sample, step).name,
            "success": record["outcome"] == "ok",
            "host": record["host"],
            "started": _utc(started),
            "finished": _utc(started + runtime),
            "runtime_sec": runtime,
            "attempt": record.get("attempt", 0),
            "cpu_sec": record.get("cpu"),
            "memory_bytes": record.get("memory"),
            "memory_at_most_bytes": record.get("memory_at_most"),
            "code": code_words.summary(codes, started) or None,
        }


def _digest(run_dir: CampaignDirectory, state: CampaignState) -> str:
    """Return the SHA-256 of the configuration's copy; nothing if it has gone."""
    try:
        return hashlib.sha256((run_dir.config / state.config_file).read_bytes()).hexdigest()
    except OSError:
        return ""


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
