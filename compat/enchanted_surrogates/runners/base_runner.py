"""The base class of runners."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Runner(ABC):
    """Runs one sample. It is made anew for each, from all the options of its configuration."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()

    @abstractmethod
    def single_code_run(self, run_dir: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the outputs of a sample, with a truth value ``success`` among them."""
