"""Values in commands: each arrives as one argument, whatever it holds, or the command is
refused.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enchanted_tui.runners.base import SampleFailed
from enchanted_tui.runners.command_runner import CommandRunner
from helpers.marks import examples
from helpers.runner_bench import Bench

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
SHELLS = [True, *(shell for shell in ("bash", "dash") if shutil.which(shell))]


@pytest.fixture(scope="session")
def show(tmp_path_factory):
    """Make a program that writes down its arguments."""
    path = tmp_path_factory.mktemp("bin") / "show"
    path.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\" > argv\n")
    path.chmod(0o755)
    return str(path)


def arguments(directory, params, **options):
    """Run a command that calls `show`, and give what it was called with."""
    result = Bench(Path(directory), "CommandRunner", options).run_sample(params)
    assert result.ok, result.message
    return [
        argument.decode("utf-8", "surrogateescape")
        for argument in (result.run_dir / "argv").read_bytes().split(b"\0")[:-1]
    ]


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=examples(80), deadline=None)
@given(a=VALUES, b=VALUES)
@example(a='it\'s; $(touch hacked) `id` "$HOME" \\', b="")
@example(a="\n", b="#")
@example(a="-n", b="~/*")
@example(a="\udce9".encode("utf-8", "surrogateescape").decode("latin-1"), b="é€😀\t\r\n")
def test_any_text_arrives_unchanged_through_a_shell(show, shell, a, b):
    """Quotes, newlines, substitutions and unicode are text, not code; the words around a value stay
    joined to it.
    """
    text = f'"{show}" {{{{ a }}}} --b={{{{ b }}}}{{{{ a }}}} "$HOME" && : # done'
    with tempfile.TemporaryDirectory() as directory:
        assert arguments(
            directory, {"a": a, "b": b}, command=text, shell=shell, environment={"HOME": "h o"}
        ) == [a, f"--b={b}{a}", "h o"]
        assert {entry.name for entry in Path(directory, "d0_b0_s0_r0").iterdir()} == {
            "argv",
            "enchanted_datapoint.csv",
        }


@settings(max_examples=examples(80), deadline=None)
@given(a=VALUES, b=VALUES)
@example(a="$(id)", b="'\"\n")
def test_any_text_arrives_unchanged_without_a_shell(show, a, b):
    """A list needs no quoting: what is rendered is the argument."""
    with tempfile.TemporaryDirectory() as directory:
        command = [show, "{{ a }}", "--b={{ b }}", "{% if a %}{{ a }}{% endif %}"]
        assert arguments(directory, {"a": a, "b": b}, command=command) == [a, f"--b={b}", a]


@settings(max_examples=examples(50), deadline=None)
@given(a=VALUES)
def test_any_text_arrives_unchanged_in_a_variable(show, a):
    """What the messages recommend where a value cannot stand in the command itself."""
    with tempfile.TemporaryDirectory() as directory:
        text = f'"{show}" "$(printf %s "$A"; printf .)"'
        assert arguments(
            directory, {"a": a}, command=text, shell=True, environment={"A": "{{ a }}"}
        ) == [a + "."]


@settings(max_examples=examples(50), deadline=None)
@given(a=VALUES)
def test_the_quote_filter_is_for_shells_inside_a_list(show, a):
    """[bash, -c, ...] is not quoted by itself."""
    with tempfile.TemporaryDirectory() as directory:
        command = ["sh", "-c", f'"{show}" {{{{ a | quote }}}}']
        assert arguments(directory, {"a": a}, command=command) == [a]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ n }} {{ x }} {{ flag }}", ["3", "0.1", "True"]),
        ("{% for i in range(n) %}{{ i }} {% endfor %}end", ["0", "1", "2", "end"]),
        ("{% set both %}{{ s }}-{{ n }}{% endset %}{{ both }}", ["a b-3"]),
        ("{{ s ~ ';' ~ n }} {{ s | upper }}", ["a b;3", "A B"]),
        ("{{ s | quote }}", ["a b"]),
        ("pre{{ s }}post '{}' \\# {{ n }}", ["prea bpost", "{}", "#", "3"]),
        ('"quoted \\" text" {{ s }} \'it is\' {{ n }}', ['quoted " text', "a b", "it is", "3"]),
        ("$# ${N} {{ s }} # not {it's}", ["0", "7", "a b"]),
        ("$(echo {{ s }}) {{ n }}", ["a", "b", "3"]),
        ("{{ s }}#no-comment x#{{ n }}", ["a b#no-comment", "x#3"]),
        ("\\\n {{ s }}", ["a b"]),
        ('\\$ {{ s }} \\\\ {{ n }} "${N}" {{ s }}', ["$", "a b", "\\", "3", "7", "a b"]),
        ("$((N + 2*(N - 1) << 1)) {{ s }}", ["38", "a b"]),
        ("$(( ((N + 1) * (2 + (1))) /\n 2 + $# - $? )) {{ s }}", ["12", "a b"]),
        ('"$(( ${N} % 4 ))" {{ s }} "$((N))x" {{ n }}', ["3", "a b", "7x", "3"]),
        (
            '${N%.*} {{ s }} ${M:-a/b} "${N#7}" {{ n }} {% raw %}${#N}{% endraw %} {{ s }}',
            ["7", "a b", "a/b", "", "3", "1", "a b"],
        ),
        ('"$(printf %s $N)" {{ s }}', ["7", "a b"]),
    ],
)
def test_where_values_may_stand(show, tmp_path, text, expected):
    """Loops, captured text, filters and everyday shell around the values; the reader of the shell's
    quoting keeps step with the shell.
    """
    command = f'"{show}" {text}'
    params = {"n": 3, "x": 0.1, "s": "a b", "flag": True}
    assert list(CommandRunner(command=command, shell=True, stdout=None).problems()) == []
    assert (
        arguments(tmp_path, params, command=command, shell=True, environment={"N": "7"}) == expected
    )


ATTACK = "'\"; touch hacked; $(touch hacked) `touch hacked` \n touch hacked\n#"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("echo '{{ x }}'", "inside the quotes"),
        ('echo "{{ x }}"', "inside the quotes"),
        ('echo "a \\" {{ x }}"', "inside the quotes"),
        ("echo 'it' 'is {{ x }}'", "inside the quotes"),
        ("echo `echo {{ x }}`", "after a backquote"),
        ("echo `true` {{ x }}", "after a backquote"),
        ("cat <<EOF\n{{ x }}\nEOF\n", "after the << of a here-document"),
        ("echo $(( {{ x }} + 1 ))", "after $(("),
        ("(( y = {{ x }} ))", "after (("),
        ('echo "$(echo "{{ x }}")"', "after a $( inside quotes"),
        ('echo "${y:-{{ x }}}"', "after a ${ with more than a name"),
        ("echo ${y:-{{ x }}}", "after a ${ with more than a name"),
        ("echo $[ {{ x }} ]", "after $["),
        ("echo $'{{ x }}'", "after a $'"),
        ("echo $'\\'' {{ x }} '", "after a $'"),
        ("true # {{ x }}", "in a comment"),
        ("true #{{ x }}", "in a comment"),
        ("true;#'\necho '{{ x }}'", "inside the quotes"),
        ("echo \\{{ x }}", "right after a \\"),
        ("echo ${{ x }}", "right after a $"),
    ],
)
def test_where_values_may_not_stand(tmp_path, text, place):
    """Everywhere that quoting does not protect, the command is refused before anything runs, and
    again when it is rendered.
    """
    ((option, sentence),) = CommandRunner(
        command=text, shell=True, outputs={"x": {"exit_code": True}}
    ).problems()
    assert option == "command"
    assert f"a value cannot stand {place} in a shell command" in sentence
    assert "'x'" not in sentence
    # blocks hide the place from the check; rendering sees it
    looped = f"{{% for x in [x] %}}{text}{{% endfor %}}"
    assert (
        list(
            CommandRunner(command=looped, shell=True, outputs={"x": {"exit_code": True}}).problems()
        )
        == []
    )
    bench = Bench(tmp_path, "CommandRunner", {"command": looped, "shell": True})
    with pytest.raises(SampleFailed, match="a value cannot stand") as caught:
        bench.run(x=ATTACK)
    assert caught.value.failure_kind == "prepare"


PIECES = st.sampled_from(
    [
        "echo ",
        "'",
        '"',
        "\\",
        "$",
        "$(",
        ")",
        "((",
        "))",
        "`",
        "<<E\n",
        "<<<",
        "\nE\n",
        "#",
        " ",
        ";",
        "\n",
        "${",
        "}",
        "x",
        "&&",
        "{{ v }}",
        "$'",
        "|",
        "${N}",
        "$((N+1))",
        "${N%x}",
    ]
)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(PIECES, max_size=14))
@example(['"', "$(", "echo ", '"', "{{ v }}", '"', ")", '"'])
def test_no_command_lets_a_value_become_code(pieces):
    """Against the shell itself: whatever the command, accepted or refused, a hostile value never
    runs anything.
    """
    with tempfile.TemporaryDirectory() as directory:
        runner = CommandRunner(command="".join(pieces) + " ", shell=True)
        try:
            prepared = runner.prepare({"v": ATTACK})
        except SampleFailed:
            return
        assert "argv" in prepared
        for shell in ("sh", "bash"):
            if shutil.which(shell):
                command = [shell, *prepared["argv"][1:]]
                subprocess.run(
                    command,
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=20,
                    check=False,
                )
        assert not list(Path(directory).glob("*hacked*"))
