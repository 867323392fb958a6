"""What a journal must say of samples that start from their nearest neighbour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from helpers.campaign import Campaign

Place = tuple[int, ...]  #: batch, sample and step of a task


def check_neighbours(
    campaign: Campaign,
    scale: Mapping[str, float],
    *,
    depth: int = 0,
    within: float = math.inf,
    gone: bool = False,
) -> dict[str, str]:
    """Check the choices in the journal of a complete campaign, see `neighbours_in`."""
    return neighbours_in(campaign.records(), scale, depth=depth, within=within, gone=gone)


def neighbours_in(
    records: list[dict[str, Any]],
    scale: Mapping[str, float],
    *,
    depth: int = 0,
    within: float = math.inf,
    gone: bool = False,
) -> dict[str, str]:
    """Go through the records of a complete campaign and check each choice of a stage; return the
    neighbour of each of its tasks, by name, empty for a cold start.

    A task starts from the success nearest to it, in the parameters of `scale`, that was on record
    before the choice was, which was before the task ran. What was chosen stays, whoever is killed
    in between, and is in the row. `gone`: run directories were removed, so that another choice is
    right.
    """
    places = {
        tuple(record["task"][1:3]): [record["row"].get(name) for name in scale]
        for record in records
        if record["type"] == "task" and record["task"][0] == depth
    }
    chosen: dict[Place, list[int]] = {}
    ok: dict[Place, bool] = {}
    found: dict[str, str] = {}
    for record in records:
        if record["type"] == "neighbours" and record["depth"] == depth:
            for batch, sample, step, *neighbour in record["chosen"]:
                task = (batch, sample, step)
                assert task not in ok, f"{task} has a result, and a neighbour is chosen"
                assert gone or task not in chosen, f"two choices for {task}"
                chosen[task] = neighbour
                if not gone:
                    _check_nearest(task, neighbour, ok, places, list(scale.values()), within)
        elif record["type"] == "task" and record["task"][0] == depth:
            task = tuple(record["task"][1:])
            if record.get("kind") == "skipped":  # it has started from nothing
                assert task not in chosen
                ok[task] = False
                continue
            neighbour = chosen.pop(task)
            name = _name(depth, (*neighbour, task[2])) if neighbour else ""
            columns = [
                value for key, value in record["row"].items() if key.startswith("neighbour_")
            ]
            assert columns[-1] == name  # behind those of earlier steps
            found[_name(depth, task)] = name
            ok[task] = record["outcome"] == "ok"
        elif record["type"] == "retry":
            for _, batch, sample, step in record["tasks"]:
                for later in [task for task in ok if task[:2] == (batch, sample)]:
                    if later[2] >= step:
                        del ok[later]
    return found


def _name(depth: int, task: Sequence[int]) -> str:
    return "d{}_b{}_s{}_r{}".format(depth, *task)


def _check_nearest(
    task: Place,
    neighbour: list[int],
    ok: Mapping[Place, bool],
    places: Mapping[tuple[int, ...], list[Any]],
    scale: list[float],
    within: float,
) -> None:
    *sample, step = task

    def distance(other: tuple[int, ...]) -> float:
        pairs = zip(places[other], places[tuple(sample)], scale, strict=True)
        return math.sqrt(
            sum(
                float(a != b) if isinstance(a, str) else ((a - b) / width) ** 2
                for a, b, width in pairs
            )
        )

    known = [
        other[:2]
        for other, success in ok.items()
        if success
        and other[2] == step
        and all(ok.get((*other[:2], before), False) for before in range(step))
    ]
    least = min(map(distance, known), default=math.inf)
    if neighbour:
        assert tuple(neighbour) in known, f"{neighbour} is no success on record"
        assert distance(tuple(neighbour)) <= min(least + 1e-9, within)
    else:
        assert least >= within - 1e-9 or not known, f"{task} starts cold"
