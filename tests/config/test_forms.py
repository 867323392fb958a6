"""Configurations as forms: what is filled in stands in the text, and the text fills in the form."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enchanted_tui.config.forms.campaign_form import CampaignForm, NotInFormError, Values
from enchanted_tui.config.forms.new_forms import new_forms
from enchanted_tui.config.forms.word_line import UnfinishedLineError, line_of, words_of
from enchanted_tui.config.loading import parse_config
from enchanted_tui.config.lookup import BUILTIN
from enchanted_tui.config.templates import component_template

CONFIGS = Path(__file__).parents[2] / "configs"
EXAMPLES = sorted(CONFIGS.glob("*.yaml"))
PROGRAM, FUNCTION = (each.text for each in new_forms())
COMMENTED = (CONFIGS / "command_minimal.yaml").read_text()
_PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=25)

# -- what people type ------------------------------------------------------------------------------

_NAMES = st.sampled_from(["x", "beta_n", "n-1", "T e", "yes", "1"])
_NUMBERS = st.sampled_from(["0", "1", "-2.5", "1e-3", "2.50", "1_000", "10x", "{{ n }}"])
_PIECES = st.text(alphabet="a$ {}%'\"\\{{x}}", max_size=8)
_WORDS = st.lists(
    st.one_of(st.sampled_from(["solver", "{{ x }}", "--b={{ y | f(1) }}", "# no"]), _PIECES),
    min_size=1,
    max_size=4,
)


def _unique(rows: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(rows, max_size=4, unique_by=lambda row: row["name"])


def _parameter(name: str, kind: str, low: str, high: str, values: str, unit: str) -> dict[str, Any]:
    listed = kind in ("values", "choice")
    return {
        "name": name,
        "kind": kind,
        "low": "" if listed else low,
        "high": "" if listed else high,
        "values": values if listed else "",
        "unit": unit,
    }


_PARAMETERS = _unique(
    st.builds(
        _parameter,
        _NAMES,
        st.sampled_from(["range", "log", "whole", "whole log", "values", "choice"]),
        _NUMBERS,
        _NUMBERS,
        st.sampled_from(["1, 2, 4", "a, 'b, c'", "0.5", "true, a"]),
        st.sampled_from(["", "keV", "m/s"]),
    )
).filter(bool)
_OUTPUTS = _unique(
    st.fixed_dictionaries(
        {
            "name": _NAMES,
            "kind": st.sampled_from(["regex", "json", "table", "csv", "hdf5"]),
            "file": st.sampled_from(["stdout.txt", "out {{ n }}.dat"]),
            "what": st.sampled_from([r"E = (\S+)", "col", "'q'", "a: b # c"]),
        }
    )
)
_PAIRS = _unique(
    st.fixed_dictionaries({"name": _NAMES, "value": st.sampled_from(["a", "1", "x\ny\n", "#"])})
)


def _shown(values: Values) -> Values:
    """Return values without what rows keep unshown."""
    return {
        name: value
        if isinstance(value, str)
        else [{key: row[key] for key in row if not key.startswith("_")} for row in value]
        for name, value in values.items()
    }


@given(st.data(), st.sampled_from([PROGRAM, COMMENTED]))
@_PATIENT
def test_what_is_filled_in_is_what_the_text_says(data: st.DataObject, text: str) -> None:
    """Protects the form against losing or bending what somebody types: form to YAML to form is the
    same, whatever is typed; comments stay.
    """
    form = CampaignForm(text)
    values = form.values()
    filled: Values = {
        "runner.command": line_of(data.draw(_WORDS.filter(lambda words: words != [""]))),
        "runner.outputs": data.draw(_OUTPUTS),
        "runner.files": data.draw(_PAIRS),
        "sampler.parameters": data.draw(_PARAMETERS),
        "sampler.budget": data.draw(_NUMBERS),
        "executor.n_workers": data.draw(st.sampled_from(["", "4"])),
        "supervisor.seed": data.draw(st.sampled_from(["", "7", "seven"])),
        "supervisor.base_run_dir": data.draw(st.sampled_from(["runs/a b", "~/x", "#1"])),
    }
    values.update(copy.deepcopy(filled))
    after = form.text_with(values)
    found = _shown(CampaignForm(after).values())
    assert {name: found[name] for name in filled} == filled
    assert all(line in after for line in text.splitlines() if line.startswith("#"))


@given(_WORDS)
@_PATIENT
def test_a_line_is_its_words(words: list[str]) -> None:
    """Protects commands: quotes, braces and placeholders come through the line unharmed."""
    assert words_of(line_of(words)) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("solver --beta {{ beta }} deck.inp", ["solver", "--beta", "{{ beta }}", "deck.inp"]),
        ("""awk '{ print "y", $1 }' {{ "a b" }}.txt""",
         ["awk", '{ print "y", $1 }', '{{ "a b" }}.txt']),
        (r'a\ b "c \" d" \\', ["a b", 'c " d', "\\"]),
        ("  ", []),
    ],
)  # fmt: skip
def test_lines_are_split_as_people_mean_them(line: str, words: list[str]) -> None:
    """Protects what people type in a shell."""
    assert words_of(line) == words


def test_an_open_quotation_mark_is_said() -> None:
    """Protects a command that is half typed: it is not written, and the field says why."""
    with pytest.raises(UnfinishedLineError):
        words_of("awk 'BEGIN")
    form = CampaignForm(PROGRAM)
    values = {**form.values(), "runner.command": "awk 'BEGIN"}
    assert "command" not in form.text_with(values)
    [problem] = form.problems_of(values)
    assert problem.field == "runner.command" and "not closed" in problem.sentence


# -- configurations of others ----------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_shown_or_refused_with_a_reason(path: Path) -> None:
    """Protects existing configurations: the form of each says the same text, or why there is none;
    with a single stage and step and declared options there is always one.
    """
    text = path.read_text()
    try:
        form = CampaignForm(text, path.parent)
    except NotInFormError as error:
        assert any(word in str(error) for word in ("stages", "steps", "declare its options"))
        return
    assert form.text_with(form.values()) == text
    everything = form.sections(form.values(), everything=True)
    assert form.text_with(form.completed(form.values())) == text
    assert {field.id for section in everything for field in section.fields}


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("sampler", "runner", "executor") for name in BUILTIN[kind]],
)
def test_every_component_has_a_form(kind: str, name: str) -> None:
    """Protects newcomers whose configuration came from a template: each opens as a form, and each
    field has a title and says what it is for.
    """
    text = component_template(kind, name).text
    form = CampaignForm(text)
    assert form.text_with(form.values()) == text
    for section in form.sections(form.values(), everything=True):
        for field in section.fields:
            assert field.title and field.doc


def test_remarks_and_what_has_no_field_stay() -> None:
    """Protects what somebody wrote by hand around the fields."""
    text = (CONFIGS / "parameter_space.yaml").read_text()
    form = CampaignForm(text, CONFIGS)
    values = form.values()
    rows = values["sampler.parameters"]
    assert isinstance(rows, list)
    assert [row["kind"] for row in rows] == ["log", "whole", "values", "choice", "other"]
    rows[0]["low"] = "0.5"
    rows[3]["values"] = "upwind, central, mixed"
    del rows[2]
    after = form.text_with(values)
    assert "temperature: {low: 0.5, high: 100, scale: log, unit: keV}" in after
    assert "choice: [upwind, central, mixed], weights: [3, 1]" in after
    assert "offset: {distribution: truncated_normal, mean: 0, sd: 0.1, low: -0.2" in after
    assert "  # memory" in after and "      order:" not in after


def test_lists_with_bounds_stay_such_until_more_is_said() -> None:
    """Protects the older way to write parameters, as long as it can say what is meant."""
    text = (CONFIGS / "quickstart.yaml").read_text()
    form = CampaignForm(text)
    values = form.values()
    rows = values["sampler.parameters"]
    assert isinstance(rows, list)
    rows[1]["high"] = "2"
    assert "bounds: [[0, 1], [0, 2]]" in form.text_with(values)
    rows[1].update(kind="log", low="0.1")
    after = form.text_with(values)
    assert "bounds" not in after
    config, _ = parse_config(after)
    assert config is not None
    said = config.samplers["random"].options["parameters"]
    assert said == {"x": {"low": 0, "high": 1}, "y": {"low": 0.1, "high": 2, "scale": "log"}}


def test_another_type_takes_its_own_options_along() -> None:
    """Protects a change of mind: what only the type before has goes, what both have stays."""
    form = CampaignForm((CONFIGS / "parameter_space.yaml").read_text())
    values = form.values()
    values["executor.type"] = "SlurmExecutor"
    values = form.completed(values)
    assert [row["name"] for row in values["executor.sbatch"]] == [  # type: ignore[index]
        "account", "partition", "time", "mem",
    ]  # fmt: skip
    values["executor.sbatch"][1]["value"] = "small"  # type: ignore[index]
    values["executor.sbatch"][2]["value"] = "02:00:00"  # type: ignore[index]
    after = form.text_with(values)
    assert "local: {type: SlurmExecutor, sbatch: {partition: small, time: '02:00:00'}}" in after
    values["executor.type"] = "LocalExecutor"
    assert form.text_with(values) == form.text


def test_problems_find_their_fields_and_rows() -> None:
    """Protects whoever fills in: the check's own sentence stands at the field, and at its row."""
    form = CampaignForm(COMMENTED)
    values = form.values()
    values["sampler.budget"] = "ten"
    values["sampler.parameters"][1]["low"] = "20"  # type: ignore[index]
    values["runner.outputs"][0]["what"] = "("  # type: ignore[index]
    _, problems = parse_config(form.text_with(values))
    placed = {
        (found.field, found.row): found.sentence
        for found in (form.place(problem, values) for problem in problems)
    }
    assert "expected an integer >= 0, found 'ten'" in placed["sampler.budget", None]
    assert ("sampler.parameters", 1) in placed
    assert "is not a regular expression" in placed["runner.outputs", 0]
    assert all(field for field, _ in placed)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a: [", "line 1"),
        ("executors: {}\n", "names no stage"),
        (PROGRAM.replace("runner: program}", "runner: other}"), "names no runner"),
        (PROGRAM.replace("    type: CommandRunner", "    type: NoSuchRunner"), "does not declare"),
    ],
)
def test_what_a_form_cannot_show_is_said(text: str, reason: str) -> None:
    """Protects whoever opens something else as a form: one sentence says why there is none."""
    with pytest.raises(NotInFormError, match=reason):
        CampaignForm(text)


def test_what_several_share_is_refused_when_it_changes() -> None:
    """Protects anchors: a value that others take too is not changed behind their back."""
    from enchanted_tui.config.rewriting import CannotRewriteError

    text = FUNCTION.replace("budget: 20", "budget: &n 20").replace("seed: 1", "seed: *n")
    form = CampaignForm(text)
    values = {**form.values(), "supervisor.seed": "3"}
    with pytest.raises(CannotRewriteError, match="anchor n"):
        form.text_with(values)
