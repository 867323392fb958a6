"""What belongs to the process and can be had for a thread alone."""

from __future__ import annotations

import ctypes
import sys

_CLONE_FS = 0x200


def own_working_directory() -> None:
    """Return this thread, and those it starts, a working directory and umask that are not the
    process's.

    Where the kernel refuses (or is another), they are shared, as in any program.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).unshare(_CLONE_FS)
