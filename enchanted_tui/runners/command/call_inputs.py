"""What goes into a call of a CommandRunner with many samples: what they share, and what each
adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from enchanted_tui.runners.command.call_files import LoopText
from enchanted_tui.runners.command.call_texts import CallText
from enchanted_tui.runners.command.rendering import Text


class CallInputs:
    """The texts of one runner whose calls have many samples. Only files know of single samples."""

    def __init__(
        self,
        argv: Iterable[Text],
        shell: str | None,
        files: Mapping[str, Text],
        copy: Mapping[str, Text],
        link: Mapping[str, Text],
        environment: Mapping[str, Text | None],
    ) -> None:
        self._argv = [CallText.of(text) for text in argv]
        self._shell = shell
        self._files = {name: CallText.of(text) for name, text in files.items()}
        self._with_loops: dict[str, CallText] | None = None
        self.copy = {name: CallText.of(text) for name, text in copy.items()}
        self._link = {name: CallText.of(text) for name, text in link.items()}
        self.environment = {
            name: None if text is None else CallText.of(text) for name, text in environment.items()
        }

    def shared(self) -> dict[str, Any]:
        """Return what all samples have in common, as plain data. Raises SampleFailed."""
        argv = [text.constant() for text in self._argv]
        found = {
            "argv": argv if self._shell is None else [self._shell, "-c", *argv],
            "files": {name: text.segments() for name, text in self._files.items()},
            "environment": {
                name: None if text is None else text.constant()
                for name, text in self.environment.items()
            },
            "copy": {name: text.constant() for name, text in self.copy.items()},
            "link": {name: text.constant() for name, text in self._link.items()},
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
        yield from (*self.copy.values(), *self._link.values())
        yield from (text for text in self.environment.values() if text is not None)
