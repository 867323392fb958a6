"""What the engine says of a form that has been filled in: its text, its problems, and what samples
would be given. For threads: classes are imported, plugins too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.config.forms.campaign_form import CampaignForm, Values
from enchanted_tui.config.forms.field_choice import FormSection
from enchanted_tui.config.forms.field_problems import FieldProblem
from enchanted_tui.config.rewriting import CannotRewriteError
from enchanted_tui.ui.editor.checking import awaiting, judge
from enchanted_tui.ui.error_sentence import sentence


@dataclass(frozen=True)
class Applied:
    """What follows from what was filled in."""

    text: str | None  #: of the configuration; None if it cannot be written
    problems: tuple[FieldProblem, ...]
    inputs: tuple[str, ...]  #: what samples would be given, a text for each
    why_no_inputs: str = ""

    @property
    def errors(self) -> int:
        return sum(problem.is_error for problem in self.problems)


@dataclass(frozen=True)
class FormLayout:
    """Which fields a form has now."""

    sections: tuple[FormSection, ...]
    values: Values  #: those of all fields, also of such as have come
    kept: tuple[str, ...]


def read_form(text: str, path: Path | None, home: Path) -> CampaignForm:
    """Read a text as a form. Raises NotInFormError."""
    return CampaignForm(text, home if path is None else path.parent)


def lay_out(form: CampaignForm, values: Values, *, everything: bool) -> FormLayout:
    """Say which fields there are for the types that are chosen."""
    completed = form.completed(values)
    sections = form.sections(completed, everything=everything)
    return FormLayout(tuple(sections), completed, tuple(form.kept()))


def apply(
    form: CampaignForm, values: Values, path: Path | None, home: Path, companions: Collection[str]
) -> Applied:
    """Write what was filled in into the text, check it, and render three inputs; `companions` are
    files that come with the first save.
    """
    own = form.problems_of(values)
    try:
        text = form.text_with(values)
    except CannotRewriteError as error:
        return Applied(None, (*own, FieldProblem("", None, str(error))), (), str(error))
    checked, config = judge(text, path, home)
    checked = awaiting(checked, companions, home if path is None else path.parent)
    placed = [form.place(problem, values) for problem in checked.problems]
    problems = (*own, *placed)
    if any(problem.is_error for problem in problems):
        return Applied(text, problems, (), "Inputs are shown once nothing is missing.")
    if config is None:
        return Applied(text, problems, (), "Inputs are shown once its files are saved (F2).")
    from enchanted_tui.operations.rendered_inputs import rendered_inputs

    try:
        inputs = tuple(each.as_text() for each in rendered_inputs(config))
    # whatever a sampler of somebody's raises is what the person has to know
    except Exception as error:  # noqa: BLE001
        return Applied(text, problems, (), sentence(error)[0])
    said = "" if inputs else "What the samples will be is known to the sampler alone."
    return Applied(text, problems, inputs, said)
