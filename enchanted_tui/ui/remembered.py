"""What is remembered from one session of the app to the next: the last run, mode and theme, the
runs that were open, and those seen lately.

Standard library only: the command line notes the campaigns it starts here, too.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from enchanted_tui.ui.settings import state_dir
from enchanted_tui.whole_files import write_atomically

_MOST_RECENT = 200


@dataclass
class Memory:
    """The content of ``session.json``."""

    recent: list[str] = field(default_factory=list)  #: absolute run directories, the latest first
    last_run: str | None = None
    mode: str = "runs"
    theme: str | None = None
    #: the runs that were open, in the order of their tabs, with what was chosen in them: what
    #: `ui.open_run` writes and checks
    tabs: list[Any] = field(default_factory=list)


def read(directory: Path | None = None) -> Memory:
    """Return what is remembered; nothing if there is no such file or it cannot be read."""
    try:
        content = json.loads(_file(directory).read_bytes())
    except (OSError, ValueError):
        return Memory()
    return _checked(content) if isinstance(content, dict) else Memory()


def _checked(content: dict[str, Any]) -> Memory:
    recent = content.get("recent")
    texts = {
        name: content[name]
        for name in ("last_run", "mode", "theme")
        if isinstance(content.get(name), str)
    }
    return Memory(
        recent=[item for item in recent if isinstance(item, str)]
        if isinstance(recent, list)
        else [],
        tabs=content["tabs"] if isinstance(content.get("tabs"), list) else [],
        **texts,
    )


def update(
    directory: Path | None = None,
    *,
    seen: Path | None = None,
    forget: Path | None = None,
    **changes: Any,
) -> Memory:
    """Change what is remembered and write it; a file that cannot be written is no reason to stop.

    `seen` comes to the front of the recent runs, `forget` leaves them. Several apps may do so at
    the same time: each changes what is in the file at that moment.
    """
    memory = read(directory)
    for name, value in changes.items():
        setattr(memory, name, value)
    for path in (seen, forget):
        if path is not None:
            memory.recent = [item for item in memory.recent if item != os.path.abspath(path)]
    if seen is not None:
        memory.recent = [os.path.abspath(seen), *memory.recent][:_MOST_RECENT]
    with contextlib.suppress(OSError):
        target = _file(directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, json.dumps(asdict(memory), indent=1), own=True)
    return memory


def _file(directory: Path | None) -> Path:
    return (state_dir() if directory is None else directory) / "session.json"
