"""Open a run directory for one session of a campaign: fresh, resumed or extended.

Everything is checked before anything is touched; from the lock on, the directory is ours.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.executors.task_end import remedy_of
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.journal_copy import renew
from enchanted_tui.record.session_start import build_samplers, open_record, portions, sampler_target
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.stored_configs import (
    recorded_as_spread,
    recorded_configs,
    store_config,
)
from enchanted_tui.samplers.base import SomeSampler
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.local_storage import make_private_dir, remove_private_dir
from enchanted_tui.storage.lock import PATIENCE, Lock
from enchanted_tui.supervisor.free_directory import (
    Confirm,
    check_empty,
    check_files,
    has_record,
    not_empty,
)
from enchanted_tui.supervisor.resuming import (
    check_jobs,
    check_unchanged,
    end_what_was_left,
    go_on,
    parents_files_are_gone,
    read_at,
    what_has_changed,
)
from enchanted_tui.task_paths import TaskPaths

log = logging.getLogger(__name__)


class Session(Struct):
    """An opened run directory and what is known of its campaign."""

    config: CampaignConfig
    run_dir: CampaignDirectory
    lock: Lock
    journal: Journal
    state: CampaignState
    samplers: list[SomeSampler]
    mode: str
    session_id: str
    notices: list[str]
    local_storage: str | None = (
        None  #: private directory on this node's own disk, in which tasks run
    )
    _last_look: float = field(default_factory=lambda: time.clock_gettime(time.CLOCK_BOOTTIME))

    @property
    def paths(self) -> TaskPaths:
        """The directories of tasks."""
        return self.run_dir.tasks(self.state.spread)

    def is_taken_over(self) -> bool:
        """Tell whether somebody has the directory now who took this process for dead, and perhaps
        has left it again.
        """
        return not self.lock.still_held() or self.journal.is_replaced()

    def lost_meanwhile(self) -> bool:
        """Tell whether time has passed unnoticed since the last call, as where this process was
        stopped, and the directory is somebody else's now.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        gap, self._last_look = now - self._last_look, now
        return gap > PATIENCE / 2 and self.is_taken_over()

    def close(self) -> None:
        """Give everything back. Files that cannot be written any more have been reported by then,
        as the outcome of the session.
        """
        try:
            with contextlib.suppress(OSError):
                if self.local_storage is not None:
                    remove_private_dir(Path(self.local_storage))
            with contextlib.suppress(OSError):
                self.journal.close()
        finally:
            self.lock.release()


def open_session(
    config: CampaignConfig,
    *,
    mode: str,
    overwrite: bool = False,
    confirm: Confirm | None = None,
    on_lock_lost: Callable[[], None] = lambda: None,
) -> Session:
    """Open the campaign's run directory in run mode `mode` (fresh, resume, extend or auto).

    Raises EnvironmentProblem, DirectoryInUseError or RefusedError, each with a sentence for the
    user, before anything is changed.
    """
    run_dir = CampaignDirectory(config.base_run_dir)
    try:
        check_files(*run_dir.files)
        if mode == "auto":
            mode = "resume" if has_record(run_dir) else "fresh"
        if mode == "fresh":
            return _fresh(config, run_dir, overwrite, confirm, on_lock_lost)
        return _resumed(config, run_dir, mode, on_lock_lost)
    except OSError as error:
        raise environment_problem(
            error, run_dir.root, begun=os.path.exists(run_dir.journal)
        ) from error


# -- fresh -----------------------------------------------------------------------------------------


def _fresh(
    config: CampaignConfig,
    run_dir: CampaignDirectory,
    overwrite: bool,
    confirm: Confirm | None,
    on_lock_lost: Callable[[], None],
) -> Session:
    to_clear = check_empty(config, run_dir, overwrite, confirm)
    lock = _take(run_dir, on_lock_lost)
    try:
        # another supervisor has come and gone since we looked
        if not to_clear and has_record(run_dir):
            raise not_empty(run_dir)
        if to_clear:
            from enchanted_tui.storage.cleaning import delete_campaign

            delete_campaign(
                run_dir,
                keep=(run_dir.lock,),
                stored_configs=recorded_configs(run_dir),
                config_path=config.path,
                spread=recorded_as_spread(run_dir),
            )
        state = CampaignState()
        seed = secrets.randbits(63) if config.supervisor.seed is None else config.supervisor.seed
        samplers = build_samplers(config, seed)
        return _begin(
            config,
            run_dir,
            lock,
            state,
            samplers,
            "fresh",
            [sampler_target(sampler) for sampler in samplers],
            seed,
        )
    except BaseException:
        lock.release()
        raise


# -- resume and extend -----------------------------------------------------------------------------


def _resumed(
    config: CampaignConfig, run_dir: CampaignDirectory, mode: str, on_lock_lost: Callable[[], None]
) -> Session:
    if not has_record(run_dir):
        raise EnvironmentProblem(
            f"There is nothing to {mode} in {run_dir.root}: no campaign is recorded there. Start it"
            " with --run-mode fresh (or auto)."
        )
    lock = _take(run_dir, on_lock_lost)
    try:
        if not run_dir.journal.exists():
            from enchanted_tui.record.older.adopt import adopt, state_if_adopted

            state, records = state_if_adopted(run_dir, config)
            check_unchanged(config, state)
            # raises if that is impossible or there is nothing to do
            go_on(config, state, mode, records.__getitem__)
            adopt(run_dir, config)
        state, damage = _fold_as_ours(config, run_dir, lock)
        check_unchanged(config, state)
        from enchanted_tui.record.older.additions import take_additions

        taken = take_additions(run_dir, config, state, partial(read_at, run_dir.journal))
        if taken is not None:
            state, damage = fold(run_dir.journal)
            damage.append(taken)
        check_jobs(config, state)
        if state.ended is None:
            end_what_was_left(state)
        samplers, targets = go_on(config, state, mode, partial(read_at, run_dir.journal))
        changed = what_has_changed(state, config)
        cleaned = parents_files_are_gone(config, state, targets)
        session = _begin(config, run_dir, lock, state, samplers, mode, targets, state.seed)
        session.notices += damage
        if cleaned:
            session.notices.append(
                f"save_files: {config.supervisor.save_files} has removed files of finished parents:"
                " new samples will not find them."
            )
        session.notices += changed
        return session
    except BaseException:
        lock.release()
        raise


def _fold_as_ours(
    config: CampaignConfig, run_dir: CampaignDirectory, lock: Lock
) -> tuple[CampaignState, list[str]]:
    """Fold the journal, as `fold` does, when nobody can write in it any more, not even from a host
    where all hangs.
    """

    def drawn_at_once() -> list[int | None]:
        return portions(build_samplers(config, 0))

    state, damage = fold(run_dir.journal, drawn_at_once)
    if state.ended is None and (lock.from_elsewhere or state.host != socket.gethostname()):
        renew(run_dir.journal)
        state, damage = fold(run_dir.journal, drawn_at_once)
    return state, damage


# -- both ------------------------------------------------------------------------------------------


def _take(run_dir: CampaignDirectory, on_lock_lost: Callable[[], None]) -> Lock:
    run_dir.state.mkdir(parents=True, exist_ok=True)
    return Lock.acquire(run_dir.lock, on_lock_lost)


def environment_problem(error: OSError, root: Path, *, begun: bool = True) -> EnvironmentProblem:
    """Return an error of the file system as a sentence with the remedy; `begun` says whether there
    is a campaign to go on with.
    """
    where = error.filename or root
    if not begun and error.errno == errno.ENOENT:
        return EnvironmentProblem(f"{where}: cannot be made here; choose another base_run_dir.")
    remedy = remedy_of(error)
    if not begun:
        return EnvironmentProblem(f"{where}: {remedy}, or choose another base_run_dir.")
    return EnvironmentProblem(
        f"{where}: {remedy}, then go on with --run-mode resume. Nothing that has finished is lost."
    )


def _begin(
    config: CampaignConfig,
    run_dir: CampaignDirectory,
    lock: Lock,
    state: CampaignState,
    samplers: list[SomeSampler],
    mode: str,
    targets: list[int],
    seed: int,
) -> Session:
    for directory in (run_dir.config, run_dir.data, run_dir.logs, run_dir.control):
        directory.mkdir(exist_ok=True)
    stored = store_config(config, run_dir, state.config_file)
    journal = Journal(run_dir.journal)
    session_id = secrets.token_hex(6)
    record = open_record(
        config,
        campaign=state.campaign or secrets.token_hex(16),
        session=session_id,
        mode=mode,
        seed=seed,
        stored=stored,
        targets=targets,
    )
    record |= {"portions": portions(samplers), "drawn": [stage.layout() for stage in state.stages]}
    offset = journal.append(record)
    journal.sync()
    state.apply(record, offset)
    session = Session(config, run_dir, lock, journal, state, samplers, mode, session_id, [])
    _use_local_storage(session)
    return session


def _use_local_storage(session: Session) -> None:
    """Make the campaign's private directory on this node's own disk, if that is wanted."""
    place = session.config.supervisor.local_storage
    if place:
        try:
            session.local_storage = str(
                make_private_dir(place, session.state.campaign, socket.gethostname())
            )
        except OSError as error:
            raise environment_problem(error, Path(place), begun=False) from error
