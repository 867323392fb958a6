"""What a sampler is: it says where to look next.

A built-in sampler is a pure function of seed, stage and position: it implements `points` and
nothing that is drawn depends on what was drawn before, so a campaign resumes without replaying. A
sampler that learns sets `adaptive` and overrides `get_next_samples` and `register_future`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from enchanted_tui.config.options import Component, option

if TYPE_CHECKING:
    import pandas

    from enchanted_tui.config.ranges import Ranges

Sample = dict[str, Any]


class SomeSampler(Protocol):
    """What the supervisor needs of a sampler, a plugin's included."""

    budget: int

    def get_next_samples(self) -> Sequence[Mapping[str, Any]] | None: ...
    def skip(self, n_batches: int) -> None: ...
    def register_future(self, dataset: Any) -> None: ...


class Sampler(Component):
    """Draw samples in batches until the budget is spent."""

    kind: ClassVar[str] = "sampler"
    #: True if the next batch depends on the results of the ones before.
    adaptive: ClassVar[bool] = False
    #: True if what it draws follows from its options, its seed, its stage and the position alone:
    #: its samples can be combined with a parent as soon as this one has its row, before the others
    #: have theirs. A class that is built upon another one says so itself.
    independent: ClassVar[bool] = False
    #: True if a smaller draw is the beginning of a larger one.
    begins_alike: ClassVar[bool] = False
    #: Seed that holds where the user gives none, neither here nor for the campaign.
    default_seed: ClassVar[int | None] = None

    seed: int | None = option(
        None, doc="Seed of this sampler; without it, supervisor.seed is used.", ge=0
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._batches = 0
        self._submitted = 0
        self._stage = 0
        self._campaign_seed: int | None = None
        self._seed_given = False

    # -- what a pure sampler implements ------------------------------------------------------------

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        """Return samples `start` to `stop` of a batch of `size` samples.

        `batch` is the index of the batch in its stage and `first` the position, in its stage, of
        the batch's sample 0.
        """
        raise NotImplementedError

    @property
    def total(self) -> int | None:
        """How many points there are in all (a grid, a file), or None where there is always another
        one.
        """
        return None

    @property
    def is_determined(self) -> bool:
        """True if the points follow from the options alone, without a seed that is drawn: the older
        program drew the same ones.
        """
        return False

    @property
    def variants(self) -> int:
        """In how many ways versions of this program have drawn the points; way 0 is today's."""
        return 1

    def use_variant(self, variant: int) -> None:
        """Draw the points in way `variant` from now on: a campaign goes on in the way in which it
        was begun.
        """

    # -- place and size ----------------------------------------------------------------------------

    def place(self, campaign_seed: int, stage: int, *, given: bool = True) -> None:
        """Tell the sampler the campaign's seed and its stage, which together with the position
        determine every draw.

        `given` is False where the user gave no seed and the campaign drew one: a sampler with a
        `default_seed` then keeps that.
        """
        self._campaign_seed, self._stage, self._seed_given = campaign_seed, stage, given

    @property
    def seed_given(self) -> bool:
        """True if the seed was chosen by the user, here or for the campaign."""
        return self.seed is not None or (self._campaign_seed is not None and self._seed_given)

    def effective_seed(self) -> int:
        """The seed in force: the sampler's own, else the campaign's, else the default, else one
        drawn now and kept.
        """
        if self.seed is not None:
            return self.seed
        if self.default_seed is not None and not self.seed_given:
            return self.default_seed
        if self._campaign_seed is None:
            self._campaign_seed, self._seed_given = secrets.randbits(63), False
        return self._campaign_seed

    @property
    def stage(self) -> int:
        return self._stage

    @property
    def parameter_names(self) -> Sequence[str]:
        """Names of the parameters it draws."""
        return tuple(getattr(self, "parameters", ()))

    def ranges(self) -> Ranges:
        """Return how far the values of each parameter reach, of those of which that is known before
        anything is drawn.
        """
        return {}

    def units(self) -> dict[str, str]:
        """Return the units of the parameters of which it says one."""
        return {}

    # -- the interface that plugins and library users know -----------------------------------------

    @property
    def submitted(self) -> int:
        """How many samples have been drawn through `get_next_samples` and `skip`."""
        return self._submitted

    @property
    def target(self) -> int:
        """How many samples there will be: the budget, or all there are where the budget asks for
        more.
        """
        total = self.total
        return self.budget if total is None else min(self.budget, total)

    @property
    def has_budget(self) -> bool:
        return self._submitted < self.target

    def next_size(self) -> int:
        """Size of the next batch: `batch_size`, or what is left of the budget."""
        left = max(0, self.target - self._submitted)
        size = getattr(self, "batch_size", None)
        return left if size is None else min(size, left)

    def get_next_samples(self) -> list[Sample]:
        """Draw the next batch; an empty list when the budget is spent."""
        size = self.next_size()
        samples = self.points(self._batches, self._submitted, size, 0, size) if size else []
        self._batches += 1 if samples else 0
        self._submitted += len(samples)
        return samples

    def skip(self, n_batches: int) -> None:
        """Go on as if `n_batches` had been drawn."""
        for _ in range(n_batches):
            size = self.next_size()
            if size:
                self._batches += 1
                self._submitted += size

    def warnings(self) -> Iterator[tuple[str, str]]:
        if vars(self).get("budget") == 0:  # as given: a total of 0 is a problem of its own
            yield (
                "budget",
                (
                    "a budget of 0 draws no samples, so nothing will run; give the number of"
                    " samples wanted"
                ),
            )

    def register_future(self, dataset: pandas.DataFrame) -> None:
        """Learn from the results of a finished batch. A sampler that does not learn ignores
        them.
        """

    if TYPE_CHECKING:
        budget: int
