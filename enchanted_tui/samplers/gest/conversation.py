"""A generator and what it is asked and told, in the process that it lives in.

A question brings the events that the generator has not been through: results to ingest, points to
suggest. It says how many there were before, so that a process which is new, because the campaign
has been resumed or the one before has died, asks for all of them. Suggestions that are on record
come with the points that are expected: a generator that gives these again is in the state in which
it was, and its own names of points (``_id``) are the same ones.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import random
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enchanted_tui.errors import UserError
from enchanted_tui.samplers.gest import generator_class
from enchanted_tui.samplers.gest.suggestions_read import (
    BadSuggestionError,
    counted,
    difference,
    is_same,
    read_points,
)
from enchanted_tui.samplers.gest.vocs import Point, to_generator, vocs_of

Question = dict[str, Any]
Answer = dict[str, Any]
Event = dict[str, Any]

_LONGEST = 400  #: characters of what a generator says of an error


class GeneratorRefusal(UserError):
    """The generator, or this program, cannot go on; the text is one sentence."""


class _DiffersError(Exception):
    """A generator does not give the points again that are on record; the text says where."""


class Conversation:
    """Answers questions; `overdue` is called, from another thread, when the generator has taken too
    long.
    """

    def __init__(self, overdue: Callable[[Answer], None] | None = None) -> None:
        self._generator: _Generator | None = None
        self._done = 0  #: events that the generator has been through
        self._overdue = overdue

    def answer(self, question: Question) -> Answer:
        """Return ``points``; or ``behind`` where all events are needed, ``differs`` where points on
        record are not given again, ``refused`` with a sentence.
        """
        if question["done"] and (self._generator is None or question["done"] != self._done):
            return {"behind": True}
        try:
            return {"points": self._points(question)}
        except _DiffersError as error:
            self._forget()
            return {"differs": str(error)}
        except GeneratorRefusal as error:
            self._forget()
            return {"refused": str(error), "traceback": traceback.format_exc()}

    def _points(self, question: Question) -> list[Point]:
        """Go through the events of a question, and return what the last one has given."""
        if not question["done"]:
            self._forget()
            self._generator = self._timed(question, lambda: _Generator(question["setup"]))
        generator, points = self._generator, list[Point]()
        assert generator is not None
        events = question["events"]
        replayed = max((n for n, event in enumerate(events) if "points" in event), default=-1)
        for number, event in enumerate(events):
            try:
                points = self._timed(question, functools.partial(generator.meet, event))
            except GeneratorRefusal as error:
                if number > replayed:
                    raise
                raise _DiffersError(str(error)) from error
            self._done += 1
        if question.get("last"):
            self._timed(question, generator.finalize)
            self._forget()
        return points

    def _timed(self, question: Question, function: Callable[[], Any]) -> Any:
        """Call a function that may take `patience` seconds."""
        patience, name = question["patience"], question["setup"]["generator"]
        sentence = (
            f"{name} has not answered within {patience:g} s (patience_sec); it may wait for results"
            " that it has not been told, so ask it for fewer points at a time (batch_size), or give"
            " it more time"
        )
        overdue = self._overdue
        if overdue is None:
            return function()
        timer = threading.Timer(patience, lambda: overdue({"refused": sentence}))
        timer.daemon = True
        timer.start()
        try:
            return function()
        finally:
            timer.cancel()

    def _forget(self) -> None:
        """Leave the generator, and end what it has started."""
        self._generator, self._done = None, 0
        for process in multiprocessing.active_children():
            process.terminate()


class _Generator:
    """A generator, and what it has given by position."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._problem = setup["problem"]
        self._variables = self._problem["variables"]
        self._clip = setup["clip"]
        self._name = generator_class.path_of(setup["generator"]).rpartition(".")[2]
        self._given: dict[int, Point] = {}  #: as it gave them, with keys of its own
        with self._blamed("cannot be imported", "install what it needs, or mend its name"):
            cls = generator_class.load(setup["generator"], setup["file"])
        self._wants_run_times = cls.__module__.startswith("xopt.")
        _sow(setup["seed"])
        with self._blamed(
            "cannot be made", "mend options, parameters or objectives of the sampler"
        ):
            self._generator: Any = cls(vocs=vocs_of(self._problem), **setup["options"])

    def meet(self, event: Event) -> list[Point]:
        """Go through an event, and return the points that it has given."""
        if "ingest" in event:
            self._ingest(event["ingest"])
            return []
        return self._suggest(event["suggest"], event["first"], event.get("points"))

    def finalize(self) -> None:
        """Let the generator close what it has open; that it fails costs nothing any more."""
        with contextlib.suppress(Exception):
            self._generator.finalize()

    def _suggest(self, count: int, first: int, recorded: Sequence[Point] | None) -> list[Point]:
        remedy = (
            "it may need results first (initial_samples), or give fewer points at a time"
            " (batch_size)"
        )
        with self._blamed(f"failed when it was asked for {counted(count)}", remedy):
            given = self._generator.suggest(count)
        try:
            whole, points = read_points(given, self._variables, count, clip=self._clip)
        except BadSuggestionError as error:
            raise GeneratorRefusal(
                f"{self._name} {error}; that is not what gest-api asks of a generator: mend it, or"
                " use another"
            ) from error
        for number, expected in enumerate(recorded or ()):
            suggested = points[number] if number < len(points) else {}
            if not suggested or not is_same(suggested, expected, self._variables):
                raise _DiffersError(f"sample {first + number}: {difference(suggested, expected)}")
        self._given.update(zip(range(first, first + len(whole)), whole, strict=True))
        return points

    def _ingest(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Tell results: first those of points of its own, then all others, which have no name."""
        own = [result for result in results if result["position"] in self._given]
        others = [result for result in results if result["position"] not in self._given]
        self._tell(own, "", "mend it, or use another")
        self._tell(
            others,
            " of points that it has not suggested",
            "if it takes none, leave out those added by hand (added_points: leave_out), or have no"
            " initial_samples",
        )

    def _tell(self, results: list[Mapping[str, Any]], whose: str, remedy: str) -> None:
        if not results:
            return
        failed = sum(bool(result["failed"]) for result in results)
        if failed:
            remedy = "if it takes no failed samples, leave them out (failed_samples: leave_out)"
        doing = f"failed when it was told results{whose} ({len(results)}, {failed} of them failed)"
        with self._blamed(doing, remedy):
            self._generator.ingest(list(map(self._told, results)))

    def _told(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return a result as the generator is told it: a point of its own as it gave it."""
        given = self._given.get(result["position"])
        if given is None:
            given = {
                name: to_generator(variable, result["point"][name])
                for name, variable in self._variables.items()
            }
        told = {**given, **result["outputs"]}
        if self._wants_run_times:  # as Xopt's own evaluator says them
            told.update(xopt_runtime=result["seconds"], xopt_error=result["failed"])
        return told

    @contextlib.contextmanager
    def _blamed(self, doing: str, remedy: str) -> Any:
        """Turn whatever the generator raises into a sentence."""
        try:
            yield
        except generator_class.NoGeneratorError as error:
            raise GeneratorRefusal(str(error)) from error
        except (Exception, SystemExit) as error:
            words = " ".join(str(error).split())
            words = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
            raise GeneratorRefusal(
                f"{self._name} {doing}: {type(error).__name__}: {words}; {remedy}"
            ) from error


def _sow(seed: Sequence[int]) -> None:
    """Seed the random numbers that all code of this process shares."""
    import numpy

    word = int(numpy.random.SeedSequence(list(seed)).generate_state(1)[0])
    random.seed(word)
    numpy.random.seed(word)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(word)
