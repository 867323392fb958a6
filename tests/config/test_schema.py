"""The JSON schema that editors use: it takes what the program takes."""

import json
from pathlib import Path

import pytest

from enchanted_tui.config.loading import parse_config
from enchanted_tui.config.lookup import ALIASES, BUILTIN
from enchanted_tui.config.schema import campaign_schema
from enchanted_tui.config.source import read_document, read_value
from enchanted_tui.config.tree import plain
from helpers.good_config import GOOD, spoilt

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(json.loads(json.dumps(campaign_schema())))


def complaints(validator, text):
    """Give the places of what the schema refuses."""
    return [
        "/".join(map(str, error.path)) for error in validator.iter_errors(read_value(text, "x"))
    ]


def test_schema_is_a_schema():
    """The schema itself follows draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(campaign_schema())


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/**/*.yaml")), ids=lambda path: path.name)
def test_examples_are_valid(validator, path):
    """Every example passes, so that an editor does not underline what we show people."""
    document, _ = read_document(path.read_text(), path.name)
    if {"executors", "run_order"} & {*document.root, *document.root.get("supervisor", {})}:
        assert [error.message for error in validator.iter_errors(plain(document.root))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("executors:", "logging: debug\nexecutors:"),
        ("executors:", "unknown: 1\nstorage: {type: None}\nexecutors:"),
        ("type: RandomSampler", "type: random_sampler"),
        ("type: RandomSampler", "type: some.module:Class"),
        ("budget: 10", "budget: 10\n    distribution: UNIFORM\n    batch_size: ~\n    bugdet: 3"),
        ("base_run_dir: out", "base_run_dir: 5\n  save_files: None\n  max_failures: 0.5"),
        ("{executor: e1, sampler: s1, runner: r1}", "{executor: [e1], sampler: s1, runner: [r1]}"),
        ("{type: ExampleRunner}", "{type: ExampleRunner, sleep_sec: [0, 1]}"),
        (
            "{type: ExampleRunner}",
            "{type: command_runner, command: [sleep, 1], environment: {A: 1, B: ~}}",
        ),
    ],
)
def test_what_the_program_takes(validator, good, old, new):
    """Spellings, keys that only warn, and values that are converted pass the schema as well."""
    assert complaints(validator, spoilt(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("budget: 10", "budget: -1", "samplers/s1/budget"),
        ("budget: 10", "", "samplers/s1"),
        ("type: RandomSampler", "type: lhssampler\n    batch_size: 0", "samplers/s1/batch_size"),
        ("bounds: [[0, 1], [0, 1]]", "bounds: [[0, 1], [0]]", "samplers/s1/bounds/1"),
        ("budget: 10", "budget: 10\n    distribution: unifrom", "samplers/s1/distribution"),
        (
            "run_order:\n    - {executor: e1, sampler: s1, runner: r1}",
            "run_order: []",
            "supervisor/run_order",
        ),
        ("sampler: s1", "sampler: [s1]", "supervisor/run_order/0/sampler"),
        ("base_run_dir: out", "base_run_dir: out\n  run_mode: again", "supervisor/run_mode"),
        ("{type: ExampleRunner}", "{type: ExampleRunner, fail_prob: 2}", "runners/r1/fail_prob"),
        ("{type: ExampleRunner}", "{fail_prob: 2}", "runners/r1"),
    ],
)
def test_what_the_schema_refuses(validator, said, old, new, place):
    """What the program refuses, an editor underlines at the same key."""
    text = spoilt(old, new)
    assert complaints(validator, text) == [place]
    assert any(not line.startswith("warning") for line in said(text))


NESTED = """
executors:
  e: {type: SlurmExecutor, ssh: {host: lumi, port: 22}}
  d: {type: DaskExecutor, LocalCluster_config: {n_workers: 2, foo: 1}}
samplers:
  n:
    type: NestedSampler
    budget: 6
    samplers:
      a: {type: GridSampler, parameters: [x], bounds: [[0, 1]], num_samples: 3}
      b: {type: RandomSampler, parameters: [y], bounds: [[0, 1]]}
runners:
  r:
    type: CommandRunner
    command: [solver]
    outputs:
      a: {file: out, regex: x, which: first}
      b: {file: {newest: out*}, table: {column: 0, row: all}, default: null}
      c: {exit_code: true}
    success: [{file: out, exists: true}, {output: a, ge: 0}]
supervisor:
  base_run_dir: out
  run_order: [{executor: e, sampler: n, runner: r}]
"""


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("", "", None),
        ("port: 22", "prot: 22", "executors/e/ssh"),
        ("port: 22", "port: '22'", "executors/e/ssh"),
        ("port: 22", "password: hunter2", "executors/e/ssh"),
        ("host: lumi", "user: me", "executors/e/ssh"),
        ("n_workers: 2", "n_workers: 0", "executors/d/LocalCluster_config"),
        ("n_workers: 2", "asynchronous: true", "executors/d/LocalCluster_config"),
        ("num_samples: 3", "num_samples: x", "samplers/n/samplers/a/num_samples"),
        ("which: first", "which: fist", "runners/r/outputs/a/which"),
        ("which: first", "index: 1", "runners/r/outputs/a"),
        ("which: first", "json: x", "runners/r/outputs/a"),
        ("file: out, regex", "regex", "runners/r/outputs/a"),
        ("newest: out*", "newset: out*", "runners/r/outputs/b/file"),
        ("row: all", "row: last", "runners/r/outputs/b/table"),
        ("exists: true", "reason: x", "runners/r/success/0"),
        ("ge: 0", "matches: x", "runners/r/success/1"),
    ],
)
def test_what_is_inside_the_value_of_an_option(validator, old, new, place):
    """Nested options are complete: program and schema refuse the same, at the same record."""
    text = NESTED.replace(old, new) if old else NESTED
    found = complaints(validator, text)
    _, problems = parse_config(text, "c.yaml", interactive=False)
    errors = [problem.key for problem in problems if problem.severity == "error"]
    if place is None:
        assert (found, errors) == ([], [])
        return
    assert found and all(place.startswith(one) or one.startswith(place) for one in found)
    record = place.replace("/", ".").replace(".0", "[0]").replace(".1", "[1]")
    assert any(key.startswith(record) for key in errors)


def test_every_option_is_described():
    """Each option of each built-in brings its help and its default."""
    schema = campaign_schema()
    for names in BUILTIN.values():
        for name in names:
            definition = schema["$defs"][name]
            assert definition["description"]
            assert all(option["description"] for option in definition["properties"].values())
    assert schema["$defs"]["RandomSampler"]["properties"]["distribution"]["default"] == "uniform"


def test_every_name_is_offered():
    """Completion of `type` knows each built-in and its other names."""
    offered = campaign_schema()["$defs"]["sampler"]["properties"]["type"]["anyOf"][0]["enum"]
    assert offered == [*BUILTIN["sampler"], *ALIASES["sampler"]]


def test_schema_is_the_callers_own():
    """Changing what one caller got changes nothing for the next."""
    campaign_schema()["properties"].clear()
    assert campaign_schema()["properties"]


def test_good_configuration_passes(validator):
    """The configuration that all of these tests spoil is good to begin with."""
    assert complaints(validator, GOOD) == []
