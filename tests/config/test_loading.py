"""From files, overrides and mappings to a campaign."""

import argparse
from pathlib import Path

import pytest

from enchanted_tui.config.identity import identity
from enchanted_tui.config.loading import config_from_mapping, load_config
from enchanted_tui.config.problems import ConfigError
from enchanted_tui.config.source import read_value
from helpers.good_config import GOOD, spoilt


def refused(path, **options):
    """Give what is said about a file that cannot be used."""
    with pytest.raises(ConfigError) as error:
        load_config(path, **options)
    return str(error.value)


# -- files -----------------------------------------------------------------------------------------


def test_missing_file(tmp_path):
    """A misspelt file name is answered by the one that is there."""
    (tmp_path / "campaign.yaml").write_text(GOOD)
    assert (
        refused("campain.yaml")
        == "campain.yaml: there is no such file; did you mean 'campaign.yaml'?"
    )
    assert (
        refused("nowhere/campaign.yaml")
        == "nowhere/campaign.yaml: there is no such file, and no directory nowhere"
    )


def test_directory_instead_of_a_file(tmp_path):
    """A directory is told from a file that cannot be read."""
    assert (
        refused(tmp_path) == f"{tmp_path}: this is a directory; name the configuration file in it"
    )


def test_not_utf8(tmp_path):
    """The first byte that is no UTF-8 is located."""
    (tmp_path / "c.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    assert refused("c.yaml") == "c.yaml:2:7: this is not UTF-8 text; save the file as UTF-8"


def test_byte_order_mark(tmp_path):
    """Files from Windows editors load."""
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_config("c.yaml").samplers["s1"].options["budget"] == 10


def test_vanished_working_directory(tmp_path, monkeypatch, good):
    """A shell whose directory was deleted gets a sentence."""
    (tmp_path / "c.yaml").write_text(GOOD)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert (
        refused(tmp_path / "c.yaml")
        == f"{tmp_path}/c.yaml: the working directory does not exist any more; change to another"
    )


def test_file_is_named_as_the_user_named_it(tmp_path):
    """Messages carry the path as it was given, so that a terminal's links work."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.yaml").write_text(spoilt("budget: 10", "budget: x"))
    assert refused("sub/c.yaml").startswith("sub/c.yaml:8:13: ")


# -- paths -----------------------------------------------------------------------------------------


def test_base_run_dir(tmp_path, good, monkeypatch):
    """A relative directory starts where the program runs and is shown as it is written; ~ and $VAR
    expand.
    """
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("PROJECT", "fusion")
    for written, shown, absolute in [
        ("out/a", "out/a", tmp_path / "out/a"),
        (
            "~/$PROJECT/${PROJECT}2",
            "/home/somebody/fusion/fusion2",
            Path("/home/somebody/fusion/fusion2"),
        ),
        ("/data/../x", "/data/../x", Path("/x")),
        ("5", "5", tmp_path / "5"),
    ]:
        config = good(spoilt("base_run_dir: out", f"base_run_dir: {written}"))
        assert (config.shown_base_run_dir, config.base_run_dir) == (shown, absolute)


def test_paths_in_options_start_at_the_file(tmp_path, good):
    """Files named in a configuration lie beside it, wherever the program runs; nested samplers are
    no exception.
    """
    home = tmp_path / "home"
    home.mkdir()
    (home / "points.csv").write_text("x,y\n1,2\n")
    plain = spoilt(
        "type: RandomSampler\n    parameters: [x, y]\n    bounds: [[0, 1], [0, 1]]\n    budget: 10",
        "{type: CSVSampler, csv_path: points.csv}",
    )
    assert good(plain, path=home / "c.yaml").samplers["s1"].options["path"] == str(
        home / "points.csv"
    )
    assert good(plain, path="elsewhere/c.yaml", base_dir=home).samplers["s1"].options[
        "path"
    ] == str(home / "points.csv")
    nested = plain.replace(
        "{type: CSVSampler", "{type: NestedSampler, samplers: {a: {type: CSVSampler"
    ).replace("points.csv}", "points.csv}}}")
    config = good(nested, path=home / "c.yaml")
    assert [sample["y"] for sample in config.samplers["s1"].build().get_next_samples()] == [2]


def test_placeholders_in_paths_are_left_alone(good):
    """A path that a sample determines is not known yet; what stands before the placeholder is."""
    text = spoilt(
        "{type: ExampleRunner}",
        "{type: CommandRunner, command: [echo, '{{ x }}'], link: {a: '{{ x }}/mesh', b: 'cases/{{ x"
        " }}/mesh'}}",
    )
    config = good(text, path="/cases/c.yaml")
    assert config.runners["r1"].options["link"] == {
        "a": "{{ x }}/mesh",
        "b": "/cases/cases/{{ x }}/mesh",
    }


# -- overrides -------------------------------------------------------------------------------------


def test_overrides(good):
    """Any value can be changed, items of lists by number, sections that do not exist yet
    included.
    """
    config = good(
        overrides=[
            "samplers.s1.budget=1e3",
            "samplers.s1.bounds.1=[2, 3]",
            "samplers.s1.bounds[0][1]=7",
            "supervisor.run_order.0.runner=[r1, r2]",
            "supervisor.run_order.0.executor=[e1, e1]",
            "runners.r2={type: SumRunner, params_to_sum: [x]}",
            "storage.type=none",
        ]
    )
    assert config.samplers["s1"].options["budget"] == 1000
    assert config.samplers["s1"].options["bounds"] == [(0, 7), (2, 3)]
    assert [step.runner for step in config.stages[0].steps] == ["r1", "r2"]
    assert not config.hdf5


def test_override_changes_one_use_of_an_anchor(good):
    """Two samplers that share their bounds by an alias are changed one at a time."""
    text = spoilt(
        "budget: 10",
        "budget: 10\n  s2: {type: GridSampler, parameters: [z], bounds: *b, num_samples: 2}",
    ).replace(
        "parameters: [x, y]\n    bounds: [[0, 1], [0, 1]]",
        "parameters: [x]\n    bounds: &b [[0, 1]]",
    )
    config = good(text, overrides=["samplers.s2.bounds.0.1=5"])
    assert config.samplers["s1"].options["bounds"] == [(0, 1)]
    assert config.samplers["s2"].options["bounds"] == [(0, 5)]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            "samplers.s1.budget=three",
            ["--set samplers.s1.budget: expected an integer >= 0, found 'three'"],
        ),
        ("samplers.s1={type: GridSampler, num_samples: 0}", None),
        ("samplers.s1.budget", ["--set: expected key.path=value, found 'samplers.s1.budget'"]),
        ("=3", ["--set: expected key.path=value, found '=3'"]),
        (
            "a..b=3",
            [
                "--set a..b: 'a..b' is not a key path such as samplers.s1.budget or"
                " supervisor.run_order.0.runner"
            ],
        ),
        (
            "samplers.s1.budget.x=3",
            ["--set samplers.s1.budget.x: samplers.s1.budget is neither a mapping nor a list"],
        ),
        (
            "supervisor.run_order.first=3",
            [
                "--set supervisor.run_order.first: supervisor.run_order is a list; "
                "name its items by number, the first is supervisor.run_order.0"
            ],
        ),
        (
            "supervisor.run_order.4.runner=r1",
            [
                "--set supervisor.run_order.4.runner: there is no item 4 in supervisor.run_order;"
                " the last is supervisor.run_order.0"
            ],
        ),
        (
            "samplers.s1.budget=[1",
            [
                "--set samplers.s1.budget: not valid YAML: the list that begins with '[' in line 1"
                " has no end before this place; a ']' or a comma is missing"
            ],
        ),
        (
            "samplers.s1.budget=!!python/name:os.system x",
            [
                "--set samplers.s1.budget: the tag '!!python/name:os.system' is not allowed; a"
                " configuration holds plain values only"
            ],
        ),
        (
            "supervisor.run_order.0.runner=r2",
            ["--set supervisor.run_order.0.runner: there is no runner named 'r2'; there are r1"],
        ),
        (
            "samplers.s2.budget=3",
            ["--set samplers.s2.budget: there is no 's2' in samplers; there are s1"],
        ),
        (
            "runners.code.steps=3",
            ["--set runners.code.steps: there is no 'code' in runners; there are r1"],
        ),
        (
            "samplers.s1.bugdet=3",
            [
                "warning: --set samplers.s1.bugdet: ignored, because there is no such option; did"
                " you mean 'budget'?"
            ],
        ),
        (
            "supervisr.seed=3",
            [
                "warning: --set supervisr.seed: supervisr: ignored, because there is no such"
                " section; did you mean 'supervisor'?"
            ],
        ),
    ],
)
def test_wrong_overrides(said, override, expected):
    """What is wrong with an override is said of the override, not of a place in the file."""
    found = said(overrides=[override])
    if expected is None:
        assert found and all(line.startswith("--set samplers.s1: samplers.s1.") for line in found)
    else:
        assert found == expected


def test_name_with_dots(good):
    """A key that holds dots is reached as it is written."""
    config = good(GOOD.replace("s1", "my.sampler"), overrides=["samplers.my.sampler.budget=3"])
    assert config.samplers["my.sampler"].options["budget"] == 3


def test_arguments_come_before_everything(good, said):
    """--run-mode and --base-run-dir win over the file and over --set; a wrong one is told of the
    option.
    """
    config = good(
        overrides=["supervisor.run_mode=extend"], run_mode="resume", base_run_dir="/elsewhere"
    )
    assert config.supervisor.run_mode == "resume"
    assert config.base_run_dir == Path("/elsewhere")
    assert said(run_mode="agian") == [
        "--run-mode: supervisor.run_mode: expected one of 'fresh', 'resume', 'extend', 'auto',"
        " found 'agian'"
    ]


def test_effective_text(good):
    """What is stored with the results is the text itself, or, after overrides, a text that says and
    holds them.
    """
    text = GOOD + "# a comment\n"
    assert good(text, run_mode="resume", base_run_dir="/x").effective_text() == text
    config = good(text, overrides=["samplers.s1.budget=7", "supervisor.seed=5"])
    stored = config.effective_text()
    assert stored.startswith(
        "# This configuration includes what was overridden on the command line:\n#  "
        " samplers.s1.budget=7\n#   supervisor.seed=5\n"
    )
    again = good(stored)
    assert (again.samplers["s1"].options["budget"], again.supervisor.seed) == (7, 5)
    assert identity(again) == identity(config)


def test_effective_text_stays_small(good):
    """Values shared by aliases are stored as such."""
    lines = [".b0: &b0 [x, x, x, x, x, x, x, x, x, x]"] + [
        f".b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 10)}]" for n in range(1, 5)
    ]
    config = good("\n".join(lines) + "\n" + GOOD, overrides=["supervisor.seed=5"])
    assert len(config.effective_text()) < 2_000


# -- library use -----------------------------------------------------------------------------------


def test_mapping_and_namespace():
    """A program hands over a mapping, or the namespace that the older program's users make, and
    gets the same campaign.
    """
    mapping = read_value(GOOD, "x")
    from_mapping = config_from_mapping(mapping)
    from_namespace = config_from_mapping(argparse.Namespace(**mapping))
    assert from_mapping.stages == from_namespace.stages
    assert from_mapping.samplers["s1"].options == from_namespace.samplers["s1"].options
    assert read_value(from_mapping.effective_text(), "x") == mapping


def test_values_from_a_program():
    """Tuples, NumPy numbers and arrays, paths and classes are taken as what they mean."""
    numpy = pytest.importorskip("numpy")
    from enchanted_tui.runners.sum_runner import SumRunner

    mapping = read_value(GOOD, "x")
    mapping["samplers"]["s1"].update(
        bounds=numpy.array([[0, 1], [2, 3]]), budget=numpy.int64(4), parameters=("x", "y")
    )
    mapping["runners"]["r1"] = {"type": SumRunner, "params_to_sum": ["x"]}
    mapping["supervisor"]["base_run_dir"] = Path("somewhere")
    config = config_from_mapping(mapping)
    assert config.samplers["s1"].options["bounds"] == [(0, 1), (2, 3)]
    assert type(config.samplers["s1"].options["budget"]) is int
    assert config.runners["r1"].cls is SumRunner
    assert config.shown_base_run_dir == "somewhere"


def test_problems_of_a_mapping_have_keys_but_no_lines():
    """Where there is no text, the key path is the place."""
    mapping = read_value(spoilt("budget: 10", "budget: x"), "x")
    with pytest.raises(
        ConfigError, match=r"^samplers.s1.budget: expected an integer >= 0, found 'x'$"
    ):
        config_from_mapping(mapping)


def test_mapping_is_left_alone():
    """The caller's mapping is not changed, and changing it later changes nothing here."""
    mapping = read_value(GOOD, "x")
    config = config_from_mapping(mapping)
    mapping["samplers"]["s1"]["bounds"][0][0] = 99
    assert config.samplers["s1"].options["bounds"] == [(0, 1), (0, 1)]
    assert config.tree["samplers"]["s1"]["bounds"] == [[0, 1], [0, 1]]
