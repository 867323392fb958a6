"""Loggers of plugins."""

from __future__ import annotations

import logging


def get_logger(name: str) -> logging.Logger:
    """Return the logger of that name; whoever runs the plugin says where its messages go."""
    return logging.getLogger(name)
