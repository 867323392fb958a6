"""What is wrong with a sampler's options is said once, at the option, with the remedy."""

from __future__ import annotations

import math

import pytest

from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.latin_hypercube_sampler import LatinHypercubeSampler
from enchanted_tui.samplers.random_sampler import RandomSampler
from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler

GOOD = {"bounds": [[0, 1], [1, 2]], "parameters": ["x", "y"]}
SIZED = {
    RandomSampler: {"budget": 4},
    LatinHypercubeSampler: {"budget": 4},
    SobolSequenceSampler: {"budget": 4},
    GridSampler: {"num_samples": 2},
}


def problems(cls, **options) -> list[tuple[str, str]]:
    return list(cls(**{**GOOD, **SIZED.get(cls, {}), **options}).problems())


@pytest.mark.parametrize("cls", SIZED)
@pytest.mark.parametrize(
    ("options", "where", "part"),
    [
        (
            {"bounds": [[0, 1], [2, 1]]},
            "bounds[1]",
            "the lower bound 2 is above the upper bound 1; swap them",
        ),
        ({"bounds": [[0, math.inf], [1, 2]]}, "bounds[0]", "must both be finite"),
        ({"bounds": [[0, 1], [math.nan, 2]]}, "bounds[1]", "must both be finite"),
        ({"bounds": [[0, 10**400], [1, 2]]}, "bounds[0]", "must both be finite"),
        (
            {"bounds": [[-1.5e308, 1.5e308], [1, 2]]},
            "bounds[0]",
            "wider than floating point can hold",
        ),
        (
            {"bounds": [[0, 1]]},
            "bounds",
            "the number of pairs of bounds is 1, that of parameters 2; give one for each parameter",
        ),
        (
            {"bounds": [[0, 1]] * 3},
            "bounds",
            "the number of pairs of bounds is 3, that of parameters 2",
        ),
        ({"parameters": ["x", "x"]}, "parameters[1]", "the parameter 'x' is named twice"),
        (
            {"parameters": ["x", "success"]},
            "parameters[1]",
            "'success' belongs to the program's own column",
        ),
        (
            {"parameters": ["run_dir", "x"]},
            "parameters[0]",
            "'run_dir' belongs to the program's own column",
        ),
        ({"parameters": ["x", " "]}, "parameters[1]", "is empty"),
        ({"parameters": [], "bounds": []}, "parameters", "name at least one"),
    ],
)
def test_box(cls, options, where, part):
    """Each of these used to run with truncated, broadcast or collapsed parameters, or died after
    the directory was made.
    """
    ((found_where, sentence),) = problems(cls, **options)
    assert found_where == where
    assert part in sentence


@pytest.mark.parametrize("cls", SIZED)
def test_what_is_allowed(cls):
    """Equal bounds hold a parameter constant; a batch may be larger than the budget."""
    assert problems(cls) == []
    assert problems(cls, bounds=[[0, 0], [1, 2]], batch_size=100) == []


@pytest.mark.parametrize("cls", [*SIZED, ArraySampler])
def test_a_parameter_called_output_warns(cls):
    """Runners return `output`, which replaces the parameter in the dataset."""
    sampler = cls(**{**GOOD, **SIZED.get(cls, {}), "parameters": ["x", "output"]})
    assert not list(sampler.problems())
    assert [where for where, _ in sampler.warnings()] == ["parameters[1]"]


@pytest.mark.parametrize(
    ("options", "where", "part"),
    [
        (
            {"distribution": "loguniform"},
            "bounds[0]",
            "loguniform needs bounds above 0; the lower bound is 0",
        ),
        (
            {"distribution": "int_uniform", "bounds": [[0, 1], [0.5, 2]]},
            "bounds[1]",
            "needs whole numbers as bounds; 0.5 is not one",
        ),
        (
            {"distribution": "int_uniform", "bounds": [[0, 1], [0, math.inf]]},
            "bounds[1]",
            "needs whole numbers",
        ),
        (
            {"distribution": "int_uniform", "bounds": [[3, 2], [0, 1]]},
            "bounds[0]",
            "is above the upper bound",
        ),
    ],
)
def test_random_distributions(options, where, part):
    """Bounds must suit the distribution."""
    ((found_where, sentence),) = problems(RandomSampler, **options)
    assert found_where == where
    assert part in sentence


def test_int_uniform_takes_whole_numbers_of_any_size_and_spelling():
    """1e3 is a whole number, and so is one beyond floating point."""
    assert (
        problems(
            RandomSampler, distribution="int_uniform", bounds=[[0, 1e3], [-(10**400), 10**400]]
        )
        == []
    )


@pytest.mark.parametrize("counts", [[2], [2, 2, 2]])
def test_grid_needs_one_count_a_parameter(counts):
    """A list of the wrong length used to crash at the end of the run, or be cut."""
    ((where, sentence),) = problems(GridSampler, num_samples=counts)
    assert where == "num_samples"
    assert "that of parameters 2" in sentence


def test_array_needs_values():
    """An empty list would make the product empty and the campaign a silent nothing."""
    ((where, sentence),) = problems(ArraySampler, bounds=[[1], []])
    assert where == "bounds[1]"
    assert "give at least one value" in sentence


def test_all_problems_are_reported_at_once():
    """One correction per attempt would be one attempt per mistake."""
    found = problems(RandomSampler, bounds=[[2, 1], [0, math.inf]], parameters=["x", "success"])
    assert [where for where, _ in found] == ["parameters[1]", "bounds[0]", "bounds[1]"]


@pytest.mark.parametrize("cls", [GridSampler, ArraySampler])
def test_options_that_mean_nothing_are_not_accepted(cls):
    """A grid has no seed; offering one would be an option that is read and ignored."""
    assert "seed" not in cls.options()
    assert "seed" in RandomSampler.options()
