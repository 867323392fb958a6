"""Fixtures of the executors' tests."""

from __future__ import annotations

import pytest

from helpers.campaign import campaigns_apart
from helpers.processes import TESTS


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    """Make campaigns, each in a directory of its own; whatever they leave running is ended with the
    test.
    """
    monkeypatch.setenv("PYTHONPATH", str(TESTS))  # for Dask workers that are there already
    with campaigns_apart(tmp_path) as make:
        yield make
