"""A CommandRunner with `batch`: one input for many samples, results by row, and each sample's rows
and failures as if it had run alone.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.runners.command_runner import CommandRunner
from enchanted_tui.runners.many_results import NO_RESULT
from helpers.campaign import campaigns_apart
from helpers.marks import in_full

#: writes a row for each sample, and fails in the way that one says; of samples with numbers the
#: last one first, with its number
PROGRAM = """
import os, signal, sys
names, *lines = open("points.csv").read().split()
numbered = names.startswith("n,")
head = "n,x,y" if numbered else "x,y"
print(head, file=(out := open("results.csv", "w")), flush=True)
for line in reversed(lines) if numbered else lines:
    *number, x, fate = line.split(",")
    cells = [*number, repr(float(x) ** 2), repr(float(x) + 1)]
    if fate == "nan":
        cells[-1] = "nan"
    if fate == "word":
        cells[-1] = "failed"
    if fate == "silent":
        continue
    if fate == "exits":
        sys.exit(3)
    row = ",".join(cells)
    if fate == "killed":
        out.write(row[:-2])  # and not the rest of it
        out.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    print(row, file=out, flush=True)
"""
FATES = ("nan", "word", "silent", "exits", "killed")
ONE = "x,fate\n{{ x }},{{ fate }}\n"
MANY = "x,fate\n{% for s in samples %}\n{{ s.x }},{{ s.fate }}\n{% endfor %}\n"
NUMBERED = "n," + MANY.replace("{{ s.x", "{{ loop.index }},{{ s.x")


@pytest.fixture
def campaign(tmp_path):
    with campaigns_apart(tmp_path) as make:
        yield make


def _campaign(make, points, name, text, **more):
    runner = {
        "type": "CommandRunner",
        "files": {"points.csv": text},
        "command": [sys.executable, "-S", "-E", "../../../program.py"],
        "outputs": {
            "square": {"file": "results.csv", "csv": "x"},
            "next": {"file": "results.csv", "csv": "y"},
        },
        "success": [{"output": "next", "finite": True}],
        **more,
    }
    config = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {"s": {"type": "CSVSampler", "path": "points.csv"}},
        "runners": {"r": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
        },
    }
    made = make(config, name)
    (made.root / "program.py").write_text(PROGRAM)
    lines = "".join(f"{x},{fate}\n" for x, fate in points)
    (made.root / "points.csv").write_text("x,fate\n" + lines)
    return made


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 12))]
)
@pytest.mark.parametrize("numbered", [True, *in_full(False)], ids=["numbered", "in order"])
def test_the_rows_are_those_of_single_samples(seed, numbered, campaign) -> None:
    """Whatever the program does in the middle of a call - exits, is killed within a row, leaves one
    out, writes none or a word for a number - the others have their own values, and who fails does
    so in the same way; also where the rows have numbers, and come in another order.
    """
    rng = random.Random(seed)
    fates = [*FATES, *["well"] * 40]
    points = [(x / 8, rng.choice(fates)) for x in range(rng.randrange(20, 60))]
    points += [(100 + number, fate) for number, fate in enumerate(FATES)]
    single = _campaign(campaign, points, "single", ONE)
    how = {"sample_column": "n"} if numbered else {}
    many = _campaign(campaign, points, "many", NUMBERED if numbered else MANY, batch=16, **how)
    assert (single.run_here().code, many.run_here().code) == (0, 0)

    def rows(made):
        return [
            {name: value for name, value in row.items() if not name.startswith("runtime")}
            for row in made.rows()
        ]

    def kinds(made):
        return {row["task"]: row["kind"] for row in made.failures()}

    assert rows(many) == rows(single)
    assert kinds(many) == kinds(single)
    assert sorted(set(kinds(many).values())) == ["exit", "output", "reported", "signal"]
    calls = list(many.path("data").glob("*/points.csv"))
    assert 0 < len(calls) < len(points)


def test_a_row_that_is_left_out_before_a_bad_end(campaign) -> None:
    """Rows behind one that is left out belong to nobody if the program then dies - and to their
    samples where they bear numbers, so that none of these runs again.
    """
    points = [(x, {3: "silent", 20: "exits"}.get(x, "well")) for x in range(24)]
    for name, text, more in (("plain", MANY, {}), ("numbered", NUMBERED, {"sample_column": "n"})):
        made = _campaign(campaign, points, name, text, batch=24, **more)
        assert made.run_here().code == 0
        squares = {row["x"]: row["square"] for row in made.rows() if row["success"] == "True"}
        assert squares == {str(x): str(float(x * x)) for x, fate in points if fate == "well"}
        failed = {row["task"]: row["kind"] for row in made.failures()}
        assert failed == {"d0_b0_s3_r0": "output", "d0_b0_s20_r0": "exit"}


def _files(runner: CommandRunner, *samples: dict) -> dict[str, str]:
    from enchanted_tui.runners.command.call_files import put_together

    prepared = [runner.prepare(sample) for sample in samples]
    return put_together(runner.prepare_shared(), prepared)


def test_what_a_loop_over_samples_can_say() -> None:
    """Texts around and between loops, the place of a sample, how many there are, what a template
    defines, and separators come out as Jinja would write them for the samples together.
    """
    text = """\
{% set scale = 2 %}
{{ samples | length }} points
{% for s in samples %}
{{ loop.index }} {{ s.x * scale }}{{ "," if not loop.last else "" }}
{% endfor %}
[{% for p in samples %}{{ p | tojson }}{% if not loop.last %}, {% endif %}{% endfor %}]
{% for s in samples %}
{% for v in s["v"] %}{{ loop.index0 }}:{{ v }} {% endfor %}of {{ loop.length }}
{% endfor %}
end
"""
    import jinja2

    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.policies["json.dumps_kwargs"] = {}  # in the order that they have
    runner = CommandRunner(
        command=["run", "-n", "{{ samples | length }}"],
        files={"in": text, "fixed": "a\n"},
        outputs={"y": {"file": "out", "csv": "y"}},
        batch=8,
    )
    assert not list(runner.problems())
    assert runner.used_parameters() is None  # by tojson, any
    for count in (1, 2, 5):
        samples = [{"x": number / 4, "v": [number, 7]} for number in range(count)]
        made: Any = _files(runner, *samples)
        assert made["files"]["in"] == environment.from_string(text).render(samples=samples)
        assert made["files"]["fixed"] == "a\n"
        assert made["argv"] == ["run", "-n", str(count)]


OUTPUT = {"y": {"file": "out.csv", "csv": "y"}}
LOOP = "{% for s in samples %}{{ s.x }}\n{% endfor %}"

NUMBERS = {"sample_column": "n", "files": {"in": LOOP.replace("s.x", "loop.index")}}


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"files": {"in": "{{ x }}\n" + LOOP}}, "files.in", "'x' stands outside of a loop"),
        ({"files": {"in": "x\n"}}, "batch", "no file names the samples"),
        ({"command": ["run", "{{ x }}"]}, "command[1]", "'x' stands outside of a loop"),
        ({"command": ["run", LOOP]}, "command[1]", "only files and templates can loop"),
        ({"copy": {"a": "{{ run_dir }}/a"}}, "copy.a", "'run_dir' stands outside of a loop"),
        ({"stdout": "{{ x }}.txt"}, "stdout", "cannot have placeholders"),
        ({"files": {"in": "{% if 1 %}" + LOOP + "{% endif %}"}}, "files.in", "no other block"),
        ({"outputs": {}}, "outputs", "declare what to read back"),
        ({"outputs": {"t": {"file": "a", "text": True}}}, "outputs.t", "all of them together"),
        ({"outputs": {"t": {"exit_code": True}}}, "outputs.t", "exit code"),
        ({"outputs": {"t": {"file": "a", "csv": {"column": "y", "row": 2}}}}, "outputs.t", "row"),
        ({"outputs": {"t": {"file": "a", "regex": "a", "which": "last"}}}, "outputs.t", "which"),
        ({"success": [{"file": "a", "exists": True}]}, "success[0].file", "condition on an output"),
        ({"sample_column": "n"}, "sample_column", "no file gives the samples numbers"),
        (
            {"sample_column": "n", "files": {"in": LOOP.replace("s.x", "loop.index0")}},
            "files.in",
            "use loop.index, not loop.index0",
        ),
        ({**NUMBERS, "outputs": {"t": {"file": "a", "regex": "a"}}}, "outputs.t", "(?P<n>"),
        ({**NUMBERS, "outputs": {"t": {"file": "a", "json": "t"}}}, "outputs.t", "[*].energy"),
        (
            {**NUMBERS, "sample_column": 1, "outputs": {"t": {"file": "a", "hdf5": "/t"}}},
            "outputs.t",
            "name of an array",
        ),
        ({"sample_column": "n", "batch": 1}, "sample_column", "there is no batch"),
        ({"files": {"in": LOOP.replace("s in samples", "s in samples if s.x")}}, "files.in", "nor"),
    ],
)
def test_what_does_not_go_with_batch(options, where, said) -> None:
    """What would give a sample what is another's, or nobody's, is an error with its place and what
    to do, before anything runs.
    """
    given = {"command": ["run"], "files": {"in": LOOP}, "outputs": OUTPUT, "batch": 4, **options}
    problems = dict(CommandRunner(**given).problems())
    assert said in problems.get(where, ""), problems


@pytest.mark.parametrize(
    ("rule", "content"),
    [
        ({"json": "y"}, '{"y": [1.5, 2.5, 3.5]}'),
        ({"json": "runs[*].y[0]"}, '{"runs": [{"y": [1.5]}, {"y": [2.5]}, {"y": [3.5]}]}'),
        ({"json": "[*]"}, "[1.5, 2.5, 3.5]"),
        ({"regex": r"y = (\S+)"}, "y = 1.5\ny = 2.5\nnext\ny = 3.5\n"),
        ({"table": 1}, "0 1.5\n1 2.5\n2 3.5\n"),
        ({"csv": {"column": "y", "decimal": ","}}, "x;y\n1;1,5\n2;2,5\n3;3,5\n"),
    ],
)
def test_each_sample_has_what_stands_in_its_place(rule, content, tmp_path: Path) -> None:
    """Rows, elements and matches belong to the samples in their order; one more or less than there
    are samples, and none is believed.
    """
    (tmp_path / "given").write_text(content)
    runner = CommandRunner(
        command=["cp", str(tmp_path / "given"), "out"],
        files={"in": LOOP},
        outputs={"y": {"file": "out", **rule}},
        batch=4,
    )
    assert not list(runner.problems())
    samples = [{"x": 1}, {"x": 2}, {"x": 3}]
    found = list(runner.many_code_run([str(tmp_path)] * 3, samples))
    assert found == [{"y": y, "success": True} for y in (1.5, 2.5, 3.5)]
    for wrong in (samples[:2], [*samples, {"x": 4}]):
        with pytest.raises(Exception, match=f"3 values for {len(wrong)} samples"):
            list(runner.many_code_run([str(tmp_path)] * len(wrong), wrong))


@pytest.mark.parametrize(
    ("rule", "column", "content"),
    [
        ({"json": "runs[*].y"}, "n", '{"runs": [{"n": 3, "y": 3.5}, {"n": 1, "y": 1.5}]}'),
        ({"json": "[*][1]"}, 0, "[[3, 3.5], [1, 1.5]]"),
        (
            {"regex": r"run (?P<n>\d+): y = (\S+)"},
            "n",
            "run 3: y = 3.5\nnext\nrun 1: y = 1.5\n",
        ),
        ({"regex": r"y = (\S+) of (\d+)"}, 2, "y = 3.5 of 3\ny = 1.5 of 1\n"),
        ({"table": 1}, 0, "3.0 3.5\n1.0 1.5\n"),
        ({"table": "y"}, 0, "# n y\n3 3.5\n1 1.5\n"),
        ({"csv": {"column": "y", "decimal": ","}}, "n", "n;y\n3;3,5\n1;1,5\n"),
    ],
)
def test_numbers_say_whose_is_whose(rule, column, content, tmp_path: Path) -> None:
    """What bears the number of a sample is that sample's, wherever it stands; a number twice, or of
    no sample, and none is believed.
    """
    (tmp_path / "given").write_text(content)
    runner = CommandRunner(
        command=["cp", str(tmp_path / "given"), "out"],
        files={"in": LOOP.replace("{{ s.x }}", "{{ loop.index }} {{ s.x }}")},
        outputs={"y": {"file": "out", **rule}},
        sample_column=column,
        batch=4,
    )
    assert not list(runner.problems())
    results = runner.many_code_run([str(tmp_path)] * 3, [{"x": 1}] * 3)
    found = [next(iter(results)) for _ in range(3)]
    assert found == [{"y": 1.5, "success": True}, NO_RESULT, {"y": 3.5, "success": True}]
    with pytest.raises(Exception, match="nothing for 1 of 3 samples"):
        next(iter(results))
    with pytest.raises(Exception, match="is the number of none of the 2 samples"):
        list(runner.many_code_run([str(tmp_path)] * 2, [{"x": 1}] * 2))
    (tmp_path / "given").write_text(content.replace("1", "3"))
    with pytest.raises(Exception, match="two values are of sample 3"):
        list(runner.many_code_run([str(tmp_path)] * 3, [{"x": 1}] * 3))


def test_an_hdf5_array_is_read_along_its_first_axis(tmp_path: Path) -> None:
    """A sample's part of an array may be an array."""
    import h5py
    import numpy

    with h5py.File(tmp_path / "given", "w") as file:
        file["psi"] = numpy.arange(6.0).reshape(3, 2)
    runner = CommandRunner(
        command=["cp", str(tmp_path / "given"), "out"],
        files={"in": LOOP},
        outputs={"psi": {"file": "out", "hdf5": "/psi"}},
        batch=4,
    )
    found: list[Any] = list(runner.many_code_run([str(tmp_path)] * 3, [{"x": 1}] * 3))
    assert [list(result["psi"]) for result in found] == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


def test_each_stands_for_a_sample_of_a_call_alone(tmp_path: Path, capsys, monkeypatch) -> None:
    """`[*]` without `batch` is an error with its place; parameters that a loop needs and nobody
    draws are named.
    """
    monkeypatch.chdir(tmp_path)
    config = (
        "executors: {here: {type: LocalExecutor}}\n"
        "samplers: {s: {type: RandomSampler, parameters: [x], bounds: [[0, 1]], budget: 2}}\n"
        "runners:\n"
        "  r:\n"
        "    type: CommandRunner\n"
        "    batch: 5\n"
        "    command: [cat]\n"
        "    files: {in: '{% for s in samples %}{{ s.xx }}{% endfor %}'}\n"
        "    outputs: {y: {file: out, json: '[*].y'}}\n"
        "supervisor: {base_run_dir: run, run_order: [{executor: here, sampler: s, runner: r}]}\n"
    )
    Path("c.yaml").write_text(config)
    assert cli.main(["c.yaml", "--check"]) == 2
    said = "".join(capsys.readouterr())
    assert "c.yaml:8:" in said and "'xx'" in said
    Path("c.yaml").write_text(
        config.replace("    batch: 5\n", "")
        .replace("{% for s in samples %}", "{% set s = params %}")
        .replace("{% endfor %}", "")
        .replace("s.xx", "s.x")
    )
    assert cli.main(["c.yaml", "--check"]) == 2
    assert "there is no batch" in "".join(capsys.readouterr())
