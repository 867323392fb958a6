"""The folded state that is kept of a long journal is the one that a fold of all of it gives, and
nothing depends on it.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.record import checkpoint
from enchanted_tui.record.folding import fold
from enchanted_tui.supervisor import projections
from helpers.campaign import Campaign, campaigns_apart
from helpers.configs import array_sampler, campaign_config, random_sampler


def plain(value: Any) -> Any:
    """Return a state as data that can be compared; a record that was read back has its checksum."""
    if isinstance(value, dict):
        return {repr(key): plain(item) for key, item in value.items() if key != "crc"}
    if hasattr(value, "__dict__"):
        return {name: plain(item) for name, item in vars(value).items()}
    if isinstance(value, (list, tuple)) or type(value).__name__ == "deque":
        return [plain(item) for item in value]
    return value


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "WORTH", 1)


def shaped() -> dict[str, Any]:
    """Two stages, some samples of which fail, in batches."""
    config = campaign_config(
        array_sampler("x", [0, 1, 2]), random_sampler(6, 2, ("y",)), save_files="none"
    )
    config["runners"]["r1"] = {"type": "SumRunner", "params_to_sum": ["x", "y"], "fail_if": 1.5}
    return config


def test_it_is_what_a_fold_of_everything_gives(campaign: Campaign) -> None:
    """After a session, one that adds samples, and one that runs failures again: whatever follows
    from the checkpoint follows from the journal.
    """
    for begin in (
        lambda: campaign.run(config=shaped()),
        lambda: campaign.extend(),
        lambda: campaign.resume("--retry-failed"),
    ):
        begin()
        kept = checkpoint.read(campaign.journal)
        assert kept is not None
        assert kept.position == campaign.journal.stat().st_size
        whole = fold(campaign.journal, from_start=True)[0]
        assert plain(kept.state) == plain(whole) == plain(fold(campaign.journal)[0])


def test_what_is_no_checkpoint_of_this_journal_is_passed_over(campaign: Campaign) -> None:
    """Cut, of another program, of a journal that has changed since, or made to run something."""
    campaign.run(config=shaped())
    path = campaign.path("state/fold.bin")
    whole, journal = path.read_bytes(), campaign.journal.read_bytes()
    head, _, data = whole.partition(b"\n")
    evil = pickle.dumps(print)
    digest = checkpoint.hashlib.sha256(evil).hexdigest().encode()
    for content in (
        whole[:-1],
        head.replace(b'"form"', b'"from"') + b"\n" + data,
        b"",
        head.replace(head.split(b'"sha256": "')[1][:64], digest) + b"\n" + evil,
    ):
        path.write_bytes(content)
        assert checkpoint.read(campaign.journal) is None
    path.write_bytes(whole)
    assert checkpoint.read(campaign.journal) is not None
    campaign.journal.write_bytes(journal[: journal.rfind(b"\n", 0, -1) + 1])
    assert checkpoint.read(campaign.journal) is None
    assert fold(campaign.journal)[0].tasks_recorded == len(campaign.records("task"))


def test_lines_after_it_are_taken_in_and_damage_is_told(campaign: Campaign) -> None:
    """A journal that has grown since goes on from it; one that was damaged since is read again."""
    campaign.run(config=shaped())
    kept = campaign.path("state/fold.bin").read_bytes()
    campaign.extend()
    campaign.path("state/fold.bin").write_bytes(kept)
    found = checkpoint.read(campaign.journal)
    assert found is not None
    assert found.position < campaign.journal.stat().st_size
    whole = fold(campaign.journal, from_start=True)
    assert plain(fold(campaign.journal)[0]) == plain(whole[0])
    lines = campaign.journal.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2].replace(b'"', b"'", 1)
    campaign.journal.write_bytes(b"".join(lines))
    state, damage = fold(campaign.journal)
    assert len(damage) == 1
    assert plain(state) == plain(fold(campaign.journal, from_start=True)[0])


def slow(budget: int, **arguments: float) -> dict[str, Any]:
    """Return a campaign whose samples take a moment, of which some fail."""
    runner = {
        "type": "PythonRunner",
        "function": "helpers.parts.guarded:run",
        "arguments": arguments,
    }
    sampler = random_sampler(budget, parameters=("x",))
    return campaign_config(sampler, runners={"r0": runner}, canary=False)


def test_what_is_kept_while_a_campaign_runs_is_what_was_on_record_then(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is killed leaves a state from which the next one goes on: each that is kept in
    the middle is the fold of the journal up to there.
    """
    monkeypatch.setattr(projections, "_PROGRESS_INTERVAL", 0.0)
    kept: list[checkpoint.FoldedState] = []
    write = checkpoint.FoldedState.write
    monkeypatch.setattr(checkpoint.FoldedState, "write", lambda one: (kept.append(one), write(one)))
    assert campaign.run(config=slow(120, wait=0.02, share=0.1)) == 0
    journal = campaign.journal.read_bytes()
    assert len(kept) > 3
    assert kept[-1].size == len(journal)
    for one in tuple(kept):
        campaign.journal.write_bytes(journal[: one.size])
        path = campaign.path("state/fold.bin")
        path.unlink(missing_ok=True)
        write(one)
        found = checkpoint.read(campaign.journal)
        assert found is not None
        assert plain(found.state) == plain(fold(campaign.journal, from_start=True)[0])


@pytest.mark.full
def test_a_killed_session_leaves_one_and_nothing_runs_twice(tmp_path: Path) -> None:
    """With the program as it is: a long campaign that is killed has kept its state on the way, and
    the next session, which goes on from it, runs what is left.
    """
    with campaigns_apart(tmp_path) as make:
        made = make(slow(40_000))
        with made.at_work(32_000) as process:
            process.kill()
        made.wait_for_no_process()
        found = checkpoint.read(made.journal)
        assert found is not None
        assert 20_000 <= found.state.tasks_recorded <= made.finished_tasks() < 40_000
        made.complete()
        assert made.finished_tasks() == len(made.rows()) == 40_000
