"""The job script and the options of sbatch. Values are quoted: none is ever seen by a shell or
taken for another option.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from enchanted_tui.executors.prologue import guarded
from enchanted_tui.executors.slurm_terms import seconds

COMMAND = re.compile(r"\{\{\s*command\s*\}\}")  #: where a template runs the worker

#: Options that the executor sets itself, and what to use instead.
RESERVED = {
    "array": "use array_throttle to limit how many elements run at the same time",
    "output": "the output of each job goes to its files in the campaign's directory",
    "error": "the output of each job goes to its files in the campaign's directory",
    "wrap": "use job_script_prologue or job_script_template",
    "parsable": "it is always used",
    "wait": "the executor waits by itself",
    "test-only": "use --dry-run to see the script",
    "input": "the worker reads its own files",
    "open-mode": "the executor needs its own",
    "quiet": "the executor needs what sbatch says",
    "verbose": "the executor needs what sbatch says",
    "hold": "hold jobs by scontrol hold, or pause the campaign",
}
_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*\Z")
_TIME_LINE = re.compile(r"^#SBATCH\s+(?:--time(?:=|\s+)|-t\s*)(\S+)", re.MULTILINE)
_ACCOUNT_LINE = re.compile(r"^#SBATCH\s+(?:--account(?:=|\s+)|-A\s*)(\S+)", re.MULTILINE)


def option_name(key: str) -> str:
    """Return an option as sbatch spells it: ``cpus_per_task`` is ``cpus-per-task``."""
    return key.strip().lstrip("-").replace("_", "-")


def option_problems(options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Return (key, sentence) for each option that cannot be used."""
    for key, value in options.items():
        name = option_name(key)
        if not _OPTION.match(name) or len(name) == 1:
            yield (
                key,
                (
                    f"{key!r} is no option of sbatch; write the long name without dashes before it,"
                    " such as cpus-per-task"
                ),
            )
        elif name in RESERVED:
            yield key, f"is set by the executor; {RESERVED[name]}"
        elif any(character in str(value) for character in "\n\r\0"):
            yield key, "the value of an option must be one line"
        elif (
            name == "time"
            and seconds(str(value)) is None
            and str(value).upper() not in ("0", "INFINITE", "UNLIMITED")
        ):
            yield (
                key,
                (
                    f"{value!r} is no time limit; expected minutes, H:M:S or D-H:M:S, such as"
                    " 02:00:00 or 1-12:00:00"
                ),
            )


def option_list(options: Mapping[str, Any]) -> list[str]:
    """Return options as arguments: ``--name=value``; a flag that is true has no value, one that is
    false is left out.
    """
    arguments = []
    for key, value in options.items():
        if value is None or value is False:
            continue
        arguments.append(
            f"--{option_name(key)}" if value is True else f"--{option_name(key)}={value}"
        )
    return arguments


def read_template(path: str) -> str:
    """Return a script of the user's own. Bytes that are not UTF-8 stay what they are (see
    `encoded`). Raises OSError.
    """
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        return file.read()


def encoded(script: str) -> bytes:
    """Return a script as it is given to sbatch."""
    return script.encode("utf-8", "surrogateescape")


def shown(script: str) -> str:
    """Return a script as people can read it: text in an older encoding is most often Latin-1."""
    data = encoded(script)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def job_script(
    options: Mapping[str, Any],
    prologue: Sequence[str],
    template: str | None,
    command: Sequence[str],
) -> str:
    """Return the script of a job. `command` starts the worker; the number of its array element is
    added.

    In a template, which has its own ``#SBATCH`` lines, `options` are left to the command line.
    """
    program, *arguments = command
    line = " ".join([_expandable(program), *map(shlex.quote, arguments), '"$SLURM_ARRAY_TASK_ID"'])
    if template is not None:
        return COMMAND.sub(lambda _: line, template)
    directives = [f"#SBATCH {_quoted(argument)}" for argument in option_list(options)]
    return "\n".join(["#!/bin/bash", *directives, "", *guarded(prologue), f"exec {line}", ""])


def sbatch_arguments(
    options: Mapping[str, Any],
    *,
    name: str,
    directory: str,
    count: int,
    throttle: int | None,
    exclude: Iterable[str],
    on_command_line: bool,
    account: str | None = None,
) -> list[str]:
    """Return the arguments of sbatch for an array of `count` elements, whose script comes on its
    standard input.

    `account` is named here as well, since a default of the environment would come before what the
    script says.
    """
    named = {option_name(key): value for key, value in options.items()}
    excluded = (
        [*filter(None, [str(named.get("exclude") or "")]), *sorted(exclude)] if exclude else []
    )
    return [
        "sbatch",
        "--parsable",
        *(option_list(options) if on_command_line else ()),
        *(
            (f"--account={account}",)
            if account and not (on_command_line and "account" in named)
            else ()
        ),
        f"--job-name={name}",
        f"--array=0-{count - 1}" + (f"%{throttle}" if throttle else ""),
        f"--output={directory.replace('%', '%%')}/output.%a",
        *(() if named.get("requeue") or named.get("no-requeue") else ("--no-requeue",)),
        *((f"--exclude={','.join(excluded)}",) if excluded else ()),
    ]


def account_of(options: Mapping[str, Any], template: str | None) -> str | None:
    """Return the account that jobs are charged to, as far as options or a script of the user's own
    name it.
    """
    for key, value in options.items():
        if option_name(key) == "account":
            return str(value) if value else None
    found = _ACCOUNT_LINE.findall(template) if template else []
    return found[-1].strip("\"'") if found else None


def walltime(options: Mapping[str, Any], template: str | None) -> float | None:
    """Return the time limit of a job in seconds, as far as it is known here."""
    for key, value in options.items():
        if option_name(key) == "time":
            return seconds(str(value))
    found = _TIME_LINE.findall(template) if template else []
    return seconds(found[-1]) if found else None


def _expandable(path: str) -> str:
    """Quote a program for the shell, but for `~/` at its beginning and variables, which mean what
    they mean on the node.
    """
    path = re.sub(r"^~(?=/)", "$HOME", path)
    if not re.search(r"\$(\w|\{\w+\})", path):
        return shlex.quote(path)
    return '"' + re.sub(r'([\\"`]|\$(?!\w|\{\w+\}))', r"\\\1", path) + '"'


def _quoted(argument: str) -> str:
    """Quote an argument as the reader of #SBATCH lines wants it."""
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./\[\]*-]+", argument):
        return argument
    return '"' + re.sub(r'(["\\])', r"\\\1", argument) + '"'
