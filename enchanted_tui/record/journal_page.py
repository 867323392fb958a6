"""Write the part of ``docs/journal.md`` that says what records hold, from their classes:
``python -m enchanted_tui.record.journal_page``.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints

from enchanted_tui.record.live import Job, Live, LiveNode, Worker
from enchanted_tui.record.records import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "journal.md"
_BEGIN = "<!-- made by python -m enchanted_tui.record.journal_page -->\n"
_END = "<!-- until here -->\n"
_COMMON = ("type", "v", "time", "crc")
_WIDTH = 100


def page(before: str) -> str:
    """Return the page whose text was `before`, with what records hold as it is now."""
    head, _, rest = before.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{''.join(_records())}{''.join(_live())}{_END}{tail}"


def _records() -> Iterator[str]:
    yield "## Record types\n\n"
    yield "Fields in italics may be missing, in records of earlier versions too.\n"
    for kind, record in KINDS.items():
        yield f"\n### `{kind}`\n\n{_text(record)}\n\n{_table(record)}"


def _live() -> Iterator[str]:
    yield f"\n## state/live.json\n\n{_text(Live)} Nothing depends on this file: it is written for\n"
    yield "viewers, at most once a second, and gone when the session has ended.\n\n"
    yield _table(Live)
    for each in (Worker, LiveNode, Job):
        yield f"\n{_text(each)}\n\n{_table(each)}"


def _text(record: type) -> str:
    return textwrap.fill(
        " ".join(str(inspect.getdoc(record)).split()),
        _WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(record: Any) -> str:
    lines = ["| field | meaning |", "|---|---|"]
    for name, hint in get_type_hints(record, include_extras=True).items():
        if record in KINDS.values() and name in _COMMON:
            continue
        optional = get_origin(hint) is NotRequired
        annotated = get_args(hint)[0] if optional else hint
        assert get_origin(annotated) is Annotated, (record, name)
        shown = f"*`{name}`*" if optional else f"`{name}`"
        lines.append(f"| {shown} | {get_args(annotated)[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
