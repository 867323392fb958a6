"""Campaigns whose sampler asks a generator, killed in the middle: the generator is brought back to
its state, no sample runs twice, and nothing that it has started is left over.

Generators of Xopt and libEnsemble, unmodified, where these are installed, with ``--full``. So run
it in an environment that has them: ``python -m pytest --full tests/durability/test_gest_kill.py``.
"""

from __future__ import annotations

import importlib.util
import os
import signal

import pytest

from helpers.processes import LIMIT, wait_until

LEFT = "does not give the points again"
PLANE = {"x": {"low": 0, "high": 1}, "y": {"low": 0, "high": 1}}
CUBE = {"xc": {"low": 0, "high": 1}, "yc": {"low": 0, "high": 1}}
CLIMBER = {"generator": "helpers.parts.generators.Climber", "batch_size": 3}
RANDOM = {"generator": "xopt.generators.random.RandomGenerator", "batch_size": 4}
GENETIC = {
    "generator": "xopt.generators.ga.cnsga.CNSGAGenerator",
    "generator_options": {"population_size": 4},
    "objectives": {"output": "minimize", "runtime_sec_probe": "maximize"},
    "batch_size": 4,
}
SIMPLEX = {
    "generator": "xopt.generators.sequential.neldermead.NelderMeadGenerator",
    "initial_samples": 3,
}
UNIFORM = {"generator": "libensemble.gen_classes.UniformSample", "batch_size": 4}
MINIMA = {
    "generator": "libensemble.gen_classes.APOSMM",
    "generator_options": {
        "max_active_runs": 2,
        "initial_sample_size": 6,
        "variables_mapping": {"x": ["x", "y"], "x_on_cube": ["xc", "yc"], "f": ["output"]},
    },
    "parameters": {**PLANE, **CUBE},
    "outside_bounds": "clip",
    "batch_size": 3,
}


def asking(mischief=False, **options):
    sampler = {
        "type": "GestSampler",
        "parameters": PLANE,
        "objectives": {"output": "minimize"},
        "budget": 16,
        **options,
    }
    probe = {"type": "helpers.parts.probe:ProbeRunner", "mischief": mischief, "sleep": [0.05, 0.3]}
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {"s": sampler},
        "runners": {"probe": probe},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "probe"}]},
    }


def kill_at(campaign, tasks):
    """Kill the supervisor, and it alone, when so many tasks are on record."""
    process = campaign.supervise("--run-mode", "resume" if campaign.records() else "auto")
    campaign.wait_for_tasks(tasks, process, patience=LIMIT)
    process.kill()
    process.communicate(timeout=LIMIT)
    campaign.wait_for_no_process()


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


def needs(sampler):
    """Skip where the library of a generator is not installed."""
    library = sampler["generator"].split(".")[0]
    if library != "helpers" and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: pip install {library} here, or elsewhere")


SYNCHRONOUS = {
    "own": (CLIMBER, True),
    "xopt random": (RANDOM, True),
    "xopt simplex": (SIMPLEX, False),
    "libensemble uniform": (UNIFORM, True),
    "libensemble minima": (MINIMA, False),
}


@pytest.mark.full
@pytest.mark.parametrize("name", list(SYNCHRONOUS))
def test_batches_after_kills_are_those_of_an_uninterrupted_campaign(campaign, undisturbed, name):
    """Every file ends the same to the bit: populations, simplices, random numbers and points that
    were waited for are back.
    """
    sampler, mischief = SYNCHRONOUS[name]
    needs(sampler)
    reference = undisturbed(asking(mischief, **sampler))
    killed = campaign(asking(mischief, **sampler))
    for tasks in (2, 9):
        kill_at(killed, tasks)
    ended = killed.complete()
    killed.wait_for_no_process()
    assert LEFT not in ended.err
    killed.assert_like(reference)


@pytest.mark.full
@pytest.mark.parametrize(
    "sampler",
    [
        {**CLIMBER, "asynchronous": True},
        {**RANDOM, "asynchronous": True},
        {**GENETIC, "asynchronous": True},
        {**UNIFORM, "asynchronous": True},
    ],
    ids=["own", "xopt random", "xopt genetic", "libensemble uniform"],
)
def test_an_asynchronous_campaign_is_killed_and_goes_on(campaign, sampler):
    """What was drawn is run with the very same values, and not a sample more than the budget."""
    needs(sampler)
    killed = campaign(asking(**sampler))
    before: dict[int, tuple] = {}
    for tasks in (7, 11):
        kill_at(killed, tasks)
        now = drawn(killed)
        assert {place: now[place] for place in before} == before
        before = now
    ended = killed.complete()
    killed.wait_for_no_process()
    assert LEFT not in ended.err
    killed.assert_sound_record()
    after = drawn(killed)
    assert {place: after[place] for place in before} == before
    assert len(after) == len(set(after.values())) == 16


@pytest.mark.full
def test_a_generator_that_is_killed_is_brought_back(campaign, undisturbed):
    """Its process alone: another one goes through all that was asked and told."""
    config = asking(**CLIMBER)
    reference = undisturbed(config)
    harmed = campaign(config)
    with harmed.at_work(5) as process:
        os.kill(_generators(harmed)[0], signal.SIGKILL)
        _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, said
    assert "the process of the generator was killed by SIGKILL; another one is asked" in said
    harmed.assert_like(reference)


@pytest.mark.parametrize("who", ["supervisor", "generator"])
def test_what_a_generator_has_started_ends_with_it(campaign, who):
    """However it ends: an orphan would stay for ever."""
    nanny = {"generator": "helpers.parts.generators.Nanny"}
    harmed = campaign(asking(**nanny))
    with harmed.at_work(1) as process:
        (child,) = [pid for pid, line in harmed.processes().items() if "sleep 300" in line]
        if who == "supervisor":
            process.kill()
        else:
            os.kill(_generators(harmed)[0], signal.SIGKILL)
        gone = lambda: child not in harmed.processes()  # noqa: E731
        wait_until(gone, LIMIT, "what the generator has started to end")


def _generators(campaign):
    return [pid for pid, line in campaign.processes().items() if "samplers.learning" in line]
