"""Columns that a sampler is to learn from and that no sample has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from enchanted_tui.errors import ExitCode, UserError
from enchanted_tui.samplers.findings import number_in, succeeded
from enchanted_tui.suggestions import did_you_mean

_FEWEST = 3  #: samples after which a name is taken to be wrong


class WrongColumnError(UserError, ValueError):
    """No sample has a column that the configuration names; the text says which, and not what to do:
    that depends on whether something has been learnt already.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class MissingColumns:
    """Watches the rows of samples that succeed for columns that are asked for by name."""

    def __init__(self, places: Mapping[str, str], fewest: int = _FEWEST) -> None:
        """`places`: columns, each with the option that names it; `fewest`: samples from which on a
        name is taken to be wrong.
        """
        self._fewest = fewest
        self._absent = dict(places)  #: of which no number has been seen
        self._seen: dict[str, None] = {}  #: columns of numbers
        self._count = 0

    def look(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take note of rows."""
        for row in rows if self._absent else ():
            if succeeded(row):
                self._count += 1
                numbers = [name for name in row if number_in(row[name]) is not None]
                self._seen.update(dict.fromkeys(numbers))
                for name in self._absent.keys() & set(numbers):
                    del self._absent[name]

    def check(self) -> None:
        """Raise WrongColumnError if there have been samples enough, and none has one of the
        columns.
        """
        if self._count < self._fewest or not self._absent:
            return
        told = [
            f"{place} names {name!r}{did_you_mean(name, self._seen)}"
            for name, place in self._absent.items()
        ]
        who = (
            "the first sample that succeeded has no"
            if self._count == 1
            else f"none of {self._count} samples that succeeded has a"
        )
        raise WrongColumnError(
            f"{who} number in a column that is to be learnt from: {'; '.join(told)}; columns of"
            f" numbers are {', '.join(map(repr, self._seen)) or 'not there'}"
        )
