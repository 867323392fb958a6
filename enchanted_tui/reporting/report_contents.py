"""What a report says: read from a run directory and worked out, as plain texts and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from markupsafe import escape

from enchanted_tui.comparison.campaign_facts import CampaignReading, is_own, read_campaign
from enchanted_tui.comparison.configuration_differences import configuration_text
from enchanted_tui.durations import core_hours, duration
from enchanted_tui.record.resource_use import cpu_words, most_of_what_was_asked
from enchanted_tui.reporting import report_drawings
from enchanted_tui.reporting.harmless_text import Harmless
from enchanted_tui.surrogate.fit_report import as_json
from enchanted_tui.surrogate.fit_text import TITLES, needless_sentence, success_lines
from enchanted_tui.surrogate.model_inputs import SurrogateError
from enchanted_tui.surrogate.sensitivity import analyse
from enchanted_tui.surrogate.stored_report import stored_report
from enchanted_tui.surrogate.surrogate_fit import FEWEST, FitOptions, fit_surrogate
from enchanted_tui.surrogate.training_data import Tell
from enchanted_tui.views.dataset_statistics import Results, statistics

_MOST_COLUMNS = 60  #: that are drawn
_MOST_OUTPUTS = 12  #: whose models are drawn, and whose best samples are listed
_MOST_PATTERNS = 12
_BEST = 3  #: samples at either end
_LABEL = 40  #: characters of a name in a figure
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class ReportOptions:
    """What is asked of a report."""

    outputs: tuple[str, ...] = ()  #: of the models; none: all that can be fitted
    model: str | None = None
    paths: bool = False  #: whether absolute paths are shown


def report_contents(
    root: Path, options: ReportOptions, harmless: Harmless, tell: Tell, step: Tell
) -> dict[str, Any]:
    """Return what the page's template is given. Takes as long as `--fit` and `--sensitivity` do.
    Raises EnvironmentProblem, SurrogateError or OSError.
    """
    step("reading the campaign")
    found = read_campaign(root)
    notes: list[str] = []
    columns = _columns(found, harmless, notes)
    config = configuration_text(root)
    return {
        "name": found.facts.name,
        "phase": str(found.facts.phase),
        "ended": found.facts.ended,
        "summary": _summary(found),
        "stages": _stages(found),
        "cost": _cost(found),
        "failures": _failures(found, harmless, notes),
        "failed": found.facts.failed,
        "columns": columns,
        "best": _best(found, notes),
        **_models(found, options, harmless, notes, tell, step),
        "configuration": None if config is None else escape(harmless.whole(config)),
        "provenance": _provenance(found),
        "notes": notes,
    }


def _summary(found: CampaignReading) -> Pairs:
    facts = found.facts
    share = f" ({facts.succeeded / facts.samples:.1%})" if facts.samples else ""
    return [
        ("samples", f"{facts.samples:,} of {facts.expected:,}"),
        ("successful", f"{facts.succeeded:,}{share}"),
        ("failed", f"{facts.failed:,}"),
        ("core-hours", core_hours(facts.core_hours)),
    ]


def _stages(found: CampaignReading) -> list[dict[str, str]]:
    stages = []
    for names, stage in zip(found.stage_names, found.view.snapshot.stages, strict=True):
        stages.append(
            {
                "number": str(stage.depth + 1),
                "sampler": f"{names['sampler']} ({names['sampler_type']})",
                "runners": ", then ".join(
                    f"{one['runner']} ({one['runner_type']})" for one in names["steps"]
                ),
                "executors": ", ".join(
                    dict.fromkeys(one["executor_type"] for one in names["steps"])
                ),
                "done": f"{stage.done:,} of {stage.expected:,}",
                "failed": f"{stage.failed:,}",
            }
        )
    return stages


def _cost(found: CampaignReading) -> Pairs:
    taken, facts = found.view.snapshot, found.facts
    told = [
        ("core-hours held", core_hours(facts.core_hours)),
        ("tasks that have ended", f"{facts.tasks:,}"),
        ("mean run time of a task", duration(facts.mean_runtime)),
        ("sessions", f"{taken.sessions:,}"),
    ]
    if facts.samples:
        told.insert(1, ("core-hours a sample", core_hours(facts.core_hours / facts.samples)))
    at_end = taken.cost.core_hours_at_end if taken.cost is not None else None
    if at_end is not None and facts.samples < facts.expected:
        told.append(("core-hours expected in the end", core_hours(at_end)))
    told += [("processors", cpu_words(taken.use)), ("memory", most_of_what_was_asked(taken.use))]
    return [pair for pair in told if pair[1]]


def _failures(found: CampaignReading, harmless: Harmless, notes: list[str]) -> list[dict[str, Any]]:
    patterns = found.facts.failures
    if len(patterns) > _MOST_PATTERNS:
        notes.append(f"{len(patterns) - _MOST_PATTERNS} other kinds of failures are not listed")
    told = []
    for one in patterns[:_MOST_PATTERNS]:
        common = ""
        if one.condition:
            common = (
                f"{one.condition}: {one.caught:.0%} of these failures, and {one.others:.0%} of the"
                " successes"
            )
        told.append(
            {
                "example": one.example,
                "count": f"{one.count:,}",
                "kinds": ", ".join(f"{count:,} {kind}" for kind, count in one.kinds),
                "hosts": ", ".join(f"{host} ({count:,})" for host, count in one.hosts[:4])
                + (f" and {len(one.hosts) - 4} more" if len(one.hosts) > 4 else ""),
                "common": common,
            }
        )
    return told


def _columns(found: CampaignReading, harmless: Harmless, notes: list[str]) -> list[dict[str, Any]]:
    """Return the columns of the dataset with their statistics and how they are distributed."""
    results = found.results
    names = [name for name in results.columns if not is_own(name)]
    names.sort(key=lambda name: name not in results.parameters)
    if len(names) > _MOST_COLUMNS:
        notes.append(f"{len(names) - _MOST_COLUMNS} other columns are not shown")
    return [
        _column(found, name, number, harmless) for number, name in enumerate(names[:_MOST_COLUMNS])
    ]


def _column(found: CampaignReading, name: str, number: int, harmless: Harmless) -> dict[str, Any]:
    results, column = found.results, found.results.columns[name]
    told: dict[str, Any] = {
        "name": name,
        "unit": found.units.get(name, ""),
        "is_input": name in results.parameters,
        "figure": None,
        "said": "",
    }
    if column.numeric:
        told["said"] = _in_numbers(results, name)
        title = f"Distribution of {_label(harmless, name)}"
        told["figure"] = report_drawings.histogram(
            f"d{number}", title, column.numbers, results.success
        )
    elif column.kind == "text":
        told["said"] = _in_words(column.raw)
    else:
        told["said"] = "arrays, lists or values of several kinds"
    return told


def _in_numbers(results: Results, name: str) -> str:
    found = statistics(results.columns[name].numbers)
    if found.minimum is None or found.maximum is None or found.mean is None:
        return "no finite value"
    spread = "" if found.std is None else f" ± {found.std:.4g}"
    gaps = f", {found.missing:,} missing" if found.missing else ""
    gaps += f", {found.infinite:,} infinite" if found.infinite else ""
    return f"{found.minimum:.4g} to {found.maximum:.4g}, mean {found.mean:.4g}{spread}{gaps}"


def _in_words(values: Sequence[Any]) -> str:
    counts: dict[str, int] = {}
    for value in values:
        if isinstance(value, str):
            counts[value] = counts.get(value, 0) + 1
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{text[:60]} ({count:,})" for text, count in most[:5])
    return told + (f" and {len(most) - 5:,} others" if len(most) > 5 else "")


def _best(found: CampaignReading, notes: list[str]) -> list[dict[str, Any]]:
    """Return, for each output, the successful samples with the smallest and the largest values."""
    results = found.results
    if len(results.outputs) > _MOST_OUTPUTS:
        left = len(results.outputs) - _MOST_OUTPUTS
        notes.append(f"the best samples of {left} other outputs are not listed")
    told = []
    for name in results.outputs[:_MOST_OUTPUTS]:
        values = results.columns[name].numbers
        usable = numpy.flatnonzero(numpy.isfinite(values) & results.success)
        order = usable[numpy.argsort(values[usable], kind="stable")]
        ends = [("smallest", row) for row in order[:_BEST]]
        ends += [("largest", row) for row in order[max(_BEST, len(order) - _BEST) :][::-1]]
        rows = [
            {
                "which": which,
                "value": f"{values[row]:.6g}",
                "task": results.tasks[int(row)].name,
                "parameters": _parameters(results, int(row)),
            }
            for which, row in ends
        ]
        if rows:
            told.append({"name": name, "unit": found.units.get(name, ""), "rows": rows})
    return told


def _parameters(results: Results, row: int) -> str:
    values = (
        (name, results.columns[name].raw[row])
        for name in results.parameters
        if name in results.columns
    )
    return ", ".join(
        f"{name} = {value:.5g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in values
    )


# -- what a surrogate says -------------------------------------------------------------------------


def _models(
    found: CampaignReading,
    options: ReportOptions,
    harmless: Harmless,
    notes: list[str],
    tell: Tell,
    step: Tell,
) -> dict[str, Any]:
    """Return how good a surrogate is, and which parameters matter; nothing where that cannot be
    said, with the reason among the notes.
    """
    told: dict[str, Any] = {"fit": None, "sensitivity": None}
    facts = found.facts
    if facts.succeeded < FEWEST:
        notes.append(
            f"no surrogate: there are {facts.succeeded} successful samples, and {FEWEST} are the"
            " least"
        )
        return told

    def tried(make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return make()
        except SurrogateError as error:
            if options.outputs:  # what was asked for by name is not left out in silence
                raise
            notes.append(str(error))
            return None

    step("a surrogate")
    told["fit"] = tried(lambda: _fit(found, options, harmless, tell, step))
    step("which parameters matter")
    told["sensitivity"] = tried(lambda: _sensitivity(found, options, harmless, tell, step))
    return told


def _fit(
    found: CampaignReading, options: ReportOptions, harmless: Harmless, tell: Tell, step: Tell
) -> dict[str, Any]:
    report = stored_report(found.facts.root)
    asked = options.outputs or options.model
    if asked or report is None or not _is_of_all(report, found.facts.fingerprint):
        wanted = FitOptions(outputs=options.outputs, model=options.model)
        report = as_json(fit_surrogate(found.facts.root, wanted, tell, step)[1])
    outputs = [_fitted(one, number, harmless) for number, one in enumerate(report["outputs"])]
    return {
        "judged_by": report["judged_by"],
        "outputs": outputs[:_MOST_OUTPUTS],
        "others": outputs[_MOST_OUTPUTS:],
        "next": list(report["next"]),
        "success": list(success_lines(report["success"])),
        "notes": list(report["notes"]),
    }


def _is_of_all(report: Mapping[str, Any], fingerprint: str) -> bool:
    """Tell whether a fit has regarded all samples; one that does not say by which condition it was
    made may not have.
    """
    return report.get("fingerprint") == fingerprint and report.get("where", "") is None


def _fitted(one: Mapping[str, Any], number: int, harmless: Harmless) -> dict[str, Any]:
    label = _label(harmless, one["name"])
    told = {
        "name": one["name"],
        "model": TITLES[one["model"]],
        "samples": f"{one['samples']:,}",
        "rmse": f"{one['rmse']:.4g}{' ' + one['unit'] if one['unit'] else ''}",
        "of_spread": f"{one['rmse_of_spread']:.2%}",
        "r2": "-" if one["r2"] is None else f"{one['r2']:.5f}",
        "needless": needless_sentence(one),
        "advice": one["advice"],
    }
    if number < _MOST_OUTPUTS:
        told["curve"] = report_drawings.learning_curve(f"c{number}", label, one)
        told["parity"] = report_drawings.parity(f"p{number}", label, one)
    return told


def _sensitivity(
    found: CampaignReading, options: ReportOptions, harmless: Harmless, tell: Tell, step: Tell
) -> dict[str, Any]:
    report = analyse(found.facts.root, options.outputs, options.model, tell, step).as_json()
    outputs = []
    for number, one in enumerate(report["outputs"][:_MOST_OUTPUTS]):
        shown = [
            {**index, "label": _label(harmless, index["name"])} for index in one["indices"][:20]
        ]
        label = _label(harmless, one["name"])
        outputs.append(
            {
                "name": one["name"],
                "explained": f"{one['explained']:.1%}",
                "figure": report_drawings.indices(f"s{number}", label, shown),
                "rows": [
                    {
                        "name": index["name"],
                        "first": _interval(index, "first"),
                        "total": _interval(index, "total"),
                    }
                    for index in shown
                ],
            }
        )
    return {"outputs": outputs, "level": f"{report['level']:.0%}", "notes": list(report["notes"])}


def _interval(index: Mapping[str, Any], which: str) -> str:
    low, high = index[f"{which}_low"], index[f"{which}_high"]
    return f"{index[which]:.3f} ({low:.3f} to {high:.3f})"


def _label(harmless: Harmless, name: str) -> str:
    """Return a name for a figure, on one line."""
    return " ".join(harmless.text(name, _LABEL).split())


def _provenance(found: CampaignReading) -> Pairs:
    titles = {
        "program": "program",
        "campaign": "campaign",
        "seed": "seed",
        "config": "configuration",
        "config_sha256": "its SHA-256",
        "host": "host",
        "opened": "last session began",
    }
    told = dict(found.facts.provenance)
    return [(titles.get(name, name.replace("_", " ")), str(text)) for name, text in told.items()]
