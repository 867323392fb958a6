"""A campaign that learns and whose supervisor is killed in the middle of it: all observations back,
the exact budget, no sample twice.

Every day batches after kills and the end of the process that fits; the rest with ``--full``.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from typing import Any

import pytest

from helpers.processes import LIMIT

LEARNING = {
    "type": "BayesianOptimizationSampler",
    "parameters": ["x"],
    "bounds": [[0, 1]],
    "budget": 16,
    "initial_samples": 4,
    "acquisition_batch_size": 4,
    "failure_prob_filter": True,
}


def learning(**options):
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {"s": {**LEARNING, **options}},
        "runners": {
            "probe": {
                "type": "helpers.parts.probe:ProbeRunner",
                "mischief": True,
                "sleep": [0.0, 0.05],
            }
        },
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "probe"}]},
    }


@pytest.fixture
def reference(undisturbed):
    """What an uninterrupted campaign leaves."""
    return undisturbed(learning())


def kill_at(campaign, tasks, pause):
    """Kill the supervisor a moment after so many tasks are on record."""
    process = campaign.supervise("--run-mode", "resume" if campaign.records() else "auto")
    campaign.wait_for_tasks(tasks, process, patience=LIMIT)
    with contextlib.suppress(subprocess.TimeoutExpired):  # it is still at work, as it should be
        process.communicate(timeout=pause)
    process.kill()
    process.communicate(timeout=LIMIT)
    campaign.wait_for_no_process()


@pytest.mark.full
@pytest.mark.parametrize(
    "number", [0, *(pytest.param(number, marks=pytest.mark.full) for number in range(1, 12))]
)
def test_batches_after_kills_are_those_of_an_uninterrupted_campaign(campaign, reference, number):
    """Killed while tasks run and, once they have all finished, while the model is fitted; every
    file ends the same to the bit.
    """
    chance = random.Random(number)
    killed = campaign(learning())
    # after 4 and 8 tasks there is nothing to do but to learn
    for tasks in (
        4,
        8 + chance.randrange(4),
    ):
        kill_at(killed, tasks, 0.4 * chance.random())
    killed.complete()
    killed.wait_for_no_process()
    killed.assert_like(reference)


@pytest.mark.full
def test_several_objectives_go_on_after_kills_as_if_nothing_had_been(campaign, undisturbed):
    """The front, its limits and its reference follow from what is on record, to the bit."""
    options = {
        "objectives": {"output": "maximize", "x": "minimize"},
        "subject_to": {"x": {"lt": 0.9}},
    }
    killed = campaign(learning(**options))
    for tasks in (4, 10):
        kill_at(killed, tasks, 0.2)
    killed.complete()
    killed.wait_for_no_process()
    killed.assert_like(undisturbed(learning(**options)))


@pytest.mark.full
def test_asynchronous_learning_is_killed_and_goes_on(campaign):
    """What was drawn is run with the very same values, and not a sample more than the budget."""
    killed = campaign(learning(asynchronous=True))
    before: dict[str, Any] = {}
    for tasks in (5, 11):
        kill_at(killed, tasks, 0.1)
        now = drawn(killed)
        assert {place: now[place] for place in before} == before
        before = now
    killed.complete()
    killed.wait_for_no_process()
    killed.assert_sound_record()
    after = drawn(killed)
    assert {place: after[place] for place in before} == before
    assert len(after) == len(set(after.values())) == 16
    (last,) = [record for record in killed.records() if record["type"] == "learned"][-1:]
    assert last["known"] == last["observations"] + last["failed"] == 16


def drawn(campaign):
    """Give the recorded values by position; a position is recorded once."""
    found = {}
    for record in campaign.records():
        if record["type"] == "samples":
            for place, row in enumerate(record["rows"]):
                position = record["first"] + record["start"] + place
                assert position not in found
                found[position] = tuple(row)
    return found


def test_the_process_that_fits_dies_with_its_supervisor(campaign):
    """In the middle of a fit, too: an orphan would burn a core for nobody."""
    killed = campaign(learning(initial_samples=12, acquisition_batch_size=4, fully_bayesian=True))
    process = killed.supervise()
    killed.wait_for_tasks(12, process)
    while not any("samplers.learning" in line for line in killed.processes().values()):
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=LIMIT)
    killed.wait_for_no_process(5.0)


@pytest.mark.full
def test_a_fit_that_is_killed_is_made_again(campaign, reference):
    """Somebody else's `pkill python`, or the kernel short of memory for a moment: no reason to end
    a campaign of weeks.
    """
    unharmed = campaign(learning())
    process = unharmed.supervise()
    while not (
        fits := [pid for pid, line in unharmed.processes().items() if "samplers.learning" in line]
    ):
        assert process.poll() is None
    os.kill(fits[0], signal.SIGKILL)
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, said
    assert "the process that fits the model was killed by SIGKILL; another one is asked" in said
    unharmed.assert_like(reference)
