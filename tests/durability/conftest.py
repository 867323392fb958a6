from __future__ import annotations

import pytest

from helpers.campaign import campaigns_apart


@pytest.fixture
def campaign(tmp_path):
    """Make campaigns, each in a directory of its own; whatever they leave running is ended with the
    test.
    """
    with campaigns_apart(tmp_path) as make:
        yield make
