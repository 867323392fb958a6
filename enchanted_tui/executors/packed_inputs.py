"""Run directories that a sample reads, of its parent, the step before or its neighbour: where they
are packed, they are brought beside the sample's own one while it runs.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enchanted_tui import neighbours
from enchanted_tui.executors.run_directory import local_storage_of, remove_run_dir
from enchanted_tui.task_paths import TaskPaths, make_directory, paths_around, paths_of

if TYPE_CHECKING:  # workers of which nothing is packed need not have it in memory
    from enchanted_tui.packing.door import TaskDirectories

Message = dict[str, Any]

_doors: dict[str, TaskDirectories] = {}


@contextlib.contextmanager
def inputs_at_hand(
    message: Message, context: Mapping[str, Any], runner: Any
) -> Iterator[dict[str, Any]]:
    """Yield the parameters that the runner of a task is given, see `executors.task.run_task`, with
    the paths of directories that can be read; so far also in what `runner` has prepared.

    What had to be brought goes with the block. Raises OSError.
    """
    paths = paths_of(context)
    given = neighbours.given(message, paths)
    packed = _packed(given, paths, runner)
    if not packed:
        yield given
        return
    place, process = _place(message, dict(context)), os.getpid()
    if os.path.lexists(place):
        remove_run_dir(place)
    make_directory(place)
    door = _door(paths)
    try:
        moved = {}
        for path in packed:
            name = os.path.basename(path)
            found = door.shards.find_known(name)
            if found is not None:
                moved[path] = os.path.join(place, name)
                door.restore(found, moved[path])
        if getattr(runner, "prepared", None) is not None:  # plugins may have none
            runner.prepared = _moved(runner.prepared, moved)
        yield {name: _moved(value, moved) for name, value in given.items()}
    finally:
        if os.getpid() == process:  # no child that the runner has forked
            with contextlib.suppress(OSError):
                remove_run_dir(place)


def _packed(given: Mapping[str, Any], paths: TaskPaths, runner: Any) -> list[str]:
    """Return the paths of directories that the runner may want and that are not there."""
    reads = getattr(runner, "reads_directory", None)
    found = []
    for key in ("run_dir", neighbours.RUN_DIR):
        path = given.get(key)
        if not isinstance(path, str) or paths_around(path) != paths or path in found:
            continue
        wanted = (reads is None or reads(path)) and not os.path.isdir(path)
        if wanted and _door(paths).shards.find_known(os.path.basename(path)) is not None:
            found.append(path)
    return found


def _door(paths: TaskPaths) -> TaskDirectories:
    from enchanted_tui.packing.door import TaskDirectories

    return _doors.setdefault(paths.data_dir, TaskDirectories(*paths))


def _place(message: Message, context: dict[str, Any]) -> str:
    name, local = f".{message['name']}.given", local_storage_of(message, context)
    return os.path.join(local, name) if local else paths_of(context).of(name)


def _moved(value: Any, moved: Mapping[str, str]) -> Any:
    """Replace paths wherever they stand in a text."""
    if isinstance(value, str):
        for before, after in moved.items():
            if before in value:  # not as the beginning of another name
                value = after.join(re.split(re.escape(before) + r"(?!\d)", value))
        return value
    if isinstance(value, dict):
        return {_moved(key, moved): _moved(item, moved) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(item, moved) for item in value)
    return value
