"""What is wrong with a CommandRunner is found before anything runs, with its place in the file and
the nearest name.
"""

from __future__ import annotations

import textwrap

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.config.problems import ConfigError
from enchanted_tui.runners.command_runner import CommandRunner
from helpers.runner_bench import OUTPUTS, located


def problems(**options):
    options = {"command": ["true"], "outputs": OUTPUTS, **options}
    return list(CommandRunner(**options).problems())


def warnings(**options):
    options = {"command": ["true"], "outputs": OUTPUTS, **options}
    return list(CommandRunner(**options).warnings())


def test_a_runner_that_is_right_has_nothing_to_say(tmp_path):
    """With every option in use."""
    for name in ("deck.tpl", "common.tpl", "mesh.h5"):
        (tmp_path / name).write_text("{{ x }}")
    (tmp_path / "deck.tpl").write_text("{% include 'common.tpl' %}")
    options = {
        "command": "true {{ x }}",
        "shell": "sh",
        "files": {"a/b.inp": "{{ x }}"},
        "templates": {"deck.inp": str(tmp_path / "deck.tpl")},
        "copy": [str(tmp_path / "mesh.h5")],
        "link": {"linked.h5": str(tmp_path / "mesh.h5"), "parent.h5": "{{ run_dir }}/mesh.h5"},
        "environment": {"A": "1", "B": None},
        "stdin": "deck.inp",
        "stderr": None,
        "exit_codes": "any",
        "success": [{"file": "a/b.inp", "exists": True}, {"output": "value", "ge": 0}],
    }
    assert problems(**options) == []
    assert warnings(**options) == []


@pytest.mark.parametrize(
    ("options", "where", "words"),
    [
        (
            {"command": "solver -n 'a b'"},
            "command",
            "such as ['solver', '-n', 'a b'], or set shell: true",
        ),
        ({"command": "it's"}, "command", "give the command as a list"),
        (
            {"command": ["echo", "a b"], "shell": True},
            "command",
            "write \"echo 'a b'\", or remove shell",
        ),
        ({"command": []}, "command", "empty"),
        ({"command": "", "shell": True}, "command", "empty"),
        (
            {"command": ["./run.sh"], "files": {"run.sh": "x"}},
            "command[0]",
            "run it as [sh, ./run.sh, ...]",
        ),
        ({"command": ["echo", "{{ x"]}, "command[1]", "command[1]:1: "),
        ({"command": "echo '{{ x }}'", "shell": True}, "command", "without quotes around it"),
        ({"files": {"deck": "a\n{% for %}"}}, "files.deck", "files.deck:2: "),
        ({"files": {"../deck": ""}}, "files.../deck", "must stay inside the run directory"),
        ({"files": {"/deck": ""}}, "files./deck", "must stay inside the run directory"),
        (
            {"files": {"a/../../deck": ""}},
            "files.a/../../deck",
            "must stay inside the run directory",
        ),
        ({"files": {"": ""}}, "files.", "no file name"),
        ({"files": {".": ""}}, "files..", "no file name"),
        ({"files": {"a/": ""}}, "files.a/", "no file name"),
        (
            {"files": {"enchanted_datapoint.csv": ""}},
            "files.enchanted_datapoint.csv",
            "of the program itself",
        ),
        (
            {"files": {"./enchanted_datapoint.csv": ""}},
            "files../enchanted_datapoint.csv",
            "of the program itself",
        ),
        ({"files": {"{{ x }}": ""}}, "files.{{ x }}", "give the file a fixed name"),
        ({"files": {"deck": ""}, "link": ["/a/deck"]}, "link.deck", "named under files as well"),
        ({"copy": ["/a/mesh", "/b/mesh"]}, "copy", "the same name"),
        (
            {"link": ["/a/case"], "files": {"case/deck": ""}},
            "files.case/deck",
            "among the originals",
        ),
        (
            {"templates": {"deck": "/no/such.tpl"}},
            "templates.deck",
            "the template /no/such.tpl cannot be read: No such file",
        ),
        ({"environment": {"A=B": "1"}}, "environment.A=B", "cannot be the name"),
        ({"environment": {"A": "{{ }}"}}, "environment.A", "environment.A:1: "),
        ({"stdin": "deck"}, "stdin", "none of the files put into the run directory (none)"),
        ({"stdout": "../log"}, "stdout", "must stay inside"),
        ({"files": {"log": ""}, "stderr": "log"}, "stderr", "is an input file as well"),
        ({"exit_codes": "all"}, "exit_codes", "or any, not 'all'"),
    ],
)
def test_options_that_cannot_work(options, where, words):
    """One problem each, at its own key, with the remedy."""
    ((found, sentence),) = problems(**options)
    assert found == where
    assert words in sentence


@pytest.mark.parametrize(
    ("rule", "where", "words"),
    [
        (
            {"file": "a"},
            "",
            (
                "exactly one of regex, json, table, csv, hdf5, netcdf, text, exit_code; it has the"
                " keys file"
            ),
        ),
        ({"file": "a", "regex": "x", "json": "y"}, "", "it has regex, json"),
        ("regex", "", "expected a mapping, found 'regex'"),
        ({"regex": "x"}, ".file", "is required: name of the file to read"),
        ({"exit_code": True, "file": "a"}, ".file", "not with exit_code; remove it"),
        ({"exit_code": False}, ".exit_code", "write exit_code: true"),
        ({"file": "a", "text": 1}, ".text", "expected true or false, found 1"),
        ({"file": "a", "text": False}, ".text", "write text: true"),
        ({"file": "a", "regex": "x", "wich": "first"}, ".wich", "did you mean 'which'?"),
        (
            {"file": "a", "regex": "x", "index": 1},
            ".index",
            "goes with hdf5 or netcdf, not with regex; remove it",
        ),
        ({"file": "a", "regex": "(x"}, ".regex", "is not a regular expression: missing )"),
        ({"file": "a", "regex": 5}, ".regex", "expected text, found 5; put it in quotes"),
        (
            {"file": "a", "regex": "(x)", "group": 2},
            ".group",
            "1 groups, so the group is a number from 0 to 1, not 2",
        ),
        (
            {"file": "a", "regex": "(?P<beta>x)", "group": "btea"},
            ".group",
            "it has beta; did you mean 'beta'?",
        ),
        ({"file": "a", "regex": "x", "which": "lst"}, ".which", "did you mean 'last'?"),
        ({"file": "a", "regex": "x", "type": "flaot"}, ".type", "did you mean 'float'?"),
        ({"file": "a", "regex": "x", "default": "abc"}, ".default", "'abc' is not a number"),
        ({"file": "a", "regex": "x", "required": "no"}, ".required", "true or false"),
        (
            {"file": "a", "regex": "x", "required": True, "default": 1},
            ".default",
            "remove one of the two",
        ),
        ({"file": "a", "json": "a["}, ".json", "is no path to a JSON value: '[' is not understood"),
        ({"file": "a", "json": 5}, ".json", "expected text or a list of integers or text, found 5"),
        ({"file": "a", "json": [1.5]}, ".json[0]", "expected an integer or text, found 1.5"),
        ({"file": "a", "table": {"row": 0}}, ".table.column", "is required: the column: its name"),
        (
            {"file": "a", "table": {"column": 0, "colum": 1}},
            ".table.colum",
            "did you mean 'column'?",
        ),
        (
            {"file": "a", "table": {"column": 0, "row": "last"}},
            ".table.row",
            "or 'all', found 'last'",
        ),
        (
            {"file": "a", "table": {"column": 0, "skip": -1}},
            ".table.skip",
            "expected an integer >= 0, found -1",
        ),
        (
            {"file": "a", "table": {"column": "x", "header": False}},
            ".table.header",
            "give its number",
        ),
        ({"file": "a", "csv": {"column": 0, "delimiter": "ab"}}, ".csv.delimiter", "one character"),
        (
            {"file": "a", "table": {"column": 0, "comment": 1}},
            ".table.comment",
            "expected text or a list of text, found 1",
        ),
        ({"file": "a", "csv": [1]}, ".csv", "expected an integer or text or a mapping, found"),
        ({"file": "a", "hdf5": ""}, ".hdf5", "the name of the dataset"),
        (
            {"file": "a", "netcdf": "x", "index": "last"},
            ".index",
            "expected an integer or a list of integers",
        ),
    ],
)
def test_output_rules_that_cannot_work(rule, where, words):
    """Wrong keys with the nearest name, expressions and groups that do not fit, paths that cannot
    be read.
    """
    ((found, sentence),) = located(outputs={"value": rule})
    assert found == "outputs.value" + where
    assert words in sentence


@pytest.mark.parametrize("name", ["success", "run_dir"])
def test_outputs_have_names_that_the_dataset_has_not(name):
    """They would be overwritten."""
    ((where, sentence),) = problems(outputs={name: {"exit_code": True}})
    assert where == f"outputs.{name}"
    assert "has a column of that name" in sentence


@pytest.mark.parametrize(
    ("condition", "where", "words"),
    [
        ({}, "", "needs exactly one of file, output; it has no keys"),
        (
            {"file": "a", "output": "value"},
            "",
            "needs exactly one of file, output; it has file, output",
        ),
        ({"file": "a"}, "", "needs at least one of matches, lacks, exists"),
        ({"output": "value"}, "", "needs at least one of ge, gt, le, lt, equals, finite"),
        ({"file": "a", "match": "x"}, ".match", "did you mean 'matches'?"),
        ({"file": "a", "matches": "("}, ".matches", "is not a regular expression"),
        ({"file": "a", "exists": 1}, ".exists", "true or false"),
        ({"file": "a", "lacks": "x", "reason": 1}, ".reason", "expected text, found 1"),
        (
            {"output": "vlaue", "ge": 1},
            ".output",
            "is no output of this runner, which has value; did you mean 'value'?",
        ),
        ({"output": "value", "ge": "1"}, ".ge", "expected a number, found '1'"),
        ({"output": "value", "finite": False}, ".finite", "write finite: true"),
    ],
)
def test_conditions_that_cannot_work(condition, where, words):
    """The same for success."""
    found = located(success=[{"output": "value", "ge": 0}, condition])
    assert (f"success[1]{where}", True) in [(place, words in sentence) for place, sentence in found]


@pytest.mark.parametrize(
    ("options", "where", "words"),
    [
        (
            {"command": ["no-such-program"]},
            "command[0]",
            "no program 'no-such-program' in PATH on this machine",
        ),
        (
            {"command": ["/no/such/program"]},
            "command[0]",
            "/no/such/program is no executable file on this machine",
        ),
        (
            {"command": ["./solver"]},
            "command[0]",
            "nothing puts it; give its full path, or link: it there",
        ),
        ({"command": "true", "shell": "no-such-shell"}, "shell", "no program 'no-such-shell'"),
        ({"link": ["/no/such/mesh"]}, "link.mesh", "/no/such/mesh does not exist on this machine"),
        ({"outputs": {}}, "outputs", "no outputs are declared"),
    ],
)
def test_what_may_be_there_where_the_tasks_run_is_only_warned_of(options, where, words):
    """Modules are loaded on compute nodes, and file systems differ: no error, but not silent
    either.
    """
    assert problems(**options) == []
    ((found, sentence),) = warnings(**options)
    assert found == where
    assert words in sentence


@pytest.mark.parametrize(
    "options",
    [
        {"command": ["{{ solver }}"]},
        {"command": ["solver"], "environment": {"PATH": "/opt/code/bin:/usr/bin"}},
        {"command": ["bin/solver"], "copy": {"bin": "/usr/bin"}},
        {"link": ["/no/such/mesh_{{ n }}"]},
    ],
)
def test_what_cannot_be_known_is_not_warned_of(options):
    """Warnings that are often wrong are not read."""
    assert warnings(**options) == []


CONFIG = """
executors: {local: {type: LocalExecutor}}
samplers: {s: {type: RandomSampler, budget: 2, parameters: [beta], bounds: [[0, 1]]}}
runners:
  before: {type: ExampleRunner}
  code:
    type: CommandRunner
    command: [cat, deck.inp, {{ beta }}]
    templates: {deck.inp: templates/deck.inp}
    environment: {COUNT: 010, EXACT: 1.50, YES: true}
    link: ["{{ run_dir }}/before.dat"]
    outputs:
      energy: {file: stdout.txt, regex: 'energy = (\\S+)'}
supervisor:
  base_run_dir: out
  run_order: [{executor: [local, local], sampler: s, runner: [before, code]}]
"""


@pytest.fixture
def config_file(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "deck.inp").write_text("beta = {{ beta }}\n")
    path = tmp_path / "campaign.yaml"

    def write(text):
        path.write_text(text)
        return path

    return write


def test_options_of_a_config_file_reach_the_runner_as_they_were_written(config_file, tmp_path):
    """Paths start at the file; 010 and 1.50 and true are text for the program, as written."""
    config = load_config(config_file(CONFIG.replace("{{ beta }}]", '"{{ beta }}"]')))
    prepared = config.runners["code"].build().prepare({"beta": 0.25, "run_dir": "/data/before"})
    assert prepared == {
        "argv": ["cat", "deck.inp", "0.25"],
        "files": {"deck.inp": "beta = 0.25\n"},
        "environment": {"COUNT": "010", "EXACT": "1.50", "YES": "true"},
        "link": {"before.dat": "/data/before/before.dat"},
    }


def test_problems_of_a_config_file_have_their_place(config_file):
    """All at once, each with line and column."""
    text = (
        CONFIG.replace("{{ beta }}]", '"{{ beta }}"]')
        .replace("regex: 'energy", "regx: 'energy")
        .replace("COUNT", "A=B")
    )
    with pytest.raises(ConfigError) as caught:
        load_config(config_file(text))
    message = str(caught.value)
    lines = text.splitlines()
    for key, words in (("regx", "did you mean 'regex'?"), ("A=B", "cannot be the name")):
        line = next(number for number, line in enumerate(lines, 1) if key in line)
        assert any(f":{line}:" in found and words in found for found in message.splitlines()), (
            message
        )


def test_a_syntax_error_in_a_template_file_names_that_file_and_line(config_file, tmp_path):
    """Not only the config's."""
    path = config_file(CONFIG.replace("{{ beta }}]", '"{{ beta }}"]'))
    (tmp_path / "templates" / "deck.inp").write_text(textwrap.dedent("a\nb\n{% endfor %}\n"))
    with pytest.raises(ConfigError, match=r"templates/deck\.inp:3: "):
        load_config(path)
