"""Placeholders: what they give, what they refuse, and what is known of them before anything
runs.
"""

from __future__ import annotations

import json

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.runners.base import SampleFailed
from enchanted_tui.runners.command_runner import CommandRunner


def rendered(text, **params):
    return CommandRunner(command=["true"], files={"deck.inp": text}).prepare(params)["files"][
        "deck.inp"
    ]


def refusal(text, **params):
    with pytest.raises(SampleFailed) as caught:
        rendered(text, **params)
    assert caught.value.failure_kind == "prepare"
    return str(caught.value)


@given(st.floats(allow_nan=False))
def test_numbers_are_written_exactly(number):
    """What the program reads is what the dataset records, to the last bit."""
    assert float(rendered("{{ x }}", x=number)) == number
    assert float(rendered("{{ x }}", x=numpy.float64(number))) == number


@pytest.mark.parametrize(
    ("text", "params", "expected"),
    [
        (
            "{{ x }} {{ n }} {{ s }} {{ f }}",
            {"x": 1e-7, "n": 2**70, "s": "<a & b>", "f": True},
            "1e-07 1180591620717411303424 <a & b> True",
        ),
        (
            "{{ '%.3e' | format(x) }}|{{ '%5d' | format(n) }}",
            {"x": 0.00012345, "n": 7},
            "1.234e-04|    7",
        ),
        ("{{ '.true.' if f else '.false.' }} {{ x * 2 }}", {"f": False, "x": 0.5}, ".false. 1.0"),
        ("{% for v in p %}\n{{ v }}\n{% endfor %}", {"p": numpy.array([0.1, 0.2])}, "0.1\n0.2\n"),
        ("{{ p }}", {"p": numpy.zeros(2000)}, str([0.0] * 2000)),
        ("{{ p }} {{ q }}", {"p": numpy.float32(0.5), "q": numpy.int64(3)}, "0.5 3"),
        ('{{ params["my-name"] }} {{ params.x }}', {"my-name": 1, "x": 2}, "1 2"),
        ("{{ params }}", {"params": "own"}, "own"),
        ("    {% if x %}\n  a\n    {% endif %}\nb\n", {"x": 1}, "  a\nb\n"),
        ("{{ y | default(3) }}{% if z is defined %}z{% endif %}", {}, "3"),
        ("no newline added: {{ x }}", {"x": 1}, "no newline added: 1"),
    ],
)
def test_what_placeholders_give(text, params, expected):
    """Exact numbers, Fortran's spellings by a filter or a condition, whole arrays, names that are
    no identifiers.
    """
    assert rendered(text, **params) == expected


def test_all_parameters_as_json():
    """For codes that read JSON: numpy values included, in the order of the sample."""
    text = rendered(
        "{{ params | tojson }}", b=numpy.float64(0.5), a=[1, 2], p=numpy.arange(3), s="<it's>"
    )
    assert json.loads(text) == {"b": 0.5, "a": [1, 2], "p": [0, 1, 2], "s": "<it's>"}
    assert text.startswith('{"b"')


def test_an_undefined_name_is_refused_with_place_and_nearest_name():
    """A misspelt name must not become an empty value in an input file."""
    message = refusal("a\nb = {{ btea }}\n", beta=1, gamma=2)
    assert (
        message
        == "files.deck.inp, line 2: 'btea' is undefined; the sample has beta, gamma; did you mean"
        " 'beta'?"
    )
    assert "'y' is undefined" in refusal("{% if y %}{% endif %}", x=1)
    assert "no attribute 'z'" in refusal('{{ params["z"] }}', x=1)


@pytest.mark.parametrize(
    ("text", "params", "words"),
    [
        ("x = {{ x }}", {"x": None}, "a value is None"),
        ("{{ 1 / x }}", {"x": 0}, "division by zero"),
        ("{{ '%d' | format(x) }}", {"x": "a"}, "number is required"),
        ("{% if %}", {}, "Expected an expression"),
        ("{{ ''.__class__.__mro__ }}", {}, "unsafe"),
        ("{{ params.clear() }}", {"x": 1}, "unsafe"),
        ("{% for i in range(1000000) %}{% endfor %}", {}, "range"),
        ("{% include 'x' %}", {}, "no loader"),
    ],
)
def test_what_placeholders_refuse(text, params, words):
    """None, errors in expressions, and what a template from somebody else must not do; each fails
    its sample with the reason.
    """
    assert words in refusal(text, **params)


def test_the_context_of_a_sample_is_not_changed_by_its_templates():
    """Templates are given the parameters, not the right to change them."""
    params = {"values": [1, 2]}
    with pytest.raises(SampleFailed, match="unsafe"):
        CommandRunner(command=["true", "{{ values.append(3) }}"]).prepare(params)
    assert params == {"values": [1, 2]}


def test_a_template_cannot_read_outside_its_directory(tmp_path):
    """An include stays beside the template."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deck").write_text("{% include '../secret' %}")
    with pytest.raises(SampleFailed):
        CommandRunner(command=["true"], templates={"deck": str(tmp_path / "sub" / "deck")}).prepare(
            {}
        )


def test_templates_that_include_each_other_are_no_endless_loop(tmp_path):
    """Found when a sample is rendered, and no obstacle to the checks."""
    (tmp_path / "a").write_text("{{ x }}{% include 'b' %}")
    (tmp_path / "b").write_text("{{ y }}{% include 'a' %}")
    runner = CommandRunner(
        command=["true"],
        templates={"deck": str(tmp_path / "a")},
        outputs={"c": {"exit_code": True}},
    )
    assert list(runner.problems()) == []
    assert runner.template_variables() == {"templates.deck": {"x", "y"}}
    with pytest.raises(SampleFailed, match="recursion"):
        runner.prepare({"x": 1, "y": 2})


@pytest.mark.parametrize(
    ("text", "words"), [("a\n{% if %}", "common:2: "), (None, "cannot be read: No such file")]
)
def test_what_is_wrong_with_an_included_template_is_found(tmp_path, text, words):
    """With the file it is in."""
    (tmp_path / "deck").write_text("x\n{% include 'common' %}\n")
    if text is not None:
        (tmp_path / "common").write_text(text)
    ((where, sentence),) = CommandRunner(
        command=["true"],
        templates={"d": str(tmp_path / "deck")},
        outputs={"c": {"exit_code": True}},
    ).problems()
    assert where == "templates.d"
    assert words in sentence
    assert str(tmp_path / "common") in sentence


def test_what_is_prepared_is_plain_and_without_empty_parts():
    """It travels to a worker as JSON, once for each sample."""
    runner = CommandRunner(
        command=["run", "{{ x }}"],
        environment={"A": "{{ x }}", "B": None},
        link={"m": "/m/{{ x }}"},
    )
    assert runner.prepare({"x": 1.5}) == {
        "argv": ["run", "1.5"],
        "environment": {"A": "1.5", "B": None},
        "link": {"m": "/m/1.5"},
    }
    assert CommandRunner(command=["true"]).prepare({}) == {"argv": ["true"]}
    assert CommandRunner(command="a {{ x }}", shell="bash").prepare({"x": "b c"}) == {
        "argv": ["bash", "-c", "a 'b c'"]
    }


def test_a_changed_template_file_is_seen_by_a_new_campaign(tmp_path):
    """An application that runs for weeks keeps compiled templates, but never old ones."""
    path = tmp_path / "deck"
    for text in ("one {{ x }}", "two {{ x }}"):
        path.write_text(text)
        assert CommandRunner(command=["true"], templates={"deck": str(path)}).prepare({"x": 1})[
            "files"
        ] == {"deck": f"{text[:3]} 1"}


def test_the_parameters_that_each_part_needs_are_known(tmp_path):
    """So that the configuration can compare them with what the stage gives; those with a default
    are not needed.
    """
    (tmp_path / "common").write_text("{{ mesh }}")
    (tmp_path / "deck").write_text(
        "{% include 'common' %}{% for i in range(n) %}{{ i }}{{ beta }}{% endfor %}{{ opt |"
        " default(1) }}"
    )
    runner = CommandRunner(
        command=["run", "{{ x }}", "{{ '%d' | format(k) }}", "plain"],
        templates={"deck": str(tmp_path / "deck")},
        files={
            "extra": (
                "{% if maybe is defined %}{{ maybe }}{% endif %}{{ params['my-name'] }}{{"
                " params.free }}"
            )
        },
        environment={"N": "{{ n }}"},
        copy={"a": "/data/{{ case }}"},
        link=["{{ run_dir }}/b"],
    )
    assert runner.template_variables() == {
        "command[1]": {"x"},
        "command[2]": {"k"},
        "templates.deck": {"mesh", "n", "beta"},
        "files.extra": {"my-name", "free"},
        "environment.N": {"n"},
        "copy.a": {"case"},
        "link.b": {"run_dir"},
    }
    assert runner.required_parameters() == runner.template_variables()
    assert CommandRunner(command="echo {{ x }} {{ y }}", shell=True).template_variables() == {
        "command": {"x", "y"}
    }
