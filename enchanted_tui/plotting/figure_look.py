"""How a figure looks that is to be published: size, resolution, labels, fonts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from enchanted_tui.errors import RefusedError
from enchanted_tui.plotting.plot_wanted import BY_FRONT, BY_NOTHING, BY_SUCCESS, PlotWanted
from enchanted_tui.suggestions import did_you_mean

FORMATS = (".pdf", ".svg", ".png")
_CM = 2.54
_SIZE = re.compile(r"\s*(\d+\.?\d*)\s*(?:x|by|,|\s)\s*(\d+\.?\d*)\s*(cm|in|mm)?\s*", re.IGNORECASE)
_PER_INCH = {"in": 1.0, "cm": _CM, "mm": 10 * _CM}
_SMALLEST, _LARGEST = 0.5, 60.0  #: inches
_DOTS = (20, 2400)
_POINTS = (2.0, 72.0)
_TEXTS = ("title", "x_label", "y_label", "colour_label")
MISSING = (
    "Figures are drawn by matplotlib, which is not installed here; install it with: pip install"
    " 'enchanted-tui[plot]'"
)


@dataclass(frozen=True)
class FigureLook:
    """An empty label is that of the column, with its unit."""

    width: float = 6.4  #: inches
    height: float = 4.4
    dpi: int = 300  #: of PNG files, and of what a PDF holds as an image
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    colour_label: str = ""
    colour_bar: bool = True  #: where a number is a colour
    font: str = ""  #: family; empty: matplotlib's sans-serif
    font_size: float = 10.0

    def settings(self) -> dict[str, Any]:
        """Return matplotlib's settings: texts in files stay texts, in fonts that others can edit;
        a dollar in a name begins no formula.
        """
        return {
            "text.parse_math": False,
            "font.family": [self.font, "sans-serif"] if self.font else ["sans-serif"],
            "font.size": self.font_size,
            "pdf.fonttype": 42,
            "svg.fonttype": "none",
            "axes.formatter.useoffset": False,
            "savefig.dpi": self.dpi,
        }


def is_installed() -> bool:
    """Tell whether figures can be drawn here; imports nothing."""
    return find_spec("matplotlib") is not None


def read_look(written: Mapping[str, str | None], *, colour_bar: bool = True) -> FigureLook:
    """Read what a person has written: ``size`` (``6.4x4.4``, ``16x11cm``), ``dpi``, ``font_size``
    and the texts of `FigureLook`; empty ones are as usual. Raises RefusedError with a sentence for
    each that cannot be read.
    """
    wrong: list[str] = []
    usual = FigureLook()
    size = _read_size(written.get("size"), usual, wrong)
    dpi = _number(written.get("dpi"), "--dpi", usual.dpi, *_DOTS, wrong)
    font_size = _number(written.get("font_size"), "--font-size", usual.font_size, *_POINTS, wrong)
    font = (written.get("font") or "").strip()
    if font and is_installed():
        wrong += _unknown_font(font)
    if wrong:
        raise RefusedError("\n".join(wrong))
    title, x_label, y_label, colour_label = ((written.get(name) or "").strip() for name in _TEXTS)
    return FigureLook(
        *size, int(dpi), title, x_label, y_label, colour_label, colour_bar, font, font_size
    )


def _read_size(text: str | None, usual: FigureLook, wrong: list[str]) -> tuple[float, float]:
    if not (text or "").strip():
        return usual.width, usual.height
    found = _SIZE.fullmatch(text or "")
    per_inch = _PER_INCH[(found[3] or "in").lower()] if found is not None else 1.0
    sides = [float(side) / per_inch for side in found.groups()[:2]] if found is not None else []
    if not sides:
        wrong.append(
            f"--size {text}: expected width and height in inches or with cm or mm, as in 6.4x4.4"
            " or 16x11cm"
        )
        return usual.width, usual.height
    if not all(_SMALLEST <= side <= _LARGEST for side in sides):
        wrong.append(
            f"--size {text}: a figure is {_SMALLEST:g} to {_LARGEST:g} inches wide and high"
        )
    return sides[0], sides[1]


def _number(
    text: str | None, option: str, usual: float, low: float, high: float, wrong: list[str]
) -> float:
    if not (text or "").strip():
        return usual
    try:
        found = float(text or "")
    except ValueError:
        found = float("nan")
    if not low <= found <= high:
        wrong.append(f"{option} {text}: expected a number from {low:g} to {high:g}")
        return usual
    return found


def _unknown_font(font: str) -> list[str]:
    from matplotlib.font_manager import get_font_names

    known = sorted({*get_font_names(), "serif", "sans-serif", "monospace", "cursive", "fantasy"})
    if font in known:
        return []
    hint = did_you_mean(font, known) or f"; there are {', '.join(known[:8])} and others"
    return [f"--font {font}: there is no such font here{hint}"]


def check_format(path: Path) -> None:
    """Raise RefusedError if the name of a file does not say which kind of figure it is."""
    if path.suffix.lower() not in FORMATS:
        raise RefusedError(
            f"{path.name}: a figure is written as {', '.join(FORMATS)}; end the name with one of"
            " these."
        )


# -- labels ----------------------------------------------------------------------------------------


def with_unit(name: str, units: Mapping[str, str]) -> str:
    """Return a column's name with its unit behind, if it has one."""
    return f"{name} ({units[name]})" if units.get(name) else name


def labels_of(wanted: PlotWanted, look: FigureLook, units: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a figure, ``title``, ``x_label``, ``y_label`` and ``colour_label``: those
    that somebody has given, else the columns' own.
    """
    own = _own_labels(wanted, units)
    return {name: getattr(look, name) or own.get(name, "") for name in _TEXTS}


def _own_labels(wanted: PlotWanted, units: Mapping[str, str]) -> dict[str, str]:
    x, y = with_unit(wanted.x, units), with_unit(wanted.y, units)
    colour = "" if wanted.colour in (BY_SUCCESS, BY_NOTHING, BY_FRONT) else wanted.colour
    aims = [with_unit(name, units) for name in wanted.objectives.objectives]
    return {
        "histogram": {"x_label": x, "y_label": "samples"},
        "scatter": {"x_label": x, "y_label": y, "colour_label": with_unit(colour, units)},
        "best": {"x_label": "finished samples", "y_label": y},
        "front": dict(zip(("x_label", "y_label"), aims, strict=False)),
        "density": {"x_label": x, "y_label": y, "colour_label": "samples"},
        "mean": {
            "x_label": x,
            "y_label": y,
            "colour_label": f"mean of {with_unit(wanted.value, units)}",
        },
        "errors": {"x_label": x, "y_label": y},
        "correlation": {"colour_label": "Spearman correlation"},
        "parallel": {"colour_label": with_unit(colour, units)},
        "timeline": {},
        "use": {},
    }[wanted.kind]
