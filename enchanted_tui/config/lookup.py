"""Find the class that a `type` names. Only the class that is named is imported."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui.config.import_places import importing_from
from enchanted_tui.config.options import Component
from enchanted_tui.config.problems import in_style_of, shortened, snake_case
from enchanted_tui.errors import UserError
from enchanted_tui.suggestions import nearest, normalised

#: The kinds of component, and the section of the configuration or the entry-point group of each.
KINDS = {"sampler": "samplers", "runner": "runners", "executor": "executors", "parser": "parsers"}

#: Declared name of each built-in, and where it is.
BUILTIN: dict[str, dict[str, str]] = {
    "sampler": {
        "RandomSampler": "enchanted_tui.samplers.random_sampler:RandomSampler",
        "RandomSamplerWithKill": (
            "enchanted_tui.samplers.random_sampler_with_kill:RandomSamplerWithKill"
        ),
        "GridSampler": "enchanted_tui.samplers.grid_sampler:GridSampler",
        "ArraySampler": "enchanted_tui.samplers.array_sampler:ArraySampler",
        "LatinHypercubeSampler": (
            "enchanted_tui.samplers.latin_hypercube_sampler:LatinHypercubeSampler"
        ),
        "SobolSequenceSampler": "enchanted_tui.samplers.sobol_sampler:SobolSequenceSampler",
        "NestedSampler": "enchanted_tui.samplers.nested_sampler:NestedSampler",
        "ZipSampler": "enchanted_tui.samplers.zip_sampler:ZipSampler",
        "CSVSampler": "enchanted_tui.samplers.csv_sampler:CSVSampler",
        "PoolSampler": "enchanted_tui.samplers.pool_sampler:PoolSampler",
        "ActiveLearningSampler": (
            "enchanted_tui.samplers.active_learning_sampler:ActiveLearningSampler"
        ),
        "BayesianOptimizationSampler": (
            "enchanted_tui.samplers.bayesian_optimization_sampler:BayesianOptimizationSampler"
        ),
        "GestSampler": "enchanted_tui.samplers.gest_sampler:GestSampler",
    },
    "runner": {
        "ExampleRunner": "enchanted_tui.runners.example_runner:ExampleRunner",
        "SumRunner": "enchanted_tui.runners.sum_runner:SumRunner",
        "SyntheticDoubleGaussianRunner": (
            "enchanted_tui.runners.double_gaussian_runner:SyntheticDoubleGaussianRunner"
        ),
        "CommandRunner": "enchanted_tui.runners.command_runner:CommandRunner",
        "PythonRunner": "enchanted_tui.runners.python_runner:PythonRunner",
        "TableRunner": "enchanted_tui.runners.table_runner:TableRunner",
        "BenchmarkFunctionRunner": (
            "enchanted_tui.runners.benchmark_function_runner:BenchmarkFunctionRunner"
        ),
    },
    "executor": {
        "LocalExecutor": "enchanted_tui.executors.local.executor:LocalExecutor",
        "JoblibExecutor": "enchanted_tui.executors.local.executor:JoblibExecutor",
        "SlurmExecutor": "enchanted_tui.executors.slurm.executor:SlurmExecutor",
        "DaskExecutor": "enchanted_tui.executors.dask.executor:DaskExecutor",
    },
    "parser": {},
}

#: Built-in parsers: they have no section of their own and declare no options.
PARSERS = {
    "SyntheticDoubleGaussianParser": (
        "enchanted_tui.samplers.double_gaussian_parser:SyntheticDoubleGaussianParser"
    ),
}

#: Other names of built-ins.
ALIASES: dict[str, dict[str, str]] = {
    "sampler": {
        "LHSSampler": "LatinHypercubeSampler",
        "LatinHypercube": "LatinHypercubeSampler",
        "SobolSampler": "SobolSequenceSampler",
        "SobolSequence": "SobolSequenceSampler",
    },
}

#: Components of the older program that this version does not have.
ABSENT: dict[str, tuple[str, ...]] = {}

#: What a class of each kind must have that is not built upon the base class of its kind.
_INTERFACE = {"sampler": "get_next_samples", "runner": "single_code_run", "executor": "submit"}
OLDER = "enchanted_surrogates"  #: the older program's package
_GROUPS = ("enchanted_tui", OLDER)


class LookupFailure(UserError):
    """No usable class has that name; `excusable` if a package that is not installed or a later
    version would have it.
    """

    def __init__(self, message: str, *, excusable: bool = False) -> None:
        super().__init__(message)
        self.excusable = excusable


class Found(NamedTuple):
    """A component's class."""

    cls: type
    class_path: str  #: ``package.module:Qualified.Name``
    older: bool = False  #: found where the older program looks for its plugins

    @property
    def is_declared(self) -> bool:
        """True if the class declares its options."""
        return issubclass(self.cls, Component)


def find(kind: str, name: str, import_dirs: Sequence[Path] = ()) -> Found:
    """Find the class of a component: a built-in, an entry point, a module of the older program, or
    ``package.module:Class``.

    `import_dirs` are searched for modules after the interpreter's own path. Raises LookupFailure
    with one sentence.
    """
    if ":" in name:
        return _checked(kind, name, _import_class(name, import_dirs))
    class_path = builtin_path(kind, name)
    if class_path is not None:
        return Found(_import_class(class_path, ()), class_path)
    point = _entry_point(kind, name)
    if point is None:
        class_path = _older_path(kind, name, import_dirs)
        if class_path is not None:
            found = _checked(kind, class_path, _import_class(class_path, import_dirs))
            return found._replace(older=True)
        raise _absent(kind, name) if _is_absent(kind, name) else LookupFailure(_unknown(kind, name))
    try:
        cls = point.load()
    except (Exception, SystemExit) as error:  # whatever a plugin raises while it is imported
        raise LookupFailure(
            f"the plugin {name!r} ({point.value}) cannot be imported: {_told(error)}",
            excusable=isinstance(error, ImportError),
        ) from error
    found = _checked(kind, f"{point.module}:{point.attr}", cls)
    return found._replace(older=point.group.startswith(f"{OLDER}."))


def builtin_path(kind: str, name: str) -> str | None:
    """Return where a built-in is, by any spelling of its name, without importing it."""
    declared = _builtin_names(kind).get(_form(name))
    return _builtins(kind)[declared] if declared is not None else None


def is_own(class_path: str) -> bool:
    """Tell whether a class is one of this program's own components."""
    return any(class_path in _builtins(kind).values() for kind in BUILTIN)


def names_like(kind: str) -> list[str]:
    """Every name that `type` can have: built-ins, their other names, and entry points (which are
    not imported).
    """
    return [
        *_builtins(kind),
        *ALIASES.get(kind, ()),
        *(point.name for point in _entry_points(kind)),
    ]


# -- built-ins -------------------------------------------------------------------------------------


def _form(name: str) -> str:
    return name.replace("_", "").lower()


def _builtins(kind: str) -> dict[str, str]:
    return PARSERS if kind == "parser" else BUILTIN[kind]


def _builtin_names(kind: str) -> dict[str, str]:
    names = {_form(name): name for name in _builtins(kind)}
    names.update({_form(alias): name for alias, name in ALIASES.get(kind, {}).items()})
    return names


def _is_absent(kind: str, name: str) -> bool:
    return _form(name) in map(_form, ABSENT.get(kind, ()))


def _absent(kind: str, name: str) -> LookupFailure:
    return LookupFailure(
        f"this version has no {name} yet; it has {', '.join(BUILTIN[kind])}", excusable=True
    )


def _unknown(kind: str, name: str) -> str:
    for other in BUILTIN:
        if other != kind and (
            builtin_path(other, name) or _is_absent(other, name) or _is_plugin(other, name)
        ):
            return f"{name!r} is {_article(other)} and belongs under {KINDS[other]!r}"
    known = names_like(kind)
    suggestion = _with_suffix(kind, name) or nearest(name, known)
    if suggestion is not None:
        return (
            f"there is no {kind} {shortened(name)!r}; did you mean"
            f" {in_style_of(name, suggestion)!r}?"
        )
    if "." in name:
        return (
            f"there is no {kind} {shortened(name)!r}; a class is named as package.module:Class,"
            " with a colon before the class"
        )
    listed = ", ".join(dict.fromkeys(known))
    there = (
        f"there are {listed}, and any" if listed else "no package with one is installed, but any"
    )
    return (
        f"there is no {kind} {shortened(name)!r}; {there} class can be named as"
        " package.module:Class"
    )


def _with_suffix(kind: str, name: str) -> str | None:
    """Return the built-in whose name without its ending is `name`."""
    return _builtin_names(kind).get(normalised(name) + kind)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


# -- plugins ---------------------------------------------------------------------------------------


def _entry_points(kind: str) -> list[Any]:
    from importlib import metadata

    return [
        point
        for group in _GROUPS
        for point in metadata.entry_points(group=f"{group}.{KINDS[kind]}")
    ]


def _is_plugin(kind: str, name: str) -> bool:
    return any(_form(point.name) == _form(name) for point in _entry_points(kind))


def _entry_point(kind: str, name: str) -> Any:
    """Return the entry point of that name, exactly spelt or else in another spelling; None if there
    is none.
    """
    points = _entry_points(kind)
    matching = [point for point in points if point.name == name] or [
        point for point in points if _form(point.name) == _form(name)
    ]
    values = list(dict.fromkeys(point.value for point in matching))
    if len(values) > 1:
        raise LookupFailure(
            f"{name!r} is offered by several plugins ({', '.join(values)}); name one of them as"
            " package.module:Class"
        )
    return matching[0] if matching else None


def _older_path(kind: str, name: str, directories: Sequence[Path]) -> str | None:
    """Return where the older program would have a component of that name: ``my_runner`` or
    ``MyRunner`` in a module of its own.

    None where there is no such module.
    """
    is_snake = "_" in name
    pascal = "".join(word.title() for word in name.split("_")) if is_snake else name
    spellings = (
        (name,) if is_snake else (re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), snake_case(name))
    )
    for snake in spellings:
        module = f"{OLDER}.{KINDS[kind]}.{snake}"
        if f"{snake}{pascal}".isidentifier() and _module_exists(module, directories):
            return f"{module}:{pascal}"
    return None


def _module_exists(module: str, directories: Sequence[Path]) -> bool:
    with importing_from(directories):
        try:
            return importlib.util.find_spec(module) is not None
        # the packages above it are imported, and may raise anything
        except Exception:  # noqa: BLE001
            return False


def _import_class(class_path: str, directories: Sequence[Path]) -> Any:
    module_name, _, qualified = class_path.partition(":")
    if module_name == "__main__":
        raise LookupFailure(
            f"{class_path!r} cannot be imported by the workers; move the class into a module of"
            " its own"
        )
    if not all(part.isidentifier() for part in [*module_name.split("."), *qualified.split(".")]):
        raise LookupFailure(f"{shortened(class_path)!r} is not of the form package.module:Class")
    with importing_from(directories):
        try:
            if module_name not in sys.modules:
                importlib.invalidate_caches()  # the module may have been written a moment ago
            found: Any = importlib.import_module(module_name)
        except (Exception, SystemExit) as error:  # whatever a module raises while it is imported
            raise LookupFailure(
                _import_sentence(module_name, error, directories),
                excusable=isinstance(error, ImportError),
            ) from error
    for part in qualified.split("."):
        if not hasattr(found, part):
            raise LookupFailure(_no_such_class(module_name, qualified, found))
        found = getattr(found, part)
    return found


def _import_sentence(module_name: str, error: BaseException, directories: Sequence[Path]) -> str:
    if (
        isinstance(error, ModuleNotFoundError)
        and error.name is not None
        and f"{module_name}.".startswith(f"{error.name}.")
    ):
        places = " and ".join(str(directory) for directory in directories)
        searched = f"; it is not installed, nor in {places}" if places else "; it is not installed"
        return f"there is no module {error.name!r}{searched}"
    return f"the module {module_name!r} cannot be imported: {_told(error)}"


def _no_such_class(module_name: str, qualified: str, module: Any) -> str:
    classes = (
        [name for name, value in vars(module).items() if isinstance(value, type)]
        if hasattr(module, "__dict__")
        else []
    )
    suggestion = nearest(qualified, classes)
    hint = f"; did you mean {module_name}:{suggestion}?" if suggestion else ""
    return (
        f"the module {module_name!r} ({getattr(module, '__file__', 'built in')}) has no"
        f" {qualified!r}{hint}"
    )


def _checked(kind: str, class_path: str, cls: Any) -> Found:
    """Make sure that a plugin's class is of the kind asked for."""
    if not isinstance(cls, type):
        raise LookupFailure(f"{class_path!r} is not a class")
    method = _INTERFACE.get(kind)
    declared_kind = cls.kind if issubclass(cls, Component) else None
    has_method = method is None or callable(getattr(cls, method, None))
    if not (declared_kind == kind if declared_kind else has_method):
        other = next(
            (
                name
                for name, has in _INTERFACE.items()
                if name != kind and (declared_kind == name or callable(getattr(cls, has, None)))
            ),
            None,
        )
        what = f"is {_article(other)}" if other else f"has no method {method!r}"
        raise LookupFailure(f"{class_path!r} {what} and cannot be used as {_article(kind)}")
    return Found(cls, class_path)


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {shortened(text)}" if text else type(error).__name__
