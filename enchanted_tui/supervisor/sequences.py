"""Samples on record compared with those that the samplers draw now, so that a campaign goes on with
its own sequence of points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from enchanted_tui import values
from enchanted_tui.errors import RefusedError
from enchanted_tui.record.records import SamplesRecord
from enchanted_tui.record.samples import read_samples
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.samplers.base import Sampler
from enchanted_tui.values import Row

_MOST_SLICES = 100  #: compared of each stage
_PRECISION = (
    1e-9  #: of the largest value of a parameter; the older program's values went through text
)

Read = Callable[[int], SamplesRecord]


def continue_sequences(
    samplers: Sequence[Any], state: CampaignState, targets: Sequence[int], read: Read
) -> None:
    """Make each sampler that has more to draw go on in the way in which its recorded samples were
    drawn.

    What the older program drew is compared too, where the options alone say which points there are.
    Raises RefusedError where the recorded samples are not the sampler's: going on would make one
    dataset of two designs.
    """
    for stage, sampler, target in zip(state.stages, samplers, targets, strict=True):
        if not isinstance(sampler, Sampler):
            continue
        several = sampler.variants > 1 and _is_unfinished(stage, target)
        if several or (state.taken_over and sampler.is_determined):
            _choose_variant(sampler, stage, read)


def _is_unfinished(stage: StageState, target: int) -> bool:
    return stage.drawn < target or any(not batch.done for batch in stage.batches)


def _choose_variant(sampler: Sampler, stage: StageState, read: Read) -> None:
    first_difference = None
    for variant in range(sampler.variants):
        sampler.use_variant(variant)
        difference = next(_differences(sampler, stage, read), None)
        if difference is None:
            return
        first_difference = first_difference or difference
    sampler.use_variant(0)
    raise RefusedError(
        f"Stage {stage.depth}: the samples on record are not those that {type(sampler).__name__}"
        f" draws with this configuration ({first_difference}). Going on would mix two designs; use"
        " the configuration that the run was made with, or start another campaign in another"
        " base_run_dir."
    )


def _differences(sampler: Sampler, stage: StageState, read: Read) -> Iterator[str]:
    """Say which recorded samples differ from those that are drawn now."""
    batches = [batch for batch in stage.batches if not batch.added]
    recorded = [(batch, offset) for batch in batches for offset in batch.slices.values()]
    for batch, offset in recorded[:: math.ceil(len(recorded) / _MOST_SLICES)] if recorded else ():
        record = read(offset)
        samples = read_samples(record)
        start = record["start"]
        try:
            place = batch.sampler_index, batch.sampler_first, batch.size
            drawn = sampler.points(*place, start, start + len(samples))
        except IndexError as error:
            yield str(error)
            return
        scales = _scales(drawn)
        for number, (old, new) in enumerate(zip(samples, drawn, strict=True)):
            for name in old.keys() & new.keys():
                if not _same(old[name], new[name], scales.get(name, 0.0)):
                    yield (
                        f"sample {batch.first + start + number} has {name} = {old[name]!r:.60}, now"
                        f" it would be {new[name]!r:.60}"
                    )


def _scales(samples: list[Row]) -> dict[str, float]:
    """Return the largest size of each parameter that is a number everywhere."""
    scales = {}
    for name in samples[0] if samples else ():
        if all(_is_number(sample.get(name)) for sample in samples):
            scales[name] = max(abs(float(sample[name])) for sample in samples)
    return scales


def _same(recorded: Any, drawn: Any, scale: float) -> bool:
    if _is_number(recorded) and _is_number(drawn):
        return (
            math.isclose(recorded, drawn, rel_tol=_PRECISION, abs_tol=_PRECISION * scale)
            or recorded == drawn
        )
    return (
        values.encode(recorded) == values.encode(drawn)
        or values.cell(recorded) == values.cell(drawn)
        or _reads_as(drawn, recorded)
    )


def _reads_as(drawn: Any, recorded: Any) -> bool:
    """Tell whether text was taken for a number on its way through the older program's files: "007"
    for 7.
    """
    try:
        return isinstance(drawn, str) and _is_number(recorded) and float(drawn) == recorded
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
