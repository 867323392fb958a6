"""Actions: campaign."""

from __future__ import annotations
