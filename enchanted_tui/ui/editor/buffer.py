"""What is being edited: which file, what it was when it was read, and whether the text differs from
it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from enchanted_tui.ui.editor import config_file
from enchanted_tui.ui.editor.recovery import Unsaved


class FileRead(NamedTuple):
    """A file as it was read."""

    path: Path
    content: config_file.FileContent
    stamp: tuple[int, int, int] | None


def read_file(path: Path) -> FileRead:
    """Read a file to edit it; takes as long as its disk does. Raises config_file.FileProblem."""
    stamp = config_file.stamp(path)
    return FileRead(path, config_file.read(path), stamp)


class Buffer:
    """The file side of one text. Every method that touches the disk may take long: call it in a
    thread.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.version: config_file.Version | None = (
            None  #: of the file when it was read or saved; None if there is no such file yet
        )
        self.has_bom = False
        self.saved_text = ""
        #: files that the first save puts beside the configuration
        self.companions: Mapping[str, str] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._from_recovery = False

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.path.name if self.path is not None else "new configuration"

    def is_modified(self, text: str) -> bool:
        """Tell whether saving would change anything."""
        return self._from_recovery or text != self.saved_text

    def give_up(self, text: str) -> None:
        """Count a text as saved that its writer does not want."""
        self.saved_text, self._from_recovery = text, False

    def begin(self, companions: Mapping[str, str]) -> None:
        """Go over to a text that has no file yet."""
        self.__init__()  # type: ignore[misc]
        self.companions = companions

    def open(self, found: FileRead) -> str:
        """Go over to a file and give its text."""
        self.begin({})
        self.path, self._stamp = found.path, found.stamp
        content = found.content
        self.version, self.has_bom, self.saved_text = content.version, content.has_bom, content.text
        return content.text

    def recover(self, unsaved: Unsaved) -> None:
        """Go over to a text that an app before this one did not save."""
        self.begin({})
        self.path = None if unsaved.path is None else Path(unsaved.path)
        self.version = None if unsaved.digest is None else config_file.Version(unsaved.digest)
        self.has_bom, self._from_recovery = unsaved.has_bom, True

    def changed_on_disk(self) -> bool:
        """Tell whether the file is not what was read: somebody else wrote or removed it. Looks at
        it only if its time or size changed.
        """
        if self.path is None:
            return False
        stamp = config_file.stamp(self.path)
        if stamp == self._stamp and stamp is not None:
            return False
        found = config_file.version_on_disk(self.path)
        if found == self.version:
            self._stamp = stamp
        return found != self.version

    def would_overwrite(self, path: Path) -> bool:
        """Tell whether saving as `path` would replace a content that has not been seen here."""
        found = config_file.version_on_disk(path)
        if found is None:
            return False
        is_same = self.path is not None and os.path.realpath(path) == os.path.realpath(self.path)
        return not is_same or found != self.version

    def save(self, text: str, path: Path) -> list[str]:
        """Save the text, and the files that its template brought along where there are none and the
        text still names them; give the names of these.

        Raises config_file.FileProblem.
        """
        version = config_file.save(path, text, has_bom=self.has_bom)
        written = self._save_companions(path.parent, text)
        self.path, self.version, self.saved_text, self._from_recovery = path, version, text, False
        self._stamp, self.companions = config_file.stamp(path), {}
        return written

    def _save_companions(self, directory: Path, text: str) -> list[str]:
        written = []
        for name, content in self.companions.items():
            if Path(name).stem not in text:
                continue  # another one has been written in its place
            try:
                with open(directory / name, "x", encoding="utf-8") as file:
                    file.write(content)
            except FileExistsError:
                continue
            except OSError as error:
                raise config_file.FileProblem(
                    f"{directory / name} was not written: {error.strerror}."
                ) from error
            written.append(name)
        return written
