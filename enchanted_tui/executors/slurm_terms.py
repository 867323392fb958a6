"""What SLURM's own terms mean: the states of a job that has not ended, the reasons for which one
waits, and lengths of time.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

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


class PendingReason(NamedTuple):
    """A reason for which a job waits that does not pass by itself, or not soon."""

    pattern: str  #: that SLURM's word for it has in it
    meaning: str
    remedy: str = ""
    #: whether the job waits for ever; *at first*: only where no other job of the same kind has
    #: begun, since nodes that are down for a while, or a partition that is closed for maintenance,
    #: give the same reason
    hopeless: Literal["always", "at first", "no"] = "always"


PENDING_REASONS = (
    PendingReason(
        r"PartitionTimeLimit|WallDuration",
        "it asks for more time than is allowed",
        "lower sbatch: time (sinfo -o '%P %l' lists the limits)",
    ),
    PendingReason(
        r"PartitionNodeLimit",
        "it asks for more nodes than its partition gives to one job",
        "lower sbatch: nodes",
    ),
    PendingReason(
        r"BadConstraints",
        "no node has what it asks for",
        "correct constraint, gres, mem or cpus_per_task under sbatch",
    ),
    PendingReason(
        r"InvalidAccount|AccountNotAllowed",
        "its account may not be used here",
        "correct sbatch: account",
    ),
    PendingReason(
        r"InvalidQOS|QOSNotAllowed", "its qos may not be used here", "correct sbatch: qos"
    ),
    PendingReason(
        r"DependencyNeverSatisfied", "what it depends on has failed", "correct sbatch: dependency"
    ),
    PendingReason(
        r"(Max\w*(Cpu|Node|Mem|GRES|TRES)\w*PerJob)|ReservationDeleted",
        "it asks for more than is allowed",
        "ask for less under sbatch",
    ),
    PendingReason(
        r"PartitionConfig",
        "its partition has no such nodes",
        "ask for less under sbatch (ntasks, nodes, cpus_per_task, mem), or choose another"
        " partition",
        "at first",
    ),
    PendingReason(
        r"PartitionDown|PartitionInactive",
        "its partition is closed",
        "choose another one under sbatch: partition",
        "at first",
    ),
    PendingReason(
        r"AssocGrpCPUMinutesLimit", "the account has used up its core-hours", hopeless="no"
    ),
    PendingReason(r"AccountingPolicy", "the account's limits do not allow it", hopeless="no"),
    PendingReason(r"ReqNodeNotAvail", "the nodes are reserved or down", hopeless="no"),
)


def pending_reason(reason: str) -> PendingReason | None:
    """Return what SLURM's reason for a job that waits means; None if it is one that passes."""
    return next((each for each in PENDING_REASONS if re.search(each.pattern, reason)), None)


_TIME = re.compile(
    r"(?:(?P<days>\d+)-(?P<h>\d+)(?::(?P<m>\d+)(?::(?P<s>\d+))?)?"
    r"|(?P<first>\d+)(?::(?P<second>\d+)(?::(?P<third>\d+))?)?)\Z"
)


def seconds(text: str) -> float | None:
    """Return one of SLURM's times in seconds: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S; None if it
    is none, or without limit.
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
