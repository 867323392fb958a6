"""Failed and successful samples on one axis for each parameter, so that what they differ in is seen
at a glance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from rich.text import Text

from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.views.separation import TELLING, Separation, heights

_END = 10  # characters for either end of the range beside a strip, as in -1.234e-05
_LABEL = 8


def strip(values: Sequence[float], found: Separation, width: int) -> str:
    """Draw how values are spread over the common axis, one character a bin."""
    signs = " " + glyph("spark")
    return "".join(
        signs[height]
        for height in heights(values, found.span, width, logarithmic=found.logarithmic)
    )


def summary(found: Separation) -> str:
    """Say in words what a parameter has to do with the failures."""
    if not found.n_ok:
        return f"{found.name}: nothing has succeeded to compare with"
    if not found.can_tell:
        return (
            f"{found.name}: too few samples to tell ({found.n_failed:,} failed, {found.n_ok:,} ok)"
        )
    if found.score < TELLING:
        return f"{found.name}: does not tell them apart"
    if not found.tells:
        counts = f"{round(found.caught * found.n_failed):,} of {found.n_failed:,} failed"
        counts += f" and {round((1 - found.spared) * found.n_ok):,} of {found.n_ok:,} ok"
        return (
            f"{found.name}: may be chance, with so few samples ({found.condition()} holds for"
            f" {counts})"
        )
    failed = "all" if found.caught == 1 else f"{found.caught:.0%}"
    inside = 1 - found.spared
    ok = "none" if inside == 0 else "under 1%" if inside < 0.01 else f"{inside:.0%}"
    return f"{found.condition()}: {failed} of the failed, {ok} of the ok"


def separation_text(
    found: Separation,
    failed: Sequence[float],
    ok: Sequence[float],
    width: int,
    colours: Mapping[str, str],
) -> Text:
    """Return the summary, and below it both strips with their ranges; `width` is that of the
    longest line.
    """
    rows = (("failed", failed, found.failed_span, "error"), ("ok", ok, found.ok_span, "success"))
    ranges = max(2 * _END + len(_dots()), *(len(_range(span)) for _, _, span, _ in rows))
    room = max(10, width - _LABEL - ranges - 1)
    axis = " (log axis)" if found.logarithmic else ""
    said = "\n".join(wrap(summary(found) + axis, width, subsequent_indent=" "))
    text = Text(said + "\n", style="bold" if found.tells else "")
    for word, values, span, colour in rows:
        text.append(f" {word:<{_LABEL - 1}}", style="not bold")
        text.append(
            strip(values, found, room) if span else " " * room,
            style=f"not bold {colours.get(colour, '')}",
        )
        text.append(f" {_range(span)}\n", style="not bold")
    return text


def _range(span: tuple[float, float] | None) -> str:
    if span is None:
        return "-"
    low, high = (f"{end:.4g}" for end in span)
    return low if low == high else f"{low}{_dots()}{high}"


def _dots() -> str:
    return f" {glyph('ellipsis')} "
