"""The row that the cursor of a table is to be on as soon as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class AwaitedRow:
    """Known by its key; None for none."""

    key: Any = None

    def has_come(self, keys: Sequence[Any]) -> bool:
        """Tell whether it is among these rows."""
        return self.key is not None and self.key in keys

    def taken(self) -> Any:
        """Return its key, and await it no more."""
        key, self.key = self.key, None
        return key
