"""Results of samples read by a parser plugin from their run directories, and samples of an earlier
campaign.
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy

from enchanted_tui.config.conversion import expand
from enchanted_tui.csv_reading import csv_mappings
from enchanted_tui.packing.door import TaskDirectories, readable
from enchanted_tui.samplers.base import Sample
from enchanted_tui.values import Row

log = logging.getLogger(__name__)


#: Sample and step, as this program names run directories and as the older program's next version
#: does.
_STEP = re.compile(r"(?:(dn\d+_)ds(\d+)_)?((?(1)|d\d+_)b\d+_s\d+)(?(1)|_r(\d+))")


class ParserReader:
    """Asks a parser what a run directory holds.

    `collect_sample_information(run_dir, observations)` gives a mapping with ``objective`` (one
    number for each observation, or numbers of which the sum counts), ``failure`` and perhaps
    ``inputs`` (by name, or a vector in the order of the parameters); `read_output_file(run_dir)`
    one with the observations themselves.
    """

    def __init__(
        self,
        parser: Any,
        observations: Sequence[str | None],
        parameters: Sequence[str],
        *,
        summed: bool = True,
    ) -> None:
        """`summed`: whether the sum of the observations counts, and not each by itself."""
        self._parser = parser
        self._summed = summed
        self._observations = list(observations)
        self._parameters = list(parameters)
        self._asked = self._failed = 0
        self._last_error = ""

    @classmethod
    def make(
        cls,
        name: str,
        config: Mapping[str, Any],
        observations: Sequence[str | None],
        parameters: Sequence[str] = (),
        *,
        summed: bool = True,
    ) -> ParserReader:
        """Find the parser and make it."""
        from enchanted_tui.config.lookup import find

        parser = find("parser", name).cls(**config)
        return cls(parser, observations, parameters, summed=summed)

    def check(self, fewest: int) -> None:
        """Raise ValueError if the parser has been asked of at least `fewest` samples and has read
        none of them.
        """
        if self._asked >= max(1, fewest) and self._failed == self._asked:
            raise ValueError(
                f"the parser {type(self._parser).__name__} could read none of {self._asked}"
                f" samples, so there is nothing to learn from ({self._last_error}); mend it, then"
                " go on with --run-mode resume"
            )

    @classmethod
    def problem(
        cls, name: str, config: Mapping[str, Any], observations: Sequence[str | None]
    ) -> str | None:
        """Say what is wrong with a parser, if anything is."""
        from enchanted_tui.config.lookup import LookupFailure

        try:
            parser = cls.make(name, config, observations)._parser
        except LookupFailure as failure:
            return str(failure)
        except Exception as error:  # noqa: BLE001 - whatever a plugin's constructor raises
            return (
                f"the parser {name!r} cannot be made from parser_config: {type(error).__name__}:"
                f" {error}"
            )
        if hasattr(parser, "collect_sample_information") or hasattr(parser, "read_output_file"):
            return None
        return (
            f"the parser {name!r} has neither collect_sample_information nor read_output_file; use"
            " one that reads results"
        )

    def row(self, row: Row) -> Row:
        """Return a row with the observations that the parser finds in its run directory; one that
        failed stays as it is.
        """
        if row.get("success") not in (True, "True"):
            return row
        return {
            **row,
            **self.read(row["run_dir"], needs_inputs=not row.keys() >= set(self._parameters)),
        }

    def read(self, run_dir: str, *, needs_inputs: bool = True) -> dict[str, Any]:
        """Return success and observations, and the inputs if the parser tells them; a parser that
        raises makes the sample a failure.
        """
        self._asked += 1
        try:
            with readable(run_dir) as path:
                if not hasattr(self._parser, "collect_sample_information"):
                    return {**dict(self._parser.read_output_file(path)), "success": True}
                found = self._parser.collect_sample_information(path, self._observations)
            inputs = self._inputs(found.get("inputs")) if needs_inputs else {}
            if found.get("failure"):
                return {**inputs, "success": False}
            return {**inputs, **self._values(found["objective"]), "success": True}
        # whatever a plugin raises is a fact about this sample
        except Exception as error:  # noqa: BLE001
            self._failed += 1
            self._last_error = f"{run_dir}: {type(error).__name__}: {error}"
            log.warning(f"{type(self._parser).__name__} could not read {self._last_error}")
            return {"success": False}

    def _inputs(self, inputs: Any) -> dict[str, Any]:
        """Return the parameters by name; a vector has them in the order of the sampler's."""
        if inputs is None or isinstance(inputs, Mapping):
            return dict(inputs or {})
        vector = numpy.ravel(numpy.asarray(inputs, dtype=float)).tolist()
        if len(vector) != len(self._parameters):
            raise ValueError(
                f"its inputs are {len(vector)} numbers, but there are {len(self._parameters)}"
                " parameters"
            )
        return dict(zip(self._parameters, vector, strict=True))

    def _values(self, objective: Any) -> dict[str, Any]:
        """Return a value for each observation; of fewer or more numbers, the sum counts where
        observations are summed anyway.
        """
        names = [name or "output" for name in self._observations]
        values = (
            [] if objective is None else numpy.ravel(numpy.asarray(objective, dtype=float)).tolist()
        )
        if not values:
            raise ValueError("its objective is empty")
        if len(values) != len(names) and not self._summed:
            raise ValueError(
                f"its objective has {len(values)} numbers, but the objectives are"
                f" {', '.join(names)}"
            )
        if len(values) != len(names):
            values = [sum(values), *[0.0] * (len(names) - 1)]
        return dict(zip(names, values, strict=True))


def read_earlier(
    base_run_dir: str,
    data_dir: str,
    reader: ParserReader | None,
    sample_of: Callable[[Row], Sample],
    parameters: Sequence[str],
) -> Iterator[tuple[Sample, Row]]:
    """Return sample and row of everything an earlier campaign left: by the parser from its run
    directories, else from its dataset.

    Nothing is given where the directory is this campaign's own (`data_dir`), whose samples come
    from its record.
    """
    root = Path(expand(base_run_dir))
    if (
        (root / "data").is_dir()
        and os.path.isdir(data_dir)
        and os.path.samefile(root / "data", data_dir)
    ):
        return
    for row in _rows(root, reader):
        try:
            yield sample_of(row), row
        except (KeyError, TypeError, ValueError):
            log.warning(
                f"a sample of {root} is passed over: it lacks a number, or one of the listed"
                f" values, for one of {', '.join(parameters)}"
            )


def _rows(root: Path, reader: ParserReader | None) -> Iterator[Row]:
    if reader is None:
        with (root / "enchanted_dataset.csv").open(newline="", encoding="utf-8-sig") as file:
            yield from csv_mappings(file)
        return
    directories = TaskDirectories(str(root / "data"))
    for name in _last_steps(directories.names()):
        row, run_dir = _datapoint(directories, name), directories.loose(name)
        yield reader.row({**row, "run_dir": run_dir}) if row else reader.read(run_dir)


def _last_steps(names: Iterable[str]) -> list[str]:
    """Return names of run directories, of each sample that of its last step alone: those before it
    are no samples of their own.
    """
    last: dict[str, tuple[int, str]] = {}
    for name in sorted(names):
        named = _STEP.fullmatch(name)
        sample, step = (
            (f"{named[1] or ''}{named[3]}", int(named[2] or named[4])) if named else (name, 0)
        )
        if sample not in last or step > last[sample][0]:
            last[sample] = step, name
    return [name for _, name in last.values()]


def _datapoint(directories: TaskDirectories, name: str) -> Row:
    """Return the row that a task left in its run directory, if it did."""
    try:
        with directories.opened(name, "enchanted_datapoint.csv") as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            return next(csv_mappings(text), {})
    except OSError:
        return {}
