"""What the tests of the configuration share."""

import textwrap

import pytest

from enchanted_tui.config.loading import parse_config
from helpers.good_config import GOOD


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path, monkeypatch):
    """Each test runs in a directory of its own, in which reading a configuration must leave
    nothing.
    """
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def said():
    """Give all that is said about a text, as lines of text; `changes` replaces pieces of the good
    configuration.
    """

    def lines(text=GOOD, **options):
        options.setdefault("interactive", False)
        _, problems = parse_config(textwrap.dedent(text), "c.yaml", **options)
        return [
            f"warning: {problem}" if problem.severity == "warning" else str(problem)
            for problem in problems
        ]

    return lines


@pytest.fixture
def good():
    """Give the campaign of a text, which must be without errors."""

    def config(text=GOOD, **options):
        options.setdefault("interactive", False)
        parsed, problems = parse_config(
            textwrap.dedent(text), options.pop("path", "c.yaml"), **options
        )
        assert parsed is not None, "\n".join(map(str, problems))
        return parsed

    return config
