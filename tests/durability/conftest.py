from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # helpers of these tests are importable by name

from campaigns import Campaign


@pytest.fixture
def campaign(tmp_path):
    """Make campaigns, each in a directory of its own; whatever they leave running is ended with the
    test.
    """
    with contextlib.ExitStack() as ends:

        def make(config, name="case"):
            made = Campaign(tmp_path / name, config)
            ends.callback(made.end_processes)
            return made

        yield make
