"""Parameters that nothing uses: the samples would all be the same, and successes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli

OUT = {"y": {"file": "stdout.txt", "text": True}}
CONFIG: dict[str, Any] = {
    "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
    "samplers": {
        "s": {
            "type": "RandomSampler",
            "parameters": ["T", "p0"],
            "bounds": [[0, 1], [0, 1]],
            "budget": 2,
            "seed": 1,
        }
    },
    "runners": {},
    "supervisor": {
        "base_run_dir": "run",
        "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
    },
}


@pytest.fixture
def warned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Check a campaign of these runners, one step each, and give what is said of parameters that
    are not used.
    """
    monkeypatch.chdir(tmp_path)

    def check(*more_stages: dict, **runners: dict) -> list[str]:
        config = {**CONFIG, "runners": runners}
        names = list(runners)
        stage = {"executor": ["here"] * len(names), "sampler": "s", "runner": names}
        config["supervisor"] = {"base_run_dir": "run", "run_order": [stage, *more_stages]}
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
        assert cli.main(["c.yaml", "--check"]) == 0
        return [
            line.partition(": ")[2]
            for line in capsys.readouterr().err.splitlines()
            if " in no " in line
        ]

    return check


def command(**options: object) -> dict:
    return {"type": "CommandRunner", "command": ["cat", "in"], "outputs": OUT, **options}


@pytest.mark.parametrize(
    "form",
    [
        "$T",
        "${T}",
        "$(T)",
        "{T}",
        "<T>",
        "@T@",
        "@{T}",
        "%T%",
        "%(T)s",
        "[[T]]",
        "#T#",
        "<%=T%>",
        "$T$",
        "&T&",
    ],
)
def test_placeholders_of_other_programs(warned, form: str) -> None:
    """Protects a design from a template that is not filled in: the form that is there is shown
    beside the right one.
    """
    (said,) = warned(r=command(files={"in": f"T = {form}, p = {{{{ p0 }}}}\n"}))
    assert said.endswith(
        f"T is in no placeholder of runner r (files.in has {form!r}); a placeholder is written {{{{"
        " T }}"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fixed", "T and p0 are in no placeholder of runner r; a placeholder is written {{ T }}"),
        (
            "{% raw %}{{ T }}{% endraw %} {{ p0 }}",
            "T is in no placeholder of runner r (files.in has {{ T }} in a comment or between",
        ),
        ("{# {{ T }} #} {{ p0 }}", "in a comment or between"),
        (
            "{{ T }} {{ p_0 | default(3) }}",
            "p0 is in no placeholder of runner r (there is a placeholder {{ p_0 }})",
        ),
        ("{% set T = 3 %}{{ T }}{{ p0 }}", "T is in no placeholder"),
        ("$TT {T0} <T p0> {{ p0 }}", "T is in no placeholder of runner r; a"),
    ],
)
def test_placeholders_that_are_none(warned, text: str, words: str) -> None:
    """Protects likewise from one that is forgotten, misspelt, or between marks that keep it as it
    is.
    """
    (said,) = warned(r=command(files={"in": text}))
    assert words in said


@pytest.mark.parametrize(
    "options",
    [
        {"files": {"in": "{{ params | tojson }}"}},
        {"files": {"in": "{% for name in params %}{{ name }}{% endfor %}"}},
        {"files": {"in": "{{ params['T'] }} {{ params.p0 }}"}},
        {"files": {"in": "{% if T is defined %}{% endif %}"}, "environment": {"P": "{{ p0 }}"}},
        {"command": ["echo", "{{ T }}"], "link": {"in": "/data/{{ p0 }}"}},
        {"command": "echo $T", "shell": True, "environment": {"T": "{{ T }}", "P": "{{ p0 }}"}},
    ],
)
def test_parameters_that_are_used(warned, options: dict) -> None:
    """Protects from warnings where there is nothing to say: any text of the runner counts."""
    assert warned(r=command(**options)) == []


def test_other_runners_of_the_campaign(warned, tmp_path: Path) -> None:
    """Protects chains of steps and stages: a parameter need not be used by each of them; a plugin
    may use any.
    """
    half, rest = command(files={"in": "{{ T }}"}), command(files={"in": "{{ p0 }}"})
    assert warned(a=half, b=rest) == []
    assert len(warned(a=half, b=half)) == 1
    assert warned(a=half, b={"type": "SumRunner", "params_to_sum": ["p0"]}) == []
    (tmp_path / "used_model.py").write_text("def f(T, p=1): return T\ndef g(T, **more): return T\n")
    (said,) = warned(a={"type": "PythonRunner", "function": "used_model:f"})
    assert said.endswith(
        "p0 is in no argument of runner a (used_model:f has an argument 'p'); an argument bears the"
        " name of its parameter"
    )
    assert warned(a={"type": "PythonRunner", "function": "used_model:g"}) == []
    assert warned(a={"type": "PythonRunner", "function": "used_model:f"}, b=rest) == []


def test_an_argument_that_nothing_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects a campaign of a function beside its configuration from failing sample by sample."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "needy_model.py").write_text("def f(T, volume): return T\n")
    runner = {"type": "PythonRunner", "function": "needy_model:f"}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({**CONFIG, "runners": {"r": runner}}))
    assert cli.main(["c.yaml", "--check"]) == 2
    assert "r.function: stage 0 needs 'volume'" in capsys.readouterr().err


def test_a_template_that_is_copied(warned, tmp_path: Path) -> None:
    """Protects whoever lists a template under copy, and an included file's placeholders from being
    overlooked.
    """
    (tmp_path / "in").write_text("{{ T }} {{ p0 }}")
    (tmp_path / "with").write_text("{% include 'in' %}")
    (said,) = warned(r=command(copy=["in"]))
    assert "in is copied as it is, and its placeholders would be filled in under templates" in said
    assert warned(r=command(templates={"in": "with"})) == []


def test_columns_of_a_file(warned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects lists of points with columns for people: only where none of them is used, something
    is wrong.
    """
    (tmp_path / "points.csv").write_text("T,comment\n1,a\n2,b\n")
    monkeypatch.setitem(CONFIG["samplers"], "s", {"type": "CSVSampler", "path": "points.csv"})
    assert warned(r=command(files={"in": "{{ T }}"})) == []
    (said,) = warned(r=command(files={"in": "{T}"}))
    assert "T and comment are in no placeholder" in said


def test_it_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever does not check first: it is a warning of the run, too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        yaml.safe_dump({**CONFIG, "runners": {"r": command(files={"in": "$T {{ p0 }}"})}})
    )
    assert cli.main(["c.yaml", "--no-ui"]) == 0
    assert "files.in has '$T'" in capsys.readouterr().err
    assert "files.in has '$T'" in (tmp_path / "run" / "logs" / "main.log").read_text()
