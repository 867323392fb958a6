"""Start a campaign in a session of its own, so that it outlives whoever started it."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.interpreter import python_command
from enchanted_tui.record.journal import last_open
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import read_holder

_LOOK_EVERY = 0.05  #: seconds


@dataclass(frozen=True)
class Started:
    """What has become of a campaign that was started in the background."""

    pid: int
    output: str  #: what it has said so far: warnings, or why it could not begin
    exit_code: int | None  #: None while it runs


def start_detached(
    arguments: Sequence[str], root: Path, log: Path, cwd: Path | None = None
) -> Started:
    """Run ``enchanted-tui ARGUMENTS --no-ui`` in the background and wait until its campaign in
    `root` has begun, or it has ended.

    What it says goes to the file `log`. Raises EnvironmentProblem if that cannot be written.
    """
    with _open_log(log) as output:
        process = subprocess.Popen(
            python_command("from enchanted_tui.cli import entry; entry()", *arguments, "--no-ui"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            start_new_session=True,
        )
    looked_at = time.monotonic()
    while process.poll() is None and not _has_begun(CampaignDirectory(root), process.pid):
        # a long journal takes long to look through
        time.sleep(max(_LOOK_EVERY, time.monotonic() - looked_at))
        looked_at = time.monotonic()
    return Started(process.pid, log.read_text(errors="replace").strip(), process.returncode)


def _open_log(log: Path) -> BinaryIO:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("wb")
    except OSError as error:
        raise EnvironmentProblem(
            f"{log} cannot be written ({error.strerror}), and a campaign in the background needs a"
            " place for what it says: set XDG_STATE_HOME to a directory that you can write to."
        ) from error


def _has_begun(run_dir: CampaignDirectory, pid: int) -> bool:
    """Tell whether the process has opened the campaign: it holds the lock and has written so into
    the journal.
    """
    holder = read_holder(run_dir.lock)
    if holder is None or holder.pid != pid:
        return False
    with contextlib.suppress(OSError):
        opened = last_open(run_dir.journal)
        return opened is not None and opened["pid"] == pid
    return False
