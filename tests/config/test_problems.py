"""Problems: how they read, and what is suggested."""

import pytest

from enchanted_tui.config.problems import (
    ConfigError,
    Problem,
    describe,
    in_style_of,
    key_text,
    snake_case,
)
from enchanted_tui.suggestions import nearest


def test_text_of_a_located_problem():
    """A problem reads file, line, column, key, sentence, so that editors and people find the
    place.
    """
    problem = Problem(
        "error",
        "configs/x.yaml",
        12,
        17,
        "samplers.s1.batch_size",
        "expected an integer >= 1, found 'three'",
    )
    assert (
        str(problem)
        == "configs/x.yaml:12:17: samplers.s1.batch_size: expected an integer >= 1, found 'three'"
    )


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (
            Problem("error", "x.yaml", None, None, "", "there is no such file"),
            "x.yaml: there is no such file",
        ),
        (Problem("error", "", None, None, "supervisor", "is required"), "supervisor: is required"),
        (Problem("error", "--set a.0.b", None, None, "a[0].b", "no"), "--set a.0.b: no"),
        (Problem("error", "--set a", None, None, "a.b", "no"), "--set a: a.b: no"),
    ],
)
def test_text_without_a_place_in_a_file(problem, text):
    """Parts that are not known leave no stray colons, and an override's key is not said twice."""
    assert str(problem) == text


def test_error_holds_all_problems():
    """All problems come in one exception, one in each line, warnings told apart."""
    problems = [Problem("warning", "x", 1, 1, "a", "odd"), Problem("error", "x", 2, 1, "b", "bad")]
    error = ConfigError(problems)
    assert error.problems == problems
    assert str(error) == "warning: x:1:1: a: odd\nx:2:1: b: bad"


def test_key_text():
    """Keys and indices are written as in the documentation."""
    assert key_text(("supervisor", "run_order", 0, "sampler")) == "supervisor.run_order[0].sampler"
    assert key_text(()) == ""


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("LocalExecutor", "local_executor"),
        ("CSVSampler", "csv_sampler"),
        ("Gauss2DRunner", "gauss_2d_runner"),
        ("HELENARunner", "helena_runner"),
        ("RandomSamplerWithKill", "random_sampler_with_kill"),
    ],
)
def test_snake_case(name, snake):
    """Suggestions in snake_case are names that are found."""
    assert snake_case(name) == snake


def test_suggestions_are_in_the_style_of_the_user():
    """LocalExecuter is answered by LocalExecutor, local_executer by local_executor."""
    assert in_style_of("LocalExecuter", "LocalExecutor") == "LocalExecutor"
    assert in_style_of("local_executer", "LocalExecutor") == "local_executor"


def test_nearest():
    """A typo finds its name, whatever case and underscores; something else finds nothing."""
    assert nearest("bugdet", ["bounds", "budget"]) == "budget"
    assert nearest("Run-Mode", ["run_mode", "run_order"]) == "run_mode"
    assert nearest("zzz", ["budget"]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing (null)"),
        (True, "true"),
        ("three", "'three'"),
        (2.5, "2.5"),
        ([1], "a list of 1 value"),
        ([1, 2], "a list of 2 values"),
        ({"a": 1}, "a mapping with the key 'a'"),
        ({}, "a mapping of 0 keys"),
        (2**1000, "an integer of more than 60 digits"),
    ],
)
def test_describe(value, text):
    """Values are named in a few words."""
    assert describe(value) == text


def test_descriptions_stay_short():
    """A huge value does not flood the terminal."""
    assert len(describe("x" * 10_000)) < 70
