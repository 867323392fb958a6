"""Actions: results."""

from __future__ import annotations
