"""Three themes of our own beside Textual's: dark, light, and one whose colours differ for the
colour-blind too.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="enchanted-dark",
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#7dcfff",
    foreground="#d5d9e8",
    background="#14161f",
    surface="#1c1f2b",
    panel="#272b3b",
    success="#8ccf6e",
    warning="#e5b567",
    error="#f7768e",
    dark=True,
)
LIGHT = Theme(
    name="enchanted-light",
    primary="#2050b0",
    secondary="#6a3fa0",
    accent="#00657f",
    foreground="#1d2330",
    background="#fbfbf8",
    surface="#f1f1ec",
    panel="#dfe1e4",
    success="#1f6b25",
    warning="#8a5200",
    error="#b01030",
    dark=False,
)
#: Okabe and Ito's palette (jfly.uni-koeln.de/color, 2008): distinct under protanopia, deuteranopia
#: and tritanopia.
SAFE = Theme(
    name="enchanted-safe",
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#f0e442",
    foreground="#e8e8e8",
    background="#101010",
    surface="#1a1a1a",
    panel="#2a2a2a",
    success="#56b4e9",
    warning="#f0e442",
    error="#e69f00",
    dark=True,
)
OWN = (DARK, LIGHT, SAFE)


def theme_names() -> tuple[str, ...]:
    """Return all themes, our own first."""
    return (
        *(theme.name for theme in OWN),
        *(name for name in BUILTIN_THEMES if name != "textual-ansi"),
    )
