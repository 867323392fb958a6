"""A configuration as a form: its fields, what they say, and the text that says what was filled in.

The text is what counts: a form is a view of it, and changes in it only what a person changes. What
it has no field for stays as it is written.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.declared import option_types
from enchanted_tui.config.forms import row_shapes
from enchanted_tui.config.forms.field_choice import (
    KINDS_IN_FORM,
    TITLES,
    FieldPart,
    FormSection,
    parts_of,
    type_field,
)
from enchanted_tui.config.forms.field_problems import (
    FieldProblem,
    begins,
    line_problems,
    name_problems,
    row_of,
)
from enchanted_tui.config.forms.form_fields import (
    ABSENT,
    FormField,
    FormRow,
    Value,
    read_field,
    shown_key,
    written_field,
)
from enchanted_tui.config.forms.word_line import UnfinishedLineError
from enchanted_tui.config.import_places import importing_from
from enchanted_tui.config.lookup import KINDS, LookupFailure, find
from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.config.options import Declared
from enchanted_tui.config.problems import ConfigError, Path, Problem, key_text
from enchanted_tui.config.rewriting import rewritten
from enchanted_tui.config.source import read_document
from enchanted_tui.config.tree import Map, plain
from enchanted_tui.errors import UserError

Values = dict[str, Value]


class NotInFormError(UserError):
    """A configuration that a form cannot show; the sentence says why."""


class CampaignForm:
    """The form of one text. Imports the classes that it names: not for an event loop."""

    def __init__(self, text: str, base_dir: FilePath | None = None) -> None:
        """Read a text. Raises NotInFormError if it cannot be shown as a form."""
        self.text = text
        self._import_dirs = [] if base_dir is None else [base_dir]
        try:
            document, problems = read_document(text, "")
        except ConfigError as error:
            raise NotInFormError(_first(error.problems)) from None
        if problems:
            raise NotInFormError(_first(problems))
        self._root: Map = document.root
        self._paths = {kind: self._path_of(kind) for kind in KINDS_IN_FORM}
        for path in self._paths.values():
            if not isinstance(self._at(path), dict):
                raise NotInFormError(f"there is no mapping {key_text(path)}")
        self._unshown: set[str] = set()  #: fields whose values are written as no field can show
        self._given = self._values()

    # -- what there is -----------------------------------------------------------------------------

    def values(self) -> Values:
        """Return what the fields say, by their ids; fields that say nothing have an empty value."""
        return copy.deepcopy(self._given)

    def sections(self, values: Values, *, everything: bool = False) -> list[FormSection]:
        """Return the fields of the components that the values choose: those that matter at first
        and those that are filled in, or `everything` that can be.
        """
        sections = []
        for kind in (*KINDS_IN_FORM, "supervisor"):
            fields = []
            if kind != "supervisor":
                fields.append(self._type_field(kind))
            for part in self._parts(kind, values):
                if everything or part.is_first or values.get(part.field.id):
                    fields.append(part.field)
            sections.append(FormSection(kind, TITLES[kind], tuple(fields)))
        return sections

    def completed(self, values: Values) -> Values:
        """Return values with those of fields that have come with another type."""
        found = dict(values)
        for kind in (*KINDS_IN_FORM, "supervisor"):
            for part in self._parts(kind, values):
                if part.field.id not in found:
                    found[part.field.id] = copy.deepcopy(part.offered) or part.field.empty
        return found

    def new_row(self, field: FormField, values: Values) -> FormRow:
        """Return a row to be filled in."""
        rows = values.get(field.id) or []
        taken = {str(row.get("name")) for row in rows if isinstance(row, dict)}
        if field.shape == "parameters":
            return row_shapes.new_parameter(_free("x", taken))
        if field.shape == "outputs":
            return row_shapes.new_output(_free("y", taken), self._nested_of(field, values))
        return {column.id: "" for column in field.columns}

    def kept(self) -> list[str]:
        """Return the options in use that the form has no field for and leaves as they are."""
        found = []
        fields = {
            field.path
            for section in self.sections(self._given, everything=True)
            for field in section.fields
        }
        known = fields | {("supervisor", "run_order")}
        if "sampler.parameters" in self._given:  # of which they are columns
            known.add((*self._paths["sampler"], "bounds"))
        for path in (*self._paths.values(), ("supervisor",)):
            found += [
                key_text((*path, shown_key(self._at(path), key)))
                for key in self._at(path)
                if (*path, key) not in known and key != "type"
            ]
        return found

    # -- what is filled in -------------------------------------------------------------------------

    def text_with(self, values: Values) -> str:
        """Return the text with what the values say, where this differs from what it says now.

        Raises CannotRewriteError if the text cannot be changed so.
        """
        wanted = plain(self._root)
        for kind in (*KINDS_IN_FORM, "supervisor"):
            place = _below(wanted, self._path(kind))
            if kind != "supervisor" and values[f"{kind}.type"] != self._given[f"{kind}.type"]:
                self._change_type(kind, place, values)
            for part in self._parts(kind, values):
                self._put(part, place, values)
        return rewritten(self.text, wanted)

    def _put(self, part: FieldPart, place: dict[Any, Any], values: Values) -> None:
        field, key = part.field, part.field.path[-1]
        value = values.get(field.id, field.empty)
        given = self._given.get(field.id, field.empty)
        is_command = field.shape == "command"
        if value == given and not (is_command and self._shell_changes(values)):
            return
        if field.shape == "parameters":
            self._put_parameters(place, value, key)
            return
        if field.shape == "outputs":
            written: Any = row_shapes.written_outputs(_rows(value), part.nested) or ABSENT
        elif is_command and _has_shell(values) and isinstance(value, str):
            written = value or ABSENT
        else:
            try:
                written = written_field(field, value, part.option, part.hint)
            except UnfinishedLineError:
                return  # which `problems_of` says
        if written is ABSENT:
            place.pop(key, None)
        else:
            place[key] = written

    def _put_parameters(self, place: dict[Any, Any], value: Value, key: Any) -> None:
        parameters, bounds = row_shapes.written_parameters(_rows(value), place.get(key))
        place[key] = parameters
        if bounds is not None:
            place["bounds"] = bounds
        elif isinstance(place[key], dict):
            place.pop("bounds", None)

    def _shell_changes(self, values: Values) -> bool:
        return _has_shell(values) != _has_shell(self._given)

    def _change_type(self, kind: str, place: dict[Any, Any], values: Values) -> None:
        """Name another class, and remove the options that only the one before has."""
        before = self._class(kind, self._given)
        place["type"] = values[f"{kind}.type"]
        after = self._class(kind, values)
        if before is None or after is None:
            return
        for name in before.options().keys() - after.options().keys():
            for spelling in (name, *before.options()[name].aliases):
                place.pop(spelling, None)

    # -- what is wrong with it ---------------------------------------------------------------------

    def problems_of(self, values: Values) -> list[FieldProblem]:
        """Say what cannot be written into the text at all."""
        found: list[FieldProblem] = []
        for section in self.sections(values):
            for field in section.fields:
                value = values.get(field.id, field.empty)
                if field.shape == "command" and not _has_shell(values):
                    found += line_problems(field, value)
                if isinstance(value, list) and field.shape != "list":
                    found += name_problems(field, value)
        return found

    def place(self, problem: Problem, values: Values) -> FieldProblem:
        """Say to which field, and which of its rows, a problem of the configuration belongs."""
        is_error = problem.severity == "error"
        best: FormField | None = None
        for section in self.sections(values, everything=True):
            for field in section.fields:
                key = key_text(field.path)
                if begins(problem.key, key) and (
                    best is None or len(key) > len(key_text(best.path))
                ):
                    best = field
        if best is not None:
            row = row_of(best, problem.key, values.get(best.id))
            return FieldProblem(best.id, row, problem.message, is_error)
        bounds = key_text((*self._paths["sampler"], "bounds"))
        if begins(problem.key, bounds):
            number = problem.key[len(bounds) :].strip("[").partition("]")[0]
            row = int(number) if number.isdecimal() else None
            return FieldProblem("sampler.parameters", row, problem.message, is_error)
        sentence = f"{problem.key}: {problem.message}" if problem.key else problem.message
        return FieldProblem("", None, sentence, is_error)

    # -- the text ----------------------------------------------------------------------------------

    def _path(self, kind: str) -> Path:
        return ("supervisor",) if kind == "supervisor" else self._paths[kind]

    def _path_of(self, kind: str) -> Path:
        """Return where the component is that the only step of the only stage names."""
        order = self._at(("supervisor", "run_order"))
        if not isinstance(order, list) or not order:
            raise NotInFormError("supervisor.run_order names no stage")
        if len(order) != 1:
            raise NotInFormError(f"there are {len(order)} stages; a form has one")
        stage = order[0]
        name = stage.get(kind) if isinstance(stage, dict) else None
        if isinstance(name, list) and len(name) == 1:
            name = name[0]
        if isinstance(name, list):
            raise NotInFormError(f"the stage has {len(name)} steps; a form has one")
        section = self._at((KINDS[kind],))
        if name is None or not isinstance(section, dict) or name not in section:
            raise NotInFormError(f"the stage names no {kind} that is below {KINDS[kind]}")
        return (KINDS[kind], name)

    def _at(self, path: Path) -> Any:
        value: Any = self._root
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _values(self) -> Values:
        """Read all fields."""
        values: Values = {}
        for kind in KINDS_IN_FORM:
            written = self._at((*self._paths[kind], "type"))
            if not isinstance(written, str):
                raise NotInFormError(f"{key_text(self._paths[kind])} has no type")
            values[f"{kind}.type"] = self._name_of_type(kind, written)
        for kind in (*KINDS_IN_FORM, "supervisor"):
            mapping = self._at(self._path(kind))
            for part in self._parts(kind, values):
                value = self._read(part, mapping)
                if value is None:
                    self._unshown.add(part.field.id)
                else:
                    values[part.field.id] = value
        return values

    def _read(self, part: FieldPart, mapping: Any) -> Value | None:
        """Return what a field says; None if its value cannot be shown in it."""
        field, key = part.field, part.field.path[-1]
        if not isinstance(mapping, dict) or key not in mapping:
            return copy.deepcopy(part.offered) or field.empty
        if field.shape == "parameters":
            return row_shapes.parameter_rows(mapping[key], mapping.get("bounds"))
        if field.shape == "outputs":
            return row_shapes.output_rows(mapping[key], part.nested)
        return read_field(field, mapping, key)

    # -- classes -----------------------------------------------------------------------------------

    def _name_of_type(self, kind: str, written: str) -> str:
        """Return the name of a class as the program spells it, for a built-in of today."""
        cls = self._find(kind, written)
        if cls is None or not issubclass(cls, Declared):
            raise NotInFormError(
                f"{key_text(self._paths[kind])} is of a type that does not declare its options"
                f" ({written})"
            )
        name = cls.__name__
        return name if self._find(kind, name) is cls else written

    def _find(self, kind: str, name: str) -> type[Any] | None:
        try:
            with importing_from(self._import_dirs):
                return find(kind, name.strip(), self._import_dirs).cls
        except LookupFailure:
            return None

    def _class(self, kind: str, values: Values) -> type[Declared] | None:
        if kind == "supervisor":
            return SupervisorOptions
        return self._find(kind, str(values[f"{kind}.type"]))

    def _parts(self, kind: str, values: Values) -> list[FieldPart]:
        """Return the fields of one component."""
        cls = self._class(kind, values)
        if cls is None:
            return []
        mapping = self._at(self._path(kind))
        parts = parts_of(cls, option_types(cls), kind, self._path(kind), mapping)
        return [part for part in parts if part.field.id not in self._unshown]

    def _type_field(self, kind: str) -> FormField:
        chosen = str(self._given[f"{kind}.type"])
        return type_field(kind, self._paths[kind], chosen, lambda name: self._find(kind, name))

    def _nested_of(self, field: FormField, values: Values) -> Any:
        kind = field.id.partition(".")[0]
        return next(part.nested for part in self._parts(kind, values) if part.field == field)


def _rows(value: Value) -> list[FormRow]:
    return value if isinstance(value, list) else []


def _has_shell(values: Mapping[str, Value]) -> bool:
    return values.get("runner.shell", "") not in ("", "false")


def _below(tree: dict[Any, Any], path: Path) -> dict[Any, Any]:
    for key in path:
        tree = tree[key]
    return tree


def _free(wanted: str, taken: set[str]) -> str:
    """Return a name that is not taken."""
    names = (wanted, *(f"{wanted}{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _first(problems: Sequence[Problem]) -> str:
    problem = problems[0]
    place = f"line {problem.line}: " if problem.line is not None else ""
    return f"{place}{problem.message}"
