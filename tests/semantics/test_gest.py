"""Generators of other libraries as samplers, by the interface of gest-api: what they are told and
asked, going on where a campaign has stopped, and what is said of those that do not keep to it.

Real ones, of Xopt and libEnsemble, are in `durability/test_gest_kill.py`.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.errors import ExitCode
from enchanted_tui.samplers.gest.transcript import GeneratorError
from enchanted_tui.samplers.gest_sampler import GestSampler
from helpers.campaign import Campaign
from helpers.configs import campaign_config
from helpers.marks import in_full

CLIMBER = {
    "type": "GestSampler",
    "generator": "helpers.parts.generators.Climber",
    "parameters": ["x"],
    "bounds": [[0.0, 1.0]],
    "objectives": {"output": "maximize"},
    "budget": 8,
    "batch_size": 3,
}
HILL = {"type": "helpers.parts.learning:HillRunner", "fails_above": 0.7}
LEFT = "does not give the points again"


def config(**options: Any) -> dict[str, Any]:
    return campaign_config({**CLIMBER, **options}, runners={"r0": dict(HILL)})


def points(campaign: Campaign) -> list[str]:
    return campaign.column("x")


def told(campaign: Campaign) -> list[Any]:
    """Return what generators have noted of what they were told, a call a line."""
    return [json.loads(line) for line in (campaign.root / "told.log").read_text().splitlines()]


def test_a_resumed_campaign_goes_on_as_if_it_had_never_stopped(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """4 + 4 samples, then 2 more: the points of one campaign, although the generator that drew the
    first ones, its random numbers and its names of points, is gone.
    """
    assert campaign.run(config=config(budget=10, initial_samples=2)) == 0
    whole = points(campaign)
    shutil.rmtree(campaign.run_dir)
    campaign.forget_executions()
    assert campaign.run(config=config(budget=5, initial_samples=2)) == 0
    campaign.budget(8)
    assert campaign.resume() == 0
    campaign.budget(2)
    assert campaign.extend() == 0
    assert points(campaign) == whole
    assert set(campaign.executions().values()) == {1}
    assert LEFT not in capsys.readouterr().err
    assert len(set(whole)) == 10
    last = campaign.records("learned")[-1]
    good = [row["output"] for row in campaign.rows() if row["output"]]
    assert last["best"] == max(map(float, good))
    assert last["known"] == last["observations"] + last["failed"] == 10


def test_an_asynchronous_campaign_is_resumed_by_what_was_known(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each draw depended on which results had come: the record says so, and a new generator that is
    told the same gives the same points.
    """
    whole = config(asynchronous=True, budget=9)
    whole["runners"]["r0"]["slow"] = 0.2
    assert campaign.run(config=whole) == 0
    campaign.budget(13)
    assert campaign.resume() == 0
    assert LEFT not in capsys.readouterr().err
    assert len(set(points(campaign))) == 13
    assert len({record["known"] for record in campaign.records("samples")}) > 3


@pytest.mark.parametrize("name", ["Restless", *in_full("Weary")])
def test_a_generator_that_cannot_be_brought_back_is_told_everything(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """One that gives other points, or fails; it is noticed, and said; the campaign goes on, with a
    sample no more and none twice.
    """
    other = config(
        generator=f"helpers.parts.generators:{name}", options={"log": "told.log"}, budget=4
    )
    assert campaign.run(config=other) == 0
    (campaign.root / "told.log").unlink()
    campaign.budget(7)
    assert campaign.resume() == 0
    assert capsys.readouterr().err.count(LEFT) == 1
    assert len(set(points(campaign))) == 7
    first = told(campaign)[0]
    assert {repr(result["x"]) for result in first} == set(points(campaign)[:4])
    assert not any("_id" in result for result in first)


def test_on_resume_tell_asks_for_no_point_again(campaign: Campaign) -> None:
    """For models that take minutes to fit: results in the order in which they came, and other
    random numbers than those that gave the first points.
    """
    telling = config(options={"log": "told.log"}, budget=4, on_resume="tell", failed_samples="nan")
    assert campaign.run(config=telling) == 0
    (campaign.root / "told.log").unlink()
    campaign.budget(8)
    assert campaign.resume() == 0
    first, second, last, end = told(campaign)
    assert [len(first), len(second), len(last)] == [4, 3, 1]
    assert not any("_id" in result for result in first)
    assert all("_id" in result for result in [*second, *last])
    assert end == "finalized"
    assert len(set(points(campaign))) == 8


@pytest.mark.parametrize("failed", ["nan", *in_full("leave_out")])
def test_what_a_generator_is_told(campaign: Campaign, failed: str) -> None:
    """A logarithmic parameter by its logarithm, none that is constant, failed samples as the option
    says, points added by hand without a name; and what it gave itself, unchanged.
    """
    described = {
        "x": {"low": 0, "high": 1},
        "y": {"low": 0.01, "high": 1, "scale": "log"},
        "k": {"low": 3, "high": 3},
    }
    telling = config(
        parameters=described,
        options={"step": 0.4, "log": "told.log"},
        observables=["success_r0", "nothing"],
        subject_to={"output": {"ge": -1}},
        failed_samples=failed,
        budget=6,
    )
    del telling["samplers"]["s0"]["bounds"]
    assert campaign.run(config=telling) == 0
    (campaign.root / "p.csv").write_text("x,y,k\n0.5,0.1,3\n")
    assert cli.main(["--add-points", "p.csv", "run"]) == 0
    campaign.budget(9)
    assert campaign.resume() == 0
    assert {row["k"] for row in campaign.rows()} == {"3.0"}
    results = [result for call in told(campaign) if call != "finalized" for result in call]
    for row in campaign.rows():
        x, y = float(row["x"]), math.log10(float(row["y"]))
        found = [each for each in results if each["x"] == x and math.isclose(each["y"], y)]
        is_good = row["success"] == "True" and bool(row["output"])
        assert bool(found) == (is_good or failed == "nan")
        for result in found:
            own = x != 0.5
            assert ("_id" in result, "private" in result, "k" in result) == (own, own, False)
            assert math.isnan(result["nothing"])
            output = result["output"]
            assert output == float(row["output"]) if is_good else math.isnan(output)
    assert -1.0 in {result["y"] for result in results}  # of the point added by hand


def test_a_generator_may_wait_for_results(campaign: Campaign) -> None:
    """One that gives no further point while it waits is asked again when a result has come; a
    campaign is not over, and no sample is lost.
    """
    waiting = config(generator="helpers.parts.generators.Patient", asynchronous=True, budget=7)
    waiting["executors"]["here"]["n_workers"] = 4
    assert campaign.run(config=waiting) == 0
    assert [record["size"] for record in campaign.records("samples")] == [3, 3, 1]


def test_a_generator_of_ones_own_in_a_file(campaign: Campaign) -> None:
    """Beside the configuration, with a module that it imports; it may be mended in the middle of a
    campaign.
    """
    place = campaign.root / "mine"
    place.mkdir()
    (place / "levels.py").write_text("LEVELS = [0.1, 0.2, 0.3]\n")
    (place / "mine.py").write_text(
        "import levels\n\n\nclass Levels:\n"
        "    def __init__(self, vocs):\n        self.at = 0\n\n"
        "    def suggest(self, num_points):\n        self.at += num_points\n"
        "        return [{'x': v} for v in levels.LEVELS[self.at - num_points : self.at]]\n\n"
        "    def ingest(self, results):\n        pass\n"
    )
    mine = config(generator="Levels", generator_file="mine/mine.py", batch_size=1, budget=5)
    assert campaign.run(config=mine) == ExitCode.DEFECT
    assert points(campaign) == ["0.1", "0.2", "0.3"]
    (place / "levels.py").write_text("LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5]\n")
    assert campaign.resume() == 0
    assert points(campaign) == ["0.1", "0.2", "0.3", "0.4", "0.5"]


def test_values_that_are_listed(tmp_path: Path) -> None:
    """Whole numbers, numbers and text are told one by one, and come back as they were written."""
    (tmp_path / "gen.py").write_text(
        "class First:\n"
        "    def __init__(self, vocs):\n        self.vocs = vocs\n"
        "    def suggest(self, num_points):\n"
        "        return [{n: (min if n == 'label' else max)(v.values)\n"
        "                 for n, v in self.vocs.variables.items()}] * num_points\n"
        "    def ingest(self, results):\n        pass\n"
    )
    sampler = GestSampler(
        generator="First",
        generator_file=str(tmp_path / "gen.py"),
        parameters={
            "n": {"low": 2, "high": 5, "integer": True},
            "a": {"values": [0.5, 2.0]},
            "label": {"choice": ["b", "a"]},
        },
        objectives={"output": "minimize"},
        derived={"twice": "2 * n"},
        budget=1,
    )
    (sample,) = sampler.get_next_samples()
    assert sample == {"n": 5, "a": 2.0, "label": "a", "twice": 10}
    assert type(sample["n"]) is int
    assert sampler.get_next_samples() == []


ODD = [
    ("raises", "Odd failed when it was asked for 1 point: RuntimeError: no model yet; it may need"),
    ("many", "Odd gave 2 points when it was asked for 1; that is not what gest-api asks"),
    ("none", "has given no point when it was asked for 1, and nothing runs that it could wait for"),
    ("outside", "Odd gave 1.5 for 'x', which is outside of its bounds, 0.0 to 1.0"),
    ("typo", "Odd gave a point without 'x', but with 'X'"),
    ("text", "Odd gave '0.5' for 'x', which must be a number"),
    ("flag", "Odd gave True for 'x', which must be a number"),
    ("nan", "Odd gave nan for 'x', which must be a number"),
    ("no list", "Odd gave no list of points but {'x': [0.5]}"),
    ("no mapping", "Odd gave 0.5 as point 0, which is no mapping"),
]


@pytest.mark.parametrize(("way", "sentence"), ODD, ids=[way for way, _ in ODD])
def test_a_generator_that_does_not_keep_to_the_interface(way: str, sentence: str) -> None:
    """One sentence says what it did."""
    odd = {**CLIMBER, "generator": "helpers.parts.generators.Odd", "batch_size": 1}
    del odd["type"]
    sampler = GestSampler(**odd, generator_options={"way": way})
    with pytest.raises(GeneratorError) as raised:
        sampler.get_next_samples()
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"options": {"way": "takes none"}}, "Odd failed when it was told results (3, 0 of them"),
        ({"options": {"way": "exits"}}, "the process of the generator ended with code 3"),
        *in_full(
            ({"options": {}}, "Odd cannot be made: TypeError: "),
            (
                {
                    "options": {},
                    "generator": "helpers.parts.generators.Climber",
                    "objectives": {"output": "maximize", "height": "minimize"},
                },
                "Climber cannot be made: ValueError: a climber climbs one hill; mend options",
            ),
            ({"generator": "helpers.parts.generators.Sorter"}, "Sorter has no ingest"),
        ),
    ],
    ids=["told", "exits", "options", "objectives", "no generator"],
)
def test_a_campaign_whose_generator_fails_can_be_resumed(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], options: dict[str, Any], sentence: str
) -> None:
    """What was drawn has been run; the sentence stands in the terminal, the traceback in the
    log.
    """
    odd = config(**{"generator": "helpers.parts.generators.Odd", **options})
    odd["runners"]["r0"]["fails_above"] = 2.0
    assert campaign.run(config=odd) == ExitCode.DEFECT
    said = capsys.readouterr().err
    assert f"GestSampler failed: {sentence}" in said.replace("LearningError: ", "")
    assert "the campaign can be resumed" in said


def test_what_is_wrong_is_told_before_anything_runs(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it at once, with the nearest names; nothing of the library is imported."""
    (campaign.root / "gen.py").write_text("class Mine:\n    pass\n")
    wrong = config(
        objectives={"x": "minimize"},
        constraints=["x < 1"],
        options={"vocs": 1},
        parameters={
            "x": {"distribution": "normal", "mean": 0, "sd": 1},
            "k": {"low": 1, "high": 1},
        },
        generator="helpers.parts.generaters.Climber",
    )
    del wrong["samplers"]["s0"]["bounds"]
    wrong["samplers"]["s1"] = {**CLIMBER, "generator": "helpers.parts.generators.Clymber"}
    wrong["samplers"]["s5"] = {**CLIMBER, "objectives": {"output": "maximise"}}
    wrong["samplers"]["s2"] = {**CLIMBER, "generator": "Mina", "generator_file": "gen.py"}
    wrong["samplers"]["s3"] = {**CLIMBER, "generator": "no_such_library.Climber"}
    wrong["samplers"]["s4"] = {**CLIMBER, "generator": "Mine", "generator_file": "lost.py"}
    campaign.write(wrong)
    assert cli.main([str(campaign.config_path), "--check"]) == ExitCode.USAGE
    captured = capsys.readouterr()
    said = captured.out + captured.err
    for sentence in (
        "found 'maximise'; did you mean 'maximize'?",
        "'x' is a parameter; name a column that the runner returns",
        "a generator cannot be held to conditions on parameters",
        "is made from parameters, objectives, subject_to and observables; remove it",
        "has no bounds, and a generator needs some; write truncated_normal",
        "there is no module 'generaters' in 'helpers.parts'; did you mean 'generators'?",
        "'helpers.parts.generators' has no 'Clymber'; did you mean 'Climber'?",
        "there is no class 'Mina' in",
        "did you mean 'Mine'?",
        "'no_such_library' cannot be imported here; install it (pip install no_such_library)",
        "lost.py",
    ):
        assert sentence in said, sentence
    assert not campaign.run_dir.exists()


_MODEL = """
from pydantic import BaseModel, Field
from helpers.parts.generators import Climber

class Base(BaseModel):
    vocs: object
    population_size: int = Field(64, alias="size")

class Model(Base):
    step: float = 0.1
    def suggest(self, count): return []
    def ingest(self, results): pass

class Open(Climber):
    def __init__(self, vocs, stride=1.0, **others):
        super().__init__(vocs, **others)
"""


@pytest.mark.parametrize(
    ("generator", "key", "said", "code"),
    [
        ("Model", "population_sise", "did you mean 'population_size'?", 0),
        ("Model", "size", "", 0),
        ("Open", "strde", "did you mean 'stride'?", 0),
        ("Open", "step", "", 0),
        ("helpers.parts.generators.Restless", "stp", "did you mean 'step'?", 2),
    ],
)
def test_a_misspelt_argument_is_told_before_anything_runs(
    campaign: Campaign,
    capsys: pytest.CaptureFixture[str],
    generator: str,
    key: str,
    said: str,
    code: int,
) -> None:
    """Protects whoever misspells an option of a library that takes any key without a word: the
    nearest name with the line, found in the class and those that it is derived from.
    """
    (campaign.root / "mine.py").write_text(_MODEL)
    mine = {} if "." in generator else {"generator_file": "mine.py"}
    path = campaign.write(config(generator=generator, options={key: 1}, **mine))
    assert cli.main([str(path), "--check"]) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if f"options.{key}:" in line]
    assert [said in line and "campaign.yaml:" in line for line in lines] == [True] * bool(said)


def test_an_objective_that_no_sample_has_stops_after_the_first_ones(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the budget: the batch that was drawn runs, and not one sample more."""
    assert campaign.run(config=config(objectives={"outptu": "maximize"}, batch_size=1)) == 2
    assert campaign.finished_tasks() == 1
    assert "objectives.outptu names 'outptu'; did you mean 'output'?" in capsys.readouterr().err
