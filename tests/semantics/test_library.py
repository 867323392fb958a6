"""Use from a program: the command line as a function, `Supervisor` as an object; the host program
is left as it was.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import pandas
import pytest

from enchanted_tui import Supervisor, cli, load_config
from enchanted_tui.config.problems import ConfigError
from enchanted_tui.errors import EnvironmentProblem, ExitCode
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.older_directory import OlderDirectory, ok
from helpers.parts.scripted import TracingRunner

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE)


def host_state() -> dict[str, Any]:
    """Give everything of the process that a library has no business to change."""
    loggers = {name: logging.getLogger(name) for name in ("", "enchanted_tui", "host")}
    return {
        "signals": {number: signal.getsignal(number) for number in SIGNALS},
        "directory": os.getcwd(),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "handlers": {name: list(logger.handlers) for name, logger in loggers.items()},
        "levels": {
            name: (logger.level, logger.propagate, logger.disabled)
            for name, logger in loggers.items()
        },
        "disabled": logging.root.manager.disable,
        "random": random.getstate(),
        "numpy": [
            part.tolist() if hasattr(part, "tolist") else part for part in numpy.random.get_state()
        ],
        "hooks": (sys.excepthook, threading.excepthook, sys.displayhook),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "umask": _umask(),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "children": _children(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _children() -> str:
    return open(f"/proc/self/task/{os.getpid()}/children").read()


@contextmanager
def host_left_alone() -> Iterator[None]:
    """Insist that a block leaves the host program as it was."""
    gc.collect()  # what tests before this one have left must not go meanwhile
    random.seed(3)
    numpy.random.seed(4)
    before = host_state()
    yield
    after = host_state()
    assert {name: after[name] for name in before if after[name] != before[name]} == {}


@pytest.fixture
def warm(campaign: Campaign) -> Campaign:
    """A campaign in a process that has imported everything already: what imports open stays
    open.
    """
    warm_up = campaign_config(random_sampler(1), base_run_dir="warm", summary_datatype="parquet")
    assert campaign.run(config=warm_up) == 0
    campaign.write(campaign_config(random_sampler(5)))
    return campaign


# -- the command line as a function ----------------------------------------------------------------


def test_running_twice_leaves_the_host_as_it_was(warm: Campaign) -> None:
    """Signal handlers, directory, environment, logging, random generators, import path, threads,
    children and descriptors.
    """
    config = campaign_config(random_sampler(3), summary_datatype="parquet", log_failures=True)
    config["runners"]["r0"]["fail_when"] = {"x": [0.5]}
    with host_left_alone():
        assert warm.run(config=config) == 0
        assert warm.resume("--set", "samplers.s0.budget=5") == 0
        assert len(warm.rows()) == 5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["--no-such-option"], 2),
        ([], 2),
        (["missing.yaml", "--no-ui"], 2),
        (["--status", "nowhere"], 3),
        (["--schema"], 0),
        (["--control", "dance", "run"], 2),
    ],
)
def test_exit_codes_are_returned(warm: Campaign, arguments: list[str], code: int) -> None:
    """Never an exception nor SystemExit, and the host as it was."""
    with host_left_alone():
        assert cli.main(arguments) == code


def test_a_refused_campaign_leaves_the_host_as_it_was(warm: Campaign) -> None:
    """Also on the ways out that are no success: a full directory, a configuration with errors, all
    samples failed.
    """
    config = campaign_config(array_sampler("x", [1]))
    config["runners"]["r0"]["fail_when"] = {"x": [1]}
    with host_left_alone():
        assert warm.run(config=config) == 4
        assert warm.run() == 3
        assert warm.run("--set", "supervisor.run_mode=never") == 2


def test_a_host_with_handlers_of_its_own_keeps_them(warm: Campaign) -> None:
    """Not only the defaults are put back."""

    def mine(number: int, frame: Any) -> None:
        raise AssertionError("not for us")

    before = {
        number: signal.signal(number, mine)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        with host_left_alone():
            assert warm.run() == 0
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_hosts_log_gets_no_handlers_and_no_new_level(
    warm: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    """The root logger is the host's, and so is what it lets through."""
    logging.getLogger("host").setLevel(logging.ERROR)
    with host_left_alone():
        assert warm.run("--log-level", "DEBUG") == 0
    assert warm.path("logs/main.log").exists()


def test_it_runs_in_a_thread_of_the_host(warm: Campaign) -> None:
    """Where signal handlers cannot be set, as in the app or a notebook's worker."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(warm.run()))
    thread.start()
    thread.join(timeout=60)
    assert codes == [0]
    assert len(warm.rows()) == 5


# -- the supervisor as an object -------------------------------------------------------------------


def test_a_namespace_as_the_older_program_passes_it(campaign: Campaign) -> None:
    """Supervisor(argparse.Namespace(**mapping)).start() runs the campaign and says how it ended."""
    config = campaign_config(random_sampler(4))
    with host_left_alone():
        outcome = Supervisor(argparse.Namespace(**config)).start()
    assert (outcome.code, outcome.reason) == (ExitCode.COMPLETED, "completed")
    assert len(campaign.rows()) == 4


def test_the_dataset_as_a_table(campaign: Campaign) -> None:
    """create_dataset() gives the rows of the dataset, values as they were returned, in its order
    and columns.
    """
    config = campaign_config(array_sampler("x", [1, 2, 3]), array_sampler("y", ["low", "high"]))
    config["runners"]["r1"]["add"] = ["x"]
    supervisor = Supervisor(config)
    assert supervisor.create_dataset().empty
    supervisor.start()
    table = supervisor.create_dataset()
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == campaign.columns()
    assert list(table["y"]) == ["low", "high"] * 3
    assert table["success"].dtype == bool
    assert [str(value) for value in table["output"]] == campaign.column("output")
    pandas.testing.assert_frame_equal(Supervisor(config).create_dataset(), table)


def test_the_table_has_the_datasets_columns_where_rows_differ(campaign: Campaign) -> None:
    """A failed first sample must not decide the order of the columns."""
    config = campaign_config(array_sampler("x", [1, 2]))
    config["runners"]["r0"]["fail_when"] = {"x": [1]}
    supervisor = Supervisor(config)
    supervisor.start()
    assert list(supervisor.create_dataset().columns) == campaign.columns()


def test_the_table_of_an_older_directory(campaign: Campaign) -> None:
    """Without a journal the run directories are read: those of the last stage, in the order of
    their numbers.
    """
    campaign.write(campaign_config(random_sampler(12, 12)))
    older = OlderDirectory(campaign.run_dir, campaign.config)
    older.batch(0, 0, [ok("r0", float(x), {"x": x}) for x in range(12)], submitted=12)
    table = Supervisor(campaign.config).create_dataset()
    assert list(table["x"]) == list(range(12))


def test_an_empty_stage_gives_an_empty_table(campaign: Campaign) -> None:
    """Budget 0: no rows, no exception."""
    supervisor = Supervisor(campaign_config(random_sampler(0)))
    assert supervisor.start().code == 0
    assert supervisor.create_dataset().empty


def test_resuming_and_extending_as_a_library(campaign: Campaign) -> None:
    """The run mode is an argument or in the mapping; each call makes a campaign of its own."""
    config = campaign_config(random_sampler(2))
    assert Supervisor(config).start().code == 0
    assert Supervisor(config, mode="extend").start().code == 0
    config["supervisor"] |= {"run_mode": "resume"}
    config["samplers"]["s0"]["budget"] = 5
    assert Supervisor(config).start().code == 0
    assert len(Supervisor(config).create_dataset()) == 5
    assert len(campaign.stored_configs()) == 2


def test_a_directory_with_content_raises_and_does_not_ask(campaign: Campaign) -> None:
    """A library neither prompts nor exits: EnvironmentProblem, with the sentence."""
    config = campaign_config(random_sampler(2))
    Supervisor(config).start()
    with pytest.raises(EnvironmentProblem, match="not empty"):
        Supervisor(config).start()
    assert Supervisor(config, overwrite=True).start().code == 0
    asked: list[str] = []
    with pytest.raises(EnvironmentProblem, match="No content was deleted"):
        Supervisor(config, confirm=lambda question: bool(asked.append(question))).start()
    assert "Do you want to delete" in asked[0]


def test_a_directory_that_must_not_be_deleted_is_refused_without_asking(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked about a deletion that would be refused anyway: here of the directory that one
    is in.
    """
    config = campaign_config(random_sampler(2), base_run_dir=".")
    campaign.path("mine.txt").parent.mkdir()
    monkeypatch.chdir(campaign.run_dir)
    campaign.path("mine.txt").write_text("mine")
    asked: list[str] = []
    with pytest.raises(EnvironmentProblem):
        Supervisor(config, confirm=lambda question: not asked.append(question)).start()
    assert asked == []
    assert campaign.path("mine.txt").read_text() == "mine"


def test_a_wrong_mapping_raises_with_every_problem(campaign: Campaign) -> None:
    """ConfigError names the keys; nothing is created."""
    config = campaign_config(random_sampler(-2), run_mode="frsh")
    with pytest.raises(ConfigError) as raised:
        Supervisor(config)
    assert {problem.key for problem in raised.value.problems} >= {
        "samplers.s0.budget",
        "supervisor.run_mode",
    }
    assert not campaign.run_dir.exists()


def test_a_class_may_stand_for_its_name(campaign: Campaign) -> None:
    """In a program the class itself is at hand."""
    config = campaign_config(random_sampler(2))
    config["runners"]["r0"]["type"] = TracingRunner
    assert Supervisor(config).start().code == 0
    assert campaign.column("success") == ["True", "True"]


def test_a_loaded_configuration_runs(campaign: Campaign) -> None:
    """load_config gives what Supervisor takes."""
    config = load_config(campaign.write(campaign_config(random_sampler(3))))
    assert Supervisor(config).start().code == 0
    assert len(campaign.rows()) == 3


def test_the_observer_sees_every_record(campaign: Campaign) -> None:
    """For a host that wants to show progress."""
    seen: list[str] = []
    Supervisor(
        campaign_config(random_sampler(3)), observer=lambda record: seen.append(record["type"])
    ).start()
    assert seen.count("task") == 3
    assert seen[-1] == "end"


def test_another_thread_can_drain_the_campaign(campaign: Campaign) -> None:
    """What runs is finished, nothing new begins, and the rest can be resumed."""
    config = campaign_config(random_sampler(40, 1))
    config["runners"]["r0"] = {"type": "ExampleRunner", "sleep_sec": 0.1}
    supervisor: Supervisor

    def drain_at_the_third(record: Any) -> None:
        if record["type"] == "task" and len(seen) < 3:
            seen.append(record["type"])
            if len(seen) == 3:
                threading.Thread(target=supervisor.request, args=("drain", "the test")).start()

    seen: list[str] = []
    supervisor = Supervisor(config, observer=drain_at_the_third)
    outcome = supervisor.start()
    assert (outcome.code, outcome.reason) == (ExitCode.INTERRUPTED, "drained")
    assert "the test" in outcome.message
    assert 3 <= len(campaign.rows()) < 40
    assert Supervisor(config, mode="resume").start().code == 0
    assert len(campaign.rows()) == 40
    assert len(set(campaign.column("run_dir"))) == 40


def test_the_configuration_given_is_not_changed(campaign: Campaign) -> None:
    """The host's mapping is the host's."""
    config = campaign_config(random_sampler(2))
    before = repr(config)
    Supervisor(config).start()
    assert repr(config) == before
