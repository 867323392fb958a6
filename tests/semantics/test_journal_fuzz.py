"""Journals damaged in every way that disks, networks and editors know, thousands of times: whoever
reads one gets an answer, without a traceback and at once; every intact result is kept, and no row
is another one's.

The long way, a resume with real runs, is gone for some of them; `test_random_damage` has more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.executors.base import TaskId
from enchanted_tui.headless import status_lines
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.session_start import build_samplers, portions
from enchanted_tui.record.state import CampaignState
from enchanted_tui.views.viewing import Viewer
from helpers.campaign import Campaign
from helpers.damage import DAMAGES, SHAPES, Line, Made, Model, truncate
from helpers.marks import in_full

_LONGEST = 5.0  #: seconds of processor time that any one look may take
Damage = Callable[[list[Line], random.Random], None]


# -- more damage -----------------------------------------------------------------------------------


def overwrite(lines: list[Line], chance: random.Random, pattern: Callable[[int], bytes]) -> None:
    """Put bytes in the place of others, over the ends of lines too."""
    first = chance.randrange(len(lines))
    touched = lines[first : first + chance.choice((1, 1, 2, 4))]
    whole = b"".join(line.data for line in touched)
    if not whole:
        return
    start = chance.randrange(len(whole))
    new = pattern(min(len(whole) - start, chance.choice((1, 8, 64, 512, 4096))))
    after = whole[:start] + new + whole[start + len(new) :]
    position, joined = 0, False
    for line in touched:
        end = position + len(line.data)
        piece = after[position:end]
        line.intact &= piece == line.data and not joined
        joined = bool(line.data) and not piece.endswith(b"\n")
        position, line.data = end, piece
    following = next((line for line in lines[first + len(touched) :] if line.data), None)
    if joined and following is not None:
        following.intact = False


def random_bytes(lines: list[Line], chance: random.Random) -> None:
    overwrite(lines, chance, chance.randbytes)


def zero_block(lines: list[Line], chance: random.Random) -> None:
    overwrite(lines, chance, bytes)


def swap(lines: list[Line], chance: random.Random) -> None:
    """Let two results change places, and with them their neighbours in between stay."""
    places = _results(lines)
    if len(places) > 1:
        one, other = chance.sample(places, 2)
        lines[one], lines[other] = lines[other], lines[one]


def reverse(lines: list[Line], chance: random.Random) -> None:
    """Reverse the order of results that follow each other."""
    places = _results(lines)
    if len(places) > 1:
        start = chance.randrange(len(places) - 1)
        chosen = places[start : start + chance.randint(2, 8)]
        taken = [lines[place] for place in reversed(chosen)]
        for place, line in zip(chosen, taken, strict=True):
            lines[place] = line


def two_neighbours(lines: list[Line], chance: random.Random) -> None:
    """Damage a line and the one behind it."""
    first = chance.randrange(max(1, len(lines) - 1))
    for line in lines[first : first + 2]:
        if len(line.data) > 2:
            at = chance.randrange(len(line.data) - 1)
            line.data = line.data[:at] + b"#" + line.data[at + 1 :]
            line.intact = False


def garbage(lines: list[Line], chance: random.Random) -> None:
    """Put lines in between that are none, or those of something else."""
    junk = chance.choice(
        (b"\n", b"\0" * 512 + b"\n", b"{}\n", b"[1]\n", b'"crc"\n', b"\xff\xfe{\n", b"null\n")
    )
    place = chance.randrange(len(lines) + 1)
    if place == 0 or lines[place - 1].data.endswith(b"\n") or not lines[place - 1].data:
        lines.insert(place, Line(-1, junk, intact=False))


def _results(lines: list[Line]) -> list[int]:
    return [
        place
        for place, line in enumerate(lines)
        if b'"type":"task"' in line.data and line.data.endswith(b"\n")
    ]


ALL: tuple[Damage, ...] = (
    *DAMAGES,
    random_bytes,
    zero_block,
    swap,
    reverse,
    two_neighbours,
    garbage,
)


def damaged(made: Made, chance: random.Random) -> list[Line]:
    """Return the lines of the campaign, finished or cut somewhere, with one to three damages."""
    end = len(made.whole)
    if chance.random() < 0.6:
        end = chance.randrange(2, end + 1)
    lines = [Line(line.place, line.data) for line in made.whole[:end]]
    chosen = chance.sample(ALL, chance.choice((1, 1, 2, 3)))
    # those that join two lines come last: what others do to lines then stays true
    for damage in sorted(chosen, key=lambda one: one in (truncate, random_bytes, zero_block)):
        damage(lines, chance)
    return lines


# -- looking ---------------------------------------------------------------------------------------


def recorded(state: CampaignState) -> dict[tuple[int, ...], int]:
    """Return the offsets of all results that have a place."""
    return {
        (stage.depth, batch.index, sample, number): offset
        for stage in state.stages
        for batch in stage.batches
        for number, step in enumerate(batch.steps)
        for sample, offset in enumerate(step.offsets)
        if offset >= 0
    }


def look(made: Fuzzed, lines: list[Line]) -> None:
    """Read the damaged journal as a resume and as a viewer do, and compare with the model."""
    made.journal.write_bytes(b"".join(line.data for line in lines))
    began = time.process_time()
    intact = {line.place: line for line in lines if line.intact and line.place >= 0}
    try:
        state, _ = fold(made.journal, made.portions)
    except EnvironmentProblem:
        assert not any(line.record["type"] == "open" for line in intact.values())
        return
    written = {line.data for line in made.whole}
    placed = recorded(state)
    with JournalReader(made.journal) as reader:
        for task, offset in placed.items():
            record = reader.read(offset)
            assert tuple(record["task"]) == task, "a result is in another one's place"
    kept = set(placed) | {
        tuple(record["task"])
        for waiting in state.waiting_results._waiting.values()
        for record, _ in waiting
    }
    model = Model(made.children)
    for place in sorted(intact):
        assert intact[place].data in written
        model.take(intact[place].record)
    lost = {TaskId(*task).name for task in model.results.keys() - kept}
    assert not lost, "intact results are lost"
    viewer = Viewer(made.campaign.run_dir)
    try:
        view = viewer.refresh(budget=5)
    finally:
        viewer.close()
    assert status_lines(view)
    assert time.process_time() - began < _LONGEST


class Fuzzed(Made):
    """A campaign whose journal is damaged again and again."""

    def __init__(self, campaign: Campaign, shape: str) -> None:
        super().__init__(campaign, SHAPES[shape])
        config = load_config(campaign.config_path)
        self.portions = lambda: portions(build_samplers(config, 0))


def fuzz(campaign: Campaign, shape: str, seeds: range, resume_every: int) -> None:
    made = Fuzzed(campaign, shape)
    for seed in seeds:
        lines = damaged(made, random.Random(f"fuzz {shape} {seed}"))
        try:
            look(made, lines)
            if seed % resume_every == resume_every - 1:
                made.check(lines)
        except BaseException:
            print(f"{shape}: seed {seed}")
            raise


EVERYDAY = {"steps": 120, "nested": 120, "retried": 120}


@pytest.mark.parametrize("shape", EVERYDAY)
def test_damaged_journals(campaign: Campaign, shape: str) -> None:
    """A few hundred of them."""
    fuzz(campaign, shape, range(EVERYDAY[shape]), 60)


@pytest.mark.parametrize("shape", in_full(*SHAPES))
def test_damaged_journals_at_length(campaign: Campaign, shape: str) -> None:
    """More than ten thousand, over all shapes."""
    fuzz(campaign, shape, range(1_000, 1_900), 30)
