"""The base class of parsers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Parser(ABC):
    """Writes the input files of a code and reads what it leaves."""

    @abstractmethod
    def write_input_file(self, params: dict[str, Any], run_dir: str) -> Any:
        """Write the input files of a sample into its run directory."""
