"""Launchers of MPI in the commands of users, and what goes wrong with them."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Union

from enchanted_tui.resources import LAUNCH

_NAMES = ("srun", "mpirun", "mpiexec", "orterun", "prterun")
_IN_A_SHELL = re.compile(rf"(?:^|[\s;&|(`])(?:[\w./-]*/)?({'|'.join(_NAMES)})(?:[.\w]*)(?=\s|$)")


def launchers_in(command: Union[str, list[str]]) -> set[str]:
    """Return the launchers that a command starts."""
    if isinstance(command, str):
        return set(_IN_A_SHELL.findall(command))
    return set(_launcher(str(command[0]))) if command else set()


@functools.lru_cache(maxsize=64)
def _launcher(program: str) -> frozenset[str]:
    name = os.path.basename(program)
    return frozenset(known for known in _NAMES if name == known or name.startswith(f"{known}."))


def launchers_used(command: Union[str, list[str]], launch: list[str]) -> set[str]:
    """Return the launchers that start the ranks of a command which runs now, behind the words
    `launch`.
    """
    found = launchers_in(command)
    if launch:
        found |= launchers_in(launch)
    if isinstance(command, str) and LAUNCH in command:
        found |= launchers_in(os.environ.get(LAUNCH, ""))
    return found


def start_elsewhere(launchers: set[str]) -> bool:
    """Tell whether launchers have ranks that are not theirs to wait for: SLURM starts those of
    srun, and inside a job may start those of any other.
    """
    return "srun" in launchers or (bool(launchers) and "SLURM_JOB_ID" in os.environ)


def resource_warnings(
    command: Union[str, list[str]], shell: bool, written: Mapping[str, Any], launches_nothing: bool
) -> Iterator[str]:
    """Yield what is probably not meant with the option `resources`, which is `written`;
    `launches_nothing`: whether the launcher is none.
    """
    own = sorted(launchers_in(command))
    if own and not launches_nothing:
        yield (
            f"the command starts {own[0]} by itself, where the launch line comes as well; leave it"
            " out of the command"
            if not shell
            else f"the command starts {own[0]} by itself: it knows nothing of the CPUs and GPUs of"
            f" the sample; write ${LAUNCH} in its place"
        )
        return
    needed = shell and not launches_nothing and _has_ranks(written)
    if needed and LAUNCH not in str(command):
        yield (
            f"in a shell, ranks are started where ${LAUNCH} stands in the command; without it one"
            " process runs"
        )


def _has_ranks(written: Mapping[str, object]) -> bool:
    return any(str(written.get(name) or 1) != "1" for name in ("ranks", "nodes"))
