"""`--export --crate`: a dataset that another group can use and cite."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.export.selection import ExportError
from enchanted_tui.privacy import PathShortener
from helpers.crates import PREVIEW, Page, entities, listed

EVIL = "<script>alert('x')</script>"
SOLVER = """#!/bin/sh
echo "y = $1"
echo "log of $PWD/out.txt" > log.txt
echo /scratch/somebody/mesh.nc
"""


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign with odd names of columns, paths and markup in its texts."""
    root = tmp_path_factory.mktemp("crates")
    (root / "solver").write_text(SOLVER)
    (root / "solver").chmod(0o755)
    outputs = {
        "y": {"file": "stdout.txt", "regex": r"y = (\S+)"},
        "mesh": {"file": "stdout.txt", "regex": r"(/scratch\S+)", "type": "str"},
    }
    space = {"parameters": ["x", EVIL], "bounds": [[0, 1], [0, 1]], "budget": 3}
    config = {
        "samplers": {"s": {"type": "RandomSampler", "seed": 5, **space}},
        "runners": {
            "r": {
                "type": "CommandRunner",
                "command": [str(root / "solver"), "{{ x }}"],
                "outputs": outputs,
                "environment": {"MY_TOKEN": "s3cret", "REPO": "https://me:s3cret@example.org/a"},
            }
        },
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "supervisor": {
            "base_run_dir": str(root / "run"),
            "seed": 3,
            "units": {"x": "m"},
            "code_version": [f"{root}/solver --version"],
            "about": {
                "description": f"Some {EVIL} data",
                "authors": ["Josiah Carberry <0000-0002-1825-0097> (Example University)"],
                "licence": "CC-BY-4.0",
                "columns": {"x": "distance"},
            },
            "run_order": [{"sampler": "s", "executor": "here", "runner": "r"}],
        },
    }
    (root / "c.yaml").write_text(yaml.safe_dump(config))
    assert cli.main([str(root / "c.yaml"), "--no-ui"]) == 0
    return root / "run"


@pytest.fixture
def crate(run_dir: Path, tmp_path: Path) -> Path:
    out = tmp_path / "a crate"
    told = ["--title", "Meshes & more", "--keywords", "mesh, test", "--with-files", "log.txt"]
    assert cli.main(["--export", str(run_dir), "--crate", "--out", str(out), *told]) == 0
    return out


def test_a_crate_says_what_there_is_to_know(crate: Path) -> None:
    """Protects whoever gets one: the strict look of `helpers.crates`, then authors, licence, columns
    with units, code, seeds, host, configuration and the files asked for.
    """
    found = entities(crate)
    root = found["./"]
    assert (root["name"], root["keywords"]) == ("Meshes & more", "mesh, test")
    assert root["license"]["@id"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert found[root["author"]["@id"]]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    columns = {found[each["@id"]]["name"]: found[each["@id"]] for each in root["variableMeasured"]}
    assert (columns["x"]["unitText"], columns["x"]["description"]) == ("m", "distance")
    action = found["#campaign"]
    values = {found[each["@id"]]["name"]: found[each["@id"]] for each in action["object"]}
    assert values["seed of the campaign"]["value"] == 3
    assert values["seed of the sampler of stage 0"]["value"] == 5
    assert values["host of the supervisor"]["value"]
    assert "configuration.yaml" in values
    software = found[action["instrument"]["@id"]]
    code = [found[each["@id"]] for each in listed(software["softwareRequirements"])]
    assert [len(each.get("sha256", "")) for each in code if each["name"] == "solver"] == [64]
    assert [each["value"] for each in code if each["name"] == "solver --version"]
    assert len(list(crate.glob("files/*/log.txt"))) == 3


def test_nothing_of_mine_is_in_it(run_dir: Path, crate: Path, tmp_path: Path) -> None:
    """Protects people's privacy: none of their absolute paths is in what we write, in the dataset,
    configuration and metadata alike, unless that is asked for; files asked for are as they are.
    """
    private = [str(run_dir.parent), "/scratch/somebody", str(Path.home()), os.getcwd()]
    texts = {
        path.name: path.read_text()
        for path in crate.rglob("*")
        if path.is_file() and path.name != "log.txt"
    }
    assert len(texts) == 7
    assert not [name for name, text in texts.items() if "s3cret" in text]
    assert not [(name, place) for name, text in texts.items() for place in private if place in text]
    assert list(enchanted_tui.load(crate)["mesh"]) == ["mesh.nc"] * 3
    assert yaml.safe_load(texts["configuration.yaml"])["runners"]["r"]["command"][0] == "solver"
    out = tmp_path / "mine"
    keep = ["--crate", "--keep-paths", "--out", str(out)]
    assert cli.main(["--export", str(run_dir), *keep]) == 0
    assert str(run_dir.parent) in (out / "configuration.yaml").read_text()
    assert "/scratch/somebody" in (out / "dataset.csv").read_text()


def test_the_page_is_harmless(crate: Path) -> None:
    """Protects whoever opens it: texts of samples, names of columns and titles are text; nothing is
    loaded, nothing runs.
    """
    text = (crate / PREVIEW).read_text()
    page = Page(text)
    assert EVIL not in text
    assert EVIL in page.texts
    assert f"Some {EVIL} data" in "".join(page.texts)
    assert not page.tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    links = [value for tag, name, value in page.attributes if name in ("href", "src")]
    assert links
    assert all(link.startswith("https://") or (crate / link).exists() for link in links)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert ("meta", "http-equiv", "Content-Security-Policy") in page.attributes


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("/home/me/runs/x/data/d0_b0_s0_r0", "data/d0_b0_s0_r0"),
        ("/home/me/runs/xy/z", "z"),
        ("/home/me/my code/a/b.py", "b.py"),
        ("/home/me/my code", "my code"),
        ("cc -L/home/me/lib/y -I/opt/inc/z", "cc -Ly -Iz"),
        ("file:///scratch/u/v and PATH=/a/b:/c/d", "v and PATH=b:d"),
        ("wrote /scratch//me/x//a.nc", "wrote a.nc"),
        ('{"p": "/scratch/me/a.nc"}', '{"p": "a.nc"}'),
        ("https://a.b/c/d, docker://a/b/c", "https://a.b/c/d, docker://a/b/c"),
        ("{{ run_dir }}/a/b, $HOME/a/b, ${HOME}/a/b", "{{ run_dir }}/a/b, $HOME/a/b, ${HOME}/a/b"),
        (r"ValueError('in\n/opt/me/a.py')", r"ValueError('in\na.py')"),
        ("see /home/me/my code.", "see my code."),
        ("\x1b[31m/home/you/a.f90:12\x1b[0m", "\x1b[31ma.f90:12\x1b[0m"),
        ("\x1b[1m\x1b[38;5;9m/home/me/runs/x/b", "\x1b[1m\x1b[38;5;9mb"),
        ("\x1b(B/opt/you/a \x1b\\/opt/you/b \x9b1m/opt/you/c", "\x1b(Ba \x1b\\b \x9b1mc"),
        (r"\x1b[31m/opt/you/a \033[0m/opt/you/b ^[[K/opt/you/c", r"\x1b[31ma \033[0mb ^[[Kc"),
        ("\x00/opt/you/a \x07/opt/you/b \u200b/opt/you/c", "\x00a \x07b \u200bc"),
        (r"\u2018/opt/you/a \x07/opt/you/b", r"\u2018a \x07b"),
        ("\u2018/opt/you/a\u2019 «/opt/you/b»", "\u2018a\u2019 «b»"),
        ("[gcc]/home/you/a (b)/home/you/b **/home/you/c**", "[gcc]a (b)b **c**"),
        ("文件/home/you/a -isystem/home/you/inc", "文件a -isysteminc"),
        ("//home/you/a ///opt/you/b file:////opt/you/c", "a b c"),
        (r'{"p": "\/home\/you\/a.nc"}', r'{"p": "\a.nc"}'),
        ("~you/lib/a, \x1b[31m~you/b; ~/c/d", "a, \x1b[31mb; ~/c/d"),
        ("y~x/z, about ~5/6, a~b/c, docker://a/b", "y~x/z, about ~5/6, a~b/c, docker://a/b"),
        ("m/s, 1/2, ../x/y, runs/x/data, kg /m3", "m/s, 1/2, ../x/y, runs/x/data, kg /m3"),
    ],
)
def test_which_texts_are_paths(text: str, shortened: str) -> None:
    """Protects both: a path is found behind whatever sign, and what is none stays as it is."""
    shortener = PathShortener({"/home/me/runs/x": ""}, ["/home/me", "/home/me/my code"])
    assert shortener.text(text) == shortened


@pytest.mark.parametrize("out", ["crate", "crate.zip"])
@pytest.mark.parametrize("to", ["csv", "parquet", "hdf5", "netcdf"])
def test_load_reads_it_back(run_dir: Path, tmp_path: Path, out: str, to: str) -> None:
    """Whatever the format, directory or zip file: the frame of the run directory, but for paths."""
    made = enchanted_tui.write_crate(run_dir, tmp_path / out, to=to)
    expected = enchanted_tui.load(run_dir).drop(columns=["run_dir", "mesh"])
    found = enchanted_tui.load(made)
    pd.testing.assert_frame_equal(found.drop(columns=["run_dir", "mesh"]), expected)
    assert [Path(path).parts[0] for path in found["run_dir"]] == ["data"] * 3
    if made.suffix == ".zip":
        with zipfile.ZipFile(made) as archive:
            archive.extractall(tmp_path / "unpacked")
        made = tmp_path / "unpacked"
    entities(made)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--licence", "CC-BY"], "did you mean 'CC-BY-4.0'?"),
        (["--author", "A <0000-0002-1825-0098>"], "look for a slip"),
        (["--out", "."], "is there already"),
        (["--columns", "mehs"], "did you mean 'mesh'?"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(
    run_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence with the remedy; no half of a crate."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["--export", str(run_dir), "--crate", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_text_where_a_list_belongs_is_refused(run_dir: Path, tmp_path: Path) -> None:
    """A text is a sequence of its characters, of which ``*`` would take all files along."""
    with pytest.raises(ExportError, match=r"files is a list of texts: write files=\['\*.nc'\]"):
        enchanted_tui.write_crate(run_dir, tmp_path / "c", files="*.nc")
    assert not (tmp_path / "c").exists()


def test_all_that_is_missing_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Description, author and licence, each with the option that gives it; and options of a crate
    need one.
    """
    monkeypatch.chdir(tmp_path)
    runner = {"type": "SumRunner", "params_to_sum": ["x"]}
    sampler = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 2}
    order = [{"sampler": "s", "executor": "here", "runner": "r"}]
    config = {
        "samplers": {"s": sampler},
        "runners": {"r": runner},
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "supervisor": {"base_run_dir": "run", "run_order": order},
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert cli.main(["c.yaml", "--no-ui"]) == 0
    capsys.readouterr()
    assert cli.main(["--export", "run", "--crate"]) == 2
    said = capsys.readouterr().err
    for option in ("--description", "--author", "--licence", "supervisor.about"):
        assert option in said
    assert cli.main(["--export", "run", "--title", "x"]) == 2
    assert "--title goes with --crate" in capsys.readouterr().err
    with pytest.raises(ExportError, match="--licence"):
        enchanted_tui.write_crate("run")


@pytest.mark.full
def test_the_validator_finds_nothing(crate: Path, tmp_path: Path) -> None:
    """The validator of the RO-Crate community, in an environment of its own: nothing that the
    profiles require or recommend is missing, but for an address that only we could invent.
    """
    program = os.environ.get("ROCRATE_VALIDATOR") or shutil.which("rocrate-validator")
    if program is None:
        pytest.skip(
            "ROCRATE_VALIDATOR names no rocrate-validator (pip install roc-validator rocrate)"
        )
    script = Path(__file__).parents[1] / "helpers" / "crate_validator.py"
    profiles = ["ro-crate-1.1", "process-run-crate-0.5"]
    place = shutil.copytree(crate, tmp_path / "crate")  # the validator knows no paths with spaces
    command = [str(Path(program).with_name("python")), str(script), str(place), *profiles]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1_200, check=True)
    issues = [
        line
        for line in done.stdout.splitlines()
        if not re.search("SHOULD (have a URL|have a url|be an absolute URI)", line)
    ]
    assert issues == []
