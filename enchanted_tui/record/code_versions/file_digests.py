"""Digests of programs and images of containers, which may be large."""

from __future__ import annotations

import hashlib
import os

from enchanted_tui.record.code_records import FileDigest
from enchanted_tui.sizes import size as size_words

#: A file of at most this many bytes is read whole: a fraction of a second.
WHOLE = 64 << 20
_END = WHOLE // 2


def file_digest(path: str) -> FileDigest:
    """Return size and SHA-256 of a file; of one that is larger than `WHOLE` bytes the SHA-256 of
    its first and its last 32 MiB, one behind the other.
    """
    found = FileDigest(path=os.path.realpath(path))
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= WHOLE:
                digest = hashlib.file_digest(file, "sha256")
            else:
                digest = hashlib.sha256(file.read(_END))
                file.seek(size - _END)
                digest.update(file.read(_END))
                found["partial"] = f"the first and the last 32 MiB of {size_words(size)}"
            found["size"], found["sha256"] = size, digest.hexdigest()
    except OSError as error:
        found["problem"] = error.strerror or type(error).__name__
    return found
