"""One way to build each built-in sampler, for tests that hold for all of them."""

from __future__ import annotations

import atexit
import functools
import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings

from enchanted_tui.config.lookup import BUILTIN
from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.base import Sample, Sampler
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.csv_sampler import CSVSampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.latin_hypercube_sampler import LatinHypercubeSampler
from enchanted_tui.samplers.pool_sampler import PoolSampler
from enchanted_tui.samplers.random_sampler import RandomSampler
from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler
from helpers.marks import examples

#: scipy is imported by the first draw, which takes longer than hypothesis allows an example.
unhurried = settings(deadline=None, max_examples=examples(50))

Build = Callable[..., Any]  #: the sampler, of whichever class
SEED = 20_260


def placed(sampler: Sampler, seed: int = SEED, stage: int = 1) -> Any:
    sampler.place(seed, stage)
    return sampler


def _classes() -> list[type[Sampler]]:
    """Return the classes of all built-in samplers."""
    places = (where.partition(":") for where in BUILTIN["sampler"].values())
    return [getattr(importlib.import_module(module), name) for module, _, name in places]


#: The built-in samplers that draw from a box and do not learn. They are found, not listed: so a new
#: one is held to parameters of all kinds, constraints, derived columns and repeats.
BOX_SAMPLERS: list[type[Sampler]] = [
    cls for cls in _classes() if issubclass(cls, BoxSampler) and cls.independent
]


def _box(cls: type[Sampler], **fixed: Any) -> Build:
    def build(budget: int, **options: Any) -> Sampler:
        return placed(
            cls(
                bounds=[[1, 3], [0.5, 0.5], [2, 1000]],
                parameters=["x", "y", "n"],
                budget=budget,
                **fixed,
                **options,
            )
        )

    return build


def _array(budget: int, **options: Any) -> Sampler:
    return placed(
        ArraySampler(bounds=[list(range(budget)), ["L"]], parameters=["x", "mode"], **options)
    )


def _grid(budget: int, **options: Any) -> Sampler:
    return placed(
        GridSampler(
            bounds=[[0, 1], [2, 3]], parameters=["x", "y"], num_samples=[budget, 1], **options
        )
    )


def _pool(budget: int, **options: Any) -> Sampler:
    return placed(PoolSampler(path=str(_points_of_pool()), budget=budget, **options))


@functools.cache
def _points_of_pool() -> Path:
    """Write a pool of points, once for all tests of this process."""
    directory = tempfile.TemporaryDirectory(prefix="enchanted-tui-pool-")
    atexit.register(directory.cleanup)
    path = Path(directory.name) / "pool.csv"
    path.write_text("x,label\n" + "".join(f"{row / 7!r},n{row}\n" for row in range(200)))
    return path


#: Samplers whose sample i is a function of seed, stage and i alone; of i alone where the name ends in
#: "-bare".
BY_POSITION: dict[str, Build] = {
    **{
        f"random-{name}": _box(RandomSampler, distribution=name)
        for name in ("uniform", "loguniform", "normal")
    },
    "random-int_uniform": lambda budget, **options: placed(
        RandomSampler(
            bounds=[[1, 3], [7, 7], [-(2**90), 2**90]],
            parameters=["x", "y", "n"],
            budget=budget,
            distribution="int_uniform",
            **options,
        )
    ),
    "sobol": _box(SobolSequenceSampler),
    "sobol-bare": _box(SobolSequenceSampler, scramble=False),
    "pool": _pool,
}

#: Samplers that have as many points as they are given, here `budget` of them.
FINITE: dict[str, Build] = {"grid": _grid, "array": _array}

ALL: dict[str, Build] = {**BY_POSITION, **FINITE, "latin-hypercube": _box(LatinHypercubeSampler)}


def drawn(sampler: Sampler) -> list[list[Sample]]:
    """Draw batch after batch until there are no more."""
    batches = []
    while sampler.has_budget:
        batches.append(sampler.get_next_samples())
    return batches


def flat(batches: list[list[Sample]]) -> list[Sample]:
    return [sample for batch in batches for sample in batch]


def csv_of(path: Any, rows: int) -> CSVSampler:
    path.write_text("x,label\n" + "".join(f"{row / 7!r},n{row}\n" for row in range(rows)))
    return CSVSampler(path=str(path))
