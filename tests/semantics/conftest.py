"""What the tests of whole campaigns share; helper modules beside this file are importable by name,
here and by the workers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign_harness import Campaign


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign below an empty working directory; see `campaign_harness.campaign_config` for what
    it runs unless told otherwise.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMANTICS_RUNS", str(tmp_path / "runs.log"))
    return Campaign(tmp_path)
