"""What goes into a call of a CommandRunner with many samples: what they share, and what each adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enchanted_tui.runners.command.call_files import LoopText
from enchanted_tui.runners.command.call_texts import CallText
from enchanted_tui.runners.command.inputs import Inputs

if TYPE_CHECKING:
    from enchanted_tui.runners.command_runner import CommandRunner


class CallInputs:
    """The texts of one runner whose calls have many samples. Only files know of single samples."""

    def __init__(self, plain: Inputs) -> None:
        self._argv = [CallText.of(text) for text in plain.argv]
        self._shell = plain.shell
        self._groups = {
            key: {name: CallText.of(text) for name, text in getattr(plain, key).items()}
            for key in ("copy", "link")
        }
        self._environment = {
            name: None if text is None else CallText.of(text)
            for name, text in plain.environment.items()
        }
        self._files = {name: CallText.of(text) for name, text in plain.files.items()}
        self._with_loops: dict[str, CallText] | None = None
        self.copy = self._groups["copy"]  # where placeholders are looked for that were copied
        self.environment = self._environment

    @classmethod
    def of(cls, runner: CommandRunner) -> CallInputs:
        """Read the options of `runner` and its template files. Raises OSError if one cannot be
        read.
        """
        return cls(Inputs.of(runner))

    def shared(self) -> dict[str, Any]:
        """Return what all samples have in common, as plain data. Raises SampleFailed."""
        argv = [text.constant() for text in self._argv]
        found = {
            "argv": argv if self._shell is None else [self._shell, "-c", *argv],
            "files": {name: text.segments() for name, text in self._files.items()},
            "environment": {
                name: None if text is None else text.constant()
                for name, text in self._environment.items()
            },
            **{
                key: {name: text.constant() for name, text in group.items()}
                for key, group in self._groups.items()
            },
        }
        return {key: value for key, value in found.items() if value}

    def render(self, params: Mapping[str, Any]) -> dict[str, list[LoopText]]:
        """Return what a sample adds to the files, by name. Raises SampleFailed."""
        if self._with_loops is None:
            self._with_loops = {name: text for name, text in self._files.items() if text.has_loop()}
        return {name: text.of_sample(params) for name, text in self._with_loops.items()}

    def has_loops(self) -> bool:
        """Return whether a file names the samples."""
        return any(text.has_loop() for text in self._files.values())

    def is_file(self, text: CallText) -> bool:
        """Return whether a text is that of a file, which may loop over the samples."""
        return any(text is file for file in self._files.values())

    def required_names(self) -> dict[str, set[str]]:
        """Name the parameters needed, by option path; texts that need none are left out."""
        found = {text.where: text.required_names() for text in self._files.values()}
        return {where: names for where, names in found.items() if names}

    def texts(self) -> Iterator[CallText]:
        """Return every text with placeholders."""
        yield from self._argv
        yield from self._files.values()
        for group in self._groups.values():
            yield from group.values()
        yield from (text for text in self._environment.values() if text is not None)
