"""Which programs a command starts, and in which container, as far as its words tell.

What is run may stand behind what starts it: ``mpirun -n 4 solver``, ``python3 solve.py``,
``apptainer exec code.sif solver``. Words that only a sample fills in, and what a script starts, are
not looked into.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.runners.command.expansion import expanded
from enchanted_tui.runners.command.rendering import has_placeholders
from enchanted_tui.runners.environment import encoded_environment

_CONTAINERS = frozenset(("apptainer", "singularity"))
_IMAGE = re.compile(r"\S+\.(?:sif|simg|img)|\w+://\S+")
#: These start a program that is named behind them.
_STARTERS = frozenset(
    (
        *("mpirun", "mpiexec", "orterun", "prterun", "srun", "env", "time", "timeout", "nice"),
        *("numactl", "taskset", "stdbuf", "nohup", "exec", "command", "setsid", "xvfb-run"),
    )
)
_INTERPRETER = re.compile(
    r"(?:python|pypy|julia|Rscript|perl|ruby|lua|octave|bash|sh|dash|zsh|ksh)[\d.]*"
)
#: Ends of simple commands in a line for a shell, which the first word of the next one follows.
_NEXT = frozenset(("&&", "||", ";", ";;", "|", "|&", "&", "(", ")", "{", "}", "\n"))
_KEYWORDS = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"))
#: Whose version says nothing about results.
_TOOLS = frozenset(
    (
        *("cd", "echo", "test", "[", "true", "false", "printf", "cat", "cp", "mv", "rm", "mkdir"),
        *("ln", "touch", "sleep", "tee", "head", "tail", "kill", "pwd", "wait", "fi", "done"),
    )
)
_SETTING = re.compile(r"[A-Za-z_]\w*=")


def programs_of(options: Mapping[str, Any]) -> list[str]:
    """Return the paths of the programs that a runner with these options starts; none if it has no
    command.
    """
    found = (_resolved(words, _search_path(options)) for words in _commands(options))
    return list(dict.fromkeys(path for paths in found for path in paths))


def container_of(options: Mapping[str, Any]) -> str:
    """Return the image in which a command runs, as it is named there; empty if in none."""
    for words in _commands(options):
        names = [os.path.basename(word) for word in words]
        start = next((index for index, name in enumerate(names) if name in _CONTAINERS), None)
        for word in words[start + 1 :] if start is not None else ():
            if _IMAGE.fullmatch(word) or (os.path.isabs(word) and os.path.isdir(word)):
                return word
    return ""


def _commands(options: Mapping[str, Any]) -> Iterator[list[str]]:
    """Return the simple commands of a runner, each as its words."""
    command = options.get("command")
    if isinstance(command, str):
        yield from _of_a_shell(command)
    elif isinstance(command, list):
        environment = encoded_environment()
        yield [expanded(str(word), environment) for word in command]


def _of_a_shell(line: str) -> Iterator[list[str]]:
    reader = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars="();|&\n")
    reader.whitespace = " \t\r"
    reader.whitespace_split = True
    reader.commenters = ""
    words: list[str] = []
    try:
        for token in reader:
            if token in _NEXT or not token.strip("();|&\n"):
                yield words
                words = []
            elif words or not (_SETTING.match(token) or token in _KEYWORDS):
                words.append(os.path.expandvars(os.path.expanduser(token)))
    except ValueError:  # a quotation mark that is left open; the shell says so too
        return
    yield words


def _search_path(options: Mapping[str, Any]) -> str | None:
    """Return where programs are looked for: the PATH that the runner sets, else that of this
    process.
    """
    own = (options.get("environment") or {}).get("PATH")
    return None if own is None else expanded(str(own), encoded_environment())


def _resolved(words: Sequence[str], path: str | None) -> Iterator[str]:
    """Return the program of a simple command, and those that it starts in turn."""
    rest = list(words)
    while rest and not has_placeholders(rest[0]):
        name = os.path.basename(rest[0])
        program = shutil.which(rest[0], path=path)
        if program is None or name in _TOOLS:
            return
        if name not in _STARTERS:
            yield program
        if name in _STARTERS:
            rest = _from(rest[1:], lambda word: shutil.which(word, path=path) is not None)
        elif _INTERPRETER.fullmatch(name):
            yield from _from(rest[1:], os.path.isfile)[:1]
            return
        else:
            return


def _from(words: Sequence[str], is_it: Any) -> list[str]:
    """Return the words from the first on for which `is_it`, options and settings passed over."""
    for index, word in enumerate(words):
        if not word.startswith("-") and not _SETTING.match(word) and is_it(word):
            return list(words[index:])
    return []
