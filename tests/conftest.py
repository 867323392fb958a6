"""Options of the whole test suite."""

from __future__ import annotations

import os
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the program remembers between sessions out of the home directory of whoever runs the tests."""
    if "XDG_STATE_HOME" not in os.environ:
        directory = tempfile.TemporaryDirectory(prefix="enchanted-tui-tests-", ignore_cleanup_errors=True)
        os.environ["XDG_STATE_HOME"] = directory.name
        config.add_cleanup(directory.cleanup)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long fault and kill series too")
    parser.addoption("--update-snapshots", action="store_true", help="accept what the screens of the app show now")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="part of the long series; run with --full")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(skip)
