"""What is wrong with a configuration: located, one sentence each, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from enchanted_tui.errors import ExitCode, UserError

Severity = Literal["error", "warning"]
#: Keys and indices that lead to a place in the configuration.
Path = tuple[Any, ...]

_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One sentence about one place of a configuration; `line` and `column` count from 1 and are
    None where there is no text.
    """

    severity: Severity
    file: str
    line: int | None
    column: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f":{self.line}:{self.column}"
        # the place of an overridden value names its key already
        key = "" if _dotted(self.file).endswith(f" {_dotted(self.key)}") else self.key
        return ": ".join(part for part in (place, key, self.message) if part)


class ConfigError(UserError):
    """A configuration that cannot be used. Its text is all of the problems, one in each line,
    warnings marked.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(
            "\n".join(
                f"warning: {problem}" if problem.severity == "warning" else str(problem)
                for problem in self.problems
            )
        )


class UnreadableConfigError(ConfigError):
    """There is something in the place of the configuration that cannot be read at all: the
    environment's fault, not the text's.
    """

    exit_code = ExitCode.ENVIRONMENT


def key_text(path: Path) -> str:
    """Return a place in the configuration as a person writes it:
    ``supervisor.run_order[0].sampler``.
    """
    text = ""
    for part in path:
        if isinstance(part, int) and not isinstance(part, bool):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else str(part)
    return text


def _dotted(key: str) -> str:
    return key.replace("[", ".").replace("]", "")


def describe(value: Any) -> str:
    """Name a value in a few words, however large it is."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return shortened(repr(value))
    if isinstance(value, dict):
        return (
            f"a mapping of {len(value)} keys"
            if len(value) != 1
            else f"a mapping with the key {shortened(repr(next(iter(value))))}"
        )
    if isinstance(value, list | tuple):
        return f"a list of {len(value)} values" if len(value) != 1 else "a list of 1 value"
    if isinstance(value, int) and value.bit_length() > 200:
        return "an integer of more than 60 digits"
    return shortened(str(value))


def shortened(text: str) -> str:
    """Cut a long text in the middle."""
    if len(text) <= _LONGEST_SHOWN:
        return text
    half = (_LONGEST_SHOWN - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


# -- names -----------------------------------------------------------------------------------------


def in_style_of(written: str, name: str) -> str:
    """Spell a class name as the user spells names: ``local_executer`` is answered by
    ``local_executor``.
    """
    return snake_case(name) if written == written.lower() else name


def snake_case(name: str) -> str:
    """Return ``LocalExecutor`` as ``local_executor``, ``CSVSampler`` as ``csv_sampler``,
    ``Gauss2DRunner`` as ``gauss_2d_runner``.
    """
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    text = re.sub(r"([a-z])([A-Z])", r"\1_\2", text)
    text = re.sub(r"([a-z])([0-9])", r"\1_\2", text)
    return re.sub(r"([0-9][A-Z]?)([A-Z][a-z])", r"\1_\2", text).lower().replace("__", "_")
