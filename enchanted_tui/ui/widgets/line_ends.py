"""What stands at the end of a line to type into, for the mouse: what Enter and Escape are for
keys.
"""

from __future__ import annotations

from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.line import Buttons


class LineEnds(Buttons):
    """Two words to click on, which take actions of what is around them: `take` and `leave`."""

    DEFAULT_CSS = "LineEnds { width: auto; padding: 0 1; background: $panel; }"

    def __init__(self, *, take: str = "", leave: str = "", word: str = "OK") -> None:
        """`word` is what a click on takes; without `take` there is none."""
        super().__init__()
        self._take, self._leave, self._word = take, leave, word

    def on_mount(self) -> None:
        parts = [(f"[{self._word}]", "bold", self._take), (" ", "", "")] if self._take else []
        tips = {self._leave: "Close, as Escape does."}
        tips |= {self._take: "Take what is typed, as Enter does."} if self._take else {}
        self.set([*parts, (f" {glyph('close')} ", "", self._leave)], tips)
        self.styles.width = len(self.text) + 2
