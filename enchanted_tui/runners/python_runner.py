"""Run a Python function as the simulation. No plugin to write."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import numbers
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from enchanted_tui import neighbours
from enchanted_tui.as_data import NotDataError, as_data, named
from enchanted_tui.config.options import option
from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.base import Runner, SampleFailed
from enchanted_tui.runners.environment import here
from enchanted_tui.runners.function_source import SourceFunction, find_function
from enchanted_tui.suggestions import did_you_mean, nearest

_RUN_DIR, _PARENT, _NEIGHBOUR = "run_dir", "parent_run_dir", neighbours.RUN_DIR
_ONLY_BY_NAME = frozenset((_RUN_DIR, _NEIGHBOUR))  #: never among ``**kwargs``


class PythonRunner(Runner):
    """Call a function with the sample's parameters as keyword arguments.

    It gets those parameters that it names, or all of them if it takes ``**kwargs``; as ``run_dir``,
    if it names that, the task's own directory, as ``parent_run_dir`` the one of the previous step
    or stage, and as ``neighbour_run_dir``, where the stage says `start_from`, the one of the sample
    that it starts from, or None. It returns a number, which becomes ``output``, or a dictionary of
    outputs, which is a success unless its ``success`` is False.

    With `batch`, each parameter is an array of numpy with a value for every sample (a list where
    they are no numbers), and so is what it returns: an array, a dictionary of arrays, or a result
    for each sample, as a list or one after another.
    """

    function: str = option(
        doc="The function to call, as package.module:name.", example="my_model:solve"
    )
    arguments: dict[str, Any] = option(
        {},
        doc=(
            "More keyword arguments, the same for every sample; a parameter of the same name comes"
            " before them."
        ),
        example={"resolution": 65},
    )
    python_path: list[str] = option(
        [], doc="Directories to import from, besides those that Python searches.", path=True
    )
    chdir: bool = option(False, doc="Make the run directory the working directory during the call.")
    check_function: bool = option(
        True,
        doc=(
            "Look for the function before anything runs; false if its module is installed only"
            " where the tasks run."
        ),
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        if self.batch > 1:
            return super().single_code_run(run_dir, params)
        function = load_function(self.function, tuple(self.python_path))
        arguments = function.arguments({**self.arguments, **params}, run_dir, params.get(_RUN_DIR))
        if not self.chdir:
            return _outputs(self.function, function.call(**arguments))
        before = here()
        try:
            os.chdir(run_dir)
            return _outputs(self.function, function.call(**arguments))
        finally:
            os.fchdir(before)
            os.close(before)

    def many_code_run(
        self, run_dirs: list[str], params_list: list[dict[str, Any]]
    ) -> Iterable[Any] | Mapping[str, Any]:
        function = load_function(self.function, tuple(self.python_path))
        samples = [
            function.arguments({**self.arguments, **params}, run_dir, params.get(_RUN_DIR))
            for run_dir, params in zip(run_dirs, params_list)  # noqa: B905 - Python 3.9
        ]
        given = {name for params in params_list for name in params} | set(_ONLY_BY_NAME)
        columns = {
            name: _column([sample[name] for sample in samples]) if name in given else value
            for name, value in samples[0].items()
        }
        return _many_outputs(self.function, function.call(**columns))

    def reads_directory(self, path: str) -> bool:
        named = load_function(self.function, tuple(self.python_path)).named
        return not named.isdisjoint((_PARENT, _NEIGHBOUR))

    def needs_run_dir(self) -> bool:
        if type(self) is not PythonRunner:  # what is derived from it may do with it what it likes
            return super().needs_run_dir()
        return self.chdir or _RUN_DIR in load_function(self.function, tuple(self.python_path)).named

    def reads_earlier_run_dirs(self) -> bool:
        if type(self) is not PythonRunner:
            return super().reads_earlier_run_dirs()
        found = self._found()
        return found is None or _PARENT in found.accepted

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.batch > 1 and self.chdir:
            yield "chdir", "with batch, a call has many run directories; leave chdir out"
        module, colon, name = self.function.partition(":")
        if not (colon and module and name) or not all(
            part.isidentifier() for part in (*module.split("."), *name.split("."))
        ):
            yield "function", f"a function is named package.module:name, not {self.function!r}"
            return
        if not self.check_function:
            return
        try:
            found = find_function(self.function, self.python_path)
        except LookupError as error:
            yield "function", str(error.args[0])
            return
        if found is not None:
            yield from self._signature_problems(found)

    def used_parameters(self) -> set[str] | None:
        found = self._found()
        return None if found is None or found.takes_any else set(found.accepted)

    def meant_by(self, name: str, known: set[str]) -> str:
        found = self._found()
        given = set(self.arguments) | known | {_RUN_DIR, _PARENT, _NEIGHBOUR}
        near = nearest(name, found.accepted - given) if found is not None else None
        return f"{self.function} has an argument {near!r}" if near else ""

    def _found(self) -> SourceFunction | None:
        try:
            return find_function(self.function, self.python_path) if self.check_function else None
        except LookupError:
            return None

    def required_parameters(self) -> dict[str, set[str]]:
        found = self._found()
        if found is None:
            return {}
        needed = found.required - set(self.arguments) - {_RUN_DIR}
        # the directory before comes as the column run_dir
        return {"function": {_RUN_DIR if name == _PARENT else name for name in needed}}

    def _signature_problems(self, found: SourceFunction) -> Iterator[tuple[str, str]]:
        if found.positional_only:
            yield (
                "function",
                (
                    f"{self.function} takes {listed(found.positional_only)} by position only;"
                    " parameters are passed by name"
                ),
            )
        for name in self.arguments:
            if not found.takes_any and name not in found.accepted:
                yield (
                    f"arguments.{name}",
                    (
                        f"{self.function} has no argument {name!r}; it has"
                        f" {listed(sorted(found.accepted))}{did_you_mean(name, found.accepted)}"
                    ),
                )


class LoadedFunction(NamedTuple):
    """A function and what it accepts; `accepted` is None if it takes anything."""

    path: str
    call: Callable[..., Any]
    accepted: frozenset[str] | None
    named: frozenset[str]
    required: tuple[str, ...]

    def arguments(
        self, given: Mapping[str, Any], run_dir: str, parent_run_dir: Any
    ) -> dict[str, Any]:
        """Choose from `given` what the function accepts. Raises SampleFailed naming what it needs
        and there is not.
        """
        directories = {_RUN_DIR: run_dir}
        if parent_run_dir is not None:
            directories[_PARENT] = parent_run_dir
        chosen = {
            name: value
            for name, value in given.items()
            if name in self.named or (self.accepted is None and name not in _ONLY_BY_NAME)
        }
        chosen.update((name, path) for name, path in directories.items() if name in self.named)
        missing = [name for name in self.required if name not in chosen]
        if missing:
            raise SampleFailed(
                f"{self.path} needs {listed(missing)}; the sample has {listed(given)}", "exception"
            )
        return chosen


@functools.lru_cache(maxsize=64)
def load_function(path: str, directories: tuple[str, ...] = ()) -> LoadedFunction:
    """Import ``package.module:name`` once per process, with `directories` to import from besides
    the usual ones.
    """
    sys.path.extend(directory for directory in directories if directory not in sys.path)
    module, _, qualified = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        if not hasattr(found, part):
            raise SampleFailed(
                f"{module} has no {part!r}{did_you_mean(part, dir(found))}", "exception"
            )
        found = getattr(found, part)
    if not callable(found):
        raise SampleFailed(
            f"{path} is a {type(found).__name__}, which cannot be called", "exception"
        )
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not say what they take
        return LoadedFunction(path, found, None, frozenset(), ())
    by_name = [
        entry
        for entry in parameters
        if entry.kind in (entry.POSITIONAL_OR_KEYWORD, entry.KEYWORD_ONLY)
    ]
    names = frozenset(entry.name for entry in by_name)
    takes_any = any(entry.kind == entry.VAR_KEYWORD for entry in parameters)
    required = tuple(entry.name for entry in by_name if entry.default is entry.empty)
    return LoadedFunction(path, found, None if takes_any else names, names, required)


def _column(values: list[Any]) -> Any:
    """Return a parameter's values for many samples, numbers as an array of numpy."""
    if all(isinstance(value, numbers.Number) for value in values):
        with contextlib.suppress(ImportError):
            return importlib.import_module("numpy").array(values)
    return values


def _many_outputs(path: str, returned: Any) -> Iterable[Any] | Mapping[str, Any]:
    """Return what a function gives for many samples as `Runner.many_code_run` does."""
    if isinstance(returned, Mapping):
        return {"success": True, **returned}
    if hasattr(returned, "__array__"):
        return {"success": True, "output": returned}
    if not isinstance(returned, Iterable) or isinstance(returned, (str, bytes)):
        raise SampleFailed(
            f"{path} returned {named(returned)}; with batch it must return an array, a dictionary"
            " of arrays, or a result for each sample",
            "bad_return",
        )
    results = (
        result if isinstance(result, BaseException) else _outputs(path, result)
        for result in returned
    )
    return list(results) if isinstance(returned, Sequence) else results


def _outputs(path: str, returned: Any) -> dict[str, Any]:
    if isinstance(returned, Mapping):
        outputs = dict(returned)
        outputs.setdefault("success", True)
        return outputs
    try:
        number = as_data(returned)
    except NotDataError:
        number = ...
    # None: masked, or pandas' NA
    if isinstance(number, numbers.Number) or (number is None and returned is not None):
        return {"output": number, "success": True}
    raise SampleFailed(
        f"{path} returned {named(returned)}; it must return a number or a dictionary of outputs",
        "bad_return",
    )
