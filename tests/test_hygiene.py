"""The rules of the house that `.ci/lint` does not know: what may be imported where, and how tests
are named and marked.
"""

from __future__ import annotations

import ast
import builtins
import functools
import graphlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from helpers.marks import DEBIAN_PROGRAMS, marks_of

ROOT = Path(__file__).parent.parent

_HEAVY = (
    "textual",
    "pandas",
    "dask",
    "distributed",
    "paramiko",
    "pyarrow",
    "scipy",
    "h5py",
    "numpy",
    "jinja2",
    "sklearn",
    "skactiveml",
    "asyncio",
    "ssl",
)


def _imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import enchanted_tui",
        "import enchanted_tui.executors.pool.worker",
        (
            "import enchanted_tui.runners.command_runner, enchanted_tui.runners.python_runner,"
            " enchanted_tui.runners.double_gaussian_runner"
        ),
        "import enchanted_tui.executors.task",
    ],
)
def test_workers_import_the_standard_library_alone(code: str) -> None:
    """Protects thousands of workers' start-up and nodes that have no packages."""
    third_party = (
        _imported_by(code) - set(sys.stdlib_module_names) - _imported_by("pass") - {"enchanted_tui"}
    )
    assert not third_party


#: of the standard library; together a third of what `--help` costs
_DEARER_THAN_THE_REST = ("dataclasses", "inspect")


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], ["--schema"]], ids=lambda argv: argv[0]
)
def test_small_answers_import_nothing_heavy(argv: list[str]) -> None:
    """Protects the first impression on a slow file system: a small question must not import the
    world.
    """
    code = (
        "import contextlib, io\nfrom enchanted_tui.cli import main\nwith"
        f" contextlib.redirect_stdout(io.StringIO()):\n    main({argv!r})"
    )
    heavy = set(_HEAVY) - {"numpy"} if argv == ["--schema"] else {*_HEAVY, *_DEARER_THAN_THE_REST}
    assert not heavy & _imported_by(code)


def test_the_list_of_runs_imports_nothing_that_it_does_not_show() -> None:
    """Protects the first paint: what reads configurations, plots or computes comes when it is asked
    for.
    """
    code = "import enchanted_tui.cli, enchanted_tui.ui.app, enchanted_tui.ui.screens.runs"
    computing = {"yaml", "numpy", "scipy", "pandas", "h5py", "jinja2", "sklearn"}
    assert not computing & _imported_by(code)


def test_names_of_test_modules_are_unique() -> None:
    """Protects whole runs of the tests: two modules of one name in different folders stop pytest
    while it collects.
    """
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def _modules(room: str = ".") -> list[Path]:
    return sorted((ROOT / "tests" / room).rglob("test_*.py"))


def test_what_needs_debian_packages_is_marked() -> None:
    """Protects people without them: `pytest --fast` runs nothing that names such a program, or a
    helper that runs one.
    """
    for module in _modules():
        if not marks_of(module) & {"slurm", "ssh", "campaign", "apt"}:
            named = {
                str(node.value)
                for node in ast.walk(ast.parse(module.read_text()))
                if isinstance(node, ast.Constant) and node.value in DEBIAN_PROGRAMS
            }
            assert not named, module


@pytest.mark.parametrize(
    "room",
    ["config", "samplers", "runners", "executors", "supervisor", "storage", "export", "ui"],
)
def test_every_room_has_quick_tests(room: str) -> None:
    """Protects `make fast`: it looks into each room, and at the command line."""
    assert [module for module in _modules(room) if not marks_of(module)]
    assert not marks_of(ROOT / "tests" / "semantics" / "test_command_line.py")


#: Exceptions that nobody has to read: they say something to another part of the program.
_NOT_FOR_PEOPLE = {
    # on workers, where they become the failure of a sample, or say that it was none of its own
    "EnvironmentFailure",
    "NotDataError",
    "SampleFailed",
    "TableError",
    "Unreadable",
    "UnsafePlaceError",
    "Continues",
    # caught by the one that called, which knows what to do or what to say
    "CheckerGoneError",
    "ExpressionError",
    "FileChangedError",
    "InTheWayError",
    "LearningError",
    "RunGone",
    "Unknown",
    "UnsafeArchive",
    "UserError",
}


@functools.cache
def _trees() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text()))
        for path in sorted((ROOT / "enchanted_tui").rglob("*.py"))
    ]


@functools.cache
def _nodes(path: str) -> list[ast.AST]:
    return list(ast.walk(dict(_trees())[path]))


def test_exceptions_for_people_have_one_root() -> None:
    """Protects the sentence that a person sees: without the root an error is shown as a defect."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for path, _ in _trees()
        for node in _nodes(path)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
    builtin = {
        name
        for name in dir(builtins)
        if isinstance(getattr(builtins, name), type)
        and issubclass(getattr(builtins, name), BaseException)
    }
    rootless = {name for name, above in bases.items() if above & builtin and above <= builtin}
    assert rootless == _NOT_FOR_PEOPLE


def test_threads_are_daemons_with_a_name() -> None:
    """Protects the end of the program, which a thread that hangs must not hold up, and whoever
    reads a stack.
    """
    for path, _ in _trees():
        for node in _nodes(path):
            if isinstance(node, ast.Call) and _called(node) == "Thread":
                assert {"name", "daemon"} <= {word.arg for word in node.keywords}, path


def _called(call: ast.Call) -> str:
    """Return the last name of what is called."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_modules_fit_in_a_head() -> None:
    """Protects whoever has to read one: at most 400 lines."""
    long = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "enchanted_tui").rglob("*.py")
        if len(path.read_text().splitlines()) > 400
    }
    assert not long


def _imports() -> dict[str, set[str]]:
    """Return what each module of the package imports of it, in functions and for types too."""
    paths = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path, _ in _trees()
    }
    found: dict[str, set[str]] = {name: set() for name in paths}
    for name, path in paths.items():
        for node in _nodes(path):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= (whole & paths.keys()) or ({node.module} & paths.keys())
            elif isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names} & paths.keys()
        found[name].discard(name)
    return found


def test_no_file_imports_what_imports_it() -> None:
    """Protects whoever wants to understand, or move, one file without the others."""
    graphlib.TopologicalSorter(_imports()).prepare()  # names the circle that it meets


def test_no_room_imports_a_room_beside_it_that_imports_it() -> None:
    """Protects the same of rooms, those inside others too: a room and the one that it is in may
    know each other.
    """
    found: dict[str, set[str]] = {}
    for name, imported in _imports().items():
        above = {room.rpartition(".")[0] for room in imported}
        room = name.rpartition(".")[0]
        found.setdefault(room, set()).update(
            other
            for other in above
            if not f"{room}.".startswith(f"{other}.") and not f"{other}.".startswith(f"{room}.")
        )
    graphlib.TopologicalSorter(found).prepare()


def test_the_house_is_drawn_as_it_stands() -> None:
    """Protects newcomers: each module and room of the package is told in the drawing of the
    architecture page, which tells no others.
    """
    page = (ROOT / "docs" / "architecture.md").read_text()
    _, _, rest = page.partition("## The house\n\n```\n")
    drawing = rest.partition("```")[0]
    first = set(re.findall(r"^  (\S+)", drawing, re.M))
    told = first | set(re.findall(r"\b\w+\.py\b", drawing))
    package = ROOT / "enchanted_tui"
    rooms = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert rooms | modules <= told
    assert first <= rooms | modules | {"py.typed"}


#: Module names that are used more than once, with the reason; "supervisor/" stands for a package.
_SHARED_MODULE_NAMES = {
    # what Python itself looks for
    "__main__": {"__main__", "samplers/learning/__main__"},
    # of each kind of component: what it is
    "base": {"executors/base", "runners/base", "samplers/base"},
    # of each executor: its options, and what runs
    "executor": {"executors/dask/executor", "executors/local/executor", "executors/slurm/executor"},
    "running": {"executors/dask/running", "executors/slurm/running"},
    # a package and the door to it
    "pool": {"executors/pool/", "executors/pool/pool"},
    "supervisor": {"supervisor/", "supervisor/supervisor"},
    # what a person can do, and the keys for it
    "actions": {"operations/actions", "ui/actions/"},
    # a screen, by the name of its mode, and its actions; two are of what a room or module is about
    "compare": {"ui/actions/compare", "ui/screens/compare"},
    "config": {"config/", "ui/actions/config", "ui/screens/config"},
    "failures": {"ui/actions/failures", "ui/screens/failures"},
    "log": {"ui/actions/log", "ui/screens/log"},
    "monitor": {"ui/actions/monitor", "ui/screens/monitor"},
    "plots": {"ui/actions/plots", "ui/screens/plots"},
    "results": {"ui/actions/results", "ui/screens/results"},
    "runs": {"ui/actions/runs", "ui/screens/runs"},
    "task": {"executors/task", "ui/actions/task", "ui/screens/task"},
}
_SHARED_CLASS_NAMES = {
    # the same loss, in the words of SSH; it is built upon the other
    "ConnectionLost": {"executors/slurm/ssh/connection_errors", "executors/slurm/transport"},
}


def _shared(names: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the names that stand in several places, with these."""
    found: dict[str, set[str]] = {}
    for name, place in names:
        found.setdefault(name, set()).add(place)
    return {name: places for name, places in found.items() if len(places) > 1}


def test_modules_have_names_of_their_own() -> None:
    """Protects whoever looks for a file, or reads its name in a traceback."""
    places = [path.removeprefix("enchanted_tui/").removesuffix(".py") for path, _ in _trees()]
    places = [place.removesuffix("__init__") for place in places if place != "__init__"]
    names = ((place.rstrip("/").rpartition("/")[2], place) for place in places)
    assert _shared(names) == _SHARED_MODULE_NAMES


def test_classes_have_names_of_their_own() -> None:
    """Protects whoever reads a type in one file and knows it from another; classes inside others,
    and those of one module alone, are called by where they are.
    """
    names = (
        (node.name, path.removeprefix("enchanted_tui/").removesuffix(".py"))
        for path, tree in _trees()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert _shared(names) == _SHARED_CLASS_NAMES


#: Classes that are made for one other class alone, in another file, and are no whole by themselves:
#: each is a thing of its own, for a reason that the architecture page gives.
_ONE_HEIR = {
    # what plugins are built upon, and new samplers
    "Parser",
    "Sampler",
    "SequenceSampler",
    # options, which are read without what runs them
    "CommandOptions",
    "GeneratorOptions",
    # what a sampler is without what it adds: a box and an earlier campaign, an output to learn
    "ModelledBox",
    "OutputLearner",
    # two answers to one part of `Running`
    "GrantHolder",
    "JobHolder",
    # further of a kind, each usable by itself
    "CursorPlot",
    "NestedSampler",
    "PathDialog",
    "RandomSampler",
    "StageProgress",
    # the app, on whose own class Textual calls actions and handlers of messages
    "AppInterface",
    "Refusing",
    "Menus",
    "Picturing",
    "Hosting",
    "OpenRuns",
    # screens, likewise: Results, ...
    "ChartWriting",
    "FrontShowing",
    "ResultsTables",
    "RowFiltering",
    "RowsWriting",
    # ... Config, Plots and Runs
    "ManyTexts",
    "TextFinding",
    "PlotChoosing",
    "PlotPicturing",
    "MarkedRuns",
}


def test_no_class_is_cut_in_two() -> None:
    """Protects readers: a file that has grown too long is not mended by moving half of a class into
    a base that nothing else is built upon.
    """
    defined: dict[str, str] = {}
    heirs: dict[str, set[tuple[str, str]]] = {}
    made: set[str] = set()
    for path, _ in _trees():
        for node in _nodes(path):
            if isinstance(node, ast.ClassDef):
                defined.setdefault(node.name, path)
                for base in node.bases:
                    name = ast.unparse(base).partition("[")[0].rpartition(".")[2]
                    heirs.setdefault(name, set()).add((path, node.name))
            elif isinstance(node, ast.Call):
                made.add(_called(node))
    found = {
        name
        for name, path in defined.items()
        if name not in made
        and len(heirs.get(name, ())) == 1
        and all(other != path for other, _ in heirs[name])
    }
    assert found == _ONE_HEIR
