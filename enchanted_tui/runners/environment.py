"""The environment variables of this process, cheaply.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os


def encoded_environment() -> dict[bytes, bytes]:
    """Give a copy of what `os.environ` holds. Going through it as text decodes every variable, which took half the time of a short task."""
    held: dict[bytes, bytes] | None = getattr(os.environ, "_data", None)
    return dict(os.environb if held is None else held)
