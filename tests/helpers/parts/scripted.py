"""Simulations whose behaviour is a function of their parameters alone, so that a model can say what
a campaign must give.

Workers import this module: standard library only.
"""

from __future__ import annotations

import os
import signal
import time
import zlib
from typing import Any

#: What a scripted sample can do.
BEHAVIOURS = ("ok", "extra", "missing", "report", "raise")


def note_run(run_dir: str) -> None:
    """Leave a trace that a sample was run, outside the run directory, if anybody wants it."""
    log = os.environ.get("SEMANTICS_RUNS")
    if log:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(descriptor, os.path.basename(run_dir).encode() + b"\n")
        os.close(descriptor)


def broken() -> bool:
    """Tell whether the cause of the failures of `FlakyRunner` is still there."""
    return os.path.exists(os.environ["SEMANTICS_RUNS"] + ".broken")


class TracingRunner:
    """Adds up the numeric parameters named in `add` and fails where the sum of the `fail_when`
    parameters is in its list.
    """

    def __init__(
        self, add: list[str], fail_when: dict[str, list[Any]] | None = None, **_: Any
    ) -> None:
        self._add = add
        self._fail_when = fail_when or {}

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        for name, values in self._fail_when.items():
            if params[name] in values:
                raise ValueError(f"{name} = {params[name]} does not converge")
        with open(os.path.join(run_dir, "result.txt"), "w", encoding="utf-8") as file:
            file.write(f"{sum(params[name] for name in self._add)}\n")
        return {"output": sum(params[name] for name in self._add), "success": True}


class FlakyRunner:
    """Fails for the listed values of one parameter as long as `broken` says so."""

    def __init__(
        self, parameter: str, values: list[Any], always: list[Any] | None = None, **_: Any
    ) -> None:
        self._parameter, self._values, self._always = parameter, values, always or []

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        value = params[self._parameter]
        if value in self._always or (broken() and value in self._values):
            raise RuntimeError(f"no licence for {value}")
        return {"output": 10 * value, "success": True}


class ParentFileRunner:
    """Reads what its parent or previous step left in its directory, and leaves a file of its
    own.
    """

    def __init__(self, name: str, parent_name: str | None = None, **_: Any) -> None:
        self._name, self._parent_name = name, parent_name

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        inherited = ""
        if self._parent_name is not None:
            with open(os.path.join(params["run_dir"], self._parent_name), encoding="utf-8") as file:
                inherited = file.read()
        mine = inherited + os.path.basename(run_dir) + "/"
        for name in (self._name, "scratch.tmp"):
            with open(os.path.join(run_dir, name), "w", encoding="utf-8") as file:
                file.write(mine)
        return {"chain": mine, "success": True}


class WaitingParentRunner:
    """A parent with `last` in its parameter ends only when the file `gate` is there, which a child
    makes (`ChildRunner`); others end at once. Notes when each parent has ended.
    """

    def __init__(self, gate: str, parameter: str, last: Any, **_: Any) -> None:
        self._gate, self._parameter, self._last = os.path.abspath(gate), parameter, last

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        deadline = time.monotonic() + 60
        while params[self._parameter] == self._last and not os.path.exists(self._gate):
            if time.monotonic() > deadline:
                raise TimeoutError("no child has begun while this parent ran")
            time.sleep(0.01)
        note_run(run_dir + "_ended")
        return {"output": 1.0, "success": True}


class ChildRunner:
    """Opens the gate that a `WaitingParentRunner` waits for, once `after` of them have begun."""

    def __init__(self, gate: str, after: int = 1, **_: Any) -> None:
        self._gate, self._after = os.path.abspath(gate), after

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        with open(os.environ["SEMANTICS_RUNS"], encoding="utf-8") as file:
            begun = sum(line.startswith("d1_") for line in file)
        if begun >= self._after:
            with open(self._gate, "w", encoding="utf-8"):
                pass
        return {"output": 2.0, "success": True}


class ScriptedRunner:
    """Does what `behaviour` says; `salt` makes runners differ, `chances` are weights of the
    `BEHAVIOURS`.
    """

    def __init__(self, salt: int, chances: list[int], **_: Any) -> None:
        self._salt, self._chances = salt, chances

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        return scripted(self._salt, self._chances, params)


def scripted(salt: int, chances: list[int], params: dict[str, Any]) -> dict[str, Any]:
    """Give what a scripted sample returns. Raises ValueError where it is one that raises."""
    digest = fingerprint(salt, params)
    behaviour = behaviour_of(digest, chances)
    value = digest % 1000 / 8
    if behaviour == "raise":
        raise ValueError(f"scripted {digest}")
    if behaviour == "report":
        return {"output": value, "success": False}
    if behaviour == "missing":
        return {"success": True}
    if behaviour == "extra":
        return {
            f"extra{digest % 3}": f'text, "{digest % 7}"\n',
            "output": value,
            "success": True,
            "residual": -value,
        }
    return {"output": value, "success": True}


def behaviour_of(digest: int, chances: list[int]) -> str:
    """Choose a behaviour by weight."""
    position = digest // 1000 % sum(chances)
    for behaviour, weight in zip(BEHAVIOURS, chances):  # noqa: B905 - Python 3.9
        position -= weight
        if position < 0:
            return behaviour
    raise AssertionError


def fingerprint(salt: int, params: dict[str, Any]) -> int:
    """Give a number that depends on the sample's drawn parameters, which are named
    p<depth>_<index>.
    """
    drawn = sorted(
        (name, repr(value))
        for name, value in params.items()
        if name[0] == "p" and name[1:2].isdigit()
    )
    return zlib.crc32(repr((salt, drawn)).encode())


class CountingSampler:
    """A sampler as the older program's plugins are: it draws in order, replays to skip, and its
    budget can be set.
    """

    adaptive = False

    def __init__(
        self,
        budget: int,
        batch_size: int | None = None,
        parameters: list[str] | None = None,
        at_most: int = 1000,
        **_: Any,
    ) -> None:
        self.budget = budget
        self.submitted = 0
        self._at_most = at_most
        self._batch_size = batch_size
        self._name = (parameters or ["x"])[0]

    @property
    def has_budget(self) -> bool:
        return self.submitted < self.budget

    def get_next_samples(self) -> list[dict[str, Any]] | None:
        count = min(
            self._batch_size or self.budget, min(self.budget, self._at_most) - self.submitted
        )
        if count <= 0:
            return None
        first, self.submitted = self.submitted, self.submitted + count
        return [{self._name: number} for number in range(first, self.submitted)]

    def skip(self, n_batches: int) -> None:
        for _ in range(n_batches):
            self.get_next_samples()

    def register_future(self, dataset: Any) -> None:
        raise AssertionError("this sampler does not learn")


class UnskippableSampler(CountingSampler):
    """Cannot skip; the process that draws its fifth batch for the first time is killed."""

    def __init__(self, mark: str, **options: Any) -> None:
        super().__init__(**options)
        self._mark = mark

    def get_next_samples(self) -> list[dict[str, Any]] | None:
        if self.submitted == 8 and not os.path.exists(self._mark):
            with open(self._mark, "w"):
                os.kill(os.getpid(), signal.SIGKILL)
        return super().get_next_samples()

    def skip(self, n_batches: int) -> None:
        raise NotImplementedError("skip")


class LearningSampler(CountingSampler):
    """Draws the number of rows it has been told of, so that what it draws shows what it has
    learnt.
    """

    adaptive = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._seen = 0

    def get_next_samples(self) -> list[dict[str, Any]] | None:
        drawn = super().get_next_samples()
        return drawn and [{**sample, "seen": self._seen} for sample in drawn]

    def register_future(self, dataset: Any) -> None:
        self._seen += len(dataset)


class ReadingSampler(CountingSampler):
    """Reads the dataset when it is told of results, and notes how many rows it was told of and has
    found.
    """

    adaptive = True

    def __init__(self, dataset: str, notes: str, **options: Any) -> None:
        super().__init__(**options)
        self._dataset, self._notes = dataset, notes

    def register_future(self, dataset: Any) -> None:
        with open(self._dataset) as file:
            found = [row.partition(",")[0] for row in file.read().splitlines()[1:]]
        with open(self._notes, "a") as notes:
            notes.write(f"{len(dataset)} of {len(found)}: {found == sorted(found, key=float)}\n")


class PlainIndependentSampler:
    """Says that it learns nothing, and can draw a batch, but no sample by its position."""

    independent = True

    def __init__(self, **_: Any) -> None:
        self.batch_size = 1

    def get_next_samples(self) -> list[dict[str, Any]]:
        return [{"y": 0.5}]


class RelayRunner:
    """Returns the given outputs, or fails where x is in `fails`; leaves what it was handed in a
    file.
    """

    def __init__(
        self, returns: dict[str, Any] | None = None, fails: list[Any] | None = None, **_: Any
    ) -> None:
        self._returns, self._fails = returns or {}, fails or []

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        with open(os.path.join(run_dir, "handed.txt"), "w", encoding="utf-8") as file:
            file.write(
                repr(
                    {
                        name: value
                        for name, value in params.items()
                        if name in ("x", "output", "energy", "mesh")
                    }
                )
            )
        if params["x"] in self._fails:
            raise ValueError("does not converge")
        return {
            **{name: [value, params["x"]] for name, value in self._returns.items()},
            "success": True,
        }
