"""The command line as a user to whom permissions apply, also where root runs the tests."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from helpers.campaign import Campaign
from helpers.processes import Finished, finish

_WITHOUT_PRIVILEGE = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search,-fowner",
    "--inh-caps=-dac_override,-dac_read_search,-fowner",
)


def as_somebody(campaign: Campaign, *arguments: str) -> Finished:
    """Run the command line as a user to whom permissions apply."""
    if os.geteuid() != 0:
        return campaign.command(*arguments)
    if shutil.which("setpriv") is None:
        pytest.skip("root cannot give up its privileges here")
    launcher = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
    return finish(
        campaign.start(
            *_WITHOUT_PRIVILEGE,
            sys.executable,
            "-m",
            "enchanted_tui",
            *arguments,
            program=("-c", launcher),
        )
    )
