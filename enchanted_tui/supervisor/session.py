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
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from enchanted_tui.config.extent import too_many_rows
from enchanted_tui.config.identity import is_same, runner_changes
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.executors.base import Executor
from enchanted_tui.executors.ends.ending import end_marked
from enchanted_tui.executors.ends.steps import sweep
from enchanted_tui.executors.verdict import remedy_of
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import Journal, JournalReader, holds_records, renew
from enchanted_tui.record.older.additions import take_additions
from enchanted_tui.record.older.adopt import adopt, is_older_run, state_if_adopted
from enchanted_tui.record.outcome import EnvironmentProblem, RefusedError
from enchanted_tui.record.session_start import build_samplers, open_record, portions, sampler_target
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.stored_configs import recorded_configs, store_config
from enchanted_tui.samplers.base import SomeSampler
from enchanted_tui.storage.layout import RunDir
from enchanted_tui.storage.local_storage import make_private_dir, remove_private_dir
from enchanted_tui.storage.lock import DirectoryInUseError, Lock, is_alive, look_at
from enchanted_tui.supervisor.sequences import continue_sequences
from enchanted_tui.whole_files import InTheWayError, check_in_place

log = logging.getLogger(__name__)

#: Asked before existing results are deleted: takes the question, gives the answer.
Confirm = Callable[[str], bool]


@dataclass
class Session:
    """An opened run directory and what is known of its campaign."""

    config: CampaignConfig
    run_dir: RunDir
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

    def is_taken_over(self) -> bool:
        """Tell whether somebody has the directory now who took this process for dead, and perhaps
        has left it again.
        """
        return not self.lock.still_held() or self.journal.is_replaced()

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
    run_dir = RunDir(config.base_run_dir)
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


def check_files(*paths: Path) -> None:
    """Raise EnvironmentProblem if something else is in the place of a file of the campaign's;
    opening it could wait for ever.
    """
    found = []
    for path in paths:
        try:
            check_in_place(path)
        except InTheWayError as error:
            found.append(f"{path}: {error.strerror}.")
        except OSError:
            continue  # whoever needs it says why it cannot be had
    if found:
        raise EnvironmentProblem("\n".join(found))


def has_record(run_dir: RunDir) -> bool:
    """Tell whether a campaign has been recorded in the directory, by this program or the older one."""
    return holds_records(run_dir.journal) or is_older_run(run_dir)


# -- fresh -----------------------------------------------------------------------------------------


def _fresh(
    config: CampaignConfig,
    run_dir: RunDir,
    overwrite: bool,
    confirm: Confirm | None,
    on_lock_lost: Callable[[], None],
) -> Session:
    to_clear = _check_empty(config, run_dir, overwrite, confirm)
    lock = _take(run_dir, on_lock_lost)
    try:
        # another supervisor has come and gone since we looked
        if not to_clear and has_record(run_dir):
            raise _not_empty(run_dir)
        if to_clear:
            from enchanted_tui.storage.cleaning import delete_campaign

            stored = recorded_configs(run_dir)
            delete_campaign(
                run_dir, keep=(run_dir.lock,), stored_configs=stored, config_path=config.path
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


def _check_empty(
    config: CampaignConfig, run_dir: RunDir, overwrite: bool, confirm: Confirm | None
) -> bool:
    """Tell whether existing results have to be cleared first; raise if that is not wanted or not
    allowed.
    """
    root = run_dir.root
    if root.exists() and not root.is_dir():
        raise EnvironmentProblem(f"{root} is not a directory; choose another base_run_dir.")
    try:
        if not root.exists() or not any(root.iterdir()):
            return False
        blank = _is_blank(run_dir)
    except PermissionError:
        raise EnvironmentProblem(
            f"{root} cannot be read: permission denied; choose another base_run_dir."
        ) from None
    holder = look_at(run_dir.lock)
    if holder is not None and is_alive(run_dir.lock, holder):
        raise DirectoryInUseError(root, holder)
    if blank:
        return False
    from enchanted_tui.storage.cleaning import refuse_to_delete

    if not overwrite and confirm is None:
        raise _not_empty(run_dir)
    try:
        refuse_to_delete(run_dir, config.path)
    except ValueError as error:
        raise EnvironmentProblem(str(error)) from None
    if not overwrite and confirm is not None:
        question = (
            f"{root}\nFolders have content. Do you want to delete data in existing folders? y/N "
        )
        if not confirm(question):
            raise _not_empty(run_dir)
    return True


def _not_empty(run_dir: RunDir) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{run_dir.root} is not empty. No content was deleted. To go on with what is there use"
        " --run-mode resume, to delete what a campaign created there use --overwrite, or choose"
        " another base_run_dir."
    )


def _is_blank(run_dir: RunDir) -> bool:
    """Tell whether all there is are the beginnings of a campaign that was killed before its first
    record: no results, nobody's files.
    """
    made = {run_dir.config, run_dir.data, run_dir.logs, run_dir.state}
    if has_record(run_dir) or any(
        path not in made or not path.is_dir() or path.is_symlink()
        for path in run_dir.root.iterdir()
    ):
        return False
    empty = (run_dir.data, run_dir.logs, run_dir.control)
    if any(path.is_dir() and any(path.iterdir()) for path in empty):
        return False
    names = [path.name for path in run_dir.state.iterdir()] if run_dir.state.is_dir() else []
    return all(
        name in (run_dir.control.name, run_dir.journal.name) or name.startswith(run_dir.lock.name)
        for name in names
    )


# -- resume and extend -----------------------------------------------------------------------------


def _resumed(
    config: CampaignConfig, run_dir: RunDir, mode: str, on_lock_lost: Callable[[], None]
) -> Session:
    if not has_record(run_dir):
        raise EnvironmentProblem(
            f"There is nothing to {mode} in {run_dir.root}: no campaign is recorded there. Start it"
            " with --run-mode fresh (or auto)."
        )
    lock = _take(run_dir, on_lock_lost)
    try:
        if not run_dir.journal.exists():
            state, records = state_if_adopted(run_dir, config)
            # raises if that is impossible or there is nothing to do
            go_on(config, state, mode, records.__getitem__)
            adopt(run_dir, config)
        state, damage = _fold_as_ours(config, run_dir, lock)
        check_unchanged(config, state)
        taken = take_additions(run_dir, config, state, partial(read_at, run_dir.journal))
        if taken is not None:
            state, damage = fold(run_dir.journal)
            damage.append(taken)
        _check_jobs(config, state)
        if state.ended is None:
            end_what_was_left(state)
        samplers, targets = go_on(config, state, mode, partial(read_at, run_dir.journal))
        changed = _what_has_changed(state, config)
        cleaned = _parents_files_are_gone(config, state, targets)
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


def _what_has_changed(state: CampaignState, config: CampaignConfig) -> list[str]:
    """Say what of the runners is not as it was when samples were run with them."""
    options, code = runner_changes(state.runner_options, config.runner_options())
    since = "changed since the recorded samples were run; they are kept as they are"
    return [
        *([f"The options of a runner have {since} ({'; '.join(options)})."] if options else ()),
        *([f"The code of a runner has {since} ({'; '.join(code)})."] if code else ()),
    ]


def end_what_was_left(state: CampaignState) -> None:
    """End what a killed supervisor has left running: it must not touch what is run again. Raises
    EnvironmentProblem if that fails.
    """
    mark = f"{state.campaign}:"
    left = end_marked(mark)
    if state.allocation:
        left += sweep(state.allocation, mark)
    if left:
        raise EnvironmentProblem(
            f"Samples of the session before may still run: {', '.join(left)}. End them, or the job"
            " they are in (scancel), then resume."
        )


def _fold_as_ours(
    config: CampaignConfig, run_dir: RunDir, lock: Lock
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


def _check_jobs(config: CampaignConfig, state: CampaignState) -> None:
    """Raise EnvironmentProblem if jobs may still work on samples that this configuration would give
    to somebody else.
    """
    for name in sorted({state.jobs.open[token].executor for token in state.jobs.holders.values()}):
        spec = config.executors.get(name)
        if spec is None or getattr(spec.cls, "attach", Executor.attach) is Executor.attach:
            jobs = ", ".join(
                sorted(submission.job or submission.name for submission in state.jobs.of(name))
            )
            raise EnvironmentProblem(
                f"Jobs of the executor {name!r} may still work on samples ({jobs}), and the"
                " configuration has no executor of that name that can look after them. Resume once"
                " with it, and abort if they are not wanted; then another executor may take over."
            )


def _parents_files_are_gone(
    config: CampaignConfig, state: CampaignState, targets: list[int]
) -> bool:
    """Tell whether new children are to be run below parents whose directories were cleaned when the
    campaign was complete.
    """
    grown = any(new > stage.drawn for new, stage in zip(targets[1:], state.stages[1:], strict=True))
    return grown and state.complete and config.supervisor.save_files != "all"


def check_unchanged(config: CampaignConfig, state: CampaignState) -> None:
    """Raise RefusedError, listing the differences, if the configuration is not the recorded
    campaign's any more.
    """
    recorded, now = state.identity, config.identity()
    differences = list(_differences("", recorded, now))
    if differences:
        listed = "\n".join(f"  {line}" for line in differences)
        raise RefusedError(
            "The configuration has changed in a way that does not fit the results recorded in"
            f" {config.base_run_dir}:\n{listed}\nUndo these changes to go on, or start another"
            " campaign in another base_run_dir."
        )


def _differences(path: str, old: Any, new: Any) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in dict.fromkeys([*old, *new]):
            below = f"{path}.{key}" if path else str(key)
            found += _differences(below, old.get(key), new.get(key))
        return found
    if (
        isinstance(old, list)
        and isinstance(new, list)
        and any(isinstance(item, dict | list) for item in old)
    ):
        lines = [
            line
            for index, pair in enumerate(zip(old, new, strict=False))
            for line in _differences(f"{path}[{index}]", *pair)
        ]
        return (
            lines
            if len(old) == len(new)
            else [*lines, f"{path}: there were {len(old)}, there are now {len(new)}"]
        )
    return [] if is_same(old, new) else [f"{path}: was {old!r:.200}, is now {new!r:.200}"]


def go_on(
    config: CampaignConfig, state: CampaignState, mode: str, read: Callable[[int], Any]
) -> tuple[list[SomeSampler], list[int]]:
    """Give the samplers with which a recorded campaign goes on, and each stage's target; `read`
    gives the record at an offset.

    Raises EnvironmentProblem if there is nothing to extend, RefusedError if what is recorded does
    not fit the samplers.
    """
    samplers = build_samplers(config, state.seed)
    targets = extended_targets(state, samplers, mode)
    continue_sequences(samplers, state, targets, read)
    return samplers, targets


def read_at(journal: Path, offset: int) -> Any:
    """Give the record at an offset of a journal that is not open."""
    with JournalReader(journal) as reader:
        return reader.read(offset)


def extended_targets(state: CampaignState, samplers: list[SomeSampler], mode: str) -> list[int]:
    """Give each stage's target for a resume (the recorded one, or a larger budget) or an extension
    (the last one grows by its budget).

    Raises EnvironmentProblem if there is nothing to extend, RefusedError if it would be too much.
    """
    recorded = [stage.target for stage in state.stages]
    if mode == "extend":
        targets = [*recorded[:-1], _extended(recorded[-1], samplers[-1])]
    else:
        targets = [
            max(old, sampler_target(sampler))
            for old, sampler in zip(recorded, samplers, strict=True)
        ]
    excess = too_many_rows(targets)
    if excess is not None:
        raise RefusedError(
            f"Together with what is recorded, stage {excess[0]} would be too large: {excess[1]}."
        )
    return targets


def _extended(recorded: int, sampler: SomeSampler) -> int:
    total: int | None = getattr(sampler, "total", None)
    if total is None:
        return recorded + sampler.budget
    if recorded >= total:
        raise EnvironmentProblem(
            f"There is nothing to extend: {type(sampler).__name__} has {total} points and all of"
            " them belong to the campaign already."
        )
    return min(recorded + sampler.budget, total)


# -- both ------------------------------------------------------------------------------------------


def _take(run_dir: RunDir, on_lock_lost: Callable[[], None]) -> Lock:
    run_dir.state.mkdir(parents=True, exist_ok=True)
    return Lock.acquire(run_dir.lock, on_lock_lost)


def environment_problem(error: OSError, root: Path, *, begun: bool = True) -> EnvironmentProblem:
    """Give an error of the file system as a sentence with the remedy; `begun` says whether there is
    a campaign to go on with.
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
    run_dir: RunDir,
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
    session_id = uuid.uuid4().hex[:12]
    record = open_record(
        config,
        campaign=state.campaign or uuid.uuid4().hex,
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
