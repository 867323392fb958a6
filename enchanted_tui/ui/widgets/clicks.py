"""Which button of the mouse was pressed."""

from __future__ import annotations

from typing import Final

RIGHT: Final = 3  #: opens the menu of what is under the pointer; nothing else takes it
