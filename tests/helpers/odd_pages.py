"""A campaign whose samples are out for trouble: names, values and messages that would be markup,
turn text around, betray paths or fill a page.
"""

from __future__ import annotations

from pathlib import Path

from helpers.surrogates import run_code

_CODE = r"""
import os

EVIL = "<script>document.title = 'hit'</script>"

def run(a, shape, b):
    if a > 0.7:
        raise RuntimeError(f"{EVIL} in {os.path.abspath(__file__)} -I/opt/code/include " + "x" * 5000)
    return {
        "height": 3 * a - b,
        "</title><img src=x onerror=alert(1)> $x^2": a * b,
        "label": EVIL if a < 0.2 else "\u202egnp.exe \x00 \u2028 \U0001f600 " + "y" * 100_000,
        "profile": [a, b, a + b],
        "success": True,
    }
"""
ODD_PARAMETERS = {
    "a": {"low": 0, "high": 1},
    "b": {"low": 1e-3, "high": 1e3, "scale": "log"},
    "shape": {"choice": ["<b>round", "D & C"]},
}


def odd_campaign(root: Path) -> Path:
    """Run it below a directory; return its run directory."""
    sampler = {"type": "SobolSequenceSampler", "parameters": ODD_PARAMETERS, "budget": 64}
    return run_code(root, _CODE, sampler, units={"height": "m", "a": "<i>"})
