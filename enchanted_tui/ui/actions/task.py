"""Actions: task."""

from __future__ import annotations
