"""What people call a run: tags and a note, in a small file beside its record. Nobody but people
reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from enchanted_tui.whole_files import write_atomically

_TAG = re.compile(r"[^\s,;-](?:[^\s,;]*[^\s,;-])?\Z")
_LONGEST_TAG, _LONGEST_NOTE = 40, 2_000  #: characters


@dataclass(frozen=True)
class Labels:
    """Tags, in the order in which they were given, and a note."""

    tags: tuple[str, ...] = ()
    note: str = ""

    def with_tags(self, words: Iterable[str]) -> Labels:
        """Return them with other tags: a word adds one, a word with a minus behind it takes one
        away. Raises ValueError, with a sentence, for what is no tag.
        """
        tags = list(self.tags)
        for word in words:
            tag = word.removesuffix("-")
            if not _TAG.match(tag) or not tag.isprintable() or len(tag) > _LONGEST_TAG:
                raise ValueError(
                    f"{word!r} is no tag: a tag is one word of at most {_LONGEST_TAG} characters,"
                    " without commas; a minus behind it takes it away."
                )
            if word.endswith("-"):
                tags = [one for one in tags if one != tag]
            elif tag not in tags:
                tags.append(tag)
        return Labels(tuple(tags), self.note)

    def with_note(self, note: str) -> Labels:
        """Return them with another note; an empty one takes it away. Raises ValueError, with a
        sentence, for one that is too long.
        """
        note = " ".join(note.split())
        if len(note) > _LONGEST_NOTE:
            raise ValueError(
                f"The note has {len(note):,} characters; {_LONGEST_NOTE:,} are the most."
            )
        return Labels(self.tags, note)


def words_of(text: str) -> list[str]:
    """Return the tags of a text, which stand between blanks or commas."""
    return [word for word in re.split(r"[\s,;]+", text) if word]


def read_labels(path: Path) -> Labels:
    """Return what a file holds; nothing where there is none, or none that can be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Labels()
    if not isinstance(content, dict):
        return Labels()
    tags, note = content.get("tags"), content.get("note")
    kept = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Labels(tuple(kept), note if isinstance(note, str) else "")


def write_labels(path: Path, labels: Labels) -> None:
    """Write the file anew. Raises OSError."""
    write_atomically(path, json.dumps(asdict(labels), indent=1, ensure_ascii=False) + "\n")
