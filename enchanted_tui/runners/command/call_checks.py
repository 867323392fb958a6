"""What can be wrong with a CommandRunner whose calls have many samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.runners.command.call_files import INDEX, INDEX0
from enchanted_tui.runners.command.call_inputs import CallInputs
from enchanted_tui.runners.command.rendering import Text
from enchanted_tui.runners.command.row_numbers import rule_problem
from enchanted_tui.runners.command.rules import EACH

Problems = Iterator[tuple[str, str]]
_OF_THE_CALL = "with batch, a command runs for many samples, and {} is of all of them together; {}"


def call_problems(
    inputs: CallInputs,
    names: Iterable[Text],
    outputs: Mapping[str, Mapping[str, Any]],
    success: Sequence[Mapping[str, Any]],
    sample_column: int | str | None,
) -> Problems:
    """Yield (option path, sentence) for what does not go with `batch`; `names` are those of files
    that have placeholders.
    """
    yield from _text_problems(inputs)
    if sample_column is not None:
        yield from _number_problems(inputs, outputs, sample_column)
    for text in names:
        yield text.where, "with batch, the name of a file cannot have placeholders"
    if not outputs:
        yield (
            "outputs",
            "with batch, each sample is known by its outputs; declare what to read back",
        )
    for name, rule in outputs.items():
        for problem in _rule_problems(rule):
            yield f"outputs.{name}", problem
    for number, condition in enumerate(success):
        if "file" in condition:
            yield (
                f"success[{number}].file",
                _OF_THE_CALL.format("a file", "give a condition on an output of each sample"),
            )


def _text_problems(inputs: CallInputs) -> Problems:
    texts = list(inputs.texts())
    found = [(text.where, problem) for text in texts if (problem := text.problem()) is not None]
    yield from found
    if not found and not inputs.has_loops():
        yield (
            "batch",
            "no file names the samples: write, under files or templates, {% for sample in samples"
            " %}, a line such as {{ sample.x }}, and {% endfor %}",
        )
    for text in texts:
        if not inputs.is_file(text) and text.problem() is None and text.has_loop():
            yield text.where, "with batch, only files and templates can loop over the samples"


def _number_problems(
    inputs: CallInputs, outputs: Mapping[str, Mapping[str, Any]], sample_column: int | str
) -> Problems:
    texts = [text for text in inputs.texts() if inputs.is_file(text) and text.problem() is None]
    if texts and not any(text.says(INDEX) for text in texts):
        yield (
            "sample_column",
            "no file gives the samples numbers that the program could repeat; write"
            " {{ loop.index }} in the loop over the samples",
        )
    for text in texts:
        if text.says(INDEX0):
            yield (
                text.where,
                "with sample_column, samples have their numbers from 1; use loop.index, not"
                " loop.index0",
            )
    for name, rule in outputs.items():
        problem = None if list(_rule_problems(rule)) else rule_problem(rule, sample_column)
        if problem is not None:
            yield f"outputs.{name}", problem


def _rule_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    for key in ("text", "exit_code"):
        if key in rule:
            yield _OF_THE_CALL.format(
                "this" if key == "text" else "the exit code", "read a table, or by json or regex"
            )
    table = rule.get("table", rule.get("csv"))
    if isinstance(table, Mapping) and "row" in table:
        yield "with batch, each row is a sample's; leave out row"
    for key in ("index", "which"):
        if key in rule:
            yield f"with batch, each element or match is a sample's; leave out {key}"
    address = rule.get("json")
    if isinstance(address, str) and address.count(EACH) > 1:
        yield f"{EACH} stands for the place of the sample, once"
