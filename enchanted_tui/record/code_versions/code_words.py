"""What is said of the code that samples are run with, and of what has changed of it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence

from enchanted_tui.record.code_records import CodeRecord, FileDigest, VersionLine, WorkTree

_DIGITS = 12  #: of a digest or commit that people are shown


def lines(record: CodeRecord) -> list[str]:
    """Return what is on record, a line for each thing; files by their names alone."""
    return [*_programs(record), *_trees(record), *_surroundings(record)]


def summary(records: Sequence[CodeRecord], at: float = math.inf) -> str:
    """Return what is on record, as one text, of a sample that was begun `at` some time, in seconds
    since the epoch; by default of the newest. Empty where nothing is.
    """
    in_force = [record for record in records if record.get("time", 0.0) <= at] or records[:1]
    return "; ".join(lines(in_force[-1])) if in_force else ""


def changes(before: CodeRecord, now: CodeRecord) -> list[str]:
    """Say what has changed, from what to what, a clause for each thing. What is known of one side
    only, because it could not be looked up, counts as unchanged.
    """
    return [
        *_program_changes(before, now),
        *_tree_changes(before, now),
        *_module_changes(before, now),
        *_line_changes(before, now),
    ]


def is_same(before: CodeRecord, now: CodeRecord) -> bool:
    """Tell whether two records say the same of the code."""
    apart = {"v", "time", "crc"}
    return {key: value for key, value in before.items() if key not in apart} == {
        key: value for key, value in now.items() if key not in apart
    }


# -- one record ------------------------------------------------------------------------------------


def _programs(record: CodeRecord) -> Iterator[str]:
    for runner, code in record["runners"].items():
        for program in code.get("programs", ()):
            yield f"runner {runner}: {os.path.basename(program['path'])} {_digest(program)}"
        if "container" in code:
            file = code.get("container_file")
            digest = f" {_digest(file)}" if file else ""
            yield f"runner {runner}: in the container {_image(code['container'])}{digest}"
    for runner, machine in record.get("elsewhere", {}).items():
        yield f"runner {runner}: its programs are those of {machine}, not looked up"


def _trees(record: CodeRecord) -> Iterator[str]:
    for tree in record.get("work_trees", ()):
        yield f"git {os.path.basename(tree['path'])}: {tree_words(tree)}"


def _surroundings(record: CodeRecord) -> Iterator[str]:
    if "modules" in record:
        yield f"modules: {', '.join(record['modules'])}"
    for command in record.get("commands", ()):
        yield f"{command['command']}: {line_words(command)}"


def tree_words(tree: WorkTree) -> str:
    """Say how a work tree stands."""
    if "problem" in tree:
        return f"not known ({tree['problem']})"
    commit = tree.get("commit", "")[:_DIGITS] or "no commit yet"
    changed = tree.get("changed", 0)
    if not changed:
        return commit
    return f"{commit} and {changed} changed {'file' if changed == 1 else 'files'}"


def line_words(command: VersionLine) -> str:
    """Say what a command of `code_version` has said."""
    problem = command.get("problem", "")
    line = command.get("line", "")
    return f"{line} ({problem})" if line and problem else line or problem


def _digest(file: FileDigest) -> str:
    if "sha256" not in file:
        return f"cannot be read ({file.get('problem', '')})"
    part = f" ({file['partial']})" if "partial" in file else ""
    return f"sha256 {file['sha256'][:_DIGITS]}{part}"


def _image(name: str) -> str:
    return name if "://" in name else os.path.basename(name.rstrip("/"))


# -- two records -----------------------------------------------------------------------------------


def _program_changes(before: CodeRecord, now: CodeRecord) -> Iterator[str]:
    for runner, code in now["runners"].items():
        old = before["runners"].get(runner)
        if old is None:
            continue
        yield from _file_changes(runner, old.get("programs", []), code.get("programs", []))
        was, image = old.get("container", ""), code.get("container", "")
        if was != image and (was or image):
            yield f"runner {runner}: container {_image(was) or 'none'} -> {_image(image) or 'none'}"
        elif "container_file" in old and "container_file" in code:
            yield from _file_changes(runner, [old["container_file"]], [code["container_file"]])


def _file_changes(
    runner: str, before: Sequence[FileDigest], now: Sequence[FileDigest]
) -> Iterator[str]:
    """Compare files by their names: a program may have moved."""
    known = {os.path.basename(file["path"]): file for file in before}
    for file in now:
        name = os.path.basename(file["path"])
        old = known.pop(name, None)
        if old is None and before:
            others = ", ".join(os.path.basename(each["path"]) for each in before)
            yield f"runner {runner}: {others} -> {name}"
            return
        if old and "sha256" in old and "sha256" in file and old["sha256"] != file["sha256"]:
            yield f"runner {runner}: {name} {_digest(old)} -> {_digest(file)}"


def _tree_changes(before: CodeRecord, now: CodeRecord) -> Iterator[str]:
    known = {tree["path"]: tree for tree in before.get("work_trees", ())}
    for tree in now.get("work_trees", ()):
        old = known.get(tree["path"])
        if old and "problem" not in old and "problem" not in tree:
            was, is_now = tree_words(old), tree_words(tree)
            if was != is_now:
                yield f"git {os.path.basename(tree['path'])}: {was} -> {is_now}"


def _module_changes(before: CodeRecord, now: CodeRecord) -> Iterator[str]:
    old, new = before.get("modules", []), now.get("modules", [])
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    if gone or come:
        yield f"modules: {', '.join(gone) or 'none'} -> {', '.join(come) or 'none'}"


def _line_changes(before: CodeRecord, now: CodeRecord) -> Iterator[str]:
    known = {each["command"]: each for each in before.get("commands", ())}
    for each in now.get("commands", ()):
        old = known.get(each["command"])
        if old and "line" in old and "line" in each and old["line"] != each["line"]:
            yield f"{each['command']}: {old['line']} -> {each['line']}"
