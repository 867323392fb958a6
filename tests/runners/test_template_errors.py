"""What is wrong with a template is said with its file, its line and a remedy, in --check and for a
sample.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui.runners.base import SampleFailed
from enchanted_tui.runners.command_runner import CommandRunner

OUTPUTS = {"code": {"exit_code": True}}
RAW = "put {% raw %} ... {% endraw %} around text"


def runner(tmp_path: Path, text: str | bytes, **files: str) -> CommandRunner:
    (tmp_path / "run.sh.tmpl").write_bytes(text if isinstance(text, bytes) else text.encode())
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    return CommandRunner(
        command=["true"], templates={"run.sh": str(tmp_path / "run.sh.tmpl")}, outputs=OUTPUTS
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("files=(a b)\nn=${#files[@]}\n", "{# begins a comment that has no end"),
        ("a\n{% raw %} {{ x\n", "{% raw %} has no {% endraw %}"),
        ("a\n{{ x\n", "unexpected end of template"),
        ("a\n\\newcommand{\\a}{{\\bf b}}\n", "unexpected char"),
        ("a\n\\def\\a{% b}", "unknown tag 'b'"),
        ("a\n{% load gcc %}", "unknown tag 'load'"),
        ("a\n{% if x %}", "'if'"),
        ("a\nproc p {} {{x y}}", "expected token"),
    ],
)
def test_text_that_is_the_programs_own(tmp_path: Path, text: str, words: str) -> None:
    """Protects shell scripts, TeX and Tcl: what begins like a placeholder is pointed at, and how to
    keep it.
    """
    ((where, sentence),) = runner(tmp_path, text).problems()
    assert where == "templates.run.sh"
    assert sentence.startswith(f"{tmp_path}/run.sh.tmpl:2: "), sentence
    assert words in sentence
    assert RAW in sentence


def test_a_filter_that_does_not_exist(tmp_path: Path) -> None:
    """Protects from looking for it elsewhere: there is a nearest name."""
    ((_, sentence),) = runner(tmp_path, "a\n{{ x | uper }}").problems()
    assert sentence.endswith("run.sh.tmpl:2: there is no filter 'uper'; did you mean 'upper'?")


@pytest.mark.parametrize(
    "text", ["a\nn=${#f[@]}; b # }, #}\n", "a\n\\def\\a#1{#1 {#}\n", "a\n${#} x #}"]
)
def test_a_comment_that_is_none(tmp_path: Path, text: str) -> None:
    """Protects text between a ${# and a later #} from being left out in silence."""
    ((where, sentence),) = runner(tmp_path, text).warnings()
    assert where == "templates.run.sh"
    assert sentence.startswith(f"{tmp_path}/run.sh.tmpl:2: {{#")
    assert "is left out" in sentence and RAW in sentence
    assert list(runner(tmp_path, "{# a comment #} {{ x }}").warnings()) == []


@pytest.mark.parametrize(
    ("text", "included", "start"),
    [
        (
            "a\nb {{ y }}\n",
            "",
            (
                "templates.run.sh (run.sh.tmpl), line 2: 'y' is undefined; the sample has x; put {%"
                " raw %}"
            ),
        ),
        ("{{ y }}", "", "templates.run.sh (run.sh.tmpl), line 1: 'y' is undefined"),
        (
            "a\n{% include 'inc' %}",
            "a\nb\n{{ xx }}",
            "templates.run.sh (inc), line 3: 'xx' is undefined; the sample has x; did you",
        ),
        (
            "a\n{% include 'i' ~ 'nc' %}",
            "a\n{{ x",
            "templates.run.sh (inc), line 2: unexpected end of template",
        ),
        (
            "a\n{% include 'g' ~ 'one' %}",
            "",
            "templates.run.sh (run.sh.tmpl), line 2: there is no template 'gone' to include beside",
        ),
        (
            "{% macro m(v) %}\n{{ v / 0 }}{% endmacro %}\n{{ m(x) }}",
            "",
            "templates.run.sh (run.sh.tmpl), line 2: float division",
        ),
        (
            "a\n{{ x.real.y.z }}",
            "",
            "templates.run.sh (run.sh.tmpl), line 2: 'float object' has no attribute 'y'",
        ),
    ],
)
def test_what_fails_for_a_sample(tmp_path: Path, text: str, included: str, start: str) -> None:
    """Protects the same when a sample is rendered: the place is where it happened, an included file
    for example.
    """
    with pytest.raises(SampleFailed) as failed:
        runner(tmp_path, text, inc=included).prepare({"x": 1.0})
    assert str(failed.value).startswith(start), failed.value
