"""What stands above the panes of the monitor: how far, how fast, with what, and why nothing happens. Texts only; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from enchanted_tui.ui import formats
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Callable

    from enchanted_tui.supervisor.snapshot import StageSummary
    from enchanted_tui.supervisor.viewing import View

    Colour = Callable[[str], str]

_SEPARATOR = "   "


def outcome(succeeded: int, failed: int, colour: Colour) -> Text:
    """Give successes and failures, in words and signs."""
    text = Text().append(f"{glyph('ok')} {succeeded:,} ok", style=colour("success"))
    text.append(f"  {glyph('failed')} {failed:,} failed", style=colour("error") if failed else "dim")
    if failed and succeeded + failed:
        text.append(f"  ({100 * succeeded / (succeeded + failed):.1f}% ok)")
    return text


def stage_label(stage: StageSummary, count: int) -> str:
    """Name a stage by its place, its sampler and its runners."""
    return f"stage {stage.depth + 1}/{count} {stage.sampler} {glyph('arrow')} {', '.join(stage.runners)}"


def stage_beside(stage: StageSummary) -> str:
    """Say what the stage's bar does not: batches, steps, and how much of the budget is drawn."""
    parts = [f"{stage.batches_done}/{stage.batches} batches complete"]
    if len(stage.runners) > 1:
        parts.append("steps " + "/".join(f"{done:,}" for done in stage.step_done))
    if stage.drawn < stage.target:
        parts.append(f"budget {stage.drawn:,}/{stage.target:,}")
    return ", ".join(parts)


def pace(view: View, width: int, colour: Colour) -> Text:
    """Give rate with its course, the time it will still take with its uncertainty, and the time it has taken."""
    taken = view.snapshot
    average = taken.tasks_done / taken.elapsed if taken.rate is None and taken.elapsed > 0 and taken.mode == "fresh" else None
    text = Text(f"rate {formats.rate(taken.rate or average)}{' on average' if average else ''} ")
    room = max(0, min(len(view.rates), width - 62))
    if room >= 6 and any(view.rates):
        text.append(sparkline(view.rates, room), style=colour("accent"))
        text.append(f" {formats.short_span(view.rate_width)} each", style="dim")
    if view.liveness == "running":
        bounds = formats.between(view.eta_low, view.eta_high)
        remaining = formats.short_span(taken.eta) if taken.eta is not None else f"about {bounds}" if bounds else "unknown"
        text.append(f"{_SEPARATOR}eta {remaining}")
        if bounds and taken.eta is not None:
            text.append(f" ({bounds})")
    if taken.session_pid:
        text.append(f"{_SEPARATOR}elapsed {formats.span(taken.elapsed)}")
    if taken.mean_runtime is not None:
        text.append(f"{_SEPARATOR}{formats.span(taken.mean_runtime)} a task")
    return text


def resources(view: View, used: tuple[int, int, bool] | None) -> Text:
    """Give workers, core-hours, and what is on disk; `used` is the number of files and bytes if they have been counted."""
    taken = view.snapshot
    parts = []
    if view.live is not None:
        total = view.live.get("n_workers", len(view.workers))
        parts.append(f"workers {len(view.running)}/{total} busy")
    expected = taken.mean_runtime * taken.tasks_expected if taken.mean_runtime is not None else None
    if expected is not None:
        rest = f" of about {formats.core_time(max(expected, taken.core_seconds))}" if taken.tasks_done < taken.tasks_expected else " used"
        parts.append(f"{formats.core_time(taken.core_seconds)}{rest}")
    granted = float(view.live.get("core_hours", 0.0)) if view.live is not None else 0.0
    if granted:
        parts.append(f"{formats.core_time(3_600 * granted)} of jobs")
    if used is not None:
        count, bytes_used, whole = used
        parts.append(f"{'' if whole else 'more than '}{count:,} files, {formats.size(bytes_used)}")
    else:
        parts.append(f"main files {formats.size(sum(file.size for file in view.files))}")
    parts.append(f"{formats.size(view.disk_free)} free")
    return Text(_SEPARATOR.join(parts))


def reason(view: View, colour: Colour) -> Text:
    """Give the line that says why nothing happens, or else what should be known: damage, kinds of failures."""
    if view.reading < 1:
        return Text(f"{glyph('ellipsis')} reading the journal: {100 * view.reading:.0f}%; the numbers are those of its beginning")
    text = Text()
    if view.damage:
        more = f" (and {len(view.damage) - 1} more)" if len(view.damage) > 1 else ""
        text.append(f"{glyph('warning')} {view.damage[0]}{more}  ", style=colour("warning"))
    if view.why:
        sign = glyph("bullet") if view.liveness == "finished" else glyph("warning")
        return text.append(f"{sign} {view.why}", style="" if view.liveness == "finished" else colour("warning"))
    if view.snapshot.failure_kinds:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in view.snapshot.failure_kinds)
        text.append(f"{glyph('failed')} failures: {kinds}", style="dim")
    return text
