"""Which rows of a dataset are on its Pareto front, for exports."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy

from enchanted_tui.export.selection import ExportError
from enchanted_tui.operations.front_aim import configured_aim
from enchanted_tui.samplers.findings import number_in
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.values import Row
from enchanted_tui.views.front import FrontAim, front_of, read_objectives


def front_rows(root: Path, written: str, read_rows: Callable[[], Iterator[Row]]) -> list[bool]:
    """Return of each row whether it is on the front of the objectives that are `written`, or
    configured if that is empty. Raises ExportError.
    """
    aim = _aim(root, written)
    wanted = list(dict.fromkeys([*aim.objectives, *aim.limits]))
    columns = {name: array("d") for name in wanted}
    success: list[bool] = []
    names: dict[str, None] = {}  #: of columns of numbers
    for row in read_rows():
        success.append(bool(row.get("success", True)))
        numbers = {name: number_in(value) for name, value in row.items()}
        names.update(dict.fromkeys(name for name, number in numbers.items() if number is not None))
        for name, column in columns.items():
            number = numbers.get(name)
            column.append(numpy.nan if number is None else number)
    for name in wanted:
        if name not in names:
            raise ExportError(
                f"--front: the dataset has no column of numbers {name!r}"
                f"{did_you_mean(name, names) or ';'} it has {', '.join(names)}"
            )
    found = front_of(
        aim, lambda name: numpy.array(columns[name]), numpy.array(success, dtype=numpy.bool_)
    )
    if not found.any():
        raise ExportError(f"--front: no sample is on the front of {aim}: none has all values")
    return [bool(inside) for inside in found]


def _aim(root: Path, written: str) -> FrontAim:
    configured = configured_aim(root)
    if written:
        try:
            return replace(configured, objectives=read_objectives(written))
        except ValueError as error:
            raise ExportError(f"--front {written}: {error}") from None
    if not configured.objectives:
        raise ExportError(
            "--front: the configuration names no objectives; name them, as in"
            " --front mass=minimize,beta=maximize"
        )
    return configured
