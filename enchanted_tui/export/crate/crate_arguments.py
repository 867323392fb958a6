"""The options of ``--export RUN_DIR --crate``."""

from __future__ import annotations

import argparse
from typing import Any

#: Each with other spellings, and what argparse is told of it.
_OPTIONS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "--crate": (
        (),
        {
            "action": "store_true",
            "help": "an RO-Crate for others: the dataset with all that is to be known of it, in a"
            " directory, or a zip file if --out says so",
        },
    ),
    "--title": ((), {"metavar": "TEXT", "help": "name of the dataset; with --plot, above it"}),
    "--description": ((), {"metavar": "TEXT", "help": "what it holds"}),
    "--author": (
        (),
        {
            "action": "append",
            "default": [],
            "metavar": "'NAME <ORCID> (PLACE)'",
            "help": "who made it; repeatable, and the name is enough",
        },
    ),
    "--licence": (
        ("--license",),
        {"metavar": "ID", "help": "such as CC-BY-4.0, or an https address"},
    ),
    "--keywords": ((), {"metavar": "A,B", "help": "by which it is found"}),
    "--with-files": (
        (),
        {"metavar": "A,B", "help": "files of samples that go with it, such as '*.nc'"},
    ),
    "--keep-paths": (
        (),
        {
            "action": "store_true",
            "help": "leave absolute paths in it; by default none of yours are",
        },
    ),
}
#: By the names that the parser gives them.
CRATE_OPTIONS = tuple(name.removeprefix("--").replace("-", "_") for name in _OPTIONS)


def add_crate_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare these options."""
    group = parser.add_argument_group("with --export RUN_DIR --crate")
    for name, (others, told) in _OPTIONS.items():
        group.add_argument(name, *others, **told)
