"""The file underneath runs.h5: small, and whole or not there, also on a full disk."""

from __future__ import annotations

from io import FileIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


#: Small, and read by HDF5 1.10 and later. Metadata is gathered in pages: each of its small pieces
#: would be a call of its own otherwise.
FORMAT: dict[str, Any] = {
    "libver": ("v110", "latest"),
    "fs_strategy": "page",
    "fs_page_size": 4096,
    "page_buf_size": 1 << 20,
}


class Guard:
    """The file as HDF5 writes it. After the first error (a full disk) it swallows everything, and
    the block ends with that error.

    HDF5 cannot close a file whose last blocks it cannot write: it would try again at every turn and
    complain at the end of the process.
    """

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._error: OSError | None = None
        self.seek, self.tell, self.read, self.readinto = (
            file.seek,
            file.tell,
            file.read,
            file.readinto,
        )

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        while rest and self._error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._error = error
        return len(data)

    def truncate(self, size: int) -> int:
        if self._error is None:
            try:
                return self._file.truncate(size)
            except OSError as error:
                self._error = error
        return size

    def flush(self) -> None:
        """Nothing is held back."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        if self._error is not None:  # whatever HDF5 made of it
            raise self._error
