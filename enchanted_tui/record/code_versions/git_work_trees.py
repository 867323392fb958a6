"""In which work trees of git files lie, and how these stand."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from enchanted_tui.record.code_records import WorkTree

LIMIT = 10.0  #: seconds that git may take for one work tree
#: what another git, which runs us as its hook, would mislead this one by
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_INSTALLED = ("site-packages", "dist-packages")
_SCHEMES = ("http", "https", "ssh", "git")
_SHORT_FORM = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)([^\s@]+)")


def work_tree_of(path: str) -> str | None:
    """Return the work tree that a file or directory lies in; None if in none, or in what was
    installed below one. As git does, look into no directory that GIT_CEILING_DIRECTORIES names,
    coming from below.
    """
    place = os.path.realpath(path)
    ceilings = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    while True:
        is_installed = os.path.basename(place) in _INSTALLED
        if is_installed or os.path.exists(os.path.join(place, "pyvenv.cfg")):
            return None
        if os.path.exists(os.path.join(place, ".git")):
            return place
        above = os.path.dirname(place)
        if above == place or above in ceilings:
            return None
        place = above


def state_of(place: str) -> WorkTree:
    """Return commit, number of changed files and remote of a work tree. Files that git does not
    know are not counted.
    """
    found = WorkTree(path=place)
    words = ["status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        told = _git(place, words)
        lines = told.splitlines()
        commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid")), "")
        if commit and commit != "(initial)":
            found["commit"] = commit
        found["changed"] = sum(not line.startswith("#") for line in lines)
        remote = without_secrets(_git(place, ["config", "--get", "remote.origin.url"], (0, 1)))
        if remote:
            found["remote"] = remote
    except subprocess.TimeoutExpired:
        found["problem"] = f"git did not answer within {LIMIT:g} s"
    except OSError as error:
        found["problem"] = f"git cannot be run: {error.strerror}"
    except _Refused as refusal:
        found["problem"] = str(refusal)
    return found


def without_secrets(remote: str) -> str:
    """Return the address of a remote without user, password and token; empty if it is a path, or
    of a kind that is not known.
    """
    text = remote.strip()
    parts = urlsplit(text)
    if parts.scheme in _SCHEMES and parts.hostname:
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return ""
        return urlunsplit((parts.scheme, f"{parts.hostname}{port}", parts.path, "", ""))
    short = _SHORT_FORM.fullmatch(text)
    return f"{short[1]}:{short[2]}" if short else ""


class _Refused(Exception):
    """Git has said no; the text is its first line."""


def _git(place: str, words: Sequence[str], good: tuple[int, ...] = (0,)) -> str:
    """Run git, which must neither ask, nor write, nor run what the work tree names."""
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", place, *words]
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT,
        env={**environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        start_new_session=True,
    )
    if done.returncode not in good:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _Refused(said[:200] or f"git ended with code {done.returncode}")
    return done.stdout.decode(errors="replace")
