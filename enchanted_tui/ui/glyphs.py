"""Signs for states and trends, in Unicode or ASCII. A sign stands beside its word: neither colour
nor shape carries a state alone.
"""

from __future__ import annotations

import codecs
import locale
import os
from typing import Final

_GLYPHS: Final[dict[str, tuple[str, str]]] = {
    "ok": ("✓", "+"),
    "failed": ("✗", "x"),
    "running": ("●", "*"),
    "waiting": ("○", "o"),
    "paused": ("‖", "="),
    "stopping": ("◌", "~"),
    "stopped": ("■", "#"),
    "finished": ("✓", "+"),
    "unknown": ("?", "?"),
    "unread": ("○", "o"),
    "older": ("◇", "@"),
    "marked": ("◆", "*"),
    "heart": ("♥", "*"),
    "heart_off": ("♡", " "),
    "frozen": ("❄", "F"),
    "warning": ("▲", "!"),
    "up": ("▲", "^"),
    "down": ("▼", "v"),
    "right": ("▸", ">"),
    "left": ("◂", "<"),
    "bullet": ("•", "-"),
    "dot": ("·", "-"),
    "point": ("●", "o"),
    "arrow": ("→", "->"),
    "close": ("✕", "x"),
    "menu": ("≡", "="),
    "ellipsis": ("…", "..."),
    "bar": ("█", "#"),
    "bar_empty": ("░", "."),
    "spark": ("▁▂▃▄▅▆▇█", "_.,-=+*#"),
    "eighths": (" ▏▎▍▌▋▊▉█", " -------#"),
    "vertical": ("│", "|"),
    "horizontal": ("─", "-"),
}

_ascii = False


def use_ascii(wanted: bool | None) -> None:
    """Choose ASCII signs, Unicode ones, or (None) what the terminal's encoding can show."""
    global _ascii
    _ascii = _needs_ascii() if wanted is None else wanted


def is_ascii() -> bool:
    """Tell whether ASCII signs are in use."""
    return _ascii


def glyph(name: str) -> str:
    """Return the sign called `name`."""
    return _GLYPHS[name][_ascii]


def spelled(text: str) -> str:
    """Return a text of ours with the sign for "and more is asked" as it can be shown."""
    return text.replace(_GLYPHS["ellipsis"][False], glyph("ellipsis"))


def names() -> tuple[str, ...]:
    """Return the names of all signs."""
    return tuple(_GLYPHS)


def _needs_ascii() -> bool:
    """Tell whether the terminal cannot show more: by its encoding, or because it is the console of
    the kernel.
    """
    if os.environ.get("TERM") in ("linux", "vt100", "vt220", "dumb"):
        return True
    written = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    if written.partition(".")[0] in ("C", "POSIX", ""):
        # what Python makes of it says nothing about the terminal
        return "utf" not in written.lower()
    try:
        return (
            codecs.lookup(
                written.partition(".")[2].partition("@")[0] or locale.getpreferredencoding(False)
            ).name
            != "utf-8"
        )
    except LookupError:
        return True
