"""What the tests of whole campaigns share."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.campaign import Campaign


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign below an empty working directory; see `helpers.configs.campaign_config` for what
    it runs unless told otherwise.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMANTICS_RUNS", str(tmp_path / "runs.log"))
    return Campaign(tmp_path)
