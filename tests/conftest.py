"""Options of the whole test suite."""

from __future__ import annotations

import compileall
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("helpers")
from enchanted_tui.blas_threads import one_thread  # noqa: E402
from helpers.marks import FULL_VARIABLE, LONGER, examples, marks_of  # noqa: E402

CHECKOUT = Path(__file__).parents[1]


#: new objects after which garbage is looked for: cycles of an app that has ended can wait, and to
#: look for them at each 700 objects costs a tenth of all tests of the app
GARBAGE_EVERY = 20_000


def pytest_configure(config: pytest.Config) -> None:
    """Keep settings and memory of whoever runs the tests out of them, and theirs out of the home
    directory; and whether this is a checkout out of what campaigns record. Compile the package once
    for the thousands of processes that tests start.
    """
    gc.set_threshold(GARBAGE_EVERY, 20, 20)
    if config.getoption("--full"):
        os.environ[FULL_VARIABLE] = "1"
    settings.register_profile(
        "any machine",  # others may use it, too
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        max_examples=examples(100),
    )
    settings.load_profile("any machine")
    if hasattr(config.option, "loadscopereorder"):
        # with few tests a module comes last by default: whole campaigns that others then wait for
        config.option.loadscopereorder = False
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # it has inherited those of its controller
    if sys.dont_write_bytecode:
        for place in (CHECKOUT / "enchanted_tui", CHECKOUT / "tests" / "helpers"):
            compileall.compile_dir(str(place), quiet=2)
    os.environ["GIT_CEILING_DIRECTORIES"] = str(CHECKOUT)
    directory = tempfile.TemporaryDirectory(
        prefix="enchanted-tui-tests-", ignore_cleanup_errors=True
    )
    config.add_cleanup(directory.cleanup)
    for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[variable] = os.path.join(directory.name, variable.lower())


@contextmanager
def _empty_working_directory() -> Iterator[None]:
    """Work in a directory with nothing in it: the program looks below the working directory for
    runs and plugins.
    """
    before = os.getcwd()
    with tempfile.TemporaryDirectory(
        prefix="enchanted-tui-cwd-", ignore_cleanup_errors=True
    ) as directory:
        os.chdir(directory)
        try:
            yield
        finally:
            os.chdir(before)


@pytest.fixture(scope="session", autouse=True)
def _numbers_on_one_thread() -> Iterator[None]:
    """Threads of BLAS wait for each other at each step, and the CPUs have other tests to run."""
    import scipy.linalg  # noqa: F401 - with it come the libraries

    with one_thread():
        yield


@pytest.fixture(scope="session", autouse=True)
def _session_away_from_the_checkout() -> Iterator[None]:
    """What is shared by tests is not made in the checkout, either."""
    with _empty_working_directory():
        yield


@pytest.fixture(autouse=True)
def _away_from_the_checkout(_session_away_from_the_checkout: None) -> Iterator[None]:
    """No test sees what lies in the checkout, such as the runs of the README's first command, or
    what another test has left.
    """
    with _empty_working_directory():
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long fault and kill series too")
    parser.addoption("--fast", action="store_true", help="run the quick tests of each room alone")
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="accept what the screens of the app show now",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Let modules of tests be compiled once, too, where bytecode is written otherwise never."""
    unwritten, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = unwritten


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``--fast``, do not even import modules of which no test is quick."""
    is_tests = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.getoption("--fast") and is_tests and marks_of(collection_path):
        return True
    return None


def pytest_collection_finish() -> None:
    """Take thousands of tests and what they import out of the garbage collector's sight, which
    would look through all of it again and again.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for mark in marks_of(item.path):
            item.add_marker(mark)
    if config.getoption("--fast"):
        left_out = [item for item in items if LONGER & {mark.name for mark in item.iter_markers()}]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if not config.getoption("--full"):
        skip = pytest.mark.skip(reason="part of the long series; run with --full")
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(skip)
