"""What plugins of Enchanted Surrogates import. Runs on workers: standard library only."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from enchanted_surrogates.utils.logger import get_logger

GROUPS = ("enchanted_surrogates.parsers", "enchanted_surrogates.runners")


def load_plugins() -> dict[str, Any]:
    """Return every plugin that is installed, by the name of its entry point; one that cannot be
    imported is logged and left out.
    """
    found = metadata.entry_points()
    plugins = {}
    for group in GROUPS:
        for point in (
            found.select(group=group) if hasattr(found, "select") else found.get(group, ())
        ):
            try:
                plugins[point.name] = point.load()
            # whatever a plugin raises while it is imported
            except Exception as error:  # noqa: BLE001
                get_logger(__name__).error(
                    "the plugin %r cannot be imported: %s", point.name, error
                )
    return plugins
