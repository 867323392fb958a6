"""A CommandRunner with `batch`: one input for many samples, results by row, and each sample's rows
and failures as if it had run alone.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from enchanted_tui import cli
from enchanted_tui.runners.command_runner import CommandRunner
from helpers.campaign import campaigns_apart

#: writes a row for each sample, and fails in the way that one says
PROGRAM = """
import os, signal, sys
print("x,y", file=(out := open("results.csv", "w")), flush=True)
for line in open("points.csv").read().split()[1:]:
    x, fate = line.split(",")
    row = f"{float(x) ** 2!r},{float(x) + 1!r}"
    if fate == "nan":
        row = f"{float(x) ** 2!r},nan"
    if fate == "word":
        row = f"{float(x) ** 2!r},failed"
    if fate == "silent":
        continue
    if fate == "exits":
        sys.exit(3)
    if fate == "killed":
        out.write(row[:-2])  # and not the rest of it
        out.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    print(row, file=out, flush=True)
"""
FATES = ("nan", "word", "silent", "exits", "killed")
ONE = "x,fate\n{{ x }},{{ fate }}\n"
MANY = "x,fate\n{% for s in samples %}\n{{ s.x }},{{ s.fate }}\n{% endfor %}\n"


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
def test_the_rows_are_those_of_single_samples(seed, campaign) -> None:
    """Whatever the program does in the middle of a call - exits, is killed within a row, leaves one
    out, writes none or a word for a number - the others have their own values, and who fails does
    so in the same way.
    """
    rng = random.Random(seed)
    fates = [*FATES, *["well"] * 40]
    points = [(x / 8, rng.choice(fates)) for x in range(rng.randrange(20, 60))]
    points += [(100 + number, fate) for number, fate in enumerate(FATES)]
    single = _campaign(campaign, points, "single", ONE)
    many = _campaign(campaign, points, "many", MANY, batch=16)
    assert (single.run_apart().code, many.run_apart().code) == (0, 0)

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
        made = _files(runner, *samples)
        assert made["files"]["in"] == environment.from_string(text).render(samples=samples)
        assert made["files"]["fixed"] == "a\n"
        assert made["argv"] == ["run", "-n", str(count)]


OUTPUT = {"y": {"file": "out.csv", "csv": "y"}}
LOOP = "{% for s in samples %}{{ s.x }}\n{% endfor %}"


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
    found = list(runner.many_code_run([str(tmp_path)] * 3, [{"x": 1}] * 3))
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
