"""The mathematics of the samplers that learn, against scikit-learn where it has the same, else
against differences and sampling.
"""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy
import pytest
from scipy.stats import norm, qmc

from enchanted_tui.samplers.learning import acquisition as functions
from enchanted_tui.samplers.learning import bayesian
from enchanted_tui.samplers.learning.acquisition import Acquisition
from enchanted_tui.samplers.learning.bayesian import BayesianOptions
from enchanted_tui.samplers.learning.feasibility import KeepAway, ProbabilityOfSuccess
from enchanted_tui.samplers.learning.fitting import LogLikelihood, fit
from enchanted_tui.samplers.learning.kernels import SMOOTHNESS, correlation
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.proposals import PointQuestion, Proposal
from enchanted_tui.samplers.learning.scaling import standardise

KERNELS = sorted(SMOOTHNESS.items())
WORTHS = {
    "EI": functions.log_expected_improvement,
    "PI": functions.log_probability_of_improvement,
    "UCB": functions.upper_confidence_bound(2.0),
}


def data(count: int = 14, dimensions: int = 3, seed: int = 0):
    rng = numpy.random.default_rng(seed)
    points = rng.random((count, dimensions))
    return rng, points, numpy.sin(5 * points[:, 0]) + points[:, 1] ** 2


def options(**changes) -> BayesianOptions:
    given = {
        "acquisition": "qLEI",
        "kernel": "Matern-5/2",
        "beta": 2.0,
        "fully_bayesian": False,
        "avoid_failures": False,
        "minimise": False,
    }
    return BayesianOptions(**{**given, **changes})


def propose(options: BayesianOptions, *asked: Any) -> Proposal:
    return bayesian.propose(options, PointQuestion(*asked))


def sklearn_process(hyper: Hyperparameters):
    process = pytest.importorskip(
        "sklearn.gaussian_process",
        reason="scikit-learn is not installed: install the extra 'learning'",
    )
    kernels = process.kernels
    shape = (
        kernels.RBF(hyper.scales)
        if hyper.smoothness == math.inf
        else kernels.Matern(hyper.scales, nu=hyper.smoothness)
    )
    kernel = kernels.ConstantKernel(hyper.amplitude) * shape + kernels.WhiteKernel(hyper.noise)
    return process.GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None)


@pytest.mark.parametrize(("name", "smoothness"), KERNELS)
def test_likelihood_is_that_of_scikit_learn(name, smoothness):
    """Value and gradient by every hyperparameter: what is fitted is what the literature says."""
    _, points, values = data()
    hyper = Hyperparameters(smoothness, (0.3, 0.5, 2.0), 1.3, 0.01)
    theta = numpy.log([1.3, 0.3, 0.5, 2.0, 0.01])
    expected, gradient = (
        sklearn_process(hyper)
        .fit(points, values)
        .log_marginal_likelihood(theta, eval_gradient=True)
    )
    value, found = LogLikelihood(points, values, smoothness)(theta)
    assert value == pytest.approx(expected, rel=1e-6)
    assert found == pytest.approx(gradient, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(("name", "smoothness"), KERNELS)
def test_posterior_is_that_of_scikit_learn(name, smoothness):
    """Means and deviations at points not seen."""
    rng, points, values = data()
    hyper = Hyperparameters(smoothness, (0.3, 0.5, 2.0), 1.3, 0.01)
    where = rng.random((6, 3))
    mean, deviation = sklearn_process(hyper).fit(points, values).predict(where, return_std=True)
    found, spread = Posterior(hyper, points, values[:, None]).at(where)
    assert found[:, 0] == pytest.approx(mean, rel=1e-6)
    # scikit-learn's is that of a noisy value
    assert spread**2 == pytest.approx(deviation**2 - hyper.noise, rel=1e-5)


def test_left_out_values_are_predicted_as_if_they_had_been_left_out():
    """The closed form of the cross-validated error against leaving each value out in turn."""
    _, points, values = data()
    hyper = Hyperparameters(2.5, (0.3, 0.5, 2.0), 1.3, 0.01)
    mean, variance = Posterior(hyper, points, values[:, None]).left_out()
    for index in range(len(points)):
        rest = numpy.arange(len(points)) != index
        expected, deviation = Posterior(hyper, points[rest], values[rest, None]).at(
            points[index : index + 1]
        )
        assert mean[index] == pytest.approx(expected[0, 0])
        assert variance[index] == pytest.approx(deviation[0] ** 2 + hyper.noise)


@pytest.mark.parametrize("worth", WORTHS)
@pytest.mark.parametrize(("name", "smoothness"), KERNELS)
def test_slopes_are_those_of_the_function(name, smoothness, worth):
    """The gradient that is climbed, with pending points, failures and their neighbourhood, against
    differences.
    """
    rng, points, values = data()
    good = numpy.arange(len(points)) % 5 != 2
    posterior = Posterior(
        Hyperparameters(smoothness, (0.4, 0.6, 0.9), 1.3, 1e-4), points[good], values[good, None]
    )
    factors = [
        KeepAway(points[~good], numpy.array([0.4, 0.6, 0.9])),
        ProbabilityOfSuccess(points, good, rng),
    ]
    acquisition = Acquisition(
        WORTHS[worth], [(posterior, posterior.smoothed.max(axis=0))], factors, worth != "UCB"
    )
    for point in rng.random((2, 3)):
        acquisition = acquisition.expecting(point, rng, 16)
    for point in rng.random((4, 3)):
        value, slope = acquisition.slope(point)
        assert value == pytest.approx(acquisition.at(point[None])[0], abs=1e-7)
        steps = numpy.eye(3) * 1e-6
        differences = [
            (acquisition.at((point + step)[None])[0] - acquisition.at((point - step)[None])[0])
            / 2e-6
            for step in steps
        ]
        assert slope == pytest.approx(differences, rel=1e-4, abs=1e-4)


def test_log_expected_improvement_has_no_gaps():
    """It falls smoothly where the improvement itself is zero in floating point, so there is always
    a way up.
    """
    z = -numpy.geomspace(0.5, 1e6, 4001)
    value, by_mean, _ = functions.log_expected_improvement(
        z, numpy.ones_like(z), numpy.zeros_like(z)
    )
    assert numpy.isfinite(value).all()
    assert (numpy.diff(value) < 0).all()
    assert (by_mean > 0).all()
    assert value[0] == pytest.approx(math.log(0.19779655740130602))  # phi(-1/2) - Phi(-1/2) / 2


@pytest.mark.parametrize("mean", [-3.0, -0.2, 0.0, 1.5])
@pytest.mark.parametrize("deviation", [0.05, 0.7, 2.0])
def test_acquisition_functions_are_what_their_names_say(mean, deviation):
    """Improvement, its probability and the bound, by their closed forms and by plain sampling of
    what they are the mean of.
    """
    best, beta = 0.4, 2.5
    z = (mean - best) / deviation
    arguments = numpy.array([mean]), numpy.array([deviation]), numpy.array([best])
    improvement = math.exp(functions.log_expected_improvement(*arguments)[0][0])
    probability = math.exp(functions.log_probability_of_improvement(*arguments)[0][0])
    softened = math.exp(functions.upper_confidence_bound(beta)(*arguments)[0][0])
    assert improvement == pytest.approx(deviation * (norm.pdf(z) + z * norm.cdf(z)), rel=1e-6)
    assert probability == pytest.approx(norm.cdf(z), rel=1e-9)
    assert best + math.log(math.expm1(softened)) == pytest.approx(
        mean + math.sqrt(beta) * deviation
    )
    drawn = numpy.random.default_rng(0).normal(mean, deviation, 400_000)
    assert improvement == pytest.approx(numpy.maximum(drawn - best, 0).mean(), rel=0.02, abs=1e-3)
    assert probability == pytest.approx((drawn > best).mean(), abs=0.003)


@pytest.mark.parametrize("name", ["PI", "UCB"])
def test_what_is_pending_counts_as_the_criterion_says(name):
    """PI: of beating the best and whatever the pending sample turns out to be. UCB: the mean as it
    is, the variance as it will be.
    """
    rng, points, values = data(8, 2)
    # the pending point, and a new one near it
    both = 0.5 * rng.random(2) + numpy.array([[0.2, 0.2], [0.35, 0.3]])
    covariance = correlation(points, points, numpy.full(2, 0.5), 2.5) + 1e-6 * numpy.eye(8)
    cross = correlation(both, points, numpy.full(2, 0.5), 2.5)
    mean = cross @ numpy.linalg.solve(covariance, values)
    joint = correlation(both, both, numpy.full(2, 0.5), 2.5) - cross @ numpy.linalg.solve(
        covariance, cross.T
    )
    best = mean[1] + 0.1
    posterior = Posterior(Hyperparameters(2.5, (0.5, 0.5), 1.0, 1e-6), points, values[:, None])
    acquisition = Acquisition(
        WORTHS[name], [(posterior, numpy.array([best]))], counts_pending=name == "PI"
    )
    found = math.exp(acquisition.expecting(both[0], rng, 4096).at(both[1:])[0])
    if name == "PI":
        drawn = rng.multivariate_normal(mean, joint, 400_000)
        assert found == pytest.approx(
            (drawn[:, 1] > numpy.maximum(best, drawn[:, 0])).mean(), abs=0.003
        )
        assert found < norm.sf(best, mean[1], math.sqrt(joint[1, 1])) - 0.01, (
            "the pending sample takes a part"
        )
    else:
        variance = joint[1, 1] - joint[0, 1] ** 2 / joint[0, 0]
        assert best + math.log(math.expm1(found)) == pytest.approx(
            mean[1] + math.sqrt(2.0 * variance), rel=1e-4
        )


def test_many_failures_in_many_dimensions_fit_into_memory():
    """Failures by points by dimensions would be half a gigabyte for what a login node has little
    of.
    """
    rng = numpy.random.default_rng(0)
    failed, points = rng.random((3000, 20)), rng.random((1100, 20))
    points[0] = failed[0]
    tracemalloc.start()
    found = KeepAway(failed, numpy.full(20, 0.5)).log_at(points)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
    assert found[0] < -25 < -1 < found[1:].min()


@pytest.mark.full
def test_averaging_over_pending_points_is_the_gain_of_the_joint_criterion():
    """qEI of a pending point and a new one, by plain sampling, less the pending point's own."""
    rng, points, values = data(8, 2)
    posterior = Posterior(Hyperparameters(2.5, (0.5, 0.5), 1.0, 1e-6), points, values[:, None])
    best = values.max()
    pending, point = rng.random((2, 2))
    acquisition = Acquisition(
        functions.log_expected_improvement, [(posterior, numpy.array([best]))]
    )
    found = math.exp(acquisition.expecting(pending, rng, 4096).at(point[None])[0])
    joint = Posterior(
        posterior.hyper,
        numpy.vstack([points, pending]),
        numpy.append(values, 0.0)[:, None],
        seen=len(points),
    )
    mean, deviation = posterior.at(pending[None])
    first = mean[0, 0] + deviation[0] * rng.standard_normal(20_000)
    weights = [
        Posterior(
            posterior.hyper, joint.points, numpy.append(values, value)[:, None], len(points)
        ).at(point[None])
        for value in first[:2000]
    ]
    second = numpy.array(
        [m[0, 0] + s[0] * z for (m, s), z in zip(weights, rng.standard_normal(2000), strict=True)]
    )
    both = numpy.maximum(numpy.maximum(first[:2000], second) - best, 0).mean()
    alone = numpy.maximum(first[:2000] - best, 0).mean()
    assert found == pytest.approx(both - alone, abs=0.1 * max(both - alone, 0.02))


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e200, 4e307])
def test_values_of_any_size_are_standardised(scale):
    """Outputs in SI units span hundreds of orders of magnitude."""
    standard, _, _ = standardise(numpy.array([1.0, 2.0, 4.0]) * scale)
    assert standard.mean() == pytest.approx(0.0, abs=1e-9)
    assert standard.std() == pytest.approx(1.0)


def test_equal_values_and_repeated_points_are_survived():
    """A flat output, or one point observed several times, leaves nothing to divide by."""
    points = numpy.repeat(numpy.random.default_rng(0).random((3, 2)), 3, axis=0)
    found = propose(options(), points, numpy.full(9, 4.2), numpy.empty((0, 2)), 2, 1)
    assert found.points.shape == (2, 2)
    assert ((found.points >= 0) & (found.points <= 1)).all()
    assert found.diagnostics["cv_error"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("acquisition", ["qLEI", "qUCB", "qEI", "qPI", "EI", "LEI", "UCB", "PI"])
def test_every_acquisition_function_goes_up_the_hill(acquisition):
    """With a clear slope, every criterion looks beyond the best point; with `minimise`, beyond the
    lowest.
    """
    points = numpy.linspace(0.0, 0.6, 7)[:, None]
    up = propose(
        options(acquisition=acquisition, beta=0.5), points, points[:, 0], numpy.empty((0, 1)), 1, 3
    )
    down = propose(
        options(acquisition=acquisition, beta=0.5, minimise=True),
        points,
        -points[:, 0],
        numpy.empty((0, 1)),
        1,
        3,
    )
    assert up.points[0, 0] > 0.6
    assert down.points.tolist() == up.points.tolist()


def test_a_batch_and_pending_points_stay_apart():
    """Two samples at one place would teach as much as one."""
    _, points, values = data(12, 2)
    found = propose(options(), points, values, numpy.array([[0.3, 0.9]]), 4, 5)
    places = numpy.vstack([found.points, [[0.3, 0.9]], points])
    distances = numpy.linalg.norm(places[:, None] - places[None], axis=2) + numpy.eye(len(places))
    assert distances[:4].min() > 0.01


def test_failures_keep_new_samples_away():
    """Where samples fail for the larger half of a parameter, it looks in the other half, although
    the output rises there.
    """
    _, points, _ = data(24, 2, seed=3)
    values = numpy.where(points[:, 0] > 0.5, numpy.nan, points[:, 0])
    free = propose(options(), points, values, numpy.empty((0, 2)), 3, 2)
    kept = propose(options(avoid_failures=True), points, values, numpy.empty((0, 2)), 3, 2)
    assert free.points[:, 0].max() > 0.6
    assert kept.points[:, 0].max() < 0.6


def test_a_failed_sample_is_not_asked_for_again_even_without_the_filter():
    """It leaves no observation, so the model alone would ask for it for ever."""
    points = numpy.linspace(0.0, 0.9, 10)[:, None]
    values = points[:, 0].copy()
    failed = numpy.array([[1.0]])
    found = propose(
        options(),
        numpy.vstack([points, failed]),
        numpy.append(values, numpy.nan),
        numpy.empty((0, 1)),
        1,
        3,
    )
    assert abs(found.points[0, 0] - 1.0) > 1e-3


def test_probability_of_success_is_calibrated_far_and_near():
    """Near one in the midst of successes, near zero in the midst of failures."""
    rng = numpy.random.default_rng(1)
    points = rng.random((40, 2))
    succeeded = points[:, 0] < 0.6
    probability = numpy.exp(
        ProbabilityOfSuccess(points, succeeded, rng).log_at(numpy.array([[0.2, 0.5], [0.95, 0.5]]))
    )
    assert probability[0] > 0.9
    assert probability[1] < 0.2


def test_hyperparameters_are_drawn_about_the_most_probable_ones():
    """Slice sampling finds the same length scales as the climb, with a spread."""
    rng, points, values = data(30, 2)
    standard, _, _ = standardise(values)
    (best,) = fit(points, standard, 2.5, rng)
    drawn = fit(points, standard, 2.5, rng, draws=True)
    scales = numpy.log([model.scales for model in drawn])
    assert len({model.scales for model in drawn}) == len(drawn)
    assert (numpy.abs(scales.mean(axis=0) - numpy.log(best.scales)) < 1.5).all()
    assert propose(
        options(fully_bayesian=True), points, values, numpy.empty((0, 2)), 1, 3
    ).points.shape == (1, 2)


@pytest.mark.full
def test_the_same_question_has_the_same_answer_to_the_bit():
    """A resumed campaign asks again what the killed one had asked."""
    _, points, values = data(12, 3)
    ask = lambda: propose(options(), points, values, points[:1] / 2, 3, [7, 0, 12]).points.tobytes()  # noqa: E731
    assert ask() == ask()


@pytest.mark.parametrize("known_as", ["seed", "rng"])
def test_every_scipy_that_may_be_installed_serves(known_as, monkeypatch):
    """Up to 1.14, the oldest that we take among them, its engines know the random state as `seed`;
    one day as `rng` alone.
    """
    sobol = qmc.Sobol
    signature: dict[str, Any] = {
        "seed": lambda d, *, scramble=True, seed=None: sobol(d, scramble=scramble, seed=seed),
        "rng": lambda d, *, scramble=True, rng=None: sobol(d, scramble=scramble, seed=rng),
    }
    _, points, values = data(12, 2)
    expected = propose(options(), points, values, numpy.empty((0, 2)), 1, 5).points
    monkeypatch.setattr(qmc, "Sobol", signature[known_as])
    assert (
        propose(options(), points, values, numpy.empty((0, 2)), 1, 5).points.tolist()
        == expected.tolist()
    )
