"""A sampler that raises: it stops the campaign, when what was drawn before has been run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from enchanted_tui.errors import ExitCode, UserError
from enchanted_tui.samplers.missing_columns import WrongColumnError


class SamplerFailure(UserError):
    """A sampler raised; the message says which and what."""

    exit_code = ExitCode.DEFECT

    @property
    def is_of_a_name(self) -> bool:
        """True if the configuration names a column that no sample has."""
        return isinstance(self.__cause__, WrongColumnError)


@contextmanager
def blamed_on(sampler: object) -> Iterator[None]:
    """Turn whatever a sampler raises into a SamplerFailure."""
    try:
        yield
    except (Exception, SystemExit) as error:
        kind = "" if isinstance(error, UserError) else f" {type(error).__name__}:"
        raise SamplerFailure(f"{type(sampler).__name__} failed:{kind} {error}") from error
