"""Copies of reference cases: write-protected ones, and ones with relative links in them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.staging import StagedInputs

#: A command to run as somebody whom permissions concern.
ORDINARY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def run_as_ordinary(directory: Path, config: dict, *arguments: str) -> str:
    (directory / "c.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    command = [sys.executable, "-m", "enchanted_tui", "c.yaml", "--no-ui", *arguments]
    prefix = ORDINARY if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (directory / "run" / "enchanted_dataset.csv").read_text()


def protect(directory: Path, *, protected: bool = True) -> None:
    for path in [directory, *directory.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555 if protected else path.stat().st_mode | 0o700)


def test_a_write_protected_case(tmp_path: Path) -> None:
    """Protects from reference cases that nobody may change: a rendered file replaces a copied one,
    the
    program may write beside them, and the directories go when they are to go."""
    case = tmp_path / "case"
    (case / "system" / "deep").mkdir(parents=True)
    (case / "system" / "controlDict").write_text("old")
    (case / "U").write_text("u")
    (tmp_path / "controlDict.tmpl").write_text("end {{ x }};\n")
    (tmp_path / "single").write_text("alone")
    protect(case)
    (tmp_path / "single").chmod(0o444)
    runner: dict[str, Any] = {
        "type": "CommandRunner",
        "copy": {"case": "case", "case/U": "single"},
        "templates": {"case/system/controlDict": "controlDict.tmpl"},
        "shell": True,
        "command": (
            "cat case/system/controlDict case/U; echo 1 > case/system/deep/out; chmod a-w"
            " case/system/deep"
        ),
        "outputs": {
            "y": {"file": "stdout.txt", "regex": r"end (\S+);"},
            "u": {"file": "stdout.txt", "regex": "alone", "type": "str"},
        },
    }
    config: dict[str, Any] = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {"s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1.5]]}},
        "runners": {"r": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
        },
    }
    try:
        assert run_as_ordinary(tmp_path, config).splitlines()[1].startswith("1.5,alone,True")
        config["supervisor"]["save_files"] = "none"
        run_as_ordinary(tmp_path, config, "--overwrite")
        assert not list((tmp_path / "run" / "data").rglob("*"))
        config["supervisor"].update(save_files="all", local_storage="disk")
        (tmp_path / "disk").mkdir()
        runner["command"] += "; mkdir hidden; echo 2 > hidden/out; chmod 0 hidden/out hidden"
        run_as_ordinary(tmp_path, config, "--overwrite")
        (home,) = (tmp_path / "run" / "data").iterdir()
        assert (home / "hidden" / "out").read_text() == "2\n"  # what we cannot read comes home too
        assert (case / "system" / "controlDict").read_text() == "old"
    finally:
        protect(tmp_path, protected=False)


@pytest.fixture
def linked_case(tmp_path: Path) -> Path:
    """A case whose links lead within it, out of it, nowhere, and to what a sample puts beside its
    copy.
    """
    (tmp_path / "shared" / "meshes").mkdir(parents=True)
    (tmp_path / "shared" / "mesh").write_text("mesh")
    (tmp_path / "shared" / "meshes" / "fine").write_text("fine")
    case = tmp_path / "case"
    (case / "sub").mkdir(parents=True)
    (case / "own").write_text("own")
    for name, target in {
        "inside": "own",
        "sub/up": "../own",
        "sub/round": "../../case/own",
        "mesh": "../shared/mesh",
        "meshes": "../shared/meshes",
        "chain": "mesh",
        "dead": "../nowhere",
        "beside": "../deck",
        "absolute": str(tmp_path / "shared" / "mesh"),
    }.items():
        (case / name).symlink_to(target)
    return case


def test_relative_links_of_a_copied_case(linked_case: Path, command) -> None:
    """Protects cases whose links lead out of them: they lead there from the copy, too, and where
    they lead
    within the case, to the copy. What a sample has beside its copy is found by the link as it
    is."""
    names = ["inside", "sub/up", "sub/round", "mesh", "meshes/fine", "chain", "absolute", "beside"]
    bench = command(
        ["cat", *(f"run/{name}" for name in names)],
        copy={"run": str(linked_case)},
        files={"deck": "deck {{ x }}"},
        outputs={"text": {"file": "stdout.txt", "text": True}},
    )
    result = bench.run(x=1)
    assert result.ok, result.message
    assert result.row["text"] == "ownownownmeshfinemeshmeshdeck 1"
    assert os.path.realpath(result.run_dir / "run" / "sub" / "round") == str(
        result.run_dir / "run" / "own"
    )
    assert os.readlink(result.run_dir / "run" / "dead") == "../nowhere"


def test_links_that_go_to_a_cluster(linked_case: Path, tmp_path: Path) -> None:
    """Protects the same where the cluster has files of its own: what the links lead to goes
    along.
    """
    places = Directories.of(str(tmp_path / "run" / "data"), "/far", "CAMPAIGN", "cluster")
    inputs = StagedInputs(places)
    message = {
        "name": "d0_b0_s0_r0",
        "params": {},
        "prepared": {
            "argv": ["x"],
            "copy": {"run": str(linked_case), "one": str(linked_case / "mesh")},
        },
    }
    there = inputs.message(message)["prepared"]["copy"]
    with tarfile.open(fileobj=io.BytesIO(inputs.archive())) as packed:
        packed.extractall(tmp_path / "there", filter="fully_trusted")
    root = tmp_path / "there"
    case, one = (root / os.path.relpath(path, places.root) for path in (there["run"], there["one"]))
    (tmp_path / "shared").rename(tmp_path / "away")
    assert one.read_text() == "mesh"
    assert [(case / name).read_text() for name in ("mesh", "meshes/fine", "chain", "sub/up")] == [
        "mesh",
        "fine",
        "mesh",
        "own",
    ]
