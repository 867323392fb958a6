"""The end of the command's process: at once, and with all that has been registered for it."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process with `code` as `sys.exit` does: other threads are waited for, exit handlers
    run, what was printed is flushed. But what is imported is not taken apart piece by piece, which
    takes a tenth of a second where numpy and h5py are loaded; the kernel does it at once.
    """
    if _is_watched():
        sys.exit(code)
    with contextlib.suppress(KeyboardInterrupt):
        threading._shutdown()  # type: ignore[attr-defined] # as multiprocessing ends its processes
        atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # Python says what there is to say of it
        sys.exit(code)
    os._exit(code)


def _is_watched() -> bool:
    """Tell whether something looks at how Python ends: a debugger, a profiler, a prompt."""
    return bool(sys.gettrace() or sys.getprofile() or sys.flags.inspect)
