"""What is packed in a run directory, by standard tools and by our own door."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from enchanted_tui.packing.door import TaskDirectories

DATAPOINT = "enchanted_datapoint.csv"

#: Leaves three files; its child reads two of them.
WRITES_THREE: dict[str, Any] = {
    "type": "CommandRunner",
    "shell": True,
    "command": "echo {{ x }} > in.txt; mkdir sub; echo v={{ x }} > sub/out.txt; echo said",
    "outputs": {"v": {"file": "sub/out.txt", "regex": "v=(.*)"}},
}
READS_PARENT: dict[str, Any] = {
    "type": "CommandRunner",
    "shell": True,
    "command": "cat {{ run_dir }}/in.txt copied.txt > out.txt; echo w={{ y }} >> out.txt",
    "copy": {"copied.txt": "{{ run_dir }}/sub/out.txt"},
    "outputs": {"w": {"file": "out.txt", "regex": "w=(.*)"}},
}


def archives(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "packed").glob("*/*.tar"))


def listed_by_tar(run_dir: Path, *, in_write: bool = False) -> list[str]:
    """Return the members of all shards as GNU tar lists them, which must not complain; `in_write`:
    but for the one zero block that stands where the short write was cut in two that adds members.
    """
    found = []
    for archive in archives(run_dir):
        told = subprocess.run(["tar", "tf", str(archive)], capture_output=True, text=True)
        said = told.stderr
        if in_write and "\n" not in said.strip():
            said = said.partition("tar: A lone zero block at ")[0]
        assert (told.returncode, said) == (0, ""), f"{archive}: {told.stderr}"
        found += told.stdout.splitlines()
    return found


def packed_tasks(run_dir: Path) -> list[str]:
    """Return the tasks in the shards by GNU tar, each of which must be there once, and just those
    that the indexes name.
    """
    members = [name for name in listed_by_tar(run_dir) if not name.startswith("superseded/")]
    assert [name for name, count in Counter(members).items() if count > 1] == []
    tasks = sorted({name.split("/")[0] for name in members})
    assert tasks == sorted(TaskDirectories(str(run_dir / "data")).shards.names())
    return tasks


def files_of_tasks(run_dir: Path) -> dict[str, bytes]:
    """Return every file of every task, packed or loose, but for the datapoints, which tell
    times.
    """
    door = TaskDirectories(str(run_dir / "data"))
    found = {}
    for name in door.names():
        for file in door.files(name):
            with door.opened(name, file.name) as opened:
                content = opened.read()
            found[f"{name}/{file.name}"] = b"" if file.name == DATAPOINT else content
    return found


def loose(run_dir: Path) -> list[str]:
    return sorted(path.name for path in (run_dir / "data").iterdir())
