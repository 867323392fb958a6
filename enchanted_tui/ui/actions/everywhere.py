"""Actions: everywhere."""

from __future__ import annotations
