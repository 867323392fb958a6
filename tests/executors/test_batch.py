"""Many samples in one call: rows, failures and time limits are those of samples that run one by
one.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from enchanted_tui import cli
from helpers.marks import in_full
from helpers.parts.many import FATES, many_campaign, many_config, rows_of


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 12))]
)
@pytest.mark.parametrize("gives", ["columns", *in_full("list", "iterator")])
def test_the_rows_are_those_of_single_samples(gives, seed, campaign) -> None:
    """Whatever some samples do - raise, exit, crash, are killed, return nonsense - it is a failure
    of theirs alone, of the same kind and with the same words, and the others have their rows, each
    once.
    """
    rng = random.Random(seed)
    fates = [fate for fate in FATES if fate != "hangs"]
    if gives == "columns":
        fates = [fate for fate in fates if fate not in ("bad return", "raises")]
    points = [(x / 8, rng.choice([*fates, *["well"] * 60])) for x in range(rng.randrange(1, 150))]
    single = many_campaign(campaign, points, "single")
    many = many_campaign(campaign, points, "many", batch=16, gives=gives)
    assert (single.run_here().code, many.run_here().code) == (0, 0)
    assert rows_of(many) == rows_of(single)
    tasks = [tuple(record["task"]) for record in many.records("task")]
    assert len(tasks) == len(set(tasks)) == len(points)


def test_calls_are_full_and_the_last_ones_shared(campaign) -> None:
    """A call takes as many samples as `batch` says while there are enough, and what is left at the
    end is shared by the workers.
    """
    made = many_campaign(
        campaign, [(x, "well") for x in range(1000)], "c", batch=50, log="calls.log"
    )
    assert made.run_here("--set", "supervisor.canary=0").code == 0
    calls = [int(line) for line in (made.root / "calls.log").read_text().split()]
    assert sum(calls) >= 998  # the last may have gone alone
    assert max(calls) == 50
    assert len(calls) <= 30, calls


@pytest.mark.parametrize(("keep", "made_ready"), [("none", 1), ("all", 40)])
def test_a_call_of_a_program_makes_one_directory(campaign, keep: str, made_ready: int) -> None:
    """Protects file systems: a program runs in the directory of the first sample of a call, and no
    other one is made just to be removed.
    """
    made = campaign(
        {
            "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
            "samplers": {
                "s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[*range(40)]]}
            },
            "runners": {
                "r": {
                    "type": "CommandRunner",
                    "shell": True,
                    "batch": 40,
                    "command": "ls .. | wc -l > n; { echo n; while read x; do cat n; done < x; } > rows.csv",
                    "files": {"x": "{% for s in samples %}\n{{ s.x }}\n{% endfor %}\n"},
                    "outputs": {"n": {"file": "rows.csv", "csv": "n"}},
                }
            },
            "supervisor": {
                "base_run_dir": "run",
                "save_files": keep,
                "canary": 0,
                "run_order": [{"sampler": "s", "executor": "here", "runner": "r"}],
            },
        }
    )
    ended = made.run_here()
    assert ended.code == 0, ended
    assert set(made.numbers("n")) == {float(made_ready)}
    assert len(list(made.path("data").iterdir())) == (40 if keep == "all" else 0)


def test_a_class_without_single_code_run(campaign) -> None:
    """`many_code_run` alone is enough, with a size of its own, and `prepared` is a list of what
    `prepare` has returned; what is printed is kept by the first sample of the call.
    """
    config = many_config(batch=8)
    config["runners"]["r"] = {"type": "helpers.parts.many:OnlyMany"}
    config["samplers"]["s"] = {"type": "ArraySampler", "parameters": ["x"], "bounds": [[*range(9)]]}
    made = campaign(config)
    assert made.run_here().code == 0
    assert made.numbers("output") == [2.0 * x for x in range(9)]
    assert max(made.numbers("members")) > 1
    first = made.path("data/d0_b0_s0_r0/stdout.txt").read_text().split()
    assert first[:4] == ["ran", "d0_b0_s0_r0", "ran", "d0_b0_s1_r0"]


@pytest.mark.full
def test_a_killed_supervisor_loses_only_what_was_not_on_record(campaign) -> None:
    """After `kill -9` in the middle of calls, samples on record keep their rows, and the rest have
    theirs once.
    """
    points = [(x, "well") for x in range(4000)]
    made = many_campaign(campaign, points, "c", batch=100, gives="iterator")
    process = made.supervise()
    made.wait_for_tasks(300, process)
    process.kill()
    process.communicate()
    before = made.finished_tasks()
    made.wait_for_no_process()
    made.complete()
    tasks = [tuple(record["task"]) for record in made.records("task")]
    assert 300 <= before < 4000
    assert len(tasks) == len(set(tasks)) == 4000
    assert made.numbers("output") == [float(x * x) for x, _ in points]


def test_a_hanging_sample_is_found(campaign) -> None:
    """A call may take the time limit for each of its samples that has no result; then it is ended,
    and the halves, down to the one that hangs.
    """
    points = [(x, "hangs" if x == 11 else "well") for x in range(16)]
    made = many_campaign(campaign, points, "c", batch=16, timeout=0.2, workers=1, gives="iterator")
    began = time.monotonic()
    assert made.run_here().code == 0
    assert {row["task"]: row["kind"] for row in made.failures()} == {"d0_b0_s11_r0": "timeout"}
    assert time.monotonic() - began < 0.2 * 2 * 16 + 10


def test_a_runner_that_takes_one_sample_at_a_time(tmp_path: Path, capsys, monkeypatch) -> None:
    """`batch` for a class that cannot take many is an error with its place, before anything
    runs.
    """
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(
        "executors: {here: {type: LocalExecutor}}\n"
        "samplers: {s: {type: RandomSampler, parameters: [x], bounds: [[0, 1]], budget: 2}}\n"
        "runners:\n"
        "  r: {type: SumRunner, params_to_sum: [x], batch: 5}\n"
        "supervisor: {base_run_dir: run, run_order: [{executor: here, sampler: s, runner: r}]}\n"
    )
    assert cli.main(["c.yaml", "--check"]) == 2
    said = capsys.readouterr()
    assert "c.yaml:4:" in said.out + said.err
    assert "SumRunner takes one sample at a time" in said.out + said.err
