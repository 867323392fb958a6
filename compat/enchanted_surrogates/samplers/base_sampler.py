"""The base class of samplers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Sampler(ABC):
    """Draws samples in batches until its budget is spent."""

    _budget: int = 100
    _submitted: int = 0

    @abstractmethod
    def get_next_samples(self) -> list[dict[str, Any]] | None:
        """Return the next batch and add its size to `submitted`; None or nothing ends the stage."""

    @abstractmethod
    def register_future(self, future: Any) -> Any:
        """Take in the results of a batch, a data frame with one row for each sample."""

    def skip(self, index: int) -> None:
        """Go on as if `index` batches had been drawn."""
        for _ in range(index):
            if self.has_budget:
                self.get_next_samples()

    @property
    def has_budget(self) -> bool:
        return self.submitted < self.budget

    @property
    def budget(self) -> int:
        return self._budget

    @budget.setter
    def budget(self, value: int) -> None:
        self._budget = value

    @property
    def submitted(self) -> int:
        return self._submitted

    @submitted.setter
    def submitted(self, value: int) -> None:
        self._submitted = value
