"""What is done once a campaign is complete: ``supervisor.on_complete``, a command or a function.

It runs once for what a campaign is complete with: again after an extension and after failed samples
were run again, not after a resume that finds nothing to do. Its failure is reported, in the log and
on record, and changes nothing about the result. Whoever asks the supervisor to drain or abort while
it runs ends it.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import signal
import subprocess
from contextlib import suppress

from enchanted_tui.campaign_status import RAN_EVERYTHING, EndReason
from enchanted_tui.executors.base import Trouble
from enchanted_tui.interpreter import python_command
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.records import OnCompleteRecord
from enchanted_tui.supervisor import control
from enchanted_tui.supervisor.inbox import Inbox
from enchanted_tui.supervisor.session import Session

log = logging.getLogger(__name__)

LOG_NAME = "on_complete.log"

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_CALL = """\
import functools, importlib
module, name = sys.argv[1].split(":")
functools.reduce(getattr, name.split("."), importlib.import_module(module))(sys.argv[2])
"""
_COMPLETE = RAN_EVERYTHING | {EndReason.STOP_WHEN}
_LOOK_EVERY = 0.5  #: seconds between two looks at what is asked of the supervisor
_GRACE = 5.0  #: seconds from SIGTERM to SIGKILL


def run_hook(session: Session, outcome: Outcome, inbox: Inbox) -> None:
    """Run the campaign's hook if it is complete and this has not been done for what it holds.
    `inbox` gets requests meanwhile.
    """
    wanted = session.config.supervisor.on_complete
    if not wanted or outcome.reason not in _COMPLETE or not session.state.stages:
        return
    rows = dataset_stage(session.state).n_rows
    if rows == session.state.hooked_rows:
        return
    code = _run(session, outcome, wanted, inbox)
    if code is None:
        return
    record = OnCompleteRecord(type="on_complete", rows=rows, exit_code=code)
    try:
        session.state.apply(record, session.journal.append(record))
        session.journal.sync()
    except OSError as error:
        log.warning(
            f"supervisor.on_complete has run, which could not be recorded ({error.strerror}); a"
            " resume runs it again"
        )
    if code:
        log.warning(
            f"supervisor.on_complete ended with code {code}; the campaign is complete all the same,"
            f" see logs/{LOG_NAME}"
        )


def command_of(wanted: str | list[str], run_dir: str, python_path: list[str]) -> list[str]:
    """Return the command that a hook stands for: a list or a line is one, without a shell;
    ``package.module:function`` is called.
    """
    if isinstance(wanted, str) and _FUNCTION.fullmatch(wanted):
        return python_command(_CALL, wanted, run_dir, also=python_path)
    return shlex.split(wanted) if isinstance(wanted, str) else list(wanted)


def _run(session: Session, outcome: Outcome, wanted: str | list[str], inbox: Inbox) -> int | None:
    """Run it, its output in a file of its own, and return its exit code: 127 if it cannot be
    started, None if somebody had it ended.
    """
    run_dir = session.run_dir
    command = command_of(
        wanted, str(run_dir.root), [str(path) for path in session.config.python_path]
    )
    known = {
        "ENCHANTED_RUN_DIR": str(run_dir.root),
        "ENCHANTED_DATASET": str(run_dir.dataset),
        "ENCHANTED_OUTCOME": outcome.reason.value,
    }
    try:
        with (run_dir.logs / LOG_NAME).open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=session.config.base_dir,
                env={**os.environ, **known},
                process_group=0,
            )
    except OSError as error:
        log.warning(f"supervisor.on_complete: {command[0]} cannot be run ({error.strerror})")
        return 127
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_EVERY)
        reason = _reason_to_end(session, inbox)
        if reason is not None:
            _end(process)
            log.warning(
                f"supervisor.on_complete was ended: {reason}; the campaign is complete all the"
                " same, and a resume runs the hook again"
            )
            return None


def _reason_to_end(session: Session, inbox: Inbox) -> str | None:
    """Say why the hook must end, if it must."""
    for item in [*control.receive(session.run_dir.control), *inbox.all_there_is()]:
        if isinstance(item, control.Request) and item.action in ("drain", "abort"):
            return f"{item.action} requested by {item.by}"
        if isinstance(item, Trouble):  # the directory is somebody else's now
            return item.message
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return
