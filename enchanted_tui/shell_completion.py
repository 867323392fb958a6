"""Completion of the command line in bash, zsh and fish, made from the parser by shtab."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")
_DIRECTORIES = ("DIR", "RUN_DIR")
_FILES = ("CONFIG", "CONFIG|RUN_DIR", "FILE")


def completion_script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script that completes options, choices and names of files in one of SHELLS."""
    import shtab

    for action in parser._actions:
        if action.metavar in _DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))
