"""Whether an optional package is there."""

from __future__ import annotations

import importlib.util


def is_package_available(package_name: str) -> bool:
    """Tell whether a package or module could be imported; packages above it are imported to find
    out.
    """
    try:
        return importlib.util.find_spec(package_name) is not None
    except ModuleNotFoundError:
        return False
