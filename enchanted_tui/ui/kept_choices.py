"""What a person has chosen on a screen as plain data, and back again: it may come from a file that
an earlier version, or somebody by hand, has written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from enchanted_tui.journal_lines import TaskId

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from enchanted_tui.ui.widgets.table import VirtualTable

    Chosen = TypeVar("Chosen", bound=DataclassInstance)


def kept_row(table: VirtualTable) -> int | str | None:
    """Return what the row under the cursor is known by; None if nobody has put the cursor there."""
    key = table.cursor if table.moved or table.holds else None
    if table.awaited.key is not None:
        key = table.awaited.key
    if isinstance(key, TaskId):
        return key.name
    return key if isinstance(key, int | str) else None


def await_row(table: VirtualTable, kept: object, *, tasks: bool = False) -> None:
    """Have the cursor go to a row that `kept_row` gave, once there is one; `tasks`: rows are known
    by their tasks.
    """
    if tasks:
        kept = TaskId.named(kept) if isinstance(kept, str) else None
    table.awaited.key = kept if isinstance(kept, int | str | TaskId) else None


def kept_text(choices: Mapping[str, Any], name: str, allowed: Collection[str] | None = None) -> str:
    """Return a text that was kept; nothing where there is none, or none of those `allowed`."""
    value = choices.get(name)
    return value if isinstance(value, str) and (allowed is None or value in allowed) else ""


def kept_fields(before: Chosen, kept: object) -> Chosen:
    """Return a dataclass with those of its fields that were kept as values of the same type."""
    if not isinstance(kept, Mapping):
        return before
    found = {
        field.name: kept[field.name]
        for field in fields(before)
        if field.name in kept and type(kept[field.name]) is type(getattr(before, field.name))
    }
    return replace(before, **found)
