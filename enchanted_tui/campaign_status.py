"""The words for how a campaign stands: whether a supervisor runs it, its phase, how its tasks
stand, and why its last session ended.

They are text, so files and JSON output hold them as they are. A journal may hold a reason of a
later version: it is compared, not converted.
"""

from __future__ import annotations

from enum import StrEnum


class Liveness(StrEnum):
    """Whether a supervisor runs a campaign, as its lock and heartbeat tell."""

    RUNNING = "running"
    NOT_RUNNING = "not running"
    #: held from another host whose heartbeat is not judged yet, or by a lock that cannot be read
    PERHAPS_RUNNING = "perhaps running"


class Phase(StrEnum):
    """How a campaign stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"  #: nothing new is begun; what runs may finish
    STOPPED = "stopped"  #: nobody runs it, and it has not run all that was asked for
    FINISHED = "finished"
    UNKNOWN = "unknown"  #: nobody can say yet whether it runs, or how it ended
    UNREAD = "unread"  #: in a list of runs: its record has still to be read

    @property
    def at_rest(self) -> bool:
        """Whether nobody runs it: nothing of it changes by itself."""
        return self in (Phase.STOPPED, Phase.FINISHED)

    @property
    def at_work(self) -> bool:
        """Whether a supervisor is known to run it."""
        return self in (Phase.RUNNING, Phase.PAUSED, Phase.STOPPING)


class TaskStatus(StrEnum):
    """How one of its tasks stands."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    WAITING = "waiting"  #: drawn, and not running yet as far as is known
    UNREADABLE = "unreadable"  #: it has ended, and its record cannot be read


class EndReason(StrEnum):
    """Why a session ended."""

    COMPLETED = "completed"
    ALL_FAILED = "all_failed"  #: all that was asked for has been run, and every sample failed
    STOP_WHEN = "stop_when"  #: a limit of `supervisor.stop_when` was reached
    DRAINED = "drained"
    ABORTED = "aborted"
    MAX_FAILURES = "max_failures"  #: more failed than `supervisor.max_failures` bears
    CANARY = "canary"  #: the first samples of a stage all failed
    BREAKER = "breaker"  #: one failure signature had taken over among the latest tasks
    MAX_FILES = "max_files"  #: there are as many files as `supervisor.max_files` allows
    MAX_CORE_HOURS = "max_core_hours"  #: nothing fits below `supervisor.max_core_hours` any more
    SAMPLER_FAILED = "sampler_failed"
    ENVIRONMENT = "environment"  #: disk full, no permission, directory taken over ...
    ADOPTED = "adopted"  #: no session: the older program's results were taken over


#: Reasons for which everything that was asked for has been run.
RAN_EVERYTHING = frozenset((EndReason.COMPLETED, EndReason.ALL_FAILED))
