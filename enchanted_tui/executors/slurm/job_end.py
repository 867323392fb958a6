"""What the end of a job means for the tasks that it was given."""

from __future__ import annotations

from dataclasses import dataclass

from enchanted_tui.durations import duration
from enchanted_tui.executors.slurm.far.share_run import EXIT_DISK
from enchanted_tui.executors.slurm.scheduler import JobRow
from enchanted_tui.executors.slurm_terms import pending_reason


@dataclass(frozen=True)
class JobEnd:
    """What became of a job that did not say good-bye."""

    kind: (
        str  #: done, walltime, node, preempted, memory, cancelled, launch, disk, failed or vanished
    )
    reason: str  #: as a clause, for the failure of a task that was in progress
    failure: str = "lost"  #: kind of that failure
    counts: bool = True  #: whether that was one of the task's attempts
    suspect_node: bool = False


def job_end(row: JobRow, walltime: float | None) -> JobEnd:
    """Say what a job's final state means."""
    state, where = (
        row.state,
        f"job {row.job}_{row.element}" + (f" on {row.node}" if row.node else ""),
    )
    launch = row.exit_code.endswith(":53") or row.reason in (
        "JobLaunchFailure",
        "RaisedSignal:53(Real-time_signal_19)",
    )
    if state == "COMPLETED":
        return JobEnd("done", f"{where} ended without a word")
    if state in ("TIMEOUT", "DEADLINE"):
        limit = f" of {duration(walltime)}" if walltime else ""
        reason = (
            f"{where} reached its time limit{limit} in the middle of the sample; ask for more under"
            " sbatch: time, or set timeout_sec"
        )
        return JobEnd("walltime", reason, "timeout")
    if state in ("NODE_FAIL", "BOOT_FAIL"):
        return JobEnd("node", f"a node of {where} failed", suspect_node=True)
    if state in ("PREEMPTED", "REVOKED"):
        return JobEnd("preempted", f"{where} was preempted", counts=False)
    if state == "OUT_OF_MEMORY":
        reason = (
            f"{where} ran out of memory; ask for more under sbatch: mem, or lower processes_per_job"
        )
        return JobEnd("memory", reason, "memory")
    if state == "CANCELLED":
        return JobEnd("cancelled", f"{where} was cancelled", counts=False)
    if launch and not row.exit_code.endswith((":9", ":15")):
        return JobEnd("launch", f"{where} could not be started on its node", suspect_node=True)
    if row.exit_code == f"{EXIT_DISK}:0":
        return JobEnd("disk", f"{where} could not write its results", counts=False)
    if state == "VANISHED":
        return JobEnd("vanished", f"{where} vanished, and nobody knows why")
    ended = f" with exit code {row.exit_code}" if row.exit_code else ""
    if row.exit_code.endswith(":9"):
        return JobEnd(
            "memory",
            f"{where} was killed, most often for want of memory; ask for more under sbatch: mem",
            "memory",
        )
    return JobEnd("failed", f"{where} ended in state {state}{ended}")


def never_starts(row: JobRow, *, first: bool) -> str | None:
    """Say why a waiting job will never start, with the remedy; `first` says that none of our jobs
    has started yet.
    """
    if row.state != "PENDING":
        return None
    found = pending_reason(row.reason)
    if found is None or found.hopeless == "no" or (found.hopeless == "at first" and not first):
        return None
    return f"job {row.job} would wait for ever ({row.reason}): {found.meaning}: {found.remedy}"
