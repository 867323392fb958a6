"""Where the configurations of campaigns differ: key by key, in all of them at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enchanted_tui.config.problems import ConfigError
from enchanted_tui.config.source import read_document
from enchanted_tui.config.tree import plain
from enchanted_tui.record.stored_configs import newest_config
from enchanted_tui.storage.layout import CampaignDirectory

_EVERYBODY_HAS = "supervisor.base_run_dir"  #: another one, which is no difference


@dataclass(frozen=True)
class KeyDifference:
    """A key of the configuration, and what it is in each campaign; None where it is not given."""

    key: str
    values: tuple[str | None, ...]


def configuration_text(root: Path) -> str | None:
    """Return the configuration that was in force last, as it is stored; None if there is none."""
    stored = newest_config(CampaignDirectory(root.resolve()))
    if stored is None:
        return None
    try:
        return stored.path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def configuration_differences(
    roots: Sequence[Path],
) -> tuple[tuple[KeyDifference, ...], tuple[str, ...]]:
    """Return the keys that are not the same in all campaigns, in their order, and a sentence for
    each configuration that cannot be read.
    """
    read: list[dict[str, str]] = []
    notes = []
    for root in roots:
        text = configuration_text(root)
        try:
            read.append({} if text is None else _values(text))
        except ConfigError as error:
            read.append({})
            notes.append(f"{root.name}: its configuration cannot be read: {_first_line(error)}")
        if text is None:
            notes.append(f"{root.name} has no configuration stored")
    keys = dict.fromkeys(key for values in read for key in values if key != _EVERYBODY_HAS)
    found = (KeyDifference(key, tuple(values.get(key) for values in read)) for key in keys)
    return tuple(one for one in found if len(set(one.values)) > 1), tuple(notes)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _values(text: str) -> dict[str, str]:
    document, _ = read_document(text, "the stored configuration")
    return dict(_leaves(plain(document.root), ""))


def _leaves(tree: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the value of what holds nothing further; short lists are values."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from _leaves(value, f"{key}.{name}" if key else str(name))
    elif isinstance(tree, list) and any(isinstance(item, dict | list) for item in tree):
        for number, value in enumerate(tree):
            yield from _leaves(value, f"{key}.{number}")
    else:
        yield (
            key,
            tree if isinstance(tree, str) else json.dumps(tree, default=str, ensure_ascii=False),
        )
