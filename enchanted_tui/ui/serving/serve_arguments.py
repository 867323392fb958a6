"""The options of the app in a browser. Apart from `serve_command`, because the parser of every
command has them and the server takes asyncio and its sockets with it.
"""

from __future__ import annotations

import argparse

PORT = 8000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the app in a browser."""
    group = parser.add_argument_group("the app in a browser")
    group.add_argument(
        "--serve",
        action="store_true",
        help="show the app in a browser of this machine, to whoever has the address; it only looks",
    )
    group.add_argument(
        "--steer",
        action="store_true",
        help="with --serve: let it start, steer, edit and delete, too",
    )
    group.add_argument(
        "--port", metavar="N", help=f"with --serve: {PORT} by default; 0: any that is free"
    )
    group.add_argument(
        "--bind",
        metavar="ADDRESS",
        help="with --serve: where to listen; 127.0.0.1, this machine alone, by default",
    )
    group.add_argument(
        "--prefix",
        metavar="/PATH",
        help="with --serve: what a proxy leaves before the path, such as /node/n12/8000",
    )
