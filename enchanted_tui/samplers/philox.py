"""Random 64-bit words by position: any stretch of the stream without what comes before it.

The generator is Philox 4x64-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1,
2, 3, SC'11, doi:10.1145/2063384.2063405), a counter-based one: word i is a function of the key and
of i. Conversions to other distributions are done here, so that what is drawn does not change with
numpy's own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Words = numpy.ndarray[Any, numpy.dtype[numpy.unsignedinteger[Any]]]
    Floats = numpy.ndarray[Any, numpy.dtype[numpy.floating[Any]]]

_WORDS_PER_BLOCK = 4
_LAST_COUNTER = 2**256 - 1  # numpy counts up before it generates, so block 0 is the one after this


def words(seed: int, stage: int, start: int, count: int) -> Words:
    """Return words `start` to `start + count` of the stream that belongs to `seed` and `stage`."""
    import numpy

    block, offset = divmod(start, _WORDS_PER_BLOCK)
    counter = (block + _LAST_COUNTER) % (_LAST_COUNTER + 1)
    generator = numpy.random.Philox(key=_key(seed, stage), counter=_limbs(counter))
    return generator.random_raw(offset + count)[offset:]


def half_open(raw: Words) -> Floats:
    """Return words as uniform numbers in [0, 1), multiples of 2**-53."""
    import numpy

    return (raw >> numpy.uint64(11)) * 2.0**-53


def open_interval(raw: Words) -> Floats:
    """Return words as uniform numbers in (0, 1), neither end included: odd multiples of 2**-53."""
    import numpy

    return ((raw >> numpy.uint64(12)) + 0.5) * 2.0**-52


@lru_cache(maxsize=64)
def _key(seed: int, stage: int) -> Words:
    import numpy

    return numpy.random.SeedSequence(seed, spawn_key=(stage,)).generate_state(2, numpy.uint64)


def _limbs(counter: int) -> Words:
    import numpy

    return numpy.array(
        [counter >> shift & 0xFFFFFFFFFFFFFFFF for shift in (0, 64, 128, 192)], dtype=numpy.uint64
    )
