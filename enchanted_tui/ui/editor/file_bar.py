"""The line above the text: which file, whether it is saved, how many problems, where the cursor
stands.
"""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from enchanted_tui.ui.glyphs import glyph


class FileBar(Widget):
    """One line, painted again only when it says something else."""

    DEFAULT_CSS = "FileBar { height: 1; background: $surface; }"

    def __init__(self) -> None:
        super().__init__()
        self._left: tuple[tuple[str, str], ...] = ()
        self._file, self._right = "", ""

    def show(
        self,
        *,
        name: str,
        is_modified: bool,
        changed_on_disk: bool,
        is_read_only: bool,
        problems: tuple[int, int] | None,
        is_judged: bool,
        is_current: bool,
        place: tuple[int, int],
        note: str,
    ) -> None:
        """Say how things stand; `problems` are errors and warnings of what `is_judged`, `place`
        counts from 1.
        """
        left = [("italic", "modified")] if is_modified else []
        left += [("reverse", "changed on disk")] if changed_on_disk else []
        left += [("reverse", "read-only")] if is_read_only else []
        left.append(
            _state_of_check(problems, is_current=is_current)
            if is_judged
            else ("italic", "no configuration")
        )
        left += [("italic", note)] if note else []
        right = f"line {place[0]}, column {place[1]} "
        if (name, tuple(left), right) != (self._file, self._left, self._right):
            self._file, self._left, self._right = name, tuple(left), right
            self.refresh()

    def render(self) -> Text:
        taken = sum(len(part) + 2 for _, part in self._left) + len(self._right) + 4
        text = (
            Text(" ", no_wrap=True, overflow="ellipsis")
            .append(_cut(self._file, self.size.width - taken), style="bold")
            .append("  ")
        )
        for style, part in self._left:
            text.append(part, style=self.app.theme_variables.get(style, style)).append("  ")
        text.truncate(max(0, self.size.width - len(self._right) - 1), overflow="ellipsis", pad=True)
        return text.append(" ").append(self._right)


def _cut(name: str, width: int) -> str:
    """Cut a path at its beginning, but never its last part altogether."""
    width = max(width, 12)
    return (
        name
        if len(name) <= width
        else glyph("ellipsis") + name[len(name) - width + len(glyph("ellipsis")) :]
    )


def _state_of_check(problems: tuple[int, int] | None, *, is_current: bool) -> tuple[str, str]:
    if problems is None or not is_current:
        return "italic", f"checking{glyph('ellipsis')}"
    errors, warnings = problems
    parts = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    if not parts:
        return "success", f"{glyph('ok')} valid"
    return (
        ("error", f"{glyph('failed')} {', '.join(parts)}")
        if errors
        else ("warning", f"{glyph('warning')} {parts[0]}")
    )
