"""What to do next, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from enchanted_tui.commands import command_line
from enchanted_tui.surrogate.campaign_inputs import DrawnParameters
from enchanted_tui.surrogate.cross_validation import CurvePoint
from enchanted_tui.surrogate.error_map import ErrorMap
from enchanted_tui.surrogate.power_law import LEVEL, ErrorForecast, PowerLaw
from enchanted_tui.surrogate.success_model import SuccessReport

Verdict = Literal["helps", "hardly helps", "open", "enough", "too few"]

_USELESS = 0.2  #: R2 below which a model has hardly learnt anything
_HARDLY = 0.93  #: ratio of errors with twice as many samples that is not worth these
_ENOUGH = 1e-3  #: RMSE as a share of the output's spread that is small for any purpose
_MANY_FAIL = 0.2  #: share of failures that comes before everything else


@dataclass(frozen=True)
class Advice:
    """Whether more samples would help one output."""

    verdict: Verdict
    sentence: str
    doubled: ErrorForecast | None  #: with twice as many samples, or the most that are taken
    samples_to_halve: int | None  #: of the error; None where that is out of sight
    counted_in: str = "samples"  #: what there should be more of


def advise(
    curve: Sequence[CurvePoint],
    law: PowerLaw | None,
    spread: float,
    unit: str,
    most: int | None,
    counted_in: str,
) -> Advice:
    """Judge an output by its learning curve, which counts samples, points or parents; `spread` is
    the standard deviation of its values, `most` how many samples the model takes, where there is a
    limit.
    """
    now = curve[-1]
    is_enough = now.rmse < _ENOUGH * spread
    is_full = most is not None and now.count >= most
    if is_enough and (is_full or law is None):
        return Advice(
            "enough", "there are enough samples for most purposes", None, None, counted_in
        )
    if is_full:
        return Advice(
            "hardly helps",
            f"more samples do not help this model, which takes {most:,} of them; --model trees"
            " takes all",
            *(None, None, counted_in),
        )
    if law is None:
        return Advice(
            "too few",
            f"{now.count} {counted_in} to learn from are too few to say what more would bring; draw"
            " some ten for each parameter first",
            *(None, None, counted_in),
        )
    doubled = law.forecast(min(2 * now.count, most or 2 * now.count))
    halved = law.samples_for(now.rmse / 2)
    verdict: Verdict = "enough" if is_enough else _verdict(now, doubled, law)
    said = _sentence(verdict, now, doubled, halved, unit, counted_in)
    return Advice(verdict, said, doubled, halved, counted_in)


def few_parents(count: int) -> Advice:
    """Judge an output whose parents are too few to be held out."""
    return Advice(
        "too few",
        f"{count} parents are too few to be held out: errors are those at new children of these"
        " alone, and nothing is known of others",
        *(None, None, "parents"),
    )


def _verdict(now: CurvePoint, doubled: ErrorForecast, law: PowerLaw) -> Verdict:
    if doubled.rmse > _HARDLY * now.rmse:
        return "hardly helps"
    return "helps" if law.exponent_low > 0 else "open"


def _sentence(
    verdict: Verdict,
    now: CurvePoint,
    doubled: ErrorForecast,
    halved: int | None,
    unit: str,
    counted_in: str,
) -> str:
    unit = f" {unit}" if unit else ""
    forecast = (
        f"with {doubled.samples:,} {counted_in} to learn from the error would be about"
        f" {doubled.rmse:.3g}{unit} ({LEVEL:.0%}: {doubled.low:.3g} to {doubled.high:.3g}), and"
        f" with {now.count:,} it is {now.rmse:.3g}"
    )
    if verdict == "helps":
        of = "" if counted_in == "samples" else f" {counted_in}"
        more = f"; half of it needs about {rounded(halved):,}{of}" if halved else ""
        return f"more samples help: {forecast}{more}"
    if verdict == "open":
        return f"more samples may help: {forecast}"
    if verdict == "enough":
        return f"there are enough samples for most purposes: {forecast}"
    cause = (
        "what is left is noise, comes of something that is no parameter, or is more than this model"
        " can follow"
        if now.r2 is not None and now.r2 < 1 - _USELESS
        else "another --model may do more"
    )
    return f"more samples of this kind hardly help: {forecast}; {cause}"


def rounded(number: int) -> int:
    """Return a number with two digits."""
    return int(float(f"{number:.1e}"))


def next_steps(
    found: Sequence[tuple[str, Advice, ErrorMap, str]],
    success: SuccessReport,
    drawn: DrawnParameters,
    root: Path,
) -> tuple[str, ...]:
    """Return what to do next, the most useful first; `found` has name, advice and errors of each
    output, and what its learning curve counts.
    """
    steps = []
    if 1 - success.rate > _MANY_FAIL:
        where = f", most of them where {success.condition}" if success.condition else ""
        steps.append(
            f"look at the failures first: {1 - success.rate:.0%} of the samples fail{where}, and"
            " nothing is learnt there"
        )
    for counted_in in dict.fromkeys(counted for *_, counted in found):
        verdicts = [(name, one.verdict) for name, one, _, counted in found if counted == counted_in]
        steps += _draw_more(verdicts, drawn, root, counted_in)
    enough = [name for name, advice, *_ in found if advice.verdict == "enough"]
    steps += [
        f"{name} errs most where {errors.condition}: a campaign with ranges narrowed to there, or"
        " an ActiveLearningSampler, spends samples better than one all over the box"
        for name, advice, errors, _ in found
        if errors.condition and advice.verdict in ("helps", "open")
    ]
    steps += [
        f"{name}: stop here if the error is small enough; otherwise look for noise, for parameters"
        f" that are missing{_first_where(errors)}, or try another --model"
        for name, advice, errors, _ in found
        if advice.verdict == "hardly helps"
    ]
    if enough:
        steps.append(
            f"{', '.join(enough)}: use the model, its error is below {_ENOUGH:.1%} of the spread"
        )
    return tuple(steps)


def _draw_more(
    verdicts: Sequence[tuple[str, Verdict]], drawn: DrawnParameters, root: Path, counted_in: str
) -> list[str]:
    """Return the sentence for the outputs that more of one kind would help the surest."""
    for verdict, why in (
        ("helps", ", which help"),
        ("open", ", which may help"),
        ("too few", " to judge"),
    ):
        whom = [name for name, found in verdicts if found == verdict]
        if whom:
            how = _how_to_draw(drawn, root, counted_in)
            return [f"draw more {counted_in}{why} {', '.join(whom)}: {how}"]
    return []


def _first_where(errors: ErrorMap) -> str:
    return f", first where {errors.condition}, where it errs most" if errors.condition else ""


def _how_to_draw(drawn: DrawnParameters, root: Path, counted_in: str) -> str:
    if counted_in == "parents":
        return (
            "raise the budget of the stage that draws them; "
            + command_line("CONFIG", "--no-ui", "--run-mode", "resume")
            + " then adds them with their children"
        )
    if drawn.can_extend:
        return (
            command_line(root, "--no-ui", "--run-mode", "extend")
            + " adds as many as the budget says"
        )
    return (
        "the sampler has no further points, so begin another campaign with a sampler that draws"
        " from the whole box, such as SobolSequenceSampler"
    )
