from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.campaign import Campaign, campaigns_apart


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Give the contents of a campaign that nothing disturbs, by its configuration; each is run
    once.
    """
    found: dict[str, Any] = {}

    def run(config, *arguments):
        key = json.dumps([config, arguments])
        if key not in found:
            campaign = Campaign.apart(tmp_path_factory.mktemp("undisturbed"), config)
            campaign.complete(*arguments)
            campaign.wait_for_no_process()
            found[key] = campaign.contents()
        return found[key]

    return run


@pytest.fixture
def campaign(tmp_path):
    """Make campaigns, each in a directory of its own; whatever they leave running is ended with the
    test.
    """
    with campaigns_apart(tmp_path) as make:
        yield make
