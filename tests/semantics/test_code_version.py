"""Which code samples were run with is on record, said where people look, and a change of it is told:
a dataset that nobody can trace to a code cannot be cited.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.config.loading import config_from_mapping
from enchanted_tui.record.code_versions import code_words
from enchanted_tui.record.code_versions.in_use import code_in_use
from enchanted_tui.record.code_versions.version_commands import harmless
from helpers.files import journal_records

SOLVER = '#!/bin/sh\n[ "$1" = --version ] && { echo; echo \'solver 1.2\'; exit; }\necho "y = $1"\n'


class Place:
    """A directory with a solver below git, a configuration and its run directory."""

    def __init__(self, root: Path) -> None:
        self.root, self.code = root, root / "code"
        self.solver = self.code / "solver"
        self.code.mkdir()
        self.solver.write_text(SOLVER)
        self.solver.chmod(0o755)
        self.git("init", "-q")
        self.git("add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first")

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.code), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, *arguments: str, command: Any = None, **supervisor: Any) -> int:
        command = [str(self.solver), "{{ x }}"] if command is None else command
        runner = {
            "type": "CommandRunner",
            "command": command,
            "shell": isinstance(command, str),
            "outputs": {"y": {"file": "stdout.txt", "regex": r"y = (\S+)"}},
        }
        sampler = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 2}
        config = {
            "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
            "samplers": {"s": {**sampler, "seed": 1}},
            "runners": {"r": runner},
            "supervisor": {
                "base_run_dir": str(self.root / "run"),
                "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
                **supervisor,
            },
        }
        (self.root / "c.yaml").write_text(yaml.safe_dump(config))
        return cli.main([str(self.root / "c.yaml"), "--no-ui", *arguments])

    def records(self) -> list[dict[str, Any]]:
        return [each for each in journal_records(self.root / "run") if each["type"] == "code"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("LOADEDMODULES", raising=False)
    return Place(tmp_path)


def test_what_is_recorded_and_where_it_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever cites a dataset: program, commit, modules and version, in the journal, in
    --status, in its JSON and beside the rows of an export.
    """
    monkeypatch.setenv("LOADEDMODULES", "gcc/12.2:openmpi/4.1")
    assert place.run(code_version=[f"{place.solver} --version"]) == 0
    (record,) = place.records()
    (program,) = record["runners"]["r"]["programs"]
    assert program["sha256"] == hashlib.sha256(SOLVER.encode()).hexdigest()
    (tree,) = record["work_trees"]
    assert (tree["commit"], tree["changed"]) == (place.git("rev-parse", "HEAD"), 0)
    assert record["modules"] == ["gcc/12.2", "openmpi/4.1"]
    assert [each["line"] for each in record["commands"]] == ["solver 1.2"]
    capsys.readouterr()
    assert cli.main(["--status", str(place.root / "run")]) == 0
    said = capsys.readouterr().out
    for words in (program["sha256"][:12], tree["commit"][:12], "gcc/12.2", "solver 1.2"):
        assert words in said
    assert cli.main(["--status", str(place.root / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["code"]["runners"] == record["runners"]
    out = place.root / "d.csv"
    export = ["--export", str(place.root / "run"), "--out", str(out), "--provenance"]
    assert cli.main(export) == 0
    with (place.root / "d.provenance.csv").open(newline="") as file:
        assert all("solver 1.2" in row["code"] for row in csv.DictReader(file))


def test_a_change_is_told_from_what_to_what(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects a dataset from two codes: each change is named; without one nothing is said, nor
    recorded twice.
    """
    assert place.run(code_version=[f"{place.solver} --version"]) == 0
    capsys.readouterr()
    more = ["--run-mode", "extend"]
    assert place.run(*more, code_version=[f"{place.solver} --version"]) == 0
    assert "The code is not the one" not in capsys.readouterr().err
    assert len(place.records()) == 1
    before = place.records()[0]["runners"]["r"]["programs"][0]["sha256"][:12]
    place.solver.write_text(SOLVER.replace("1.2", "1.3"))
    assert place.run(*more, code_version=[f"{place.solver} --version"]) == 0
    said = capsys.readouterr().err
    after = hashlib.sha256(place.solver.read_bytes()).hexdigest()[:12]
    commit = place.git("rev-parse", "HEAD")[:12]
    assert f"solver sha256 {before} -> sha256 {after}" in said
    assert f"git code: {commit} -> {commit} and 1 changed file" in said
    assert "solver 1.2 -> solver 1.3" in said
    assert len(place.records()) == 2


def test_a_change_is_told_past_a_session_without_an_answer(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that fails once hides no change."""
    version = [f"{place.solver} --version"]
    assert place.run(code_version=version) == 0
    place.solver.write_text('#!/bin/sh\n[ "$1" = --version ] || cat\n')
    assert place.run("--run-mode", "extend", code_version=version) == 0
    place.solver.write_text(SOLVER.replace("1.2", "1.3"))
    capsys.readouterr()
    assert place.run("--run-mode", "extend", code_version=version) == 0
    assert "solver 1.2 -> solver 1.3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://me:p@s/s@host/x", "https://host/x"),
        ("AWS_SECRET_ACCESS_KEY=s3cret", "AWS_SECRET_ACCESS_KEY=..."),
        ("api-key: s3cret", "api-key: ..."),
        ("PASSPHRASE=my s3cret words", "PASSPHRASE=..."),
        ("--token s3cret", "--token ..."),
        ("Authorization: Bearer s3cret.s3cret", "Authorization: Bearer ..."),
        ("sk-proj-s3cret0123456789ab", "..."),
        ("solver 1.2 (keyboard), https://example.org/a@b", None),
        ("OpenMPI 4.1 http://host:80/x me@example.org", None),
    ],
)
def test_what_is_left_out_of_a_line(said: str, kept: str | None) -> None:
    """Whatever form a log-in or a token has, it is not on record; what is none of these is."""
    assert harmless(said) == (said if kept is None else kept)


def test_nothing_secret_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects accounts: neither tokens of remotes, nor those that a command prints, nor the
    environment reach a file of the run directory.
    """
    monkeypatch.setenv("MY_TOKEN", "s3cret-in-the-environment")
    place.git("remote", "add", "origin", "https://me:s3cret@git.example.org/a/b.git?t=s3cret")
    assert place.run(code_version=["git -C code remote get-url origin"]) == 0
    (record,) = place.records()
    assert record["work_trees"][0]["remote"] == "https://git.example.org/a/b.git"
    assert "git.example.org" in record["commands"][0]["line"]
    written = [path for path in (place.root / "run").rglob("*") if path.is_file()]
    assert not [path for path in written if b"s3cret-in" in path.read_bytes()]
    assert "me:s3cret" not in json.dumps(record)


def test_what_cannot_be_asked_costs_no_campaign(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects campaigns: a command that is missing, that hangs or says nothing is told and
    recorded, and the samples run.
    """
    monkeypatch.setattr("enchanted_tui.record.code_versions.version_commands.LIMIT", 0.5)
    assert place.run(code_version=["no-such-program -v", "sleep 60", "true"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "no-such-program -v cannot be run: No such file or directory" in said
    assert "sleep 60 did not end within 0.5 s" in said
    assert "true printed nothing" in said
    assert [set(each) for each in place.records()[0]["commands"]] == [{"command", "problem"}] * 3


def test_a_command_that_prints_without_end_fills_no_disk(place: Place) -> None:
    """Protects the temporary disk, and the start: it is ended at once, and its first line is kept;
    one that prints much and ends is like others.
    """
    much = "sh -c 'echo v1; head -c 300000 /dev/zero | tr \\\\0 x'"
    assert place.run(code_version=["yes v2", much]) == 0
    endless, ended = place.records()[0]["commands"]
    assert endless["problem"] == "printed more than 1 MiB, and was ended"
    assert endless["line"] == "v2" and (ended["line"], "problem" in ended) == ("v1", False)


@pytest.mark.parametrize(
    ("command", "programs", "container"),
    [
        (["python3", "{solver}", "x"], ["python3", "solver"], ""),
        ("cd . && X=1 env {solver} {{{{ x }}}} | cat", ["solver"], ""),
        ("apptainer exec -B /a:/b code/image.sif {solver} {{{{ x }}}}", [], "code/image.sif"),
    ],
)
def test_what_a_command_starts(
    place: Place, command: Any, programs: list[str], container: str
) -> None:
    """Protects the record of codes behind launchers, interpreters, shells and containers."""
    words = [command] if isinstance(command, str) else command
    filled = [word.format(solver=place.solver) for word in words]
    place.run(command=filled[0] if isinstance(command, str) else filled)
    code = place.records()[0]["runners"].get("r", {})
    names = [Path(each["path"]).name for each in code.get("programs", [])]
    if programs[:1] == ["python3"]:
        assert len(names) == 2
        names = ["python3", names[1]]
    assert (names, code.get("container", "")) == (programs, container)


def test_a_large_program_is_not_read_whole(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the start on slow disks: of a large file the ends are read, and that is said."""
    digests = "enchanted_tui.record.code_versions.file_digests"
    monkeypatch.setattr(f"{digests}.WHOLE", 64)
    monkeypatch.setattr(f"{digests}._END", 32)
    assert place.run() == 0
    (program,) = place.records()[0]["runners"]["r"]["programs"]
    data = SOLVER.encode()
    assert program["sha256"] == hashlib.sha256(data[:32] + data[-32:]).hexdigest()
    assert "the first and the last" in program["partial"]
    assert cli.main(["--status", str(place.root / "run")]) == 0
    assert "the first and the last" in capsys.readouterr().out


def test_a_command_that_is_none_is_an_error(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects people before anything runs: the key, the line, and what is wrong."""
    assert place.run(code_version=["solver 'x", ""]) == 2
    said = capsys.readouterr().err
    assert "code_version[0]" in said
    assert "code_version[1]" in said


def test_programs_of_another_machine_are_not_taken_for_ours(place: Place) -> None:
    """Protects campaigns over SSH: a program of that name on this machine is another one, so it is
    left out, and the record says whose it is; the work tree of a template counts, since it is sent
    from here.
    """
    (place.code / "deck.tmpl").write_text("x = {{ x }}\n")
    runner = {
        "type": "CommandRunner",
        "command": [str(place.solver)],
        "templates": {"deck": str(place.code / "deck.tmpl")},
        "outputs": {"y": {"exit_code": True}},
    }
    sampler = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 2}
    far = {"type": "SlurmExecutor", "ssh": {"host": "cluster.example.org", "user": "me"}}
    config = {
        "executors": {"far": {**far, "remote_dir": "/scratch/me"}},
        "samplers": {"s": sampler},
        "runners": {"r": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "far", "sampler": "s", "runner": "r"}],
        },
    }
    record = code_in_use(config_from_mapping(config))
    assert record is not None
    assert record["elsewhere"] == {"r": "cluster.example.org"}
    assert record["runners"]["r"] == {"work_trees": [str(place.code)]}
    assert any("cluster.example.org, not looked up" in line for line in code_words.lines(record))
