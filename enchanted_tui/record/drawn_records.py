"""What records hold that say which samples there are: which were drawn or added by hand, and with
which rows of the stage before they are combined.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict


class JournalLine(TypedDict):
    v: NotRequired[Annotated[int, "format version, now 1"]]
    time: NotRequired[Annotated[float, "seconds since the epoch"]]
    crc: NotRequired[Annotated[str, "checksum of the rest of the line"]]


Added = list[Any]  #: a batch added by hand, its size, and the request


class Drawn(TypedDict, total=False):
    """What sessions have drawn of a stage."""

    sizes: list[list[int]]
    parents: list[list[int]]
    added: list[Added]


class ParentsRecord(JournalLine):
    """Which rows of the stage before are combined with this stage's samples, whether they are there
    already or still to come. Parents keep their place for ever, new ones are added at the end. A
    record with `after` holds these alone, any other one the whole list.
    """

    type: Literal["parents"]
    depth: Annotated[int, "of the stage"]
    ranges: Annotated[list[list[int]], "a list of `[batch, first sample, end]`"]
    after: NotRequired[
        Annotated[int, "how many parents the list had before, where those in `ranges` follow them"]
    ]
    anew: NotRequired[
        Annotated[
            bool,
            "parents that were gone after damage have given their places to others; what had been"
            " combined with them is given up",
        ]
    ]


class SamplesRecord(JournalLine):
    """Values drawn, before any of them runs; at most 1,000 in one record. Either `names` with
    `rows` or, where samples differ in their names, `samples`.
    """

    type: Literal["samples"]
    depth: Annotated[int, "of the stage"]
    batch: Annotated[int, "number of the batch"]
    first: Annotated[int, "position of the batch's sample 0 in its stage"]
    size: Annotated[int, "of the batch"]
    start: Annotated[int, "first sample of this record"]
    known: NotRequired[
        Annotated[
            int,
            "for a sampler that learns, how many samples of the stage had finished when they were"
            " chosen",
        ]
    ]
    names: NotRequired[Annotated[list[str], "of the parameters"]]
    rows: NotRequired[Annotated[list[list[Any]], "values in the order of `names`"]]
    samples: NotRequired[Annotated[list[dict[str, Any]], "samples by name"]]


class AddedRecord(JournalLine):
    """Points that somebody has added by hand: a batch of its own, beyond what the sampler draws; at
    most 1,000 in one record. See [Points added by hand](samplers.md#points-added-by-hand).
    """

    type: Literal["added"]
    request: Annotated[str, "of whom this is the answer to; the same points are never added twice"]
    by: Annotated[str, "who asked"]
    file: Annotated[str, "name of the file that the points were read from"]
    depth: Annotated[int, "of the stage"]
    batch: Annotated[int, "number of the batch"]
    first: Annotated[int, "position of the batch's sample 0 in its stage"]
    size: Annotated[int, "of the batch"]
    start: Annotated[int, "first sample of this record"]
    names: NotRequired[Annotated[list[str], "of the parameters"]]
    rows: NotRequired[Annotated[list[list[Any]], "values in the order of `names`"]]
    samples: NotRequired[Annotated[list[dict[str, Any]], "samples by name, as in `samples`"]]
