from __future__ import annotations

import pytest

from helpers.runner_bench import Bench


@pytest.fixture
def bench(tmp_path):
    """Make a `Bench` of a runner's name and options."""

    def make(kind, **options):
        directory = tmp_path / f"data{len(list(tmp_path.glob('data*')))}"
        directory.mkdir()
        return Bench(directory, kind, options)

    return make


@pytest.fixture
def command(bench):
    """Make a `Bench` of a CommandRunner's options."""
    return lambda command, **options: bench("CommandRunner", command=command, **options)


@pytest.fixture
def printed(command):
    """Run a command that prints `text`, and read the output ``value`` back by `rule`."""

    def read(printed_text, **rule):
        rule.setdefault("file", "stdout.txt")
        return command(
            ["cat", "in.txt"], files={"in.txt": printed_text}, outputs={"value": rule}
        ).run()

    return read
