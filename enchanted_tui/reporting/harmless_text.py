"""Text of samples, made fit for a page: whatever it holds, it is only text, of bounded length, and
says nothing of where its user's files lie, nor what is a secret.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from enchanted_tui.privacy import PathShortener, masked
from enchanted_tui.visible_text import visible

MOST = 400  #: characters of a text; more are cut
_LONG = 60_000  #: of a configuration


class Harmless:
    """Makes texts harmless, with the paths in them as a shortener says; None leaves them."""

    def __init__(self, shortener: PathShortener | None) -> None:
        self._shortener = shortener

    def __call__(self, value: Any) -> Any:
        """Return a value of the page as text; what is markup already is left alone."""
        return value if isinstance(value, Markup) else self.text(str(value))

    def text(self, text: str, most: int = MOST) -> str:
        """Return a text, at most so many characters and a word on how many there were."""
        length = len(text)
        text = masked(text[: 4 * most])
        if self._shortener is not None:
            text = self._shortener.text(text)
        shown = visible(text[:most])
        return shown if length <= most else f"{shown} … ({length:,} characters)"

    def whole(self, text: str) -> str:
        """Return a text of many lines, such as a configuration."""
        return self.text(text, _LONG)
