"""The samplers that learn, as a library user has them: budgets, what counts as an observation,
repeatable draws, options, parsers.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from enchanted_tui.samplers.active_learning_sampler import ActiveLearningSampler
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.learning.active import STRATEGIES
from enchanted_tui.samplers.learning_sampler import LearningSampler
from helpers.marks import in_full
from helpers.sampler_kinds import placed

BOX = {"parameters": ["x", "y"], "bounds": [[0.0, 2.0], [-1.0, 1.0]]}
needs_extra = pytest.mark.skipif(
    any(
        __import__("importlib.util").util.find_spec(name) is None
        for name in ActiveLearningSampler.packages
    ),
    reason="scikit-activeml is not installed: install the extra 'learning'",
)


def bayesian(budget: int, **options: Any) -> BayesianOptimizationSampler:
    given = {"initial_samples": 4, "acquisition_batch_size": 3, **BOX, **options}
    return placed(BayesianOptimizationSampler(budget=budget, **given))


def active(budget: int, **options: Any) -> ActiveLearningSampler:
    given = {
        "query_strategy": "GreedySamplingX",
        "batch_size": 4,
        "n_candidates": 32,
        **BOX,
        **options,
    }
    return placed(ActiveLearningSampler(budget=budget, **given))


def results(
    samples: list[dict[str, Any]], fails: Any = lambda number, sample: False, start: int = 0
) -> pandas.DataFrame:
    rows = [
        (
            {**sample, "success": False}
            if fails(start + number, sample)
            else {**sample, "output": math.sin(3 * sample["x"]), "success": True}
        )
        for number, sample in enumerate(samples)
    ]
    return pandas.DataFrame(rows)


def drawn(
    sampler: LearningSampler, fails: Any = lambda number, sample: False
) -> list[list[dict[str, Any]]]:
    """Draw until the budget is spent, telling every batch's results before the next."""
    batches: list[list[dict[str, Any]]] = []
    while sampler.has_budget:
        batch = sampler.get_next_samples()
        assert batch, "a sampler with budget draws"
        sampler.register_future(results(batch, fails, sum(map(len, batches))))
        batches.append(batch)
    return batches


@settings(max_examples=12, deadline=None)
@given(
    budget=some.integers(0, 14),
    initial=some.integers(0, 9),
    batch=some.integers(1, 6),
    failing=some.sets(some.integers(0, 13)),
    share=some.sampled_from([0.0, 0.2, 0.5, 1.0]),
)
def test_budgets_are_exact(
    budget: int, initial: int, batch: int, failing: set[int], share: float
) -> None:
    """The random samples at the beginning count, the last batch is shorter, whatever fails, all of
    a batch included.
    """
    sampler = bayesian(
        budget, initial_samples=initial, acquisition_batch_size=batch, random_fraction=share
    )
    batches = drawn(sampler, lambda number, sample: number in failing)
    sizes = [len(samples) for samples in batches]
    assert sum(sizes) == budget == sampler.submitted
    after = sizes[1:] if initial else sizes
    assert not initial or not sizes or sizes[0] == min(initial, budget)
    assert all(size == batch for size in after[:-1])
    for samples in batches:
        for sample in samples:
            assert 0.0 <= sample["x"] <= 2.0
            assert -1.0 <= sample["y"] <= 1.0
            assert {type(value) for value in sample.values()} == {float}


@pytest.mark.full
@needs_extra
@settings(max_examples=8, deadline=None)
@given(
    budget=some.integers(0, 12), batch=some.integers(1, 5), failing=some.sets(some.integers(0, 11))
)
def test_budgets_of_active_learning_are_exact(budget: int, batch: int, failing: set[int]) -> None:
    """48 of 50 samples is what the older program gave for its own example."""
    sampler = active(budget, batch_size=batch)
    assert sum(map(len, drawn(sampler, lambda number, sample: number in failing))) == budget


@needs_extra
@pytest.mark.parametrize("strategy", [*list(STRATEGIES)[:3], *in_full(*list(STRATEGIES)[3:])])
def test_every_strategy_chooses(strategy: str) -> None:
    """Each of those offered works with what the sampler gives it, failed samples and a pool smaller
    than the batch included.
    """
    batches = drawn(
        active(9, query_strategy=strategy.lower(), batch_size=3, n_candidates=12),
        lambda number, sample: number == 1,
    )
    points = [tuple(sample.values()) for batch in batches for sample in batch]
    assert len(set(points)) == 9


@needs_extra
def test_a_pool_smaller_than_the_batch_is_never_exhausted() -> None:
    """The older program's pool was made once and ran out."""
    assert [len(batch) for batch in drawn(active(20, batch_size=4, n_candidates=2))] == [4] * 5


def observations(sampler: LearningSampler) -> list[float]:
    return [finding.value for finding in sampler._known.ordered()]


def test_every_row_is_one_observation() -> None:
    """The older program kept one a batch."""
    sampler = bayesian(20)
    sampler.register_future(results(sampler.get_next_samples()))
    sampler.register_future(results(sampler.get_next_samples()))
    assert len(observations(sampler)) == 7
    assert all(map(math.isfinite, observations(sampler)))


@pytest.mark.parametrize(
    "row",
    [
        {"success": False, "output": 3.0},
        {"success": True},
        {"success": True, "output": math.nan},
        {"success": True, "output": math.inf},
        {"success": True, "output": None},
        {"success": True, "output": "diverged"},
        {"output": 1.0},
    ],
    ids=str,
)
def test_what_gives_no_number_is_no_observation(row: dict[str, Any]) -> None:
    """It is a failure for the model of where samples fail, and never a value."""
    sampler = bayesian(10)
    first, *_ = sampler.get_next_samples()
    sampler.tell(0, first, [row])
    assert math.isnan(observations(sampler)[0])


def test_observations_are_added_up_and_parents_averaged() -> None:
    """The contract's sum of observations; a nested sample's value is the mean over the parents for
    which it succeeded.
    """
    sampler = bayesian(10, observations=["a", "b"])
    sample = {"x": 1.0, "y": 0.0}
    sampler.tell(
        0,
        sample,
        [
            {"success": True, "a": 1.0, "b": 2.0},
            {"success": True, "a": 3.0, "b": 4.0},
            {"success": False},
        ],
    )
    assert observations(sampler) == [5.0]


def test_all_failed_and_nan_batches_are_survived() -> None:
    """Draws stay random until there are two observations."""
    batches = drawn(bayesian(13), lambda number, sample: number < 10)
    assert [len(batch) for batch in batches] == [4, 3, 3, 3]
    assert batches[:3] == drawn(bayesian(10), lambda number, sample: True)


def test_the_random_share_is_exact() -> None:
    """Of 20 samples after the first ones, a fifth is random, evenly spread."""
    sampler = bayesian(24)
    assert [place for place in range(24) if sampler.is_random(place)] == [0, 1, 2, 3, 8, 13, 18, 23]


@pytest.mark.full
@pytest.mark.parametrize("make", [bayesian, pytest.param(active, marks=needs_extra)])
def test_draws_are_repeatable_to_the_bit(make: Any) -> None:
    """By seed and stage; another seed or stage draws others."""
    fails = lambda number, sample: number % 4 == 1  # noqa: E731
    first, again = drawn(make(10), fails), drawn(make(10), fails)
    assert first == again
    later: Any = placed(make(10), stage=2)
    other: Any = placed(make(10), seed=1)
    assert drawn(later, fails) != first
    assert drawn(other, fails) != first


@pytest.mark.parametrize("make", [bayesian, pytest.param(active, marks=needs_extra)])
def test_one_that_is_told_everything_goes_on_as_the_first_did(make: Any) -> None:
    """A new instance that skips what was drawn and is told the results draws the same next batch,
    in whatever order it is told.
    """
    first = make(20)
    batches = [first.get_next_samples()]
    first.register_future(results(batches[0]))
    batches.append(first.get_next_samples())
    again = make(20)
    again.skip(1)
    for place in (2, 0, 3, 1):
        row = results(batches[0]).to_dict("records")[place]
        again.tell(place, batches[0][place], [row])
    assert again.get_next_samples() == batches[1]


def test_constant_parameters_stay_constant() -> None:
    """Equal bounds are allowed; with nothing else, everything is drawn all the same."""
    batches = drawn(bayesian(8, bounds=[[0.0, 2.0], [0.5, 0.5]]))
    assert {sample["y"] for batch in batches for sample in batch} == {0.5}
    assert sum(map(len, drawn(bayesian(8, bounds=[[1.0, 1.0], [0.5, 0.5]])))) == 8


def test_it_finds_the_largest_and_the_smallest() -> None:
    """sin(3x) on [0, 2]: 1 at pi / 6, -1 at pi / 2."""
    for direction, best in (("maximize", 1.0), ("minimize", -1.0)):
        sampler = bayesian(
            16, direction=direction, random_fraction=0.0, bounds=[[0.0, 2.0], [0.0, 0.0]]
        )
        values = [math.sin(3 * sample["x"]) for batch in drawn(sampler) for sample in batch]
        assert min(abs(value - best) for value in values) < 1e-3


def test_options_that_make_no_sense_are_told() -> None:
    """Before anything is created."""
    assert [where for where, _ in bayesian(4).warnings()] == ["initial_samples"]
    assert [where for where, _ in bayesian(9, observations=[]).problems()] == ["observations"]
    ((where, said),) = bayesian(9, parser="no_such_parser").problems()
    assert where == "parser"
    assert "are ," not in said, "a list of nothing"


def test_a_missing_extra_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that can be acted on, from the check of the configuration."""
    monkeypatch.setattr(ActiveLearningSampler, "packages", ("skactiveml", "no_such_package"))
    (problem,) = [sentence for where, sentence in active(9).problems() if not where]
    assert "pip install 'enchanted-tui[learning]'" in problem
    assert "no_such_package" in problem


# -- parsers ---------------------------------------------------------------------------------------

PARSER = """\
import os

class FileParser:
    def __init__(self, name="value.txt"):
        self.name = name

    def write_input_file(self, params, run_dir):
        pass

    def collect_sample_information(self, run_dir, observations):
        with open(os.path.join(run_dir, self.name)) as file:
            value = float(file.read())
        return {"run_dir": run_dir, "inputs": {"x": value / 10, "y": 0.0}, "objective": value, "failure": value < 0}


class VectorParser(FileParser):
    # as the older program's own parsers: numpy vectors

    def collect_sample_information(self, run_dir, observations):
        import numpy

        with open(os.path.join(run_dir, self.name)) as file:
            numbers = [float(cell) for cell in file.read().split()]
        inputs = numpy.array([[0.25, 0.5]][:1] if numbers[0] < 100 else [1.0])
        return {"run_dir": run_dir, "inputs": inputs, "objective": numpy.array([numbers[1:]]), "failure": 0}


class ReadingParser:
    def read_output_file(self, run_dir):
        return {"output": 42.0}


class SeveralParser:
    def collect_sample_information(self, run_dir, observations):
        return {"objective": [float(name) for name in observations], "failure": False}


class WritingParser:
    def write_input_file(self, params, run_dir):
        pass
"""


@pytest.fixture
def parsers(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "my_parsers.py").write_text(PARSER)
    information = tmp_path / "my_parsers-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my_parsers\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[enchanted_surrogates.parsers]\nfile_parser = my_parsers:FileParser\n"
        "[enchanted_tui.parsers]\nreading_parser = my_parsers:ReadingParser\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("my_parsers", None)


def run_dir(root: Any, name: str, content: str) -> str:
    path = root / "data" / name
    path.mkdir(parents=True)
    (path / "result.txt").write_text(content)
    return str(path)


@pytest.mark.parametrize("name", ["file_parser", "FileParser", "my_parsers:FileParser"])
def test_a_parser_reads_results_from_run_directories(parsers: Any, name: str) -> None:
    """By entry point of the older program's group, in either spelling, or by class; failures and
    torn files are failures.
    """
    sampler = bayesian(9, parser=name, parser_config={"name": "result.txt"})
    assert list(sampler.problems()) == []
    sample = {"x": 1.0, "y": 0.0}
    for number, content in enumerate(["7.5", "-1", "torn"]):
        sampler.tell(
            number,
            sample,
            [{"success": True, "output": 99.0, "run_dir": run_dir(parsers, f"d{number}", content)}],
        )
    assert observations(sampler)[0] == 7.5
    assert all(map(math.isnan, observations(sampler)[1:]))


def test_a_parser_of_our_own_group_that_reads_outputs(parsers: Any) -> None:
    """`read_output_file` is the other thing that parsers have; one that only writes is refused."""
    sampler = bayesian(9, parser="reading_parser")
    sampler.tell(0, {"x": 1.0, "y": 0.0}, [{"success": True, "run_dir": "anywhere"}])
    assert observations(sampler) == [42.0]
    (problem,) = [
        sentence
        for where, sentence in bayesian(9, parser="my_parsers:WritingParser").problems()
        if where == "parser"
    ]
    assert "neither" in problem


def test_a_parser_may_give_one_number_for_each_observation(parsers: Any) -> None:
    """Their sum is learnt from, as it is of columns."""
    sampler = bayesian(9, parser="my_parsers:SeveralParser", observations=["1.5", "2.5"])
    sampler.tell(0, {"x": 1.0, "y": 0.0}, [{"success": True, "run_dir": "anywhere"}])
    assert observations(sampler) == [4.0]


@pytest.mark.parametrize(
    ("content", "names", "expected"),
    [
        ("7 1 2 4", [None], 7.0),
        ("7 1 2 4", ["a", "b"], 7.0),
        ("7 1 2", ["a", "b"], 3.0),
        ("7 5", ["a", "b"], 5.0),
        ("100 5", [None], 5.0),
    ],
)
def test_inputs_may_be_a_vector_and_the_objective_is_summed(
    parsers: Any, content: str, names: list[Any], expected: float
) -> None:
    """As the older program takes them; of a sample of one's own the inputs are known anyway,
    whatever the parser says.
    """
    sampler = bayesian(
        9,
        parser="my_parsers:VectorParser",
        parser_config={"name": "result.txt"},
        observations=names,
    )
    sample = {"x": 1.0, "y": 0.0}
    sampler.tell(
        0,
        sample,
        [{**sample, "success": True, "run_dir": run_dir(parsers, "d0_b0_s0_r0", content)}],
    )
    assert observations(sampler) == [expected]


def test_inputs_of_an_earlier_campaign_come_in_the_order_of_the_parameters(parsers: Any) -> None:
    """(0.25, 0.5) are x and y of the bounds; a vector of another length is no sample."""
    run_dir(parsers, "d0_b0_s0_r0", "7 1 2 4")
    run_dir(parsers, "d0_b0_s1_r0", "100 1 2 4")
    sampler = bayesian(
        9,
        parser="my_parsers:VectorParser",
        parser_config={"name": "result.txt"},
        base_run_dir=str(parsers),
    )
    sampler.begin(str(parsers / "elsewhere"))
    (finding,) = sampler._known.ordered()
    assert finding.value == 7.0
    assert tuple(finding.point) == tuple(sampler.features([{"x": 0.25, "y": 0.5}])[0])


def test_an_earlier_campaign_is_learnt_from_and_not_counted(parsers: Any) -> None:
    """By parser from its run directories, or from its dataset; its samples cost no budget."""
    for number in range(3):
        run_dir(parsers, f"d0_b0_s{number}_r0", str(5.0 + number))
    by_parser = bayesian(
        9, parser="file_parser", parser_config={"name": "result.txt"}, base_run_dir=str(parsers)
    )
    by_parser.begin(str(parsers / "elsewhere"))
    assert sorted(observations(by_parser)) == [5.0, 6.0, 7.0]
    assert by_parser.known_count() == by_parser.submitted == 0
    (parsers / "enchanted_dataset.csv").write_text(
        "output,success,x,y\n1.5,True,0.5,0\n,False,1.5,0\n2.5,True,,0\n"
    )
    by_dataset = bayesian(9, base_run_dir=str(parsers))
    by_dataset.begin(str(parsers / "elsewhere"))
    assert [value for value in observations(by_dataset) if math.isfinite(value)] == [1.5]
    assert len(observations(by_dataset)) == 2
    own = bayesian(9, base_run_dir=str(parsers))
    own.begin(str(parsers / "data"))
    assert observations(own) == []


@pytest.mark.parametrize("name", ["d0_b0_s{number}_r{step}", "dn0_ds{step}_b0_s{number}"])
def test_an_earlier_campaigns_failures_and_steps_are_what_they_were(
    parsers: Any, name: str
) -> None:
    """What a failed run left behind may well be read, and is no observation; two steps of a sample
    are one sample.
    """
    for number, (content, success) in enumerate([("1", "True"), ("2", "False"), ("3", "True")]):
        for step in range(2):
            path = run_dir(
                parsers, name.format(number=number, step=step), content if step else "unfinished"
            )
            (parsers / path / "enchanted_datapoint.csv").write_text(
                f"output,success,x,y\n0,{success},0.{number}5,0\n"
            )
    sampler = bayesian(
        9, parser="file_parser", parser_config={"name": "result.txt"}, base_run_dir=str(parsers)
    )
    sampler.begin(str(parsers / "elsewhere"))
    found = observations(sampler)
    assert len(found) == 3
    assert sorted(value for value in found if math.isfinite(value)) == [1.0, 3.0]


def test_a_mean_beyond_all_floating_point_is_no_observation() -> None:
    """Diverged runs below several parents: nothing that ends a campaign."""
    sampler = bayesian(9)
    sampler.tell(0, {"x": 1.0, "y": 0.0}, [{"success": True, "output": 1.7e308}] * 2)
    assert math.isnan(observations(sampler)[0])
