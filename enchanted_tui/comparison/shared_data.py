"""What the datasets of campaigns have in common, as models take it: the same parameters on the same
scales, the same outputs, and the samples of each campaign in the order in which they finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy

from enchanted_tui.comparison.campaign_facts import CampaignFacts
from enchanted_tui.record.older.older_view import Recorded, recorded
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.stage_state import NOT_RUN
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.surrogate.model_inputs import Array, InputSpace, ModelInput, SurrogateError
from enchanted_tui.surrogate.training_data import Tell, TrainingData, training_data_of


@dataclass(frozen=True)
class Entrant:
    """A campaign from whose samples models learn."""

    name: str
    data: TrainingData
    finished: Array  #: (N,): of each row of the dataset, its place in the order of finishing
    hours: Array  #: (N,): core-hours that the campaign had held when the row had finished

    def learnable(self, output: str) -> Array:
        """Return the numbers of the rows of `data` from which an output can be learnt, in the order
        in which they finished.
        """
        rows = self.data.known(next(one for one in self.data.outputs if one.name == output))
        found: Array = rows[numpy.argsort(self.finished[self.data.rows[rows]])]
        return found

    def hours_of(self, rows: Array) -> Array:
        """Return the core-hours that had been held when rows of `data` had finished."""
        found: Array = self.hours[self.data.rows[rows]]
        return found


def read_entrant(facts: CampaignFacts, wanted: Sequence[str], tell: Tell) -> Entrant:
    """Read a campaign's samples and what they have cost. Raises SurrogateError if there is nothing
    to learn from.
    """
    with recorded(CampaignDirectory(facts.root.resolve())) as reader:
        data = training_data_of(facts.root, reader, wanted, tell)
        offsets = numpy.array(
            [offset for _, _, _, offset in dataset_stage(reader.state).rows()], dtype=numpy.int64
        )
        hours = _hours(reader, facts.core_hours, offsets)
    finished = numpy.empty(len(offsets), dtype=int)
    finished[numpy.argsort(offsets)] = numpy.arange(len(offsets))
    return Entrant(facts.name, data, finished, hours)


def _hours(reader: Recorded, total: float, offsets: Array) -> Array:
    """Return the core-hours held when the tasks on record at `offsets` had ended. What is not of
    the tasks that have a result (idle cores of jobs, attempts that were repeated, tasks that still
    run) is spread over them, so that all of them together have held `total`.
    """
    ended, held = [], []
    for stage in reader.state.stages:
        for batch in stage.batches:
            for step in batch.steps:
                for sample, outcome in enumerate(step.outcomes):
                    if outcome != NOT_RUN:
                        record = reader.read(step.offsets[sample])
                        ended.append(step.offsets[sample])
                        held.append(record.get("runtime", 0.0) * record.get("cores", 1.0))
    order = numpy.argsort(ended)
    spent = numpy.cumsum(numpy.array(held, dtype=float)[order])
    if not len(spent) or spent[-1] <= 0:
        return numpy.full(len(offsets), total)
    places = numpy.searchsorted(numpy.array(ended, dtype=numpy.int64)[order], offsets)
    found: Array = spent[places] * (total / spent[-1])
    return found


def shared(entrants: Sequence[Entrant]) -> tuple[list[Entrant], list[str], list[str]]:
    """Return campaigns with only the parameters and outputs that all of them have, the names of
    these outputs, and sentences about what is left out. Raises SurrogateError if nothing is left.
    """
    spaces = [one.data.space for one in entrants]
    inputs, notes = _shared_inputs([one.name for one in entrants], spaces)
    space = InputSpace(inputs)
    if not space.n_features:
        raise SurrogateError(
            "these campaigns have no varying parameter in common, so their surrogates cannot be"
            " compared"
        )
    outputs, more = _shared_outputs(entrants)
    if not outputs:
        raise SurrogateError(
            "these campaigns have no output in common that a surrogate can be fitted to"
        )
    return [_with_only(one, space, outputs) for one in entrants], outputs, [*notes, *more]


def _shared_inputs(
    names: Sequence[str], spaces: Sequence[InputSpace]
) -> tuple[list[ModelInput], list[str]]:
    found: list[ModelInput] = []
    notes = []
    for name in dict.fromkeys(name for space in spaces for name in space.names):
        ones = [next((i for i in space.inputs if i.name == name), None) for space in spaces]
        present = [one for one in ones if one is not None]
        if len(present) < len(ones):
            who = [run for run, one in zip(names, ones, strict=True) if one is not None]
            if any(one.n_features for one in present):
                notes.append(
                    f"the parameter {name} of {' and '.join(who)} is left out of the models, since"
                    " not all have it; what it does counts among their errors"
                )
        elif len({one.is_category for one in present}) > 1:
            notes.append(
                f"the parameter {name} is left out of the models: it is a number in some campaigns"
                " only"
            )
        else:
            found.append(_merged(present))
    return found, notes


def _merged(ones: Sequence[ModelInput]) -> ModelInput:
    """Return the parameter over the ranges of all."""
    first = ones[0]
    if first.is_category:
        values = dict.fromkeys(value for one in ones for value in one.values)
        return replace(first, values=tuple(sorted(values, key=str)))
    low, high = min(one.low for one in ones), max(one.high for one in ones)
    log, whole = all(one.log for one in ones) and low > 0, all(one.whole for one in ones)
    return replace(first, low=low, high=high, log=log, whole=whole)


def _shared_outputs(entrants: Sequence[Entrant]) -> tuple[list[str], list[str]]:
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for one in entrants:
        for output in one.data.outputs:
            shapes.setdefault(output.name, {})[one.name] = output.shape
    names, notes = [], []
    for name, by_run in shapes.items():
        if len(by_run) < len(entrants):
            notes.append(
                f"no surrogates of {name} are compared: it is an output of"
                f" {' and '.join(by_run)} only"
            )
        elif len(set(by_run.values())) > 1:
            notes.append(f"no surrogates of {name} are compared: its arrays differ in shape")
        else:
            names.append(name)
    return names, notes


def _with_only(one: Entrant, space: InputSpace, outputs: Sequence[str]) -> Entrant:
    columns: Mapping[str, Array] = {name: one.data.columns[name] for name in space.names}
    by_name = {output.name: output for output in one.data.outputs}
    data = replace(
        one.data,
        space=space,
        columns=columns,
        points=space.features(columns),
        outputs=tuple(by_name[name] for name in outputs),
    )
    return replace(one, data=data)
