"""What an entry of `run_order` may say besides its sampler, runners and executors: when it starts,
where its samples start from, and in which order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from enchanted_tui.config.nested import Reader
from enchanted_tui.config.options import Nested, option
from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report


class StartFrom(Nested):
    """The sample from whose run directory another one starts."""

    nearest: Literal["all"] | list[str] = option(
        doc=(
            "The parameters in which the distance is measured; `all` are those that the samplers of"
            " this stage and of the stages before draw."
        ),
        example=["pressure", "current"],
    )
    scale: dict[str, float] = option(
        {},
        doc=(
            "What counts as a distance of 1, by parameter; by default the width of the sampler's"
            " bounds. Text counts as 1 where it differs."
        ),
        gt=0,
        example={"pressure": 1.0e4},
    )
    within: float | None = option(
        None,
        doc="How far a neighbour may be, in scaled distance; a sample without one starts cold.",
        gt=0,
        example=0.3,
    )
    files: list[str] = option(
        [],
        doc="Files that a run directory must have for another sample to start from it.",
        example=["restart.h5"],
    )
    ahead: int = option(
        0,
        doc=(
            "How many samples are handed out beyond those that run at the same time. Each chooses"
            " its neighbour when it is handed out."
        ),
        ge=0,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.nearest == []:
            yield "nearest", "names no parameter; write all, or the parameters"
        for index, name in enumerate(self.files):
            if not name or name.startswith("/") or ".." in name.split("/"):
                yield f"files[{index}]", f"{name!r} is no file below a run directory"


class StageOptions(Nested):
    """The declared options of a stage."""

    start: str | None = option(
        None,
        doc=(
            "When the samples of a stage after the first begin. after_parent: those that are"
            " combined with a row of the stage before, as soon as that row is there. after_stage:"
            " all of them when the stage before is complete. By default after_parent where the"
            " sampler draws without results (see docs/nesting.md)."
        ),
        choices=("after_parent", "after_stage"),
    )
    start_from: Literal["nearest"] | dict[str, Any] | None = option(
        None,
        doc=(
            "nearest: each sample is given the run directory of the nearest successful sample of"
            " its stage, as `neighbour_run_dir`. A mapping says more (see docs/continuation.md)."
        ),
        nested=StartFrom,
        example={"nearest": ["pressure", "current"], "within": 0.3},
    )
    order: str = option(
        "drawn",
        doc=(
            "drawn: the samples of a batch begin in the order in which they were drawn. nearest:"
            " the one that is nearest to a finished success comes next; needs start_from."
        ),
        choices=("drawn", "nearest"),
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.order == "nearest" and self.start_from is None:
            yield "order", "nearest goes by the neighbours of start_from; write start_from: nearest"


KEYS = tuple(StageOptions.options())


class Continuation(NamedTuple):
    """How the samples of a stage start from others."""

    start_from: StartFrom
    by_distance: bool  #: whether the order of drawing follows it


class StageSettings(NamedTuple):
    """What the options of a stage say."""

    continuation: Continuation | None = None  #: how its samples start from others, if they do
    start: str | None = None  #: as written


def read_stage_options(
    reader: Reader, path: Path, entry: dict[Any, Any], report: Report
) -> StageSettings:
    """Return what the options of the stage at `path` say; nothing if there are errors, which are
    reported.
    """
    given = {key: value for key, value in entry.items() if key in KEYS}
    found = reader.read(StageOptions, path, given, report) if given else None
    if found is None:
        return StageSettings()
    start_from: Any = found[2].start_from
    if start_from is None:
        return StageSettings(start=found[2].start)
    if start_from == "nearest":
        start_from = {"nearest": "all"}
    continuation = Continuation(StartFrom(**start_from), found[2].order == "nearest")
    return StageSettings(continuation, found[2].start)
