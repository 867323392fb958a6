"""A campaign that is killed at, or refused, any single change of a file can be completed
exactly.
"""

from __future__ import annotations

import functools
import json

import pytest

from helpers.campaign import Campaign
from helpers.processes import TESTS, assert_one_sentence, finish
from helpers.shapes import nested

SHAPES = {
    "quick": nested(2, 3, 2, inner_steps=2, mischief=True),
    #: slow enough for rows to arrive one by one, so that files grow and widen; every file that can
    #: be wanted is written
    "growing": nested(3, 4, 2, inner_steps=2, mischief=True, sleep=[0.05, 0.2]),
}
SHAPES["growing"]["supervisor"] |= {
    "summary_datatype": "parquet",
    "save_files": "custom",
    "save_files_list": ["result.txt"],
    "log_failures": True,
}
for shape in SHAPES.values():
    shape["supervisor"]["io_patience"] = 1  # seconds, for errors that last
#: more than there are write points
MOST = {"quick": 260, "growing": 600}

EVERYDAY_KILLS = [("quick", at) for at in (209,)] + [("growing", 280)]
EVERYDAY_TORN = [("quick", 24)]
FULL_KILLS = [("quick", at) for at in range(1, MOST["quick"])] + [
    ("growing", at) for at in range(1, MOST["growing"], 6)
]
FULL_TORN = [("quick", at) for at in range(1, 70)] + [("growing", at) for at in range(1, 240, 6)]
ERRORS = ("ENOSPC", "EDQUOT", "EROFS", "ESTALE")
EVERYDAY_ERRORS = [("quick", at, ERRORS[at % 4], at % 2 == 0) for at in (18, 47)]
FULL_ERRORS = [
    ("quick", at, ERRORS[at % 4], lasting)
    for at in range(1, MOST["quick"], 3)
    for lasting in (False, True)
]
FULL_ERRORS += [
    ("growing", at, ERRORS[at % 4], at % 3 == 0) for at in range(1, MOST["growing"], 16)
]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Give, for a shape, the contents of an uninterrupted campaign, and how many write points that
    had.
    """

    @functools.cache
    def run(shape):
        campaign = Campaign.apart(tmp_path_factory.mktemp("reference"), SHAPES[shape])
        log = campaign.root / "calls.log"
        ended = with_faults(campaign, 0, log=str(log))
        assert ended.code == 0, ended
        return campaign.contents(), len(log.read_text().splitlines())

    return run


def with_faults(campaign, at, *arguments, **plan):
    """Run a supervisor whose `at`-th change of a file goes as planned."""
    program = (str(TESTS / "helpers" / "fault_driver.py"), json.dumps({"at": at, **plan}))
    return finish(
        campaign.start(
            *(arguments or ("campaign.yaml", "--no-ui", "--run-mode", "auto")), program=program
        )
    )


def kill_and_complete(campaign, shape, at, action, uninterrupted):
    """Kill at the given point, at another point while resuming, go on until the campaign is
    complete, and compare.
    """
    reference, _ = uninterrupted(shape)
    ended = with_faults(campaign, at, action=action)
    assert ended.code in (-9, 0), ended
    record = campaign.intact_journal()
    if at % 3 == 0:
        again = with_faults(campaign, 1 + 37 * at % 90, action=action)
        assert again.code in (-9, 0), again
    campaign.complete()
    assert campaign.intact_journal().startswith(record), "what was on record has been changed"
    campaign.wait_for_no_process()
    campaign.assert_like(reference)
    return ended.code


@pytest.mark.parametrize("shape", SHAPES)
def test_every_write_point_is_in_the_series(uninterrupted, shape):
    """The long series reaches the last write point, and there are enough of them to be worth it."""
    _, points = uninterrupted(shape)
    assert 90 < points < MOST[shape]


@pytest.mark.parametrize(("shape", "at"), EVERYDAY_KILLS)
def test_killed_before_a_write(campaign, uninterrupted, shape, at):
    """Killed between any two changes of files, the campaign ends as if nothing had happened."""
    kill_and_complete(campaign(SHAPES[shape]), shape, at, "kill", uninterrupted)


@pytest.mark.parametrize(("shape", "at"), EVERYDAY_TORN)
def test_killed_in_the_middle_of_a_write(campaign, uninterrupted, shape, at):
    """Half a record or half a file is never taken for a whole one."""
    assert kill_and_complete(campaign(SHAPES[shape]), shape, at, "torn", uninterrupted) == -9


@pytest.mark.full
@pytest.mark.parametrize(("shape", "at"), FULL_KILLS)
def test_killed_before_each_write(campaign, uninterrupted, shape, at):
    """The same at every write point."""
    kill_and_complete(campaign(SHAPES[shape]), shape, at, "kill", uninterrupted)


@pytest.mark.full
@pytest.mark.parametrize(("shape", "at"), FULL_TORN)
def test_killed_in_the_middle_of_each_write(campaign, uninterrupted, shape, at):
    """The same in the middle of every write."""
    kill_and_complete(campaign(SHAPES[shape]), shape, at, "torn", uninterrupted)


def fail_and_complete(campaign, shape, at, error, lasting, uninterrupted):
    """Let a write fail, check how the campaign stops, go on without the fault until it is complete,
    and compare.
    """
    reference, _ = uninterrupted(shape)
    ended = with_faults(campaign, at, action=error, lasting=lasting)
    if ended.code == 0:  # the fault hit what a campaign can do without, or came after the end
        differing = {*campaign.contents()["tree"]} ^ {*reference["tree"]}
        reports = {
            f"logs/{name}"
            for report in ("current_progress.txt", "pipeline_progress.txt")
            for name in (report, f".{report}.partial")
        }
        can_do_without = {"logs/main.log", "state/lock", "state/live.json"}
        # the last report is tried again where an error may pass: a full disk does not
        passes = error == "ESTALE" and not lasting
        assert differing <= (can_do_without if passes else can_do_without | reports), (
            "more is missing than the log, or left than what could not be removed"
        )
        campaign.complete()
        campaign.assert_like(reference)
        return
    assert_one_sentence(ended)
    assert len([line for line in ended.err.splitlines() if line.endswith("is lost.")]) <= 2, ended
    campaign.wait_for_no_process()
    campaign.complete()
    campaign.assert_like(reference)


@pytest.mark.parametrize(("shape", "at", "error", "lasting"), EVERYDAY_ERRORS)
def test_stops_clearly_when_a_write_fails(campaign, uninterrupted, shape, at, error, lasting):
    """A full or vanished disk ends the campaign with exit code 3 and a sentence; once the cause is
    removed it completes exactly.
    """
    fail_and_complete(campaign(SHAPES[shape]), shape, at, error, lasting, uninterrupted)


@pytest.mark.full
@pytest.mark.parametrize(("shape", "at", "error", "lasting"), FULL_ERRORS)
def test_stops_clearly_wherever_a_write_fails(campaign, uninterrupted, shape, at, error, lasting):
    """The same at many more write points."""
    fail_and_complete(campaign(SHAPES[shape]), shape, at, error, lasting, uninterrupted)


# -- other ways to start ---------------------------------------------------------------------------

EXTENDED = nested(2, 2, 2, mischief=True)
_RUN = ("campaign.yaml", "--no-ui", "--run-mode")
_EVERYDAY_STARTS = [
    pytest.param(at, marks=() if at == 20 else pytest.mark.full) for at in range(2, 200, 6)
]


@pytest.fixture(scope="module")
def other_references(tmp_path_factory):
    """Give the contents of a campaign that was extended, and of one whose failed samples were run
    again, without an interruption.
    """
    extended = Campaign.apart(tmp_path_factory.mktemp("extended"), EXTENDED)
    extended.complete()
    assert extended.run_here("--run-mode", "extend").code == 0
    return extended.contents()


@pytest.mark.parametrize("at", _EVERYDAY_STARTS)
def test_killed_while_extending(campaign, other_references, at):
    """What is on record says whether the campaign has grown; it never grows twice or by half."""
    grown = campaign(EXTENDED)
    grown.complete()
    targets = _targets(grown)
    ended = with_faults(grown, at, *_RUN, "extend", action="kill")
    assert ended.code in (-9, 0), ended
    if _targets(grown) == targets:
        assert grown.run_here("--run-mode", "extend").code == 0
    grown.complete()
    grown.wait_for_no_process()
    grown.assert_like(other_references)


def _targets(campaign):
    return [record["targets"] for record in campaign.records() if record["type"] == "open"][-1]


@pytest.mark.parametrize("at", _EVERYDAY_STARTS)
def test_killed_while_running_failures_again(campaign, at):
    """Rows are given up and replaced one for one, whenever the supervisor dies."""
    config = nested(2, 3)
    config["runners"]["inner0"] = {"type": "helpers.parts.probe:FragileRunner"}
    mended = campaign(config)
    (mended.root / "fault").write_text("EINVAL")
    assert mended.run_here("--run-mode", "auto").code == 4
    (mended.root / "fault").unlink()
    ended = with_faults(mended, at, "--retry-failed", "run", action="kill")
    assert ended.code in (-9, 0), ended
    if not any(record["type"] == "retry" for record in mended.records()):
        assert mended.command_here("--retry-failed", "run").code == 0
    mended.complete()
    mended.wait_for_no_process()
    found = mended.contents()
    assert len(found["failures"]) == 1, "only the header is left"
    assert [line[found["dataset"][0].index("success")] for line in found["dataset"][1:]] == [
        "True"
    ] * 6
    assert len(found["hdf5"]["data/aggregated"][1]) == 6


@pytest.mark.parametrize("at", _EVERYDAY_STARTS)
def test_killed_while_overwriting(campaign, uninterrupted, at):
    """An older campaign that is deleted for a new one leaves nothing that the new one could take
    for its own.
    """
    reference, _ = uninterrupted("quick")
    replaced = campaign(SHAPES["quick"])
    assert replaced.run_here("--set", "supervisor.seed=8").code == 0
    foreign = replaced.run_dir / "notes.txt"
    foreign.write_text("mine")
    ended = with_faults(replaced, at, *_RUN, "fresh", "--overwrite", action="kill")
    assert ended.code in (-9, 0), ended
    replaced.wait_for_no_process()
    (replaced.root / "runs.log").unlink()
    ended = replaced.run_here("--run-mode", "fresh", "--overwrite")
    assert ended.code == 0, ended
    assert foreign.read_text() == "mine"
    foreign.unlink()
    replaced.assert_like(reference)


@pytest.mark.parametrize("at", _EVERYDAY_STARTS)
def test_killed_while_rebuilding(campaign, uninterrupted, at):
    """Files that are written anew from the record are old or new, never in between."""
    reference, _ = uninterrupted("quick")
    rebuilt = campaign(SHAPES["quick"])
    rebuilt.complete()
    ended = with_faults(rebuilt, at, "--rebuild", "run", action="kill")
    assert ended.code in (-9, 0), ended
    for path in ("enchanted_dataset.csv", "enchanted_failures.csv", "runs.h5"):
        assert (rebuilt.run_dir / path).exists()
    rebuilt.contents()
    ended = rebuilt.command_here("--rebuild", "run")
    assert ended.code == 0, ended
    found = rebuilt.contents()
    for name in reference.keys() - {"pipeline"}:
        assert found[name] == reference[name], name


@pytest.mark.parametrize("at", _EVERYDAY_STARTS)
def test_killed_with_node_local_storage(campaign, uninterrupted, at):
    """Tasks run on a disk of the node; what a killed session left there is cleared up and nothing
    of it is lost.
    """
    reference, _ = uninterrupted("quick")
    local = campaign(SHAPES["quick"])
    (local.root / "local").mkdir()
    where = ("--set", "supervisor.local_storage=local")
    ended = with_faults(local, at, *_RUN, "auto", *where, action="kill")
    assert ended.code in (-9, 0), ended
    local.complete(*where)
    local.wait_for_no_process()
    local.assert_like(reference)
    assert list((local.root / "local").iterdir()) == []
