"""What people are used to from the shell, in lists and variables: expanded without a shell, or
pointed at.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.runners.command_runner import CommandRunner

OUTPUTS = {"text": {"file": "stdout.txt", "text": True}}


@pytest.fixture
def shown(command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run a program that shows a variable V, and give that."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SCRATCH", "/scratch/a b")

    def show(value: str, params: dict | None = None, **variables: str) -> str:
        environment = {**variables, "V": value}
        bench = command(["printenv", "V"], environment=environment, outputs=OUTPUTS)
        result = bench.run_sample(params or {})
        assert result.ok, result.message
        return result.row["text"].removesuffix("\n")

    return show


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/opt/x:$SCRATCH", "/opt/x:/scratch/a b"),
        ("${SCRATCH}_2/$SCRATCH", "/scratch/a b_2//scratch/a b"),
        ("~/data", "/home/me/data"),
        ("~", "/home/me"),
        ("/a:~/b:~", "/a:/home/me/b:/home/me"),
        ("a~ ~/b x~/c", "a~ ~/b x~/c"),
        ("$NOT_SET_HERE/x $ $1 $$ ${} ${SCRATCH", "$NOT_SET_HERE/x $ $1 $$ ${} ${SCRATCH"),
        ("$(touch made) `touch made`", "$(touch made) `touch made`"),
        ("{{ a }}:$SCRATCH/{{ b }}", "$SCRATCH ~:/scratch/a b/~/$HOME"),
        ("{{ b }}", "~/$HOME"),
        ("{% set c %}{{ b }}{% endset %}{{ c }}$HOME", "~/$HOME/home/me"),
        ("$OTHER", "$SCRATCH ~:x"),
    ],
)
def test_variables_of_the_command(shown, written: str, expected: str) -> None:
    """Protects PATH and directories from being taken literally, and a sample's value from being
    expanded:
    whatever it holds, it arrives as it is, and nothing is ever run."""
    values = {"a": "$SCRATCH ~", "b": "~/$HOME"}
    assert shown(written, values, OTHER="{{ a }}:x") == expected


def test_the_program_may_be_in_a_directory_of_the_machine(
    command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Protects programs named by ~ or a variable; a program is found in the PATH that is given."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "my_solver").symlink_to("/bin/echo")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", str(tmp_path / "bin"))
    for program in ("~/bin/my_solver", "$PLACE/my_solver", "${HOME}/bin/my_solver", "my_solver"):
        bench = command(
            [program, "$PLACE", "{{ x }}"], environment={"PATH": "$PLACE:$PATH"}, outputs=OUTPUTS
        )
        assert list(bench.runner.problems()) == []
        assert bench.run(x="$HOME").row["text"] == "$PLACE $HOME"


@pytest.mark.parametrize(
    ("command", "where", "words"),
    [
        (["cat", "a", ">", "b"], "command[2]", "use stdout: or stderr:"),
        (["cat", ">>log"], "command[1]", "use stdout: or stderr:"),
        (["cat", "2>&1"], "command[1]", "use stdout: or stderr:"),
        (["cat", "2>/dev/null"], "command[1]", "use stdout: or stderr:"),
        (["cat", "<", "{{ x }}"], "command[1]", "use stdin:"),
        (["cat", "<in.txt"], "command[1]", "use stdin:"),
        (["cat", "a", "|", "sort"], "command[2]", "shell: true"),
        (["true", "&&", "true"], "command[1]", "shell: true"),
        (["true", ";"], "command[1]", "shell: true"),
        (["echo", "$(nproc)"], "command[1]", "shell: true"),
        (["echo", "`nproc`"], "command[1]", "shell: true"),
        (["echo", "~/data"], "command[1]", "expanded in the program alone"),
        (["echo", "--in=$HOME/data"], "command[1]", "expanded in the program alone"),
        (["cat", "*.dat"], "command[1]", "names of files"),
        (["A=1", "true"], "command[0]", "under environment:"),
        (["cd", "case"], "command[0]", "a command of the shell"),
        (["$NO_SUCH_PLACE/solver"], "command[0]", "not set on this machine"),
    ],
)
def test_what_no_shell_reads(command: list[str], where: str, words: str) -> None:
    """Protects from an argument that was to be a redirection or a pipe: the sample would succeed
    without it.
    """
    found = [
        (place, sentence)
        for place, sentence in CommandRunner(command=command, outputs=OUTPUTS).warnings()
        if words in sentence
    ]
    assert [place for place, _ in found] == [where]


@pytest.mark.parametrize(
    "command",
    [
        ["bash", "-c", "echo $HOME > out; ls *.x"],
        ["bash", "-lc", "echo $HOME"],
        ["awk", "{print $1}", "in"],
        ["find", ".", "-name", "*.dat"],
        ["python3", "-m", "pip", "x>=3", "a~b", "-", "<x>", "--flag", "a;b", "a|b"],
        ["perl", "-e", "print$HOME"],
    ],
)
def test_arguments_that_are_meant(command: list[str]) -> None:
    """Protects from warnings about arguments that the program itself reads."""
    said = [
        sentence
        for _, sentence in CommandRunner(command=command, outputs=OUTPUTS).warnings()
        if "shell" in sentence
    ]
    assert said == []


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects from a misspelt name: it is said before anything runs."""
    monkeypatch.delenv("SCRATCHH", raising=False)
    runner = CommandRunner(
        command=["true"],
        environment={"D": "$SCRATCHH/x", "P": "/a:$PATH", "E": "$D"},
        outputs=OUTPUTS,
    )
    assert [place for place, sentence in runner.warnings() if "not set" in sentence] == [
        "environment.D"
    ]
    assert "PATH" in os.environ
