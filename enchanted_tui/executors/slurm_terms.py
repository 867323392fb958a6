"""What SLURM's own terms mean: the states of a job that has not ended, and lengths of time."""

from __future__ import annotations

import re

#: States of a job that has not ended.
LIVE = frozenset(
    (
        "PENDING",
        "RUNNING",
        "COMPLETING",
        "CONFIGURING",
        "SUSPENDED",
        "STOPPED",
        "SIGNALING",
        "STAGE_OUT",
        "RESIZING",
        "REQUEUED",
    )
    + ("REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD", "POWER_UP_NODE")
)

_TIME = re.compile(
    r"(?:(?P<days>\d+)-(?P<h>\d+)(?::(?P<m>\d+)(?::(?P<s>\d+))?)?|(?P<first>\d+)(?::(?P<second>\d+)(?::(?P<third>\d+))?)?)\Z"
)


def seconds(text: str) -> float | None:
    """Give one of SLURM's times in seconds: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S; None if it is
    none, or without limit.
    """
    found = _TIME.match(text.strip())
    if found is None:
        return None
    if found["days"] is not None:
        days, hours, minutes, rest = (int(found[name] or 0) for name in ("days", "h", "m", "s"))
        total = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    else:
        parts = [
            int(found[name]) for name in ("first", "second", "third") if found[name] is not None
        ]
        total = (
            parts[0] * 60
            if len(parts) == 1
            else sum(part * 60**power for power, part in enumerate(reversed(parts)))
        )
    return float(total) or None
