"""The same as `values.encode` and `values.decode`, several times faster where msgspec is installed:
for whoever does it for every task. Inside SLURM jobs there may be the standard library alone.

What msgspec would write or read differently (NaN, which it writes as null; text beyond ASCII;
tagged values) goes through `values`.
"""

from __future__ import annotations

from typing import Any

from enchanted_tui import values

try:
    import msgspec
except ImportError:

    def encode(value: Any) -> bytes:
        """Return `value` as one line of ASCII JSON. Raises ValueError for a value that contains
        itself.
        """
        return values.encode(value).encode("ascii")

    def decode(line: bytes) -> Any:
        """Return what `encode` was given. Raises ValueError if the line is no JSON."""
        return values.decode(line)

else:
    _encode = msgspec.json.encode
    _decode = msgspec.json.decode

    def encode(value: Any) -> bytes:
        """Return `value` as one line of ASCII JSON. Raises ValueError for a value that contains
        itself.
        """
        try:
            data = _encode(values.to_json(value))
        except (UnicodeEncodeError, RecursionError):
            return values.encode(value).encode("ascii")
        if b"null" in data or not data.isascii():
            return values.encode(value).encode("ascii")
        return data

    def decode(line: bytes) -> Any:
        """Return what `encode` was given. Raises ValueError if the line is no JSON."""
        if b'"$' in line:
            return values.decode(line)
        try:
            return _decode(line)
        except msgspec.DecodeError:
            return values.decode(line)
