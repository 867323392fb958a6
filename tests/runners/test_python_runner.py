"""PythonRunner: a function as the simulation."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from enchanted_tui import values
from enchanted_tui.runners.failure import SampleFailed
from enchanted_tui.runners.many_results import in_rows
from enchanted_tui.runners.python_runner import PythonRunner, load_function

MODULE = """
import os
import sys
from math import hypot as _hypot

COUNT = 0
alias = lambda x: x

def area(width, height, *, scale=1.0):
    return width * height * scale

def everything(**kwargs):
    return {"names": ",".join(sorted(kwargs))}

def where(x, run_dir, parent_run_dir=None):
    with open(os.path.join(run_dir, "made.txt"), "w") as file:
        file.write("here")
    return {"run": run_dir, "parent": str(parent_run_dir), "cwd": os.getcwd()}

def follow(run_dir, parent_run_dir):
    return 1

def picky(x, /, y):
    return x

def judged(x):
    return {"value": x, "success": x > 0}

def returns(what):
    return {"none": None, "list": [1], "text": "1", "float": 2.5, "int": 2**70, "bool": True, "nan": float("nan")}[what]

def scalars(kind):
    import numpy
    return {"float": numpy.float32(0.5), "zero_d": numpy.array(3), "array": numpy.ones(3), "longdouble": numpy.longdouble(2)}[kind]

def counting():
    global COUNT
    COUNT += 1
    return COUNT

def broken(x):
    raise RuntimeError(f"no solution at {x}")

class Model:
    @staticmethod
    def solve(x):
        return x * 2

value = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module into a directory of its own and give that directory."""
    directory = tmp_path / "modules"
    directory.mkdir()
    (directory / "my_model.py").write_text(MODULE)
    package = directory / "my_package" / "inner"
    package.mkdir(parents=True)
    (directory / "my_package" / "__init__.py").write_text(
        "raise RuntimeError('the check must not import this')\n"
    )
    (package / "__init__.py").write_text("")
    (package / "solver.py").write_text("def solve(beta, gamma=1): pass\n")
    yield str(directory)
    for name in ("my_model", "my_package"):
        sys.modules.pop(name, None)
    if str(directory) in sys.path:
        sys.path.remove(str(directory))
    from enchanted_tui.runners.python_runner import load_function

    load_function.cache_clear()


@pytest.fixture
def function(bench, module):
    """Make a bench for a function of the module."""
    return lambda name, **options: bench(
        "PythonRunner", function=f"my_model:{name}", python_path=[module], **options
    )


def test_a_number_becomes_the_output(function):
    """The shortest way from a function to a dataset; inherited columns that it does not name are no
    hindrance.
    """
    result = function("area", arguments={"scale": 10}).run(
        width=2, height=3, success_r0=True, runtime_sec_r0=0.1, note="a"
    )
    assert result.ok
    assert result.row["output"] == 60
    assert list(result.row)[:3] == ["output", "success", "success_r1"]


def test_a_parameter_comes_before_a_constant_argument(function):
    """Otherwise the row would show a value that the function never saw."""
    assert (
        function("area", arguments={"scale": 10}).run(width=2, height=3, scale=2).row["output"]
        == 12
    )


def test_a_function_of_any_arguments_gets_all_parameters(function):
    """But not the directory of the previous step under a name that would mean its own."""
    result = function("everything", arguments={"k": 1}).run(a=1, b=2, run_dir="/before")
    assert result.row["names"] == "a,b,k"


def test_the_run_directory_is_given_to_a_function_that_names_it(function):
    """The task's own as run_dir, that of the previous step as parent_run_dir; the working directory
    is left alone.
    """
    result = function("where").run(x=1, run_dir="/before")
    assert result.row["run"] == str(result.run_dir)
    assert result.row["parent"] == "/before"
    assert result.row["cwd"] == os.getcwd()
    assert result.text("made.txt") == "here"
    assert function("where").run(x=1).row["parent"] == "None"


def test_chdir_makes_the_run_directory_the_working_directory(function):
    """For codes that write where they stand; afterwards the worker is back where it was, also after
    an exception.
    """
    result = function("where", chdir=True).run(x=1)
    assert result.row["cwd"] == str(result.run_dir)
    # the bench checks the working directory
    assert function("broken", chdir=True).run(x=1).kind == "exception"


def test_a_missing_argument_is_named(function):
    """With what the sample has instead."""
    result = function("area").run(width=2, heigth=3)
    assert result.kind == "exception"
    assert result.message == "my_model:area needs height; the sample has width, heigth"


@pytest.mark.parametrize(("x", "ok"), [(1, True), (-1, False)])
def test_a_dictionary_may_judge_itself(function, x, ok):
    """success in the returned dictionary decides, and the outputs of a failure are kept."""
    result = function("judged").run(x=x)
    assert (result.ok, result.row["value"], result.row["success"]) == (ok, x, ok)


@pytest.mark.parametrize("what", ["none", "list", "text"])
def test_what_is_neither_number_nor_dictionary_fails_by_its_name(function, what):
    """The message names the function and what it returned, not the runner."""
    result = function("returns").run(what=what)
    assert result.kind == "bad_return"
    assert "my_model:returns returned" in result.message


@pytest.mark.parametrize(("what", "value"), [("float", 2.5), ("int", 2**70), ("bool", True)])
def test_numbers_pass_unchanged(function, what, value):
    """Large integers and booleans are numbers too."""
    row = function("returns").run(what=what).row
    assert row["output"] == value
    assert type(row["output"]) is type(value)


def test_nan_is_a_number(function):
    """NaN is data and no failure."""
    result = function("returns").run(what="nan")
    assert result.ok
    assert math.isnan(result.row["output"])


@pytest.mark.parametrize(("kind", "value"), [("float", 0.5), ("zero_d", 3), ("longdouble", 2.0)])
def test_numpy_scalars_are_numbers(function, kind, value):
    """What numpy code returns."""
    assert function("scalars").run(kind=kind).row["output"] == value


def test_an_array_needs_a_name(function):
    """A bare array is refused with the remedy; in a dictionary it is data."""
    result = function("scalars").run(kind="array")
    assert result.kind == "bad_return"
    assert "dictionary of outputs" in result.message


def test_an_exception_keeps_its_words_and_its_traceback(function):
    """A physicist must see where in their code it went wrong, and nothing of ours before it."""
    result = function("broken").run(x=2)
    assert (result.kind, result.message) == ("exception", "RuntimeError: no solution at 2")
    assert "my_model.py" in result.record["traceback"].splitlines()[1]


def test_the_module_is_imported_once_per_process(function):
    """Heavy imports are paid once, not for each sample."""
    bench = function("counting")
    assert [bench.run().row["output"] for _ in range(3)] == [1, 2, 3]


def test_a_static_method_is_a_function_too(function):
    """package.module:Class.method."""
    assert function("Model.solve").run(x=2).row["output"] == 4


@pytest.mark.parametrize(
    ("name", "words"),
    [("aera", "did you mean 'area'?"), ("value", "int, which cannot be called")],
)
def test_a_name_that_is_no_function_is_explained(function, name, words):
    """At run time, for whoever has switched the check off."""
    result = function(name, check_function=False).run(x=1)
    assert result.kind == "exception"
    assert words in result.message


# -- the check before anything runs ----------------------------------------------------------------


def problems(directory, function, **options):
    return list(PythonRunner(function=function, python_path=[directory], **options).problems())


@pytest.mark.parametrize(
    "name", ["area", "alias", "_hypot", "Model", "Model.solve", "value", "everything"]
)
def test_names_that_a_module_defines_or_imports_are_found(module, name):
    """Functions, classes, assignments and imports are all there at the top level."""
    assert problems(module, f"my_model:{name}") == []


def test_the_check_imports_nothing(module):
    """The user's module may be slow or crash: only its source is read. The package here raises when
    it is imported.
    """
    assert problems(module, "my_package.inner.solver:solve") == []
    assert not any(name.startswith("my_package") for name in sys.modules)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("my_model:aera", "did you mean 'area'?"),
        (
            "my_modle:area",
            "only where the tasks run; did you mean 'my_model'?",
        ),
        (
            "my_package.iner.solver:solve",
            "no module 'my_package.iner' in the package 'my_package'; did you mean 'inner'?",
        ),
        ("my_model.sub:area", "is a module, not a package"),
        ("my_model.area", "package.module:name"),
        ("my_model:", "package.module:name"),
        ("my-model:area", "package.module:name"),
        ("my_model:picky", "by position only"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest_name(module, function, words):
    """Before the first sample, not in every sample."""
    ((option, sentence),) = problems(module, function)
    assert option == "function"
    assert words in sentence


def test_a_constant_argument_that_the_function_lacks_is_found(module):
    """With the nearest name, under its own key."""
    ((option, sentence),) = problems(module, "my_model:area", arguments={"scael": 2})
    assert option == "arguments.scael"
    assert "did you mean 'scale'?" in sentence


@pytest.mark.parametrize(
    "text",
    [
        "from os.path import *\n",
        "def __getattr__(name):\n    return print\n",
        "globals()['made'] = print\n",
    ],
)
def test_a_module_that_may_define_more_than_it_shows_is_believed(module, text):
    """A check that cannot know must not refuse."""
    with open(os.path.join(module, "open_ended.py"), "w") as file:
        file.write(text)
    assert problems(module, "open_ended:made") == []


def test_a_module_with_a_syntax_error_is_named_with_its_line(module):
    """A sentence with file and line."""
    path = os.path.join(module, "wrong.py")
    with open(path, "w") as file:
        file.write("x = 1\ndef f(:\n")
    ((_, sentence),) = problems(module, "wrong:f")
    assert f"{path}:2" in sentence


def test_compiled_and_installed_modules_are_found():
    """Modules without a source that can be read are not refused."""
    assert list(PythonRunner(function="math:hypot").problems()) == []
    assert list(PythonRunner(function="numpy.linalg:norm").problems()) == []


def test_the_check_can_be_switched_off():
    """For a module that is installed only where the tasks run."""
    assert list(PythonRunner(function="not_here:solve", check_function=False).problems()) == []
    assert PythonRunner(function="not_here:solve", check_function=False).required_parameters() == {}


@pytest.mark.parametrize(
    ("function", "arguments", "needed"),
    [
        ("my_model:area", {}, {"width", "height"}),
        ("my_model:area", {"height": 1}, {"width"}),
        ("my_model:where", {}, {"x"}),
        ("my_package.inner.solver:solve", {}, {"beta"}),
        ("my_model:follow", {}, {"run_dir"}),
    ],
)
def test_the_parameters_that_a_function_needs_are_known_without_importing_it(
    module, function, arguments, needed
):
    """So that the configuration can compare them with what the sampler gives."""
    assert PythonRunner(
        function=function, arguments=arguments, python_path=[module]
    ).required_parameters() == {"function": needed}


def test_functions_written_in_c_without_a_signature_work(bench):
    """They get the parameters as they are."""
    result = bench("PythonRunner", function="builtins:dict").run(a=1)
    assert (result.ok, result.row["a"]) == (True, 1)


def test_a_fresh_process_runs_a_function_beside_nothing_else(module, tmp_path):
    """As a worker does: only the class path and plain options arrive."""
    script = textwrap.dedent(f"""
        from enchanted_tui.executors.task import run_task
        context = {{"data_dir": {str(tmp_path)!r}, "shown_data_dir": "", "local_storage": None, "seed": 1, "runners": {{"r": {{
            "class": "enchanted_tui.runners.python_runner:PythonRunner",
            "options": {{"function": "my_model:area", "python_path": [{module!r}]}}}}}}}}
        message = {{"task": [0, 0, 0, 0], "name": "d0_b0_s0_r0", "runner": "r", "params": {{"width": 2, "height": 4}}}}
        print(run_task(message, context).decode())
        """)
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert values.decode(printed)["row"]["output"] == 8.0


VECTORISED = """
import numpy

def array(x, scale):
    assert isinstance(x, numpy.ndarray), x
    return scale * x

def columns(x, name, **others):
    assert name == ["a", "b", "c"] and not others
    return {"twice": 2 * x, "success": x < 3}

def each(x, run_dir):
    for value, directory in zip(x, run_dir, strict=True):
        yield ValueError(directory) if value == 2 else float(value)

def short(x):
    return x[:-1]
"""


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("array", [{"output": 10.0 * x, "success": True} for x in (1, 2, 3)]),
        (
            "columns",
            [{"twice": 2.0 * x, "success": x < 3} for x in (1, 2, 3)],
        ),
        ("each", [{"output": 1.0, "success": True}, None, {"output": 3.0, "success": True}]),
    ],
)
def test_a_vectorised_function(function, expected, tmp_path, monkeypatch):
    """With `batch`, a function gets arrays and returns what each sample is to have."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "vectorised_functions.py").write_text(VECTORISED)
    sys.modules.pop("vectorised_functions", None)
    load_function.cache_clear()
    runner = PythonRunner(
        function=f"vectorised_functions:{function}",
        arguments={"scale": 10} if function == "array" else {},
        batch=5,
    )
    samples: list[dict[str, Any]] = [{"x": float(x)} for x in (1, 2, 3)]
    if function == "columns":
        for sample, name in zip(samples, "abc", strict=True):
            sample["name"] = name
    found = list(in_rows(runner.many_code_run(["1", "2", "3"], samples), 3))
    assert [None if isinstance(item, ValueError) else item for item in found] == expected


def test_a_vectorised_function_that_returns_too_little(tmp_path, monkeypatch):
    """It is not known whose values are missing, so nobody's are taken."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "vectorised_functions.py").write_text(VECTORISED)
    sys.modules.pop("vectorised_functions", None)
    load_function.cache_clear()
    runner = PythonRunner(function="vectorised_functions:short", batch=5)
    with pytest.raises(SampleFailed, match="2 values of the output 'output' for 3 samples"):
        in_rows(runner.many_code_run(["1", "2", "3"], [{"x": 1.0}] * 3), 3)
    with pytest.raises(SampleFailed, match="0 values"):
        runner.single_code_run("1", {"x": 1.0})
