"""What jobs need of this side, where they do not see its files: brought to the cluster in one
archive for each submission.

Directories of earlier steps and parents, files that a CommandRunner copies or links, and the
modules of plugins. What does not exist here is taken to be a path of the cluster and left as it is.
"""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui import neighbours
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.transport import FarSideProblem, Transport
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.packing.shards import Packed
from enchanted_tui.packing.tar_blocks import members
from enchanted_tui.runners.kept_directory import STATE
from enchanted_tui.task_paths import paths_around

_OWN = "enchanted_tui."
_TIMEOUT = 3600.0


class StagedInputs:
    """Translates tasks for the far side, and gathers the files that they need there."""

    def __init__(self, directories: Directories) -> None:
        self._directories = directories
        self.there: set[str] = set()  #: names of the run directories that exist on the far side
        self._sent: dict[str, str] = {}  #: by path here: path there
        #: what is to go with the next archive: by path there, path here
        self._waiting: dict[str, str] = {}
        self._packed: dict[str, Packed] = {}  #: the same of run directories that are packed here
        self._tasks = TaskDirectories(*directories.here)

    def context(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return what all tasks share as the far side has to know it."""
        modules = [
            _module_of(name) for runner in context["runners"].values() for name in _imported(runner)
        ]
        directories = [
            *context["python_path"],
            *(path for runner in context["runners"].values() for path in _import_paths(runner)),
        ]
        directory = posixpath.join(self._directories.root, "python")
        for module in modules:
            self._send_module(module, directories, directory)
        runners = {
            name: {
                **runner,
                "options": {
                    **runner["options"],
                    **({"python_path": [directory]} if _import_paths(runner) else {}),
                },
            }
            for name, runner in context["runners"].items()
        }
        return {
            **context,
            "runners": runners,
            "python_path": [directory],
            "data_dir": self._directories.remote_data,
            "working_dir": self._directories.root,
        }

    def message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return a task as the far side has to know it."""
        translated = dict(message)
        if os.path.exists(os.path.join(self._tasks.loose(message["name"]), STATE)):
            self._send_run_dir(message["name"])  # it is tried again, and goes on
        before = message["params"].get("run_dir")
        if isinstance(before, str) and paths_around(before) == self._directories.here:
            self._send_run_dir(posixpath.basename(before))
            translated["params"] = {**message["params"], "run_dir": self._translated(before)}
        if message.get(neighbours.KEY):
            self._send_run_dir(message[neighbours.KEY])
        prepared = message.get("prepared")
        if isinstance(prepared, dict):
            translated["prepared"] = {
                key: (
                    {name: self._file(path) for name, path in value.items()}
                    if key in ("copy", "link")
                    else self._translated(value)
                )
                for key, value in prepared.items()
            }
        return translated

    def arrived(self, name: str) -> None:
        """A run directory was made on the far side."""
        self.there.add(name)

    def archive(self) -> bytes:
        """Return what has gathered as an archive to unpack at the root of the far side's file
        system; nothing if there is nothing.
        """
        if not self._waiting and not self._packed:
            return b""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as packed:
            for there, here in self._waiting.items():
                _pack(packed, here, posixpath.relpath(there, self._directories.root))
            for there, found in self._packed.items():
                _pack_again(packed, found, posixpath.relpath(there, self._directories.root))
        self._waiting.clear()
        self._packed.clear()
        return made.getvalue()

    def _send_run_dir(self, name: str) -> None:
        if name in self.there:
            return
        here, there = self._tasks.loose(name), self._directories.there.of(name)
        if os.path.isdir(here):
            self._waiting[there] = here
            self.there.add(name)
        elif (packed := self._tasks.shards.find_known(name)) is not None:
            self._packed[there] = packed
            self.there.add(name)

    def _file(self, path: str) -> str:
        """Return the path there of a file or directory that exists here; any other path as it
        is.
        """
        task = self._directories.here.task_at(path)
        if task is not None:
            self._send_run_dir(task)
            return str(self._translated(path))
        if not os.path.isabs(path) or not os.path.exists(path):
            return path
        if path not in self._sent:
            there = posixpath.join(
                self._directories.root,
                "inputs",
                f"{zlib.crc32(path.encode()):08x}",
                os.path.basename(path.rstrip("/")),
            )
            self._sent[path] = there
            self._waiting[there] = path
        return self._sent[path]

    def _translated(self, value: Any) -> Any:
        """Replace the directory of the run directories here by that of the far side, wherever it
        stands in a text.
        """
        if isinstance(value, str):
            return value.replace(
                self._directories.local_data + "/", self._directories.remote_data + "/"
            )
        if isinstance(value, dict):
            return {key: self._translated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._translated(item) for item in value]
        return value

    def _send_module(self, module: str, directories: list[str], target: str) -> None:
        """Send a plugin's module or package, with the Python files beside it, which it may
        import.
        """
        top = module.split(".")[0]
        for directory in directories:
            package = os.path.join(directory, top)
            if os.path.isdir(package) and os.path.exists(os.path.join(package, "__init__.py")):
                self._waiting[posixpath.join(target, top)] = package
            elif not os.path.exists(f"{package}.py"):
                continue
            for name in sorted(os.listdir(directory)):
                if name.endswith(".py"):
                    self._waiting.setdefault(
                        posixpath.join(target, name), os.path.join(directory, name)
                    )
            return


def _pack(packed: tarfile.TarFile, here: str, name: str) -> None:
    """Put a file or directory into an archive. What a relative link leads to outside of it goes
    along in its place.
    """
    top = os.path.realpath(here)
    outside: list[str] = []

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        path = os.path.normpath(os.path.join(here, os.path.relpath(member.name, name)))
        is_relative = member.issym() and path != here and not os.path.isabs(member.linkname)
        if (
            not is_relative
            or not os.path.exists(path)
            or os.path.commonpath((os.path.realpath(path), top)) == top
        ):
            return member
        outside.append(path)
        return None

    packed.add(top if os.path.islink(here) else here, arcname=name, filter=kept)
    for path in outside:
        packed.add(
            os.path.realpath(path), arcname=posixpath.join(name, os.path.relpath(path, here))
        )


def _pack_again(packed: tarfile.TarFile, found: Packed, name: str) -> None:
    """Put a packed run directory into an archive, under another name."""
    with open(found.archive, "rb") as archive:
        offset = found.extent.offset
        for inside, member in members(archive, offset, found.extent.length):
            member.name = posixpath.join(name, inside) if inside else name
            archive.seek(offset + member.offset_data)
            packed.addfile(member, archive if member.isfile() else None)


def unpack(transport: Transport, archive: bytes, root: str) -> None:
    """Unpack an archive of inputs on the far side."""
    done = transport.run(["tar", "-xzpf", "-", "-C", root], stdin=archive, timeout=_TIMEOUT)
    if done.code:
        raise FarSideProblem(
            f"the inputs cannot be unpacked in {root}: {done.complaint}; make room, or choose"
            " another remote_dir"
        )


def _imported(runner: Mapping[str, Any]) -> Iterator[str]:
    """Name what a runner imports from the user's directories, as module:name."""
    if not runner["class"].startswith(_OWN):
        yield runner["class"]
    function = runner["options"].get("function")
    if isinstance(function, str) and ":" in function:
        yield function


def _import_paths(runner: Mapping[str, Any]) -> list[str]:
    return list(runner["options"].get("python_path") or ())


def _module_of(name: str) -> str:
    return name.partition(":")[0]
