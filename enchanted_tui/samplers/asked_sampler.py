"""What the supervisor asks of a sampler that says what is to be learnt and leaves the asking of the
model to the supervisor, so that it may take its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from enchanted_tui.samplers.base import Sample
    from enchanted_tui.samplers.gest.transcript import PastDraw
    from enchanted_tui.samplers.learning_sampler import Draw, Pending
    from enchanted_tui.values import Row


class AskedSampler(Protocol):
    """Draws knowing which samples have finished, and which are pending."""

    @property
    def method(self) -> str:
        """Who answers its questions (see `samplers.learning.__main__`)."""

    @property
    def asynchronous(self) -> bool: ...
    @property
    def ahead(self) -> int | None: ...
    def first_batch(self) -> int: ...
    def next_count(self, first: int, target: int) -> int: ...
    def begin(self, data_dir: str) -> None: ...
    def tell(self, position: int, sample: Sample, rows: Sequence[Row]) -> None: ...
    def draw(
        self,
        first: int,
        count: int,
        pending: Sequence[Pending],
        ask: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Draw: ...


@runtime_checkable
class RecallingSampler(Protocol):
    """An asked sampler that wants to know, when it begins, in which order things have happened."""

    def recall(self, draws: Sequence[PastDraw], finished: Sequence[int]) -> None:
        """Take in the draws on record, and the positions of the samples that have finished, in the
        order in which they did.
        """
