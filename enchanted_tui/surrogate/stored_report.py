"""What the model's file of a run directory says of the fit that made it; the model is not read."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.surrogate.fit_text import as_text

#: what numpy raises of a file that is damaged, besides ValueError
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, MemoryError)
_WRONG = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def stored_report(root: Path) -> dict[str, Any] | None:
    """Return the report of the latest fit, as JSON; None if there is none that can be read."""
    try:
        with numpy.load(CampaignDirectory(root).surrogate, allow_pickle=False) as arrays:
            report = json.loads(arrays["about"].tobytes()).get("report")
        return report if report["outputs"] and _can_be_shown(report) else None
    except (*_WRONG, RuntimeError, *DAMAGED):
        return None


def _can_be_shown(report: Mapping[str, Any]) -> bool:
    """Tell whether all is there that text and charts need, or raise what they would."""
    as_text(report)
    for one in report["outputs"]:
        numbers = [one["parity"]["value"], one["parity"]["predicted"]]
        if one["forecast"] is not None:
            numbers.append([one["forecast"][key] for key in ("samples", "low", "rmse", "high")])
        for some in numbers:
            numpy.asarray(some, dtype=float)
        if len(numbers[0]) != len(numbers[1]):
            return False
    return True
