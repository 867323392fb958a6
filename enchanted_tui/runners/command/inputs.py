"""What goes into a sample of a CommandRunner: files, links, command and environment, with their
placeholders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from enchanted_tui import neighbours
from enchanted_tui.runners.command.call_inputs import CallInputs
from enchanted_tui.runners.command.expansion import has_nul
from enchanted_tui.runners.command.files import RESERVED, pattern_of, target_problem
from enchanted_tui.runners.command.rendering import Text, context, has_placeholders
from enchanted_tui.runners.failure import SampleFailed

if TYPE_CHECKING:
    from enchanted_tui.runners.command.command_options import CommandOptions

_NEIGHBOURS_FILE = re.compile(r"\{\{-?\s*" + neighbours.RUN_DIR + r"\s*-?\}\}")


class Inputs:
    """The texts of one runner, read and ready to be rendered sample by sample."""

    def __init__(
        self,
        argv: list[Text],
        shell: str | None,
        files: Mapping[str, Text],
        copy: Mapping[str, Text],
        link: Mapping[str, Text],
        environment: Mapping[str, Text | None],
        names: Mapping[str, Text],
    ) -> None:
        self.argv, self.shell, self.names = argv, shell, names
        self.files, self.copy, self.link, self.environment = files, copy, link, environment

    @classmethod
    def of(cls, runner: CommandOptions) -> Inputs:
        """Read the options of `runner` and its template files. Raises OSError if one cannot be
        read.
        """
        files = {name: Text(text, f"files.{name}") for name, text in runner.files.items()}
        files.update(
            (name, Text.from_file(path, f"templates.{name}"))
            for name, path in runner.templates.items()
        )
        return cls(
            argv=command_texts(runner),
            shell=shell_of(runner),
            files=files,
            copy=_paths("copy", runner.copy),
            link=_paths("link", runner.link),
            environment={
                name: variable_text(name, value) for name, value in runner.environment.items()
            },
            names={text.source: text for text in name_texts(runner)},
        )

    def for_calls(self) -> CallInputs:
        """Return them as those of calls with many samples."""
        return CallInputs(self.argv, self.shell, self.files, self.copy, self.link, self.environment)

    def render(
        self, params: Mapping[str, Any], own: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """Return what the worker needs to run one sample, as plain data; what is empty is left out.
        `own` has further names, for which a parameter may stand.
        """
        names = {**own, **context(params)}
        argv = [_passable(text, text.render(names)) for text in self.argv]
        environment = {
            name: None if text is None else _passable(text, text.render(names))
            for name, text in self.environment.items()
        }
        prepared = {
            "argv": argv if self.shell is None else [self.shell, "-c", *argv],
            "files": {name: text.render(names) for name, text in self.files.items()},
            "copy": _rendered_paths(self.copy, names),
            "link": _rendered_paths(self.link, names),
            "environment": environment,
            "names": {written: _file_name(text, names) for written, text in self.names.items()},
        }
        return {key: value for key, value in prepared.items() if value}

    def required_names(self) -> dict[str, set[str]]:
        """Name the parameters needed, by option path; texts that need none are left out."""
        found: dict[str, set[str]] = {}
        for text in self.texts():
            names = text.required_names()
            if names:
                found.setdefault(text.where, set()).update(names)
        return found

    def texts(self) -> Iterator[Text]:
        """Return every text with placeholders."""
        yield from self.argv
        for group in (self.files, self.copy, self.link, self.names):
            yield from group.values()
        yield from (text for text in self.environment.values() if text is not None)


def command_texts(runner: CommandOptions) -> list[Text]:
    """Return the command's parts as texts: the arguments of a list, or the one text for a shell."""
    if runner.shell:
        return [Text.for_shell(str(runner.command), "command")]
    first, others = runner.command[:1], runner.command[1:]
    return [
        *(Text.for_expansion(str(part), "command[0]") for part in first),
        *(Text(str(part), f"command[{number}]") for number, part in enumerate(others, 1)),
    ]


def variable_text(name: str, value: object) -> Text | None:
    """Return the value of an environment variable as a text, None for one that is removed."""
    return None if value is None else Text.for_expansion(str(value), f"environment.{name}")


def name_texts(runner: CommandOptions) -> list[Text]:
    """Return the names with placeholders of files that the command reads as input, writes, or
    leaves as output.
    """
    named = [(getattr(runner, stream), stream) for stream in ("stdin", "stdout", "stderr")]
    named += [(pattern_of(rule), f"outputs.{name}.file") for name, rule in runner.outputs.items()]
    named += [
        (pattern_of(condition), f"success[{number}].file")
        for number, condition in enumerate(runner.success)
    ]
    return [Text(name, where) for name, where in named if name and has_placeholders(name)]


def shell_of(runner: CommandOptions) -> str | None:
    """Return the shell to run the command with, or None."""
    if not runner.shell:
        return None
    return "/bin/sh" if runner.shell is True else runner.shell


def named(sources: list[str] | Mapping[str, str]) -> dict[str, str]:
    """Return files to copy or link by their names in the run directory; those of a list keep their
    own.
    """
    if isinstance(sources, Mapping):
        return dict(sources)
    return {os.path.basename(source.rstrip("/")): source for source in sources}


def _paths(option: str, sources: list[str] | Mapping[str, str]) -> dict[str, Text]:
    return {name: Text(source, f"{option}.{name}") for name, source in named(sources).items()}


def _rendered_paths(texts: Mapping[str, Text], names: Mapping[str, Any]) -> dict[str, str]:
    """Render paths of files; those of a neighbour are left out where a sample starts cold."""
    is_cold = names.get(neighbours.RUN_DIR) == ""
    return {
        name: _joined(text, names)
        for name, text in texts.items()
        if not (is_cold and _NEIGHBOURS_FILE.search(text.source))
    }


def _joined(text: Text, names: Mapping[str, Any]) -> str:
    """Render a path. A placeholder that gives an absolute path starts it anew, whatever directory
    was put before it.
    """
    head, begin, tail = text.source.partition("{{")
    if head.endswith("/") and begin:
        return os.path.join(head, Text(begin + tail, text.where).render(names))
    return text.render(names)


def _file_name(text: Text, names: Mapping[str, Any]) -> str:
    """Render the name of a file in the run directory. Raises SampleFailed if it is none."""
    name = text.render(names)
    problem = target_problem(name, RESERVED)
    if problem is not None:
        raise SampleFailed(f"{text.where}: {problem}", "prepare")
    return name


def _passable(text: Text, value: str) -> str:
    """Return `value` if a program can receive it as an argument or environment variable."""
    if has_nul(value) if text.expanded else "\0" in value:
        raise SampleFailed(
            f"{text.where} holds a NUL character, which no program can be given", "prepare"
        )
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise SampleFailed(
            f"{text.where} holds a character that cannot be written: {error}", "prepare"
        ) from None
    return value
