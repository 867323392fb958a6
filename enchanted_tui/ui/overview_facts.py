"""What stands above the panes of the monitor: how far, how fast, with what, and why nothing
happens. Texts only; no widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.durations import between, core_time, duration, rough_duration, whole_duration
from enchanted_tui.record import forecast, resource_use
from enchanted_tui.record.node_use import busy_cores
from enchanted_tui.ui import formats
from enchanted_tui.ui.facts_in_line import Fact, fit
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from enchanted_tui.record.forecast import Forecast
    from enchanted_tui.record.snapshot import StageSummary
    from enchanted_tui.views.viewing import View

    Colour = Callable[[str], str]

_SEPARATOR = "   "


def outcome(succeeded: int, failed: int, colour: Colour) -> list[Text]:
    """Return successes and failures, in words and signs, and the share of the former, which can be
    left out.
    """
    text = Text().append(f"{glyph('ok')} {succeeded:,} ok", style=colour("success"))
    text.append(
        f"  {glyph('failed')} {failed:,} failed", style=colour("error") if failed else "dim"
    )
    share = f"({100 * succeeded / (succeeded + failed):.1f}% ok)" if failed else ""
    return [text, Text(share)] if share else [text]


def stage_label(stage: StageSummary, count: int) -> str:
    """Name a stage by its place, its sampler and its runners."""
    return (
        f"stage {stage.depth + 1}/{count} {stage.sampler} {glyph('arrow')}"
        f" {', '.join(stage.runners)}"
    )


def stage_beside(stage: StageSummary) -> list[Text]:
    """Say what the stage's bar does not: batches, steps, and how much of the budget is drawn."""
    if not stage.batches:
        return [Text("not begun")]
    parts = [
        f"{stage.batches_done:,}/{stage.batches:,} {'batch' if stage.batches == 1 else 'batches'}"
        " complete"
    ]
    if len(stage.runners) > 1:
        parts.append("steps " + "/".join(f"{done:,}" for done in stage.step_done))
    if stage.drawn < stage.target:
        parts.append(f"budget {stage.drawn:,}/{stage.target:,}")
    return [Text(part) for part in parts]


def pace(view: View, width: int, colour: Colour) -> Text:
    """Return rate with its course, the time it will still take with its uncertainty, and the time
    it has taken.
    """
    taken = view.snapshot
    average = (
        taken.tasks_done / taken.elapsed
        if taken.rate is None and taken.elapsed > 0 and taken.mode == "fresh"
        else None
    )
    known = taken.rate or average
    words = formats.rate(known) if known or view.liveness is Liveness.RUNNING else ""
    facts = [Fact(Text(f"rate {words}{' on average' if average else ''}".rstrip()))]
    if view.liveness is Liveness.RUNNING and not view.doing:
        facts.append(_remaining(view))
    if taken.session_pid:
        facts.append(Fact(Text(f"{_elapsed_word(view)} {whole_duration(taken.elapsed)}"), 2))
    if taken.mean_runtime is not None:
        facts.append(Fact(Text(f"{duration(taken.mean_runtime)} a task"), 3))
    line = fit(facts, width, _SEPARATOR)
    each = f" {rough_duration(view.rate_width)} each"
    room = min(len(view.rates), width - line.cell_len - len(each) - 1)
    if room >= 6 and any(view.rates):  # what has ended has a course, and no rate any more
        course = (
            Text(" ")
            .append(sparkline(view.rates, room), style=colour("accent"))
            .append(each, style="dim")
        )
        line = fit([Fact(facts[0].text + course), *facts[1:]], width, _SEPARATOR)
    return line


def _elapsed_word(view: View) -> str:
    """Say since when the time is counted: of a campaign that was resumed it is that of one session,
    not of all that was done.
    """
    if view.snapshot.sessions <= 1:
        return "elapsed"
    return "last session" if view.phase.at_rest else "this session"


def _remaining(view: View) -> Fact:
    """Say how long it will still take, between which bounds."""
    taken = view.snapshot
    eta, bounds = taken.eta, between(view.eta_low, view.eta_high)
    if taken.cost is not None and taken.cost.overdue:
        return Fact(Text(taken.left_words), 1)
    if eta is None:
        return Fact(Text(f"eta about {bounds}" if bounds else "eta unknown"), 1)
    return Fact(Text(f"eta {rough_duration(eta)}{f' ({bounds})' if bounds else ''}"), 1)


def resources(view: View, used: tuple[int, int, bool] | None, width: int = 0) -> Text:
    """Return workers, core-hours, how much of the memory that was asked for has been used at most,
    and what is on disk; `used` is the number of files and bytes if
    they have been counted.
    """
    taken = view.snapshot
    facts = []
    if view.live is not None:
        total = view.live.get("n_workers", len(view.workers))
        facts.append(_fact(f"workers {len(view.running):,}/{total:,} busy", 0))
        if busy := busy_cores(view.live):
            facts.append(_fact(busy, 2))
    if taken.cost is not None and (cost := _core_hours(taken.cost)):
        facts.append(_fact(cost, 1))
    memory = (
        resource_use.most_of_what_was_asked(taken.use),
        resource_use.again_words(taken.given_more_memory),
    )
    if any(memory):
        facts.append(_fact(f"memory {', '.join(filter(None, memory))}", 2))
    granted = float(view.live.get("core_hours", 0.0)) if view.live is not None else 0.0
    if granted:
        facts.append(_fact(_of_jobs(granted, view.live), 2))
    if used is not None:
        count, bytes_used, whole = used
        facts.append(
            _fact(
                f"{'' if whole else 'more than '}{count:,} {'file' if count == 1 else 'files'},"
                f" {formats.size(bytes_used)}",
                3,
            )
        )
    else:
        if view.live is not None and (of_samples := view.live.get("files", {})).get("files"):
            facts.append(
                _fact(
                    f"{of_samples['files']:.3g} files a sample, {of_samples['at_end']:,} at the"
                    " end",
                    3,
                )
            )
        if view.files:
            facts.append(
                _fact(f"own files {formats.size(sum(file.size for file in view.files))}", 4)
            )
    facts.append(_fact(f"{formats.size(view.disk_free)} free", 3))
    return fit(facts, width, _SEPARATOR)


def _of_jobs(hours: float, live: Mapping[str, Any] | None) -> str:
    """Return what jobs have held, and which part of it no task has used."""
    idle = (live or {}).get("idle_share")
    return f"{core_time(3_600 * hours)} of jobs" + (f", {100 * idle:.0f}% idle" if idle else "")


def _core_hours(cost: Forecast) -> str:
    """Return what has been held, of how much if that is limited, and what it will come to."""
    if cost.max_core_hours is not None:
        return f"core-hours: {forecast.words(cost)}"
    if cost.core_hours_at_end is None:
        return ""
    at_end = 3_600 * cost.core_hours_at_end if cost.tasks_left else None
    return _core_time(3_600 * cost.core_hours, at_end)


def _core_time(used: float, expected: float | None) -> str:
    """Return the computing time used, of how much if that is not all; a unit that both have
    once.
    """
    so_far = core_time(used)
    if expected is None:
        return f"{so_far} used"
    in_all = core_time(max(expected, used))
    number, unit = so_far.split()
    return f"{number if unit == in_all.split()[1] else so_far} of ~{in_all}"


def _fact(words: str, rank: int) -> Fact:
    return Fact(Text(words), rank)


def reason(view: View, colour: Colour) -> Text:
    """Return the line that says why nothing happens, or else what should be known: damage, kinds of
    failures.
    """
    if view.reading < 1:
        return Text(
            f"{glyph('ellipsis')} reading the journal: {100 * view.reading:.0f}%; the numbers are"
            " those of its beginning"
        )
    text = Text()
    if view.damage:
        more = f" (and {len(view.damage) - 1} more)" if len(view.damage) > 1 else ""
        text.append(f"{glyph('warning')} {view.damage[0]}{more}  ", style=colour("warning"))
    if view.waiting_words:
        text.append(f"{glyph('bullet')} {view.waiting_words}  ")
    if view.why:
        if view.phase is Phase.FINISHED:
            return text.append(f"{glyph('bullet')} {view.why}")
        return text.append(f"{glyph('warning')} {view.why}", style=colour("warning"))
    if view.snapshot.failure_kinds:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in view.snapshot.failure_kinds)
        text.append(f"{glyph('failed')} failures: {kinds}", style="dim")
    return text
