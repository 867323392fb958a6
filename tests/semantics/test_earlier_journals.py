"""Run directories that earlier versions have made: read byte for byte, resumed and extended.

`earlier` holds what the version before the classes of records has left: a campaign that was paused,
drained, retried and aborted; a nested one of several steps; one whose sampler learns.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
import yaml

from enchanted_tui import fast_values, values
from enchanted_tui.journal_lines import check, seal
from enchanted_tui.operations import actions
from enchanted_tui.record.records import KINDS
from helpers.campaign import Campaign

EARLIER = Path(__file__).parent / "earlier"
NAMES = ("interrupted", "nested", "learned")


@pytest.fixture(params=NAMES)
def earlier(request: pytest.FixtureRequest, campaign: Campaign) -> Campaign:
    """A copy of a directory, with its configuration beside it."""
    shutil.copytree(EARLIER / request.param / "run", campaign.run_dir)
    campaign.config = yaml.safe_load((EARLIER / request.param / "config.yaml").read_text())
    return campaign


def _lines(campaign: Campaign) -> list[bytes]:
    return campaign.path("state/journal.jsonl").read_bytes().splitlines(keepends=True)


def _shape(record: dict[str, Any]) -> tuple[str, ...]:
    """Return the fields of a record in their order."""
    return tuple(record)


def test_lines_are_those_that_records_are_written_as_now(earlier: Campaign) -> None:
    """Protects old journals: what is read from a line, written again, is the same bytes."""
    for line in _lines(earlier):
        check(line)
        record = fast_values.decode(line)
        del record["crc"]
        # a worker encodes its own line with the standard library alone
        of_worker = record["type"] == "task"
        body = values.encode(record).encode() if of_worker else fast_values.encode(record)
        assert seal(body) == line


def test_records_are_what_their_classes_say(earlier: Campaign) -> None:
    """Protects the classes of records: they describe what is really in journals."""
    assert earlier.resume() == 0
    for record in earlier.records():
        kind = KINDS[record["type"]]
        msgspec.convert(record, kind)
        assert record.keys() <= get_type_hints(kind).keys(), record["type"]


def test_looked_at_resumed_and_extended(earlier: Campaign) -> None:
    """Protects campaigns: an upgrade in the middle of one goes unnoticed, and what is on record
    stays there as it was.
    """
    before = _lines(earlier)
    recorded = len(earlier.records("task"))
    status = actions.status(earlier.run_dir)
    assert status.damage == () and status.snapshot.succeeded > 0
    assert earlier.resume() == 0
    assert _lines(earlier)[: len(before)] == before
    first = len(earlier.rows())
    for sampler in earlier.config["samplers"].values():
        if "budget" in sampler:
            sampler["budget"] += 2
    assert earlier.resume() == 0
    assert len(earlier.rows()) > first
    assert _lines(earlier)[: len(before)] == before
    assert len(earlier.records("task")) > recorded


@pytest.mark.parametrize("name", NAMES)
def test_the_same_campaign_now_has_records_of_the_same_shape(name: str, campaign: Campaign) -> None:
    """Protects readers of journals of all versions: fields and their order stay as they are."""
    config = yaml.safe_load((EARLIER / name / "config.yaml").read_text())
    assert campaign.run(config=config) == 0
    made = {(record["type"], _shape(record)) for record in campaign.records()}
    with (EARLIER / name / "run/state/journal.jsonl").open("rb") as file:
        records = [fast_values.decode(line) for line in file]
    kept = {(record["type"], _shape(record)) for record in records}
    for kind, shape in kept:
        if any(of == kind for of, _ in made):  # what a finished campaign has, too
            assert any(of == kind and _goes_on(shape, now) for of, now in made), kind


def _goes_on(before: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Tell whether fields stand in the order of before, perhaps with others among them."""
    rest = iter(now)
    return all(name in rest for name in before)
