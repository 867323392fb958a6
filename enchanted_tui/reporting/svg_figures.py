"""matplotlib's figures as SVG within a page: colours are the page's, texts stay texts, and the same
numbers give the same picture.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import quoteattr

from markupsafe import Markup

from enchanted_tui.comparison.figures import figure_of
from enchanted_tui.warning_filters import no_warnings

#: Colours that stand for those of the page, which are others by day and by night.
INK, GRID = "#010203", "#040506"
OK, FAILED = "#0a72b2", "#d55e0a"
_OF_THE_PAGE = {INK: "--ink", GRID: "--line", OK: "--ok", FAILED: "--failed"}
_SETTINGS = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": "small",
    "grid.color": GRID,
    "axes.formatter.useoffset": False,
}
_IDENTIFIER = re.compile(r'\sid="([^"]*)"')
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]*)')


def svg(name: str, title: str, size: tuple[float, float], draw: Callable[[Any], None]) -> Markup:
    """Return a figure of so many inches. `name` is another one for each figure of a page, `title`
    what is read to whoever does not see it; `draw` is given matplotlib's axes. Raises
    EnvironmentProblem without matplotlib.
    """
    # a font lacks a sign; the page's has it, or shows a box
    with figure_of(size, **_SETTINGS, **{"svg.hashsalt": name}) as figure, no_warnings():
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(
            file,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    return Markup(_inline(file.getvalue(), name, title))  # noqa: S704 - matplotlib escapes texts


def _inline(text: str, name: str, title: str) -> str:
    """Return what an SVG file holds, as an element of a page."""
    text = text[text.index("<svg") :]
    box = re.search(r'viewBox="[^"]*"', text)
    body = text[text.index(">", text.index("viewBox")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    used = set(_REFERENCE.findall(body))
    body = _IDENTIFIER.sub(
        lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body
    )
    body = _REFERENCE.sub(lambda found: found[0].replace("#", f"#{name}-"), body)
    for colour, of_page in _OF_THE_PAGE.items():
        body = body.replace(colour, f"var({of_page})")
    view = box[0] if box is not None else ""
    return f'<svg {view} role="img" aria-label={quoteattr(title)}>{body}'
