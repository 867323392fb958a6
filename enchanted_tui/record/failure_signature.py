"""What failures have in common: the message without what differs from sample to sample, and the
ranges of the parameters. The Failures screen groups by it, and the engine watches for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Kinds of failures that say nothing about the sample.
INFRASTRUCTURE = frozenset(("lost",))

_MAX_PATTERN = 300
# text, compiled when a sample first fails (re keeps what it has compiled): many starts see none
_PATH = r"(?<![\w<])(?:~|\.{0,2})?/[^\s'\",;:()\[\]]+"
_UUID = r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
_HEX = r"(?i)\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b"
#: drawn at random: long, and letters and digits take turns
_DRAWN = r"\b(?=(?:[A-Za-z]*\d+[A-Za-z]+){2})[A-Za-z0-9]{10,}\b"
_TASK_NAME = r"\bd\d+_b\d+_s\d+_r\d+\b"
_NUMBER = (
    r"(?<![A-Za-z_\d.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![A-Za-z_\d])"
    r"|(?<![A-Za-z_\d])[-+]?(?:nan|inf)\b"
)


def pattern_of(message: str) -> str:
    """Return a message with paths, identifiers, hexadecimal numbers, task names and numbers
    replaced by placeholders; its first line only.
    """
    first = next((line.strip() for line in message.splitlines() if line.strip()), "")[
        : 4 * _MAX_PATTERN
    ]
    for expression, placeholder in (
        (_TASK_NAME, "<task>"),
        (_UUID, "<uuid>"),
        (_PATH, "<path>"),
        (_HEX, "<hex>"),
        (_DRAWN, "<id>"),
        (_NUMBER, "<n>"),
    ):
        first = re.sub(expression, placeholder, first)
    return first[:_MAX_PATTERN]


def widen(ranges: dict[str, list[float]], params: Mapping[str, Any]) -> None:
    """Take the numbers among `params` into `ranges`, the least and the greatest of each."""
    for name, value in params.items():
        if type(value) not in (int, float) or value != value:
            continue
        known = ranges.get(name)
        if known is None:
            ranges[name] = [value, value]
        elif value < known[0]:
            known[0] = value
        elif value > known[1]:
            known[1] = value
