"""What can be wrong with a CommandRunner before anything runs."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.call_checks import call_problems
from enchanted_tui.runners.command.expansion import expanded
from enchanted_tui.runners.command.files import RESERVED, target_problem
from enchanted_tui.runners.command.inputs import (
    Inputs,
    command_texts,
    name_texts,
    named,
    shell_of,
    variable_text,
)
from enchanted_tui.runners.command.rendering import Text, has_placeholders
from enchanted_tui.runners.command.restart_checks import restart_problems, restart_warnings
from enchanted_tui.runners.command.rules import EACH
from enchanted_tui.runners.command.shell_idioms import idiom_warnings
from enchanted_tui.runners.environment import encoded_environment
from enchanted_tui.suggestions import did_you_mean

if TYPE_CHECKING:
    from enchanted_tui.runners.command.command_options import CommandOptions

Problems = Iterator[tuple[str, str]]
_TAKEN = frozenset(("success", "run_dir"))  #: columns of the dataset


def problems_of(runner: CommandOptions) -> Problems:
    """Yield (option path, sentence) for everything that would make samples fail or is not
    understood.
    """
    yield from _command_problems(runner)
    yield from _target_problems(runner)
    yield from _text_problems(runner)
    yield from _environment_problems(runner)
    yield from _stream_problems(runner)
    yield from restart_problems(runner)
    yield from _call_problems(runner) if runner.batch > 1 else _each_problems(runner)
    if isinstance(runner.exit_codes, str) and runner.exit_codes != "any":
        yield (
            "exit_codes",
            f"a list of exit codes such as [0, 2], or any, not {runner.exit_codes!r}",
        )
    for name in runner.outputs:
        if name in _TAKEN:
            yield (
                f"outputs.{name}",
                f"an output cannot be called {name!r}; the dataset has a column of that name"
                " already",
            )
    for number, condition in enumerate(runner.success):
        named_output = condition.get("output")
        if named_output is not None and named_output not in runner.outputs:
            yield (
                f"success[{number}].output",
                f"{named_output!r} is no output of this runner, which has"
                f" {listed(runner.outputs)}{did_you_mean(named_output, runner.outputs)}",
            )


def warnings_of(runner: CommandOptions) -> Problems:
    """Yield (option path, sentence) for what fails on this machine but may do on the one where the
    tasks run, or is hardly meant.
    """
    yield from _program_warning(runner)
    yield from idiom_warnings(runner)
    yield from restart_warnings(runner, _targets(runner))
    for option, sources in (("copy", runner.copy), ("link", runner.link)):
        for name, source in named(sources).items():
            if not has_placeholders(source) and not os.path.exists(source):
                yield (
                    f"{option}.{name}",
                    (
                        f"{source} does not exist on this machine; every sample fails unless it"
                        " does where the tasks run"
                    ),
                )
    for text in _texts(runner):
        for sentence in text.lost_parts():
            yield text.where, sentence
    if not runner.outputs:
        yield (
            "outputs",
            (
                "no outputs are declared, so the dataset holds nothing but success; declare what to"
                " read back"
            ),
        )


def _command_problems(runner: CommandOptions) -> Problems:
    command = runner.command
    if runner.shell:
        if not isinstance(command, str):
            yield (
                "command",
                (
                    "with shell, the command is one text, not a list; write"
                    f" {shlex.join(map(str, command))!r}, or remove shell"
                ),
            )
    elif isinstance(command, str):
        try:
            words = shlex.split(command)
        except ValueError:
            words = command.split()
        yield (
            "command",
            (
                f"give the command as a list, such as {words!r:.200}, or set shell: true to have a"
                " shell read it"
            ),
        )
    if not command:
        yield "command", "the command is empty; give a program to run"
    elif isinstance(command, list) and command[0] in (
        *runner.files,
        *runner.templates,
        *(f"./{name}" for name in _written(runner)),
    ):
        yield (
            "command[0]",
            (
                f"{command[0]!r} is written as a plain file, which cannot be executed; run it as"
                f" [sh, {command[0]}, ...]"
            ),
        )


def _written(runner: CommandOptions) -> tuple[str, ...]:
    return (*runner.files, *runner.templates)


def _targets(runner: CommandOptions) -> dict[str, dict[str, str]]:
    """Return, by option, the files that it puts into the run directory."""
    return {
        "files": runner.files,
        "templates": runner.templates,
        "copy": named(runner.copy),
        "link": named(runner.link),
    }


def _target_problems(runner: CommandOptions) -> Problems:
    seen: dict[str, str] = {}
    groups = _targets(runner)
    for option, group in groups.items():
        for name in group:
            problem = target_problem(name, RESERVED)
            if problem is None and has_placeholders(name):
                problem = (
                    f"the name {name!r} cannot have placeholders; give the file a fixed name, as in"
                    f" {option}: {{name: path}}"
                )
            if problem is None and any(
                os.path.normpath(name).startswith(os.path.normpath(other) + "/")
                for other in groups["link"]
            ):
                problem = (
                    f"{name!r} lies in a linked directory, so that it would be written among the"
                    " originals; copy: that directory"
                )
            first = seen.setdefault(os.path.normpath(name), option)
            if problem is None and first != option:
                problem = f"{name!r} is named under {first} as well; keep one of the two"
            if problem is not None:
                yield f"{option}.{name}", problem
    for option in ("copy", "link"):
        sources = getattr(runner, option)
        if isinstance(sources, list) and len(named(sources)) < len(sources):
            yield (
                option,
                (
                    "two of these files have the same name; give them different ones, as in"
                    f" {option}: {{name: path}}"
                ),
            )


def _text_problems(runner: CommandOptions) -> Problems:
    for name, path in runner.templates.items():
        try:
            Text.from_file(path, f"templates.{name}")
        except OSError as error:
            yield (
                f"templates.{name}",
                f"the template {path} cannot be read: {error.strerror or error}",
            )
    if runner.batch > 1:  # told of by `call_checks`
        return
    for text in _texts(runner):
        problem = text.problem()
        if problem is not None:
            yield text.where, problem


def _call_problems(runner: CommandOptions) -> Problems:
    try:
        inputs = Inputs.of(runner).for_calls()
    except OSError:  # of a template, which has been told of
        return
    yield from call_problems(
        inputs, name_texts(runner), runner.outputs, runner.success, runner.sample_column
    )


def _each_problems(runner: CommandOptions) -> Problems:
    if runner.sample_column is not None:
        yield (
            "sample_column",
            "this tells the samples of one call apart, and there is no batch; give batch, or leave"
            " it out",
        )
    for name, rule in runner.outputs.items():
        if isinstance(rule.get("json"), str) and EACH in rule["json"]:
            yield (
                f"outputs.{name}.json",
                f"{EACH} stands for the place of a sample in a call with many, and there is no"
                " batch; give a number",
            )


def _texts(runner: CommandOptions) -> list[Text]:
    """Return all texts with placeholders, but for templates that cannot be read."""
    texts = [] if isinstance(runner.command, str) and not runner.shell else command_texts(runner)
    texts += [Text(text, f"files.{name}") for name, text in runner.files.items()]
    variables = (variable_text(name, value) for name, value in runner.environment.items())
    texts += [text for text in variables if text is not None]
    texts += name_texts(runner)
    for option in ("copy", "link"):
        texts += [
            Text(source, f"{option}.{name}")
            for name, source in named(getattr(runner, option)).items()
        ]
    for name, path in runner.templates.items():
        with contextlib.suppress(OSError):
            texts.append(Text.from_file(path, f"templates.{name}"))
    return texts


def _environment_problems(runner: CommandOptions) -> Problems:
    for name in runner.environment:
        if not name or "=" in name or "\0" in name:
            yield f"environment.{name}", f"{name!r} cannot be the name of an environment variable"


def _stream_problems(runner: CommandOptions) -> Problems:
    targets = {
        os.path.normpath(name)
        for name in (*_written(runner), *named(runner.copy), *named(runner.link))
    }
    for option in ("stdout", "stderr"):
        name = getattr(runner, option)
        if name is not None:
            problem = target_problem(name, RESERVED)
            if problem is None and os.path.normpath(name) in targets:
                problem = (
                    f"{name!r} is an input file as well; choose another name for the command's"
                    " output"
                )
            if problem is not None:
                yield option, problem
    if runner.stdin is not None and not has_placeholders(runner.stdin):
        path = os.path.normpath(runner.stdin)
        if path not in targets and path.partition("/")[0] not in targets:
            yield (
                "stdin",
                (
                    f"{runner.stdin!r} is none of the files put into the run directory"
                    f" ({listed(sorted(targets))}); write it under files:"
                ),
            )


def _program_warning(runner: CommandOptions) -> Problems:
    program = shell_of(runner) or (
        str(runner.command[0]) if isinstance(runner.command, list) and runner.command else ""
    )
    program = expanded(program, encoded_environment())
    if not program or has_placeholders(program) or "PATH" in runner.environment or "$" in program:
        return
    where = "shell" if runner.shell else "command[0]"
    if "/" not in program:
        if shutil.which(program) is None:
            yield (
                where,
                (
                    f"no program {program!r} in PATH on this machine; every sample fails unless"
                    " there is one where the tasks run"
                ),
            )
    elif os.path.isabs(program):
        if not os.access(program, os.X_OK):
            yield (
                where,
                (
                    f"{program} is no executable file on this machine; every sample fails unless it"
                    " is one where the tasks run"
                ),
            )
    elif os.path.normpath(program).partition("/")[0] not in {
        *named(runner.copy),
        *named(runner.link),
    }:
        yield (
            where,
            (
                f"{program!r} is looked for in the run directory, where nothing puts it; give its"
                " full path, or link: it there"
            ),
        )
