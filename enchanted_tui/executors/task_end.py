"""What the end of a task means: a success, a failure of the sample, or of the file system.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from enchanted_tui import values
from enchanted_tui.as_data import NotDataError, as_data, named, safe_text
from enchanted_tui.whole_files import InTheWayError

#: Why a task failed; the column `kind` of the failures file.
FAILURE_KINDS = (
    "exception",  # the runner raised
    "bad_return",  # it returned something other than a dict with a boolean `success`
    "reported",  # it returned success = False
    "output",  # an output that it declares is missing or cannot be read
    "exit",  # it called sys.exit, or ended its process by os._exit
    "signal",  # its process died by a signal
    "timeout",  # it ran into its time limit
    "straggler",  # it ran far longer than the others of its stage
    "memory",  # it ran out of memory
    "prepare",  # its input could not be prepared
    "lost",  # its worker was lost more often than max_retries allows
    "skipped",  # an earlier step or its parent failed and the configuration says to skip
)

#: Errors of the file system that say nothing about the sample: the campaign stops and can be
#: resumed.
ENVIRONMENT_ERRNOS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE))

#: More of them: a file server that is away, or has thrown its client out. They may pass by
#: themselves.
PASSING_ERRNOS = frozenset((errno.EIO, errno.ESHUTDOWN, errno.ENOTCONN, errno.ETIMEDOUT))

#: What people are told of an error of the file system: what it means and what to do.
REMEDIES = {
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "the quota is used up; make room",
    errno.EROFS: "the file system is read-only; have it mounted writable",
    errno.EIO: "the device or file server reports an error (EIO); have it looked at",
    errno.ESHUTDOWN: "the file server has thrown this host out; wait until it is back",
    errno.ENOTCONN: "the file server is not connected; wait until it is back",
    errno.ETIMEDOUT: "the file server does not answer; wait until it is back",
    errno.EACCES: "permission denied; change the permissions",
    errno.EPERM: "permission denied; change the permissions",
    errno.ENOENT: "it has vanished; bring it back",
    errno.ESTALE: "its file system has gone; bring it back",
    errno.EISDIR: "a directory is in the place of this file; move it away",
    errno.ENOTDIR: "a part of this path is not a directory; move what is in the way",
    errno.EEXIST: "something else is in the way; move it",
    errno.ENAMETOOLONG: "a name in this path is too long; shorten it",
    errno.ELOOP: "its symbolic links lead in a circle; mend them",
    errno.EMFILE: "too many open files; raise the limit with ulimit -n, or have fewer workers",
    errno.ENFILE: (
        "this machine has no more open files to give; end something else on it, or go on elsewhere"
    ),
}

_MAX_TRACEBACK = 8_000
_NETWORK_MODULES = frozenset(
    (
        "asyncio",
        "ftplib",
        "http",
        "imaplib",
        "paramiko",
        "requests",
        "smtplib",
        "socket",
        "ssl",
        "urllib",
        "urllib3",
        "xmlrpc",
    )
)
_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


class EnvironmentFailure(Exception):
    """The file system failed, not the sample."""


def outputs_and_failure(returned: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Split what a runner returned into outputs and, unless it is a success, the failure."""
    if not isinstance(returned, dict):
        return {}, _bad(
            f"the runner returned {named(returned)}; it must return a dict with a boolean 'success'"
        )
    if "success" not in returned:
        return {}, _bad("the runner returned a dict without 'success'; it must hold True or False")
    outputs, bad = _data_of(returned)
    success = outputs.get("success")
    if type(success) is not bool:
        given = returned["success"]
        shown = repr(given) if isinstance(given, (int, float, str)) else named(given)
        return {}, _bad(f"the runner returned success = {shown:.60}; it must be True or False")
    if success:
        return outputs, _bad("; ".join(bad[:3])) if bad else None
    reasons = [outputs.get("error"), outputs.get("message"), "the runner reported success = False"]
    reason = next(
        values.cell(found) for found in reasons if found is not None and values.cell(found)
    )
    return outputs, {"kind": "reported", "message": "; ".join([reason, *bad[:3]])}


def _data_of(returned: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the outputs that can be recorded, and a sentence for each that cannot."""
    outputs, bad = {}, []
    for key, value in returned.items():
        name = key if type(key) is str else safe_text(key)
        try:
            outputs[name] = as_data(value)
        except NotDataError as error:
            bad.append(f"the output {name!r} {error}")
    return outputs, bad


def _bad(message: str) -> dict[str, Any]:
    return {"kind": "bad_return", "message": message}


def failure_of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, (int, str, type(None))) else named(error.code)
        return {"kind": "exit", "message": f"the runner called sys.exit({code!r})"}
    # a runner's own exception may name the kind of its failure, and so need no traceback
    kind = getattr(error, "failure_kind", None)
    if isinstance(kind, str) and kind in FAILURE_KINDS:
        return {"kind": kind, "message": safe_text(error)}
    failure = {
        "kind": "memory" if isinstance(error, MemoryError) else "exception",
        "message": describe(error),
    }
    text = "".join(
        traceback.format_exception(type(error), error, _of_the_runner(error.__traceback__))
    )
    failure["traceback"] = (
        text if len(text) <= _MAX_TRACEBACK else text[:2000] + "\n[...]\n" + text[-6000:]
    )
    return failure


def _of_the_runner(whole: TracebackType | None) -> TracebackType | None:
    """Leave out the calls of this program that led to the runner: whoever reads a traceback looks
    for code of their own.
    """
    inner = whole
    while inner is not None and inner.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        inner = inner.tb_next
    return inner or whole


def known_outputs(error: BaseException) -> dict[str, Any]:
    """Return the outputs that a runner knew when it failed (see `runners.base.SampleFailed`)."""
    outputs = getattr(error, "outputs", None) if hasattr(error, "failure_kind") else None
    return _data_of(outputs)[0] if isinstance(outputs, dict) else {}


def describe(error: BaseException) -> str:
    """Return an exception as one line."""
    text = safe_text(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def environment_error(error: BaseException | None) -> BaseException | None:
    """Return the exception, or the one that caused it, that is the file system's and not the
    sample's; None if there is none.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, EnvironmentFailure) or (
            isinstance(error, OSError) and _is_file_systems(error)
        ):
            return error
        error = error.__cause__ or error.__context__
    return None


def _is_file_systems(error: OSError) -> bool:
    """Tell whether an error is one of a file system: connections of a runner's own fail in the same
    ways.
    """
    if error.errno in ENVIRONMENT_ERRNOS:
        return True
    return error.errno in PASSING_ERRNOS and not _comes_from_a_connection(error)


def _comes_from_a_connection(error: OSError) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").split(".")[0] in _NETWORK_MODULES:
            return True
        trace = trace.tb_next
    return False


def remedy_of(error: OSError) -> str:
    """Say what an error of the file system means and what to do, without the name of the file."""
    if isinstance(error, InTheWayError):
        return str(error.strerror)
    return REMEDIES.get(error.errno or 0, error.strerror or str(error))


def explained(error: BaseException) -> str:
    """Say what an error of the file system means and what to do."""
    cause = environment_error(error) or error
    if not isinstance(cause, OSError):
        return describe(error)
    text = remedy_of(cause)
    if cause.filename is not None:
        name = cause.filename
        text = f"{os.fsdecode(name) if isinstance(name, (str, bytes)) else name}: {text}"
    return text if cause is error else f"{text} ({describe(error)})"


def ending(status: int) -> tuple[str, str]:
    """Return the failure kind and the reason for the wait status of the process that ran a task."""
    if not os.WIFSIGNALED(status):
        return (
            "exit",
            f"the runner ended its process with exit code {os.waitstatus_to_exitcode(status)}",
        )
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    reason = f"the process died by {name}"
    if number == signal.SIGKILL:
        reason += " (often the kernel, for want of memory)"
    return "signal", reason


def timed_out(limit: float, left: Sequence[str]) -> tuple[str, str]:
    """Return the failure kind and the reason of a task that ran into its time limit (seconds);
    `left`: what could not be ended.
    """
    return "timeout", f"ran longer than the time limit of {limit:g} s; {_what_ended(left)}"


def straggled(limit: float, usual: float, left: Sequence[str]) -> tuple[str, str]:
    """Return the same of a task that ran longer than stragglers may; `usual`: how long others of
    its stage take (seconds).
    """
    why = f"ran longer than {limit:.3g} s, where samples of its stage usually take {usual:.3g} s"
    return "straggler", f"{why}; {_what_ended(left)}"


def _what_ended(left: Sequence[str]) -> str:
    if left:
        return f"it was killed, but not all that it had started: {', '.join(left)} may still run"
    return "it and everything it had started were ended"
