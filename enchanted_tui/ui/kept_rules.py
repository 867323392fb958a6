"""The stylesheet of the app, which keeps what it has parsed.

Textual parses all of its style sheets anew whenever a widget of another class is shown for the
first time, and remembers the last 64 of them. This app has more, and they come round in order, so
that none was ever remembered: the first dialog or screen of each kind came a tenth of a second
late.
"""

from __future__ import annotations

from typing import ClassVar

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_SOURCES = 1_000  #: more than there are
_THEMES = 4  #: of which rules are kept: going back to a theme takes no second

_Parsed = LRUCache[tuple[object, ...], list[RuleSet]]


class KeptRules(Stylesheet):
    """A stylesheet that parses each source once for each theme."""

    _by_variables: ClassVar[LRUCache[frozenset[tuple[str, str]], _Parsed]] = LRUCache(_THEMES)

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._take_cache()

    def set_variables(self, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(1)  # what was kept of the theme before stays
        super().set_variables(variables)
        self._take_cache()

    def reparse(self) -> None:
        """Parse what has not been parsed with these variables; rules change when all is parsed."""
        self.parse()

    def _take_cache(self) -> None:
        """Parse into what is kept for the present variables."""
        key = frozenset(self._variables.items())
        kept = self._by_variables.get(key)
        if kept is None:
            kept = LRUCache(_SOURCES)
            self._by_variables[key] = kept
        self._parse_cache = kept
