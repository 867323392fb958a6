"""Where each value of a YAML text begins and ends, so that one can be replaced and all else stays,
byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from enchanted_tui.config.source import events


@dataclass
class TextSpan:
    """A value; offsets count characters of the text, and the end of a block is that of its last
    value, without the comments behind it.
    """

    start: int
    end: int
    kind: str  #: scalar, map, seq or alias
    column: int  #: of its first character, from 0
    is_flow: bool = False  #: in brackets; for a scalar: nothing
    is_block_text: bool = False  #: a text behind ``|`` or ``>``
    #: of a map: its keys, one for each value
    keys: list[TextSpan] = field(default_factory=list)
    values: list[TextSpan] = field(default_factory=list)
    anchor: str | None = None  #: its own, or the one that an alias names

    @property
    def is_shared(self) -> bool:
        """Whether others have a part in it: an alias, or what an anchor or merge key names."""
        return self.kind == "alias" or self.anchor is not None


def spans(text: str) -> TextSpan:
    """Return the value at the top of a text that is known to be readable."""
    walk = _Walk(text)
    return walk.document()


class _Walk:
    def __init__(self, text: str) -> None:
        self._text, self._events = text, events(text)

    def document(self) -> TextSpan:
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                return self._node(event)
        raise ValueError("there is no value in this text")

    def _node(self, event: Any) -> TextSpan:
        start, column, end = event.start_mark.index, event.start_mark.column, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            return TextSpan(start, end, "alias", column, anchor=event.anchor)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, start, column)
        is_map = isinstance(event, yaml.MappingStartEvent)
        found = TextSpan(
            start, start, "map" if is_map else "seq", column, bool(event.flow_style),
            anchor=event.anchor,
        )  # fmt: skip
        last: Any = event
        for last in self._events:
            if isinstance(last, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                break
            if is_map:
                found.keys.append(self._node(last))
                found.values.append(self._node(next(self._events)))
            else:
                found.values.append(self._node(last))
        if found.is_flow:
            found.end = _end_of(last)
        else:
            found.end = max(span.end for span in (*found.keys, *found.values))
        return found

    def _scalar(self, event: Any, start: int, column: int) -> TextSpan:
        end = event.end_mark.index
        is_block_text = event.style in ("|", ">")
        if is_block_text:  # ends before the line breaks that it may or may not keep
            end = start + len(self._text[start:end].rstrip())
        if not event.value and not event.style:  # nothing is written: it ends where it may begin
            end = start
        return TextSpan(
            start, end, "scalar", column, is_block_text=is_block_text, anchor=event.anchor
        )  # fmt: skip


def _end_of(event: Any) -> int:
    """Return where an event of the parser ends."""
    place: int = event.end_mark.index
    return place
