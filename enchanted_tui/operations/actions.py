"""What a person can do to a campaign: one function each, for the command line and the app alike."""

from __future__ import annotations

import heapq
import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.commands import command_line
from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.executors.task_end import remedy_of
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.folding import fold
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.stored_configs import Original, StoredConfig, newest_config
from enchanted_tui.record.stored_configs import original_config as find_original
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import DirectoryInUseError, Holder, Lock, is_alive_here, look_at
from enchanted_tui.supervisor import control
from enchanted_tui.supervisor.free_directory import check_files, has_record

if TYPE_CHECKING:  # whoever only looks needs no engine
    from enchanted_tui.config.models import CampaignConfig
    from enchanted_tui.supervisor.recorder import Observer
    from enchanted_tui.supervisor.supervisor import Supervisor
    from enchanted_tui.views.status import Status

log = logging.getLogger(__name__)


def status(root: Path) -> Status:
    """Return how the campaign in a run directory stands; changes nothing there."""
    # whoever starts a campaign does not look at it here
    from enchanted_tui.record.live import read_live
    from enchanted_tui.record.older.older_view import recorded
    from enchanted_tui.record.why import Facts
    from enchanted_tui.views.disk import free_space
    from enchanted_tui.views.liveness import LivenessWatch
    from enchanted_tui.views.status import status_of

    run_dir = _run_dir(root, older=True)
    with recorded(run_dir) as found:
        state, damage = found.state, tuple(found.damage)
    _holder(run_dir)  # a lock that cannot be read is a sentence here, and no guess
    liveness, holder = LivenessWatch(run_dir.lock).look()
    live = None if liveness is Liveness.NOT_RUNNING else read_live(run_dir.live)
    facts = Facts(state, liveness, holder, live, free_space(run_dir.root), time.time())
    return status_of(run_dir.root, facts, damage)


def steer(root: Path, action: control.Action) -> str:
    """Ask the supervisor that runs a campaign to pause, continue, drain or abort; return a sentence
    that says what was asked of whom.
    """
    holder = holder_to(action, root)
    run_dir = _run_dir(root)
    try:
        control.send(run_dir.control, action)
    except OSError as error:
        raise EnvironmentProblem(
            f"{run_dir.control} cannot be written ({error.strerror}); {action} was not requested."
        ) from error
    return f"Asked the supervisor ({holder.describe()}) to {action}."


def holder_to(action: str, root: Path) -> Holder:
    """Return who runs the campaign in `root`; raises EnvironmentProblem, naming the `action` that
    was meant, if nobody does.
    """
    run_dir = _run_dir(root)
    holder = who_may_run(root)
    if holder is None:
        raise EnvironmentProblem(
            f"No supervisor is running in {run_dir.root}, so there is nothing to {action}."
        )
    return holder


def who_may_run(root: Path) -> Holder | None:
    """Return the supervisor that is at work in `root`, or that only its next heartbeat would tell
    to be.
    """
    holder = _holder(CampaignDirectory(root.resolve()))
    return None if holder is None or is_alive_here(holder) is False else holder


def who_runs(root: Path) -> Holder | None:
    """Return the supervisor that is at work in `root`; None also where only its next heartbeat
    would tell (`Lock.acquire` waits).
    """
    holder = _holder(CampaignDirectory(root))
    return holder if holder is not None and is_alive_here(holder) else None


def configuration(
    target: Path,
    *,
    run_mode: str | None = None,
    base_run_dir: str | None = None,
    overrides: Sequence[str] = (),
    text: str | None = None,
) -> CampaignConfig:
    """Load a configuration file, or the newest one kept in a run directory, which goes on (run mode
    resume) unless `run_mode` is given.

    With `text`, what a file that is about to be saved will say.

    Raises ConfigError with everything that is wrong, EnvironmentProblem if a directory holds no
    configuration.
    """
    from enchanted_tui.config.conversion import Literally
    from enchanted_tui.config.loading import load_config

    if not target.is_dir():
        return load_config(
            target, text=text, overrides=overrides, run_mode=run_mode, base_run_dir=base_run_dir
        )
    stored = stored_config(target)
    mode = run_mode or "resume"
    config = load_config(
        stored.path,
        overrides=overrides,
        run_mode=mode,
        base_run_dir=Literally(target),
        base_dir=stored.base_dir,
    )
    if stored.shown_base_run_dir is None:
        return config
    # new rows name their directories as the others do
    return replace(config, shown_base_run_dir=stored.shown_base_run_dir)


def start(
    config: CampaignConfig,
    *,
    mode: str | None = None,
    overwrite: bool = False,
    confirm: Callable[[str], bool] | None = None,
    observer: Observer | None = None,
) -> Supervisor:
    """Return a supervisor ready to `start`, for a fresh, resumed or extended campaign."""
    from enchanted_tui.supervisor.supervisor import Supervisor

    return Supervisor(config, mode=mode, overwrite=overwrite, confirm=confirm, observer=observer)


def retry_failed(
    config: CampaignConfig,
    *,
    only: Collection[TaskId] | None = None,
    observer: Observer | None = None,
) -> Supervisor:
    """Return a supervisor that runs failed samples again, and everything that was computed from
    them, in place of what is recorded.

    A sample runs again from its first step that failed, whichever of its failed tasks `only` names;
    None stands for all.
    """
    samples = None if only is None else {task[:3] for task in only}

    def chosen(state: CampaignState) -> list[TaskId]:
        return [task for task in state.failed_tasks() if samples is None or task[:3] in samples]

    from enchanted_tui.supervisor.supervisor import Supervisor

    return Supervisor(config, mode="resume", observer=observer, retry=chosen)


def check_failed(root: Path, tasks: Collection[TaskId]) -> None:
    """Raise RefusedError, with the nearest that did, unless all of `tasks` failed."""
    failed = set(read_state(root).failed_tasks(first=False))
    wrong = sorted(set(tasks) - failed)
    if not wrong:
        return
    if not failed:
        raise RefusedError(f"No task has failed in {root}, so there is none to run again.")
    near = ", ".join(task.name for task in nearest_tasks(wrong[0], failed))
    others = "" if len(wrong) == 1 else f" (and so for {len(wrong) - 1} more of the names given)"
    raise RefusedError(
        f"{wrong[0].name} is no failed task of {root}{others}; nearest to it: {near}."
    )


def nearest_tasks(wanted: TaskId, tasks: Iterable[TaskId], count: int = 3) -> list[TaskId]:
    """Return the tasks nearest to one by stage, then batch, sample and step."""
    return heapq.nsmallest(
        count, tasks, key=lambda task: [abs(a - b) for a, b in zip(wanted, task, strict=True)]
    )


def rebuild(root: Path, config: CampaignConfig) -> list[str]:
    """Write all output files anew from the journal; return the names of the files.

    A directory without a journal, made by the older program, is taken over first.
    """
    from enchanted_tui.record.older.additions import take_additions
    from enchanted_tui.record.older.adopt import adopt
    from enchanted_tui.record.output_files import rebuild_all
    from enchanted_tui.supervisor.resuming import read_at

    run_dir = CampaignDirectory(root.resolve())
    check_files(*run_dir.files)
    if not has_record(run_dir):
        raise EnvironmentProblem(
            f"There is nothing to rebuild from in {root}: neither a journal nor an"
            " enchanted_run.yaml."
        )
    run_dir.state.mkdir(exist_ok=True)
    lock = Lock.acquire(run_dir.lock, lambda: None)
    try:
        if not run_dir.journal.exists():
            adopt(run_dir, config)
        else:
            taken = take_additions(
                run_dir, config, fold(run_dir.journal)[0], partial(read_at, run_dir.journal)
            )
            if taken is not None:
                log.warning(taken)
        return rebuild_all(run_dir, config)
    finally:
        lock.release()


def stored_config(root: Path) -> StoredConfig:
    """Return the newest configuration kept in a run directory."""
    run_dir = CampaignDirectory(root.resolve())
    found = newest_config(run_dir)
    if found is None:
        raise EnvironmentProblem(
            f"{root} holds no configuration (there is no {run_dir.config}/*.yaml), so it is not a"
            " run directory."
        )
    return found


def original_config(root: Path) -> Original | None:
    """Return the file from which the newest configuration of a run directory was read; None if
    nobody knows where that was.
    """
    return find_original(CampaignDirectory(root.resolve()))


def read_state(root: Path) -> CampaignState:
    """Fold the journal of a run directory."""
    return fold(_run_dir(root).journal)[0]


def _holder(run_dir: CampaignDirectory) -> Holder | None:
    """Return who holds the lock. Raises EnvironmentProblem if that cannot be seen."""
    try:
        return look_at(run_dir.lock)
    except OSError as error:
        raise EnvironmentProblem(
            f"{run_dir.lock}: {remedy_of(error)}; until then nobody can say whether the campaign"
            " runs."
        ) from error


def _run_dir(root: Path, *, older: bool = False) -> CampaignDirectory:
    """Return a run directory that holds a campaign, `older` being whether one that the older
    program made will do.
    """
    run_dir = CampaignDirectory(root.resolve())
    if not run_dir.root.is_dir():
        raise EnvironmentProblem(f"{root} is not a directory.")
    check_files(run_dir.journal, run_dir.lock)
    if not run_dir.journal.is_file() and not (older and is_older_run(run_dir)):
        if is_older_run(run_dir):
            raise EnvironmentProblem(
                f"{root} was made by the older program and has no journal yet;"
                f" {command_line('--rebuild', root)} takes it over."
            )
        raise EnvironmentProblem(
            f"{root} holds no campaign: there is no"
            f" {os.path.relpath(run_dir.journal, run_dir.root)} in it."
        )
    return run_dir


__all__ = [
    "DirectoryInUseError",
    "Outcome",
    "Status",
    "configuration",
    "read_state",
    "rebuild",
    "retry_failed",
    "start",
    "status",
    "steer",
    "stored_config",
]
