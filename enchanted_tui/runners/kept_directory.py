"""The run directory of a sample that is continued: what it holds from one run of the code to the
next.

A file beside the checkpoints says how often the sample has been continued, and how its checkpoints
were when it began last. So it is known on whatever node it goes on, whoever was killed.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from enchanted_tui.runners.failure import SampleFailed
from enchanted_tui.whole_files import read_file, write_file

STATE = "enchanted_restart.json"
_OURS = frozenset((STATE, "enchanted_datapoint.csv"))
#: Kinds of failures after which a sample that is tried again goes on: its time was up, or nodes
#: failed. What else fails begins anew.
_GOES_ON = ("timeout", "straggler", "lost")


@dataclass
class KeptState:
    """What is known of a sample that can be continued."""

    restarts: int = 0  #: how often it has been continued
    session: str = ""  #: of the supervisor, when it began last
    attempt: int = 0  #: number of the attempt when a checkpoint had changed last
    idle: int = 0  #: runs since then that have ended in good order
    ran: float = 0.0  #: seconds, without the run that began last
    began: float | None = None  #: when the run that has not ended in good order did
    failed: str = ""  #: kind of the failure that it was recorded with
    #: by path, size and time of the last change (ns) of the checkpoints when it began last
    kept: dict[str, list[int]] = field(default_factory=dict)


def read_state(run_dir: str) -> KeptState | None:
    """Return what the run directory says; None if it says nothing."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return KeptState(**json.loads(read_file(f"{run_dir}/{STATE}")))
    return None


def write_state(run_dir: str, state: KeptState) -> None:
    """Replace the file. Raises OSError."""
    path = f"{run_dir}/{STATE}"
    write_file(f"{path}.partial", json.dumps(asdict(state)).encode("ascii"))
    os.rename(f"{path}.partial", path)


def begins_anew(run_dir: str) -> None:
    """A sample that has failed is tried again: from the beginning, unless its time was up."""
    state = read_state(run_dir)
    if state is not None and state.failed not in _GOES_ON:
        with contextlib.suppress(OSError):
            os.unlink(f"{run_dir}/{STATE}")


def interrupted_state(run_dir: str, keep: Sequence[str]) -> KeptState | None:
    """Return the state that the sample in this directory goes on from; None if it begins."""
    state = read_state(run_dir)
    if state is None and not os.path.lexists(f"{run_dir}/enchanted_datapoint.csv"):
        # interrupted before it was configured to be continued
        state = KeptState() if checkpoints(run_dir, keep) else None
    return state


def begin_run(
    run_dir: str,
    restart: dict[str, Any],
    before: KeptState | None,
    *,
    attempt: int,
    session: str,
    max_retries: int,
) -> KeptState:
    """Note in the existing directory that a run of the sample begins; `before` is the state it
    goes on from, None for the first run. Raises SampleFailed if it is not to be continued.
    """
    kept = checkpoints(run_dir, restart["keep"])
    if before is None:
        state = KeptState(session=session, attempt=attempt, began=time.time(), kept=kept)
        write_state(run_dir, state)
        return state
    anew = _advanced(before.kept, kept) or before.session != session
    base = attempt if anew else before.attempt
    idle = 0 if anew else before.idle + (before.began is None)
    _refuse_if_hopeless(before, restart, attempt - base + idle, max_retries)
    number_files(run_dir, ("stdout.txt", "stderr.txt"), before.restarts + 1, restart["keep"])
    state = KeptState(
        restarts=before.restarts + 1,
        session=session,
        attempt=base,
        idle=idle,
        ran=before.ran + _length(run_dir, before, kept),
        began=time.time(),
        kept=kept,
    )
    write_state(run_dir, state)
    return state


def end_run(run_dir: str, state: KeptState, seconds: float, failed: str = "") -> KeptState:
    """Note that a run has ended in good order after so long, and the kind of its failure."""
    state.ran, state.began, state.failed = state.ran + seconds, None, failed
    with contextlib.suppress(OSError):  # the record has it, and a full disk is found by others
        write_state(run_dir, state)
    return state


def inputs_left_to_put(
    run_dir: str, inputs: Mapping[str, Any], keep: Sequence[str]
) -> dict[str, Any]:
    """Return what is to be put into the directory when a command begins: where it goes on, copies
    and links are there, and a checkpoint is left as the code has made it. `inputs` has ``copy``,
    ``link`` and ``files``, each by name.
    """
    there = {
        name
        for option in ("copy", "link", "files")
        for name in inputs.get(option, ())
        if os.path.lexists(f"{run_dir}/{name}")
    }
    return {
        **inputs,
        **{
            option: {
                name: value
                for name, value in inputs[option].items()
                if name not in there or (option == "files" and not is_kept(name, keep))
            }
            for option in ("copy", "link", "files")
            if option in inputs
        },
    }


def begin_beside_checkpoints(
    run_dir: str, streams: Iterable[str | None], keep: Sequence[str]
) -> None:
    """Make ready for a command in the directory: its inputs are there, and no checkpoints of its
    own; the output of the run before keeps its number.
    """
    state = read_state(run_dir)
    if state is None:
        return
    if state.restarts:
        number_files(run_dir, streams, state.restarts, keep)
    state.kept = checkpoints(run_dir, keep)
    write_state(run_dir, state)


def checkpoints(run_dir: str, keep: Iterable[str]) -> dict[str, list[int]]:
    """Return size and time of the last change (ns) of all files that match, or that are in a
    directory which does, by their paths in the run directory.
    """
    found: dict[str, list[int]] = {}
    for pattern in keep:
        for path in glob.iglob(f"{glob.escape(run_dir)}/{pattern}", recursive=True):
            for file in _files(path):
                name = os.path.relpath(file, run_dir)
                with contextlib.suppress(OSError):
                    status = os.stat(file)
                    if name not in _OURS:
                        found[name] = [status.st_size, status.st_mtime_ns]
    return found


def is_kept(name: str, keep: Iterable[str]) -> bool:
    """Tell whether a file of this name in the run directory would be a checkpoint."""
    parts = os.path.normpath(name).split("/")
    heads = ["/".join(parts[: index + 1]) for index in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(head, os.path.normpath(pattern)) for head in heads for pattern in keep
    )


def number_files(
    run_dir: str, names: Iterable[str | None], number: int, keep: Sequence[str]
) -> None:
    """Give the output of an earlier run its number: ``stdout.txt.1``. Checkpoints stay as they
    are.
    """
    for name in dict.fromkeys(names):
        if name is not None and not is_kept(name, keep):
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{run_dir}/{name}", f"{run_dir}/{name}.{number}")


def _files(path: str) -> Iterable[str]:
    if not os.path.isdir(path):
        return (path,)
    return (
        os.path.join(directory, name) for directory, _, names in os.walk(path) for name in names
    )


def _advanced(before: dict[str, list[int]], now: dict[str, list[int]]) -> bool:
    return any(before.get(name) != status for name, status in now.items())


def _refuse_if_hopeless(
    before: KeptState, restart: dict[str, Any], fruitless: int, max_retries: int
) -> None:
    if before.restarts >= restart["most"]:
        times = f"it was continued {before.restarts} times"
        raise SampleFailed(
            f"{times} and is not done; raise restart: most, and run it again with --retry-failed:"
            " it goes on where it stopped",
            "timeout",
        )
    if fruitless > max_retries:
        raise SampleFailed(
            f"it has run {fruitless + 1} times and changed no file that matches"
            f" {', '.join(restart['keep'])}; have the code write checkpoints more often, or"
            " ask for jobs of more time",
            "lost",
        )


def _length(run_dir: str, before: KeptState, kept: dict[str, list[int]]) -> float:
    """Return how long the run that was interrupted last has shown signs of life, seconds."""
    if before.began is None:
        return 0.0
    changed = [nanoseconds / 1e9 for _, nanoseconds in kept.values()]
    with contextlib.suppress(OSError), os.scandir(run_dir) as entries:
        changed += [entry.stat().st_mtime for entry in entries if entry.name != STATE]
    return max(0.0, max(changed, default=0.0) - before.began)
