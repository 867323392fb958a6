"""When and how a campaign stops: it has done enough (`supervisor.stop_when`), too much fails
(`supervisor.max_failures`), a sampler or an executor cannot go on, or somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.errors import ExitCode
from enchanted_tui.executors.base import Trouble
from enchanted_tui.record.learned import Learned
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.control import Request
from enchanted_tui.supervisor.sampler_failure import SamplerFailure

_HOUR = 3600.0
_MIN_TASKS_FOR_FRACTION = 20


def completed(state: CampaignState) -> Outcome:
    """Return the outcome of a campaign that has reached all its targets."""
    last = dataset_stage(state)
    failed = sum(batch.steps[-1].failed for batch in last.batches)
    if last.n_rows and failed == last.n_rows:
        return Outcome(
            ExitCode.FAILURES,
            EndReason.ALL_FAILED,
            f"all {failed} samples failed; see enchanted_failures.csv",
        )
    return Outcome(ExitCode.COMPLETED, EndReason.COMPLETED)


def sampler_failed(failure: SamplerFailure, *, learned: bool, later: bool) -> Outcome:
    """Return the outcome of a campaign whose sampler has raised, when all that it had drawn has
    run. `learned`: whether something has been learnt before; `later`: whether samples of later
    stages may not have begun.
    """
    ran = "what had been drawn was run"
    if later:
        ran = "what it had drawn was run, later stages have not run all of theirs"
    if not failure.is_of_a_name:
        return Outcome(
            failure.exit_code,
            EndReason.SAMPLER_FAILED,
            f"{failure}; {ran}, and the campaign can be resumed (the log has the traceback)",
        )
    remedy = (
        "Correct the name in the configuration of another campaign, which can learn from this one's"
        " samples by its base_run_dir: this one has learnt something else already"
        if learned
        else "Correct the name in the configuration and resume: nothing has been learnt yet, and"
        " the samples are kept"
    )
    return Outcome(ExitCode.USAGE, EndReason.SAMPLER_FAILED, f"{failure}; {ran}. {remedy}.")


def on_request(request: Request) -> Outcome:
    """Return the outcome of a campaign that somebody drains or aborts."""
    code = ExitCode.TERMINATED if "SIGTERM" in request.by else ExitCode.INTERRUPTED
    if request.action == "abort":
        return Outcome(code, EndReason.ABORTED, f"aborted by {request.by}")
    return Outcome(code, EndReason.DRAINED, f"drained by {request.by}")


def in_trouble(trouble: Trouble) -> Outcome:
    """Return the outcome of a campaign that an executor cannot go on with."""
    remedy = "Go on" if trouble.drain else "Remove the cause, then go on"
    return Outcome(
        ExitCode.ENVIRONMENT,
        EndReason.ENVIRONMENT,
        f"{trouble.message}. {remedy} with --run-mode resume; nothing that has finished is lost.",
    )


def enough(
    limits: Mapping[str, float], state: CampaignState, elapsed: float, held: float
) -> Outcome | None:
    """Return the outcome of a campaign that has reached one of its limits; None if none has been.

    `elapsed`: seconds since the session began; `held`: core-seconds that jobs and tasks have held
    in all sessions.
    """
    if not limits:
        return None
    learned = state.stages[state.current_depth].learned
    for name, limit in limits.items():
        found = _reached(name, limit, state, learned, elapsed, held)
        if found is not None:
            return Outcome(
                ExitCode.COMPLETED,
                EndReason.STOP_WHEN,
                f"{found}, which stop_when.{name} = {limit:g} asked for; the campaign can be"
                " resumed or extended with another limit",
            )
    return None


def too_many_failures(limit: float, failed: int, finished: int) -> Outcome | None:
    """Return the outcome of a campaign of which too many tasks have failed in this session; None if
    not. A `limit` below 1 is a share, held against 20 tasks or more.
    """
    if limit < 1 and finished < _MIN_TASKS_FOR_FRACTION:
        return None
    most = limit * finished if limit < 1 else limit - 1
    if failed <= most:
        return None
    return Outcome(
        ExitCode.FAILURES,
        EndReason.MAX_FAILURES,
        f"{failed} of {finished} tasks failed in this session, too many for max_failures ="
        f" {limit:g}; the campaign was drained and can be resumed",
    )


def too_many_files(limit: int, held: int) -> Outcome:
    """Return the outcome of a campaign whose run directory holds `held` files, as many as it
    may.
    """
    return Outcome(
        ExitCode.ENVIRONMENT,
        EndReason.MAX_FILES,
        f"the run directory holds about {held:,} files, and max_files = {limit:,} allows no more;"
        " what ran has finished. Keep fewer or pack them (supervisor.save_files), or raise the"
        " limit, and go on with --run-mode resume",
    )


def too_many_core_hours(limit: float, held: float, needs: float = 0.0) -> Outcome:
    """Return the outcome of a campaign that holds `held` core-hours and begins nothing more below
    its `limit`; `needs`: those of one more sample, where that is why.
    """
    why = f", and a sample needs about {needs:.3g} more" if needs else ""
    return Outcome(
        ExitCode.ENVIRONMENT,
        EndReason.MAX_CORE_HOURS,
        f"{held:.4g} of max_core_hours = {limit:g} core-hours have been held{why}; what ran has"
        " finished. Raise the limit and go on with --run-mode resume",
    )


def job_does_not_fit(limit: float, held: float, job: str) -> Outcome:
    """Return the outcome of a campaign that submits no more jobs, since the next one could hold
    more than is left; `job` says what it could hold.
    """
    return Outcome(
        ExitCode.ENVIRONMENT,
        EndReason.MAX_CORE_HOURS,
        f"{job}, and {max(0.0, limit - held):.4g} of max_core_hours = {limit:g} are left: ask for"
        " less time or fewer cores, or raise the limit, and go on with --run-mode resume",
    )


def _reached(
    name: str, limit: float, state: CampaignState, learned: Learned, elapsed: float, held: float
) -> str | None:
    last = learned.points[-1] if learned.points else None
    if (
        name == "target_error"
        and last is not None
        and last.cv_error is not None
        and last.cv_error <= limit
    ):
        return f"the cross-validated error has come down to {last.cv_error:.4g}"
    if (
        name == "target_relative_error"
        and last is not None
        and last.cv_error_relative is not None
        and last.cv_error_relative <= limit
    ):
        return (
            f"the cross-validated error has come down to {last.cv_error_relative:.4g} of the spread"
        )
    if name == "no_improvement" and learned.points and learned.since_better >= limit:
        what = "the best value" if learned.best is not None else "the lowest error"
        return f"{learned.since_better} samples have finished since {what} was found"
    if name == "core_hours" and held >= limit * _HOUR:
        return f"{held / _HOUR:.4g} core-hours have been held in all"
    if name == "wall_hours" and elapsed >= limit * _HOUR:
        return f"the session has lasted {elapsed / _HOUR:.4g} hours"
    return None
