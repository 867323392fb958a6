"""What is remembered from one session of the app to the next: the last run, mode and theme, the
runs that were open, and those seen lately.

Standard library only: the command line notes the campaigns it starts here, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from enchanted_tui.ui.xdg_directories import state_dir
from enchanted_tui.whole_files import write_atomically

_changing = threading.RLock()  #: two threads would write down what the other one has changed
_MOST_RECENT = 200
_MOST_FILES = 20


@dataclass
class Memory:
    """The content of ``session.json``."""

    recent: list[str] = field(default_factory=list)  #: absolute run directories, the latest first
    last_run: str | None = None
    mode: str = "runs"
    theme: str | None = None
    files: list[str] = field(default_factory=list)  #: chosen lately, the latest first
    dividers: dict[str, int] = field(default_factory=dict)  #: percent of the left pane, by place
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
    texts = {
        name: content[name]
        for name in ("last_run", "mode", "theme")
        if isinstance(content.get(name), str)
    }
    dividers = content.get("dividers")
    return Memory(
        dividers={
            place: share
            for place, share in (dividers.items() if isinstance(dividers, dict) else ())
            if type(share) is int and 0 < share < 100
        },
        recent=_texts(content.get("recent")),
        files=_texts(content.get("files")),
        tabs=content["tabs"] if isinstance(content.get("tabs"), list) else [],
        **texts,
    )


def _texts(found: Any) -> list[str]:
    """Return the texts of a list; none where it is no list."""
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


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
    with _changing:
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


def note_file(path: Path) -> None:
    """Remember a file that was chosen in a dialog."""
    with _changing:
        others = [known for known in read().files if known != str(path)]
        update(files=[str(path), *others][:_MOST_FILES])


def note_divider(place: str, share: int | None) -> None:
    """Remember where a divider has been put: percent of the room that is left of it; None: where it
    was at first.
    """
    with _changing:
        kept = {name: known for name, known in read().dividers.items() if name != place}
        update(dividers=kept if share is None else {**kept, place: share})


def _file(directory: Path | None) -> Path:
    return (state_dir() if directory is None else directory) / "session.json"
