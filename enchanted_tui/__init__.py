"""Run campaigns of simulations and collect one dataset for surrogate modelling.

Names are imported when first used, so that a worker that runs one task pays for nothing else.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_LAZY = {
    "Supervisor": "enchanted_tui.supervisor.supervisor",
    "load": "enchanted_tui.export.frame",
    "load_config": "enchanted_tui.config.loading",
}

__all__ = ["Supervisor", "__version__", "load", "load_config"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'enchanted_tui' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
