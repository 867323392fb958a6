"""What people are told where everything fails and the campaign has been paused for it."""

from __future__ import annotations

from collections.abc import Mapping

from enchanted_tui.record.records import GuardRecord

_MOST_NAMED = 4  #: parameters or hosts
_ALIKE = 0.95  #: of the failed tasks: they are alike
_MOST_SIGNATURE = 160  #: characters


def what_happened(record: GuardRecord, *, stages: int, messages: int) -> str:
    """Return the sentence with the signature, what the failed tasks share and where they ran;
    `messages`: how many signatures they have.
    """
    step = f", step {record['step']}" if record["step"] else ""
    where = f" of stage {record['depth'] + 1}/{stages}{step}" if stages > 1 or step else ""
    of_all = f"{record['count']} of {record['failed']}"
    if record["rule"] == "canary":
        begun = f"all of the first {record['failed']} samples{where} failed (canary)"
    elif messages > 1 and record["count"] < _ALIKE * record["failed"]:
        begun = (
            f"the latest {record['failed']} tasks{where} all failed with {messages} different"
            " messages, and none has ever succeeded (breaker); most often"
        )
    else:
        begun = f"the latest tasks{where} all failed alike, {record['failed']} of them (breaker)"
    signature = _shortened(record["signature"]) or "no message"
    alike = "" if record["count"] == record["failed"] else f" ({of_all})"
    facts = [f"{record['cause']}, {', '.join(record['kinds'])}"]
    facts += [
        f"{name} {low:.4g}" + (f" to {high:.4g}" if low != high else "")
        for name, (low, high) in list(record["ranges"].items())[:_MOST_NAMED]
    ]
    facts.append(f"on {_hosts(record['hosts'])}")
    return f"{begun}: {signature}{alike} [{'; '.join(facts)}]"


def remedy(record: GuardRecord) -> str:
    """Return what to do, for whoever finds the campaign stopped."""
    cause = (
        "Look at the hosts and jobs" if record["cause"] == "infrastructure" else "Correct the cause"
    )
    return (
        f"{cause} and go on with --run-mode resume, or with --retry-failed, which runs the failed"
        f" samples again too; supervisor.{record['rule']}: false lets the campaign go on whatever"
        " fails"
    )


def _hosts(hosts: Mapping[str, int]) -> str:
    named = list(hosts)[:_MOST_NAMED]
    more = len(hosts) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SIGNATURE else text[: _MOST_SIGNATURE - 3] + "..."
