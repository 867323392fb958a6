"""What earlier plugins import from here; it lives in `executors/task_end.py`.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from enchanted_tui.executors.task_end import FAILURE_KINDS, EnvironmentFailure

__all__ = ["FAILURE_KINDS", "EnvironmentFailure"]
