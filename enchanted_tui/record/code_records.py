"""What the record `code` holds: with which code samples are run."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from enchanted_tui.record.drawn_records import JournalLine


class FileDigest(TypedDict):
    """A file and what it holds."""

    path: str  #: absolute, links followed
    size: NotRequired[int]  #: bytes
    sha256: NotRequired[str]
    #: what the digest is of, where it is not the whole file
    partial: NotRequired[str]
    work_tree: NotRequired[str]  #: the work tree of git that it lies in
    problem: NotRequired[str]  #: why there is no digest


class CodeOfRunner(TypedDict, total=False):
    """What one runner runs."""

    programs: list[FileDigest]
    container: str  #: as the command names it
    container_file: FileDigest
    work_trees: list[str]  #: of the programs, functions and templates


class WorkTree(TypedDict):
    """A work tree of git."""

    path: str
    commit: NotRequired[str]
    changed: NotRequired[int]  #: files that differ from the commit
    remote: NotRequired[str]  #: without anything that lets one log in
    problem: NotRequired[str]  #: why the above is not known


class VersionLine(TypedDict):
    """What a command of `code_version` has said."""

    command: str
    line: NotRequired[str]
    problem: NotRequired[str]


class CodeRecord(JournalLine):
    """With which code samples are run from now on, as far as that can be told. Written where it
    differs from what is on record, and not at all where there is nothing to tell. See
    [Which code it was](sharing.md#which-code-it-was).
    """

    type: Literal["code"]
    host: Annotated[str, "where this was looked up"]
    runners: Annotated[
        dict[str, CodeOfRunner],
        "by name: `programs` (`path`, `size`, `sha256`, and `partial` where that is of a part of"
        " the file), `container`, `container_file`, and the paths of its `work_trees`",
    ]
    work_trees: NotRequired[
        Annotated[
            list[WorkTree],
            "of git: `path`, `commit`, how many files are `changed` since, `remote`; `problem`"
            " where that is not known",
        ]
    ]
    modules: NotRequired[Annotated[list[str], "that were loaded, by `LOADEDMODULES`"]]
    commands: NotRequired[
        Annotated[
            list[VersionLine],
            "those of `code_version`: `command`, the first `line` that it printed, a `problem`",
        ]
    ]
    elsewhere: NotRequired[
        Annotated[
            dict[str, str],
            "runners of which only what lies on this machine is known, and the machine that runs"
            " their programs",
        ]
    ]
