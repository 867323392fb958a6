"""The options of ``--export RUN_DIR --crate``."""

from __future__ import annotations

import argparse

#: By the names that the parser gives them.
CRATE_OPTIONS = (
    *("crate", "title", "description", "author", "licence", "keywords"),
    *("with_files", "keep_paths"),
)


def add_crate_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare these options."""
    group = parser.add_argument_group("with --export RUN_DIR --crate")
    group.add_argument(
        "--crate",
        action="store_true",
        help="an RO-Crate for others: the dataset with all that is to be known of it, in a"
        " directory, or a zip file if --out says so",
    )
    group.add_argument("--title", metavar="TEXT", help="name of the dataset; with --plot, above it")
    group.add_argument("--description", metavar="TEXT", help="what it holds")
    group.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="'NAME <ORCID> (PLACE)'",
        help="who made it; repeatable, and the name is enough",
    )
    group.add_argument(
        "--licence", "--license", metavar="ID", help="such as CC-BY-4.0, or an https address"
    )
    group.add_argument("--keywords", metavar="A,B", help="by which it is found")
    group.add_argument(
        "--with-files", metavar="A,B", help="files of samples that go with it, such as '*.nc'"
    )
    group.add_argument(
        "--keep-paths",
        action="store_true",
        help="leave absolute paths in it; by default none of yours are",
    )
