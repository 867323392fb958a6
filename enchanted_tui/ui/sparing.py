"""Keep Python's garbage collector from going through large datasets again and again: of 10 million
values that takes it 0.3 s each time, in which no key is heard.
"""

from __future__ import annotations

import gc

_LARGE = 500_000  # values
_GROWN = 1.5  # since the last time


class Sparing:
    """Spares what is kept for long. It is still given back when nobody refers to it any more; only
    circles among what there is at that moment are not found, which is why that is done seldom.
    """

    def __init__(self) -> None:
        self._spared = 0

    def look(self, values: int) -> None:
        """Spare what there is now if the dataset, of so many values, is large and has grown."""
        if values > max(_LARGE, self._spared * _GROWN):
            self._spared = values
            gc.freeze()
        elif values < self._spared / _GROWN:
            self._spared = values  # another dataset
