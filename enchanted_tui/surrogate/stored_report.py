"""What the model's file of a run directory says of the fit that made it; the model is not read."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy

from enchanted_tui.storage.layout import CampaignDirectory

#: what numpy raises of a file that is damaged, besides ValueError
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


def stored_report(root: Path) -> dict[str, Any] | None:
    """Return the report of the latest fit, as JSON; None if there is none that can be read."""
    try:
        with numpy.load(CampaignDirectory(root).surrogate, allow_pickle=False) as arrays:
            report = json.loads(arrays["about"].tobytes()).get("report")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, *DAMAGED):
        return None
    return report if isinstance(report, dict) and report.get("outputs") else None
