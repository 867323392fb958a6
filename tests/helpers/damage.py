"""Journals that are damaged at random, and what a resume has to make of them by a model that knows
which lines are intact and in which order they were written.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enchanted_tui import cli
from enchanted_tui.campaign_status import Phase
from enchanted_tui.executors.base import TaskId
from enchanted_tui.record.folding import fold
from enchanted_tui.views.viewing import Viewer
from helpers.campaign import Campaign
from helpers.configs import (
    array_sampler,
    campaign_config,
    counting,
    lhs,
    random_sampler,
    two_stages,
)
from helpers.files import Row

Task = tuple[int, int, int, int]


def as_task(numbers: Iterable[int | str]) -> Task:
    depth, batch, sample, step = map(int, numbers)
    return depth, batch, sample, step


def steps(*samplers: dict[str, Any], **supervisor: Any) -> dict[str, Any]:
    """One stage of three steps, of which the second fails for some samples."""
    config = campaign_config(*samplers, **supervisor)
    config["runners"]["second"] = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x"],
        "fail_when": {"x": [1, 4]},
    }
    config["supervisor"]["run_order"][0] |= {
        "executor": ["here"] * 3,
        "runner": ["r0", "second", "r0"],
    }
    return config


def flaky(*samplers: dict[str, Any], parameter: str, **supervisor: Any) -> dict[str, Any]:
    """Some samples of the first or the second stage fail until `broken` says that the cause is
    gone.
    """
    config = campaign_config(*samplers, **supervisor)
    name = "r0" if parameter == "x" else "r1"
    config["runners"][name] = {
        "type": "helpers.parts.scripted:FlakyRunner",
        "parameter": parameter,
        "values": [1, 3],
    }
    return config


def only_run(campaign: Campaign) -> None:
    assert campaign.run() == 0


def extended(campaign: Campaign) -> None:
    """Run, extend, and raise the budget of the first stage if it has one."""
    assert campaign.run() == 0
    assert campaign.extend() == 0


def raised(campaign: Campaign) -> None:
    """Run, then go on with more parents and other batches."""
    assert campaign.run() == 0
    campaign.budget(7)
    campaign.config["samplers"]["s1"]["batch_size"] = 3
    assert campaign.resume() == 0


def retried(campaign: Campaign) -> None:
    mark = Path(os.environ["SEMANTICS_RUNS"] + ".broken")
    mark.touch()
    assert campaign.run() == 0
    mark.unlink()
    assert cli.main(["--retry-failed", str(campaign.run_dir)]) == 0


@dataclass(frozen=True)
class Shape:
    config: Callable[[], dict[str, Any]]
    made: Callable[[Campaign], None] = only_run


X, Y = array_sampler("x", [0, 1, 2, 3, 4], batch_size=2), random_sampler(4, 2, ("y",))
SHAPES = {
    "batches": Shape(lambda: campaign_config(lhs(11, 3))),
    "steps": Shape(lambda: steps(array_sampler("x", list(range(7)), batch_size=3))),
    "nested": Shape(lambda: two_stages(X, Y)),
    "nested, large batches": Shape(
        lambda: two_stages(random_sampler(8, 3), random_sampler(5, None, ("y",)))
    ),
    "failed parents left out": Shape(lambda: two_stages(X, Y, failed_parents="skip")),
    "three stages": Shape(
        lambda: campaign_config(
            random_sampler(3, 2), random_sampler(3, 2, ("y",)), random_sampler(2, 1, ("z",))
        )
    ),
    "extended": Shape(
        lambda: campaign_config(random_sampler(3, 2), random_sampler(3, 2, ("y",))), extended
    ),
    "more parents": Shape(
        lambda: campaign_config(random_sampler(4, 2), random_sampler(4, 2, ("y",))), raised
    ),
    "retried": Shape(
        lambda: flaky(array_sampler("x", list(range(6)), batch_size=4), parameter="x"), retried
    ),
    "parents retried": Shape(lambda: flaky(X, Y, parameter="x", failed_parents="skip"), retried),
    "children retried": Shape(
        lambda: flaky(
            random_sampler(2), array_sampler("y", list(range(5)), batch_size=2), parameter="y"
        ),
        retried,
    ),
    "a plugin's sampler": Shape(lambda: campaign_config(counting(8, 3)), extended),
}


@dataclass
class Line:
    """A line of the journal and where it stood when it was whole; `intact` until it is damaged."""

    place: int
    data: bytes
    intact: bool = True

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


# -- damage ----------------------------------------------------------------------------------------


def flip(lines: list[Line], chance: random.Random) -> None:
    line = chance.choice([line for line in lines if len(line.data) > 1])
    data = bytearray(line.data)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data) - 1)] ^= 1 << chance.randrange(8)
    line.intact &= bytes(data) == line.data
    line.data = bytes(data)


def truncate(lines: list[Line], chance: random.Random) -> None:
    """Cut a line, with or without its end; without, the next one is lost with it."""
    at = chance.choice([number for number, line in enumerate(lines) if line.data])
    line = lines[at]
    line.data, line.intact = line.data[: chance.randrange(len(line.data))], False
    if chance.random() < 0.5:
        line.data += b"\n"
    else:
        following = next((other for other in lines[at + 1 :] if other.data), line)
        following.intact = False


def delete(lines: list[Line], chance: random.Random) -> None:
    first = chance.randrange(len(lines))
    for line in lines[first : first + chance.choice((1, 1, 1, 2, 3))]:
        line.data, line.intact = b"", False


def double(lines: list[Line], chance: random.Random) -> None:
    """Add a line once more, right behind itself or at the end, as a writer that tries again
    does.
    """
    line = chance.choice([line for line in lines if b'"retry"' not in line.data])
    again = (
        lines.index(line) + 1 if b'"task"' not in line.data or chance.random() < 0.5 else len(lines)
    )
    if line.intact:
        lines.insert(again, Line(line.place, line.data))


def shuffle(lines: list[Line], chance: random.Random) -> None:
    """Shuffle the lines of results."""
    places = [
        number
        for number, line in enumerate(lines)
        if b'"type":"task"' in line.data and line.data.endswith(b"\n")
    ]
    taken = [lines[number] for number in places]
    chance.shuffle(taken)
    for number, line in zip(places, taken, strict=True):
        lines[number] = line


def hit_where_it_hurts(lines: list[Line], chance: random.Random) -> None:
    """Alter a line that says what samples or parents there are."""
    kinds = (
        b'"type":"samples"',
        b'"type":"parents"',
        b'"type":"batch_complete"',
        b'"type":"stage_complete"',
    )
    candidates = [line for line in lines if any(kind in line.data for kind in kinds)]
    if candidates:
        flip([chance.choice(candidates)], chance)


DAMAGES = (flip, truncate, delete, double, shuffle, hit_where_it_hurts, hit_where_it_hurts)


# -- the model -------------------------------------------------------------------------------------


class Model:
    """What is on record: the results that a resume must not run again."""

    def __init__(self, children: Callable[[Task], Iterator[Task]]) -> None:
        self._children = children
        self.results: dict[Task, dict[str, Any]] = {}

    def take(self, record: dict[str, Any]) -> None:
        if record["type"] == "task":
            task: Task = tuple(record["task"])
            before = self.results.get(task)
            if before is None or (before["outcome"] != "ok" and record["outcome"] == "ok"):
                self.results[task] = record
        elif record["type"] == "retry":
            for task in record["tasks"]:
                self.forget(as_task(task))

    def forget(self, task: Task) -> None:
        for later in [
            other for other in self.results if other[:3] == task[:3] and other[3] >= task[3]
        ]:
            del self.results[later]
        for child in self._children(task):
            self.forget(child)


class Made:
    """A campaign that was run whole, to be damaged again and again."""

    def __init__(self, campaign: Campaign, shape: Shape) -> None:
        self.campaign = campaign
        self.made = shape.made
        self.draws_once = shape.config is SHAPES["a plugin's sampler"].config
        campaign.config = shape.config()
        shape.made(campaign)
        self.journal = campaign.path("state/journal.jsonl")
        self.whole = [
            Line(place, data)
            for place, data in enumerate(self.journal.read_bytes().splitlines(keepends=True))
        ]
        self.state, _ = fold(self.journal)
        self.final_rows = self.rows()
        self.base_rows = self._rows_of_first_session()
        self.measured = [name for name in campaign.columns() if name.startswith("runtime_sec_")]

    def rows(self) -> dict[str, Row]:
        """Give the rows of the dataset by what was drawn."""
        # what a plugin drew and cannot draw again is lost
        rows = [row for row in self.campaign.rows() if row["x"]]
        found = {" ".join(row.get(name, "") for name in "xyz"): row for row in rows}
        assert len(found) == len(rows), "a row is there twice"
        return found

    def _rows_of_first_session(self) -> dict[str, Row]:
        opens = [line.place for line in self.whole if line.record["type"] == "open"]
        if len(opens) == 1:
            return self.final_rows
        self.journal.write_bytes(b"".join(line.data for line in self.whole[: opens[1]]))
        assert cli.main(["--rebuild", str(self.campaign.run_dir)]) == 0
        return self.rows()

    def children(self, task: Task) -> Iterator[Task]:
        depth, batch, sample, _ = task
        if depth + 1 < len(self.state.stages):
            stage = self.state.stages[depth + 1]
            for parent in (
                index for index in range(stage.n_parents) if stage.parent(index) == (batch, sample)
            ):
                for drawn in stage.batches:
                    for position in range(parent * drawn.size, (parent + 1) * drawn.size):
                        yield depth + 1, drawn.index, position, 0

    def damaged(self, chance: random.Random) -> list[Line]:
        """Give the lines of the campaign, finished or cut somewhere, with up to three kinds of
        damage.
        """
        end = len(self.whole) if chance.random() < 0.4 else chance.randrange(2, len(self.whole) + 1)
        lines = [Line(line.place, line.data) for line in self.whole[:end]]
        chosen = chance.sample(DAMAGES, chance.choice((1, 1, 2, 3)))
        for damage in sorted(chosen, key=lambda one: one is truncate):  # joins two lines: last
            damage(lines, chance)
        return lines

    def without_run_times(self, row: Row) -> Row:
        return {
            name: value for name, value in row.items() if name not in (*self.measured, "run_dir")
        }

    def check(self, lines: list[Line]) -> None:
        """Put the damaged journal in place, resume, and compare with the model."""
        campaign = self.campaign
        self.journal.write_bytes(b"".join(line.data for line in lines))
        intact = {line.place: line for line in lines if line.intact}
        campaign.forget_executions()
        (campaign.path("logs/main.log")).unlink(missing_ok=True)
        code = campaign.resume()
        opens = [line for line in intact.values() if line.record["type"] == "open"]
        if not opens:
            assert code == 3
            return
        assert code == 0
        assert "enchanted_tui/supervisor/" not in campaign.path("logs/main.log").read_text()
        model = Model(self.children)
        for place in sorted(intact):
            model.take(intact[place].record)
        self.check_executions({TaskId(*task).name for task in model.results})
        self.check_rows(model, len(opens))
        self.check_again()

    def check_executions(self, intact: set[str]) -> None:
        executions = self.campaign.executions()
        assert not executions.keys() & intact, "an intact result has run again"
        assert set(executions.values()) <= {1}

    def check_rows(self, model: Model, opens: int) -> None:
        found = self.rows()
        every = sum(line.record["type"] == "open" for line in self.whole)
        assert found.keys() <= self.final_rows.keys(), "there are rows too many"
        if self.draws_once:
            assert len(self.campaign.rows()) in (len(self.base_rows), len(self.final_rows))
        elif opens == every and self.made is not retried:
            assert found.keys() == self.final_rows.keys()
        else:  # what is lost of a second session may be what it was for
            assert found.keys() >= self.base_rows.keys()
            parents = {name.split()[0] for name in found}
            assert self.made is extended or found.keys() == {
                name for name in self.final_rows if name.split()[0] in parents
            }
        for name, row in found.items():
            task = as_task(part[1:] for part in os.path.basename(row["run_dir"]).split("_"))
            told = model.results.get(task)
            if told is not None:
                assert row["success"] == str(told["row"]["success"]), name
                assert all(
                    row[column] == str(told["row"][column])
                    for column in self.measured
                    if column in told["row"]
                ), name
            allowed = [
                self.without_run_times(rows[name])
                for rows in (self.final_rows, self.base_rows)
                if name in rows
            ]
            assert self.without_run_times(row) in allowed, name

    def check_again(self) -> None:
        """There is nothing left to do, for the supervisor and for those who look."""
        state, _ = fold(self.journal)
        assert state.complete
        viewer = Viewer(self.campaign.run_dir)
        view = viewer.refresh(budget=5)
        viewer.close()
        assert view.phase is Phase.FINISHED
        assert (view.snapshot.succeeded, view.snapshot.failed) == state.totals()
        before = len(self.journal.read_bytes().splitlines())
        self.campaign.forget_executions()
        assert self.campaign.resume() == 0
        assert not self.campaign.executions()
        assert len(self.journal.read_bytes().splitlines()) == before + 2  # open and end
