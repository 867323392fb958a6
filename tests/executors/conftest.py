"""Fixtures of the executors' tests."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for helpers in (HERE, HERE.parent / "durability"):  # their helpers are importable by name
    sys.path.insert(0, str(helpers))


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    """Make campaigns, each in a directory of its own; whatever they leave running is ended with the
    test.
    """
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    from campaigns import Campaign

    with contextlib.ExitStack() as ends:

        def make(config, name="case"):
            made = Campaign(tmp_path / name, config)
            ends.callback(made.end_processes)
            return made

        yield make
