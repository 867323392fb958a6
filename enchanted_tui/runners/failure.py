"""How a runner says that its sample failed.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SampleFailed(Exception):
    """Raised by a runner to say in which way its sample failed, and to keep the outputs that it has
    nevertheless.

    `kind` is one of `executors.task.FAILURE_KINDS`; `outputs` go into the sample's row, which shows
    ``success`` False.
    """

    def __init__(
        self, message: str, kind: str = "reported", outputs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.failure_kind = kind
        self.outputs = dict(outputs or {})
