"""Completion with Tab, in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enchanted_tui import shell_completion
from enchanted_tui.command_parser import command_parser


def _script(shell: str) -> str:
    command = [sys.executable, "-m", "enchanted_tui", "--print-completion", shell]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def _completed(words: list[str], directory: Path) -> list[str]:
    """Give what bash offers for the last of `words`."""
    script = directory / "completion.bash"
    script.write_text(_script("bash"))
    asked = f"""
        source {script.name}
        COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}
        $(complete -p enchanted-tui | sed 's/.*-F \\([^ ]*\\).*/\\1/') enchanted-tui
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=directory
    )
    return done.stdout.split()


def test_bash_offers_options_choices_and_directories(tmp_path: Path) -> None:
    """Protects fingers: options, the choices of an option, and for a run directory directories
    alone.
    """
    (tmp_path / "run_one").mkdir()
    (tmp_path / "run.yaml").touch()
    assert {"--status", "--set"} <= set(_completed(["enchanted-tui", "--s"], tmp_path))
    assert _completed(["enchanted-tui", "--run-mode", "e"], tmp_path) == ["extend"]
    assert _completed(["enchanted-tui", "--status", "r"], tmp_path) == ["run_one"]


@pytest.mark.parametrize("shell", shell_completion.SHELLS)
def test_each_shell_can_read_its_script(shell: str, tmp_path: Path) -> None:
    """Every option is in the script, and the shell, where it is installed, finds no mistake in
    it.
    """
    text = _script(shell)
    options = {
        name
        for action in command_parser()._actions
        for name in action.option_strings
        if name.startswith("--")
    }
    assert [name for name in options if name not in text and f"-l {name[2:]}" not in text] == []
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(text)
        done = subprocess.run(
            [shell, "-n", str(script)],
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(tmp_path)},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
