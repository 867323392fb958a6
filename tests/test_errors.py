"""Exceptions as sentences: what is a person's to mend, and with which exit code a command ends."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from enchanted_tui import cli
from enchanted_tui.config.problems import ConfigError, Problem, UnreadableConfigError
from enchanted_tui.errors import EnvironmentProblem, ExitCode, RefusedError
from enchanted_tui.operations.explaining import explanation
from enchanted_tui.ui.editor.config_file import FileProblem
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.whole_files import InTheWayError

PROBLEM = Problem("error", "a.yaml", 1, 1, "", "is wrong")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError([PROBLEM]), ExitCode.USAGE, "a.yaml:1:1: is wrong"),
        (UnreadableConfigError([PROBLEM]), ExitCode.ENVIRONMENT, "is wrong"),
        (RefusedError("name a run"), ExitCode.USAGE, "name a run"),
        (EnvironmentProblem("make room"), ExitCode.ENVIRONMENT, "make room"),
        (FileProblem("not saved"), ExitCode.ENVIRONMENT, "not saved"),
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), ExitCode.ENVIRONMENT, "x: No such"),
        (PermissionError(errno.EACCES, "denied", "x"), ExitCode.ENVIRONMENT, "x: "),
        (InTheWayError("x", 0o010600), ExitCode.ENVIRONMENT, "a named pipe is in the place"),
        (OSError(errno.EMFILE, "Too many open files"), ExitCode.ENVIRONMENT, ""),
        (OSError(errno.ENOSPC, "No space left", "x"), ExitCode.ENVIRONMENT, "x: "),
        (KeyError("depth"), ExitCode.DEFECT, "KeyError: 'depth'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_means_the_same_everywhere(
    error: Exception, code: ExitCode, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Command line and app say the same of it, and a script is told by the exit code."""
    found = explanation(error)
    assert found.exit_code is code
    assert said in found.text
    assert sentence(error) == (found.text, code is not ExitCode.DEFECT)
    assert cli._failed(error) == code
    assert (found.text in capsys.readouterr().err) or code is ExitCode.DEFECT


def test_an_error_of_a_file_is_no_defect_of_the_app() -> None:
    """It reads many kinds of files; a traceback helps nobody there."""
    assert sentence(OSError(errno.ELOOP, "Too many links", "x")) == ("x: Too many links", True)


def test_the_command_ends_with_the_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the command line, in one sentence each."""
    (tmp_path / "bad.yaml").write_text("executors: 3\n")
    for words, code in (
        (["--nope"], ExitCode.USAGE),
        ([str(tmp_path / "bad.yaml"), "--check"], ExitCode.USAGE),
        (["--status", str(tmp_path / "none")], ExitCode.ENVIRONMENT),
    ):
        assert cli.main(words) == code
        assert "Traceback" not in capsys.readouterr().err
