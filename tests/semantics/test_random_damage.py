"""Whatever damages a journal, at random: a resume gives the exact rows, runs no intact result
again, and never ends in a traceback.

Lines are altered, cut, deleted, doubled and shuffled, in campaigns of every shape, finished or half
done. What is right is said by a model that knows which lines are intact and in which order they
were written.

Every day two shapes, all with ``--full``.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from helpers.campaign import Campaign
from helpers.damage import SHAPES, Made
from helpers.marks import in_full, rounds


def series(campaign: Campaign, shape: str, seeds: range) -> None:
    made = Made(campaign, SHAPES[shape])
    for seed in seeds:
        lines = made.damaged(random.Random(f"{shape} {seed}"))
        try:
            made.check(lines)
        except BaseException:
            kept = Path(os.environ.get("DAMAGED_JOURNALS", campaign.root)) / f"{shape} {seed}.jsonl"
            kept.write_bytes(b"".join(line.data for line in lines))
            print(f"seed {seed}: {kept}")
            raise


#: Every day those that hold most of what the others do.
TELLING = ("failed parents left out", "children retried")


@pytest.mark.parametrize(
    "shape", [*TELLING, *in_full(*(shape for shape in SHAPES if shape not in TELLING))]
)
def test_random_damage(campaign: Campaign, shape: str) -> None:
    """A few of the long series."""
    series(campaign, shape, range(rounds(1, 2)))


FULL_SEED = int(os.environ.get("DAMAGE_SEED", "1000"))
EACH = int(os.environ.get("DAMAGE_COUNT", "50"))


@pytest.mark.full
@pytest.mark.parametrize("round_", range(2))
@pytest.mark.parametrize("shape", SHAPES)
def test_random_damage_at_length(campaign: Campaign, shape: str, round_: int) -> None:
    """600 damages, twice: fifty of each shape. DAMAGE_SEED and DAMAGE_COUNT in the environment make
    other series.
    """
    begin = FULL_SEED + EACH * round_
    series(campaign, shape, range(begin, begin + EACH))
