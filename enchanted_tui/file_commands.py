"""The command line's --files, --pack, --unpack, --tag and --note."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from enchanted_tui.errors import EnvironmentProblem, ExitCode, RefusedError
from enchanted_tui.operations import labelling, sample_files
from enchanted_tui.storage.labels import words_of


def run(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    if options.files is not None:
        return files(options)
    return pack(options) if options.pack or options.unpack else label(options)


def label(options: argparse.Namespace) -> int:
    """Give a run tags or a note, and say what it has then."""
    text, run_dir = options.tag or options.note
    root = _existing(run_dir)
    if options.tag:
        labels = labelling.label(root, tags=words_of(text))
    else:
        labels = labelling.label(root, note=text)
    if options.json:
        print(json.dumps({"tags": labels.tags, "note": labels.note}))
    else:
        print(f"tags: {' '.join(labels.tags) or 'none'}; note: {labels.note or 'none'}")
    return ExitCode.COMPLETED


def files(options: argparse.Namespace) -> int:
    """List tasks or files, or show or extract one."""
    given = options.files
    root = _existing(given[0])
    task, name = (given + [None, None])[1:3]
    if len(given) > 3:
        raise RefusedError("--files takes RUN_DIR, then TASK, then FILE, and no more.")
    if options.extract is not None:
        if task is None:
            raise RefusedError("--extract needs a TASK: --files RUN_DIR TASK --extract DIR.")
        made = sample_files.extract(root, task, name, Path(options.extract))
        print(json.dumps({"extracted": str(made)}) if options.json else made)
    elif name is not None:
        sample_files.show(root, task, name, sys.stdout.buffer)
        sys.stdout.flush()
    elif task is not None:
        _list_files(root, task, options.json)
    else:
        _list_tasks(root, options.json)
    return ExitCode.COMPLETED


def pack(options: argparse.Namespace) -> int:
    """Pack a campaign, or bring back what is packed."""
    if options.pack is not None:
        word, count = "packed", sample_files.pack(_existing(options.pack))
    else:
        word, count = "unpacked", sample_files.unpack(_existing(options.unpack))
    told = f"{word} {count:,} run director{'y' if count == 1 else 'ies'}"
    print(json.dumps({word: count}) if options.json else told)
    return ExitCode.COMPLETED


def _existing(run_dir: str) -> Path:
    root = Path(run_dir)
    if not root.is_dir():
        raise EnvironmentProblem(
            f"{run_dir} is not a directory; name the run directory of a campaign."
        )
    return root


def _list_tasks(root: Path, as_json: bool) -> None:
    found = sample_files.tasks_with_files(root)
    if as_json:
        print(json.dumps([{"task": name, "packed": packed} for name, packed in found]))
    else:
        print("\n".join(f"{name}{'  packed' if packed else ''}" for name, packed in found))


def _list_files(root: Path, task: str, as_json: bool) -> None:
    found = sample_files.files_of(root, task)
    if as_json:
        print(json.dumps([entry._asdict() for entry in found]))
        return
    for entry in found:
        changed = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.mtime))
        print(f"{entry.size:>12,}  {changed}  {entry.name}")
