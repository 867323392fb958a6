"""The form of a configuration in the real app: from nothing to a campaign of one's own program, by
keyboard and by mouse, and back into existing files without harm.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button, Input, OptionList

from enchanted_tui.config.loading import load_config
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.editing import edit_config
from enchanted_tui.ui.editor.dialogs import PathDialog, Picker
from enchanted_tui.ui.forming.field_line import FieldLine, RowLine, Wrong
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.form_screen import FormScreen
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.widgets.chooser import Chooser
from helpers.files import read_csv
from helpers.marks import in_full
from helpers.ui.campaigns import until
from helpers.ui.editing import TEXT, Editor, opened
from helpers.ui.watching import Watcher, in_loop

#: prints y = x^2 + z
PROGRAM = """#!/bin/sh
read x z < "$1"
awk "BEGIN { print \\"y =\\", $x * $x + $z }"
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with somebody's own program."""
    directory = tmp_path / "work"
    directory.mkdir()
    (directory / "square.sh").write_text(PROGRAM)
    (directory / "square.sh").chmod(0o755)
    (directory / "model.py").write_text('def solve(x, z=1.0):\n    return {"y": x**2 + z}\n')
    monkeypatch.chdir(directory)
    return directory


class Person(Watcher):
    """Somebody who fills in a form."""

    @property
    def form(self) -> FormScreen:
        found: FormScreen = self.screen
        assert isinstance(found, FormScreen)
        return found

    @property
    def text(self) -> str:
        return super().text

    @property
    def yaml(self) -> str:
        """The text of the editor below the form."""
        [screen] = [each for each in self.app.screen_stack if isinstance(each, ConfigScreen)]
        return screen.area.text

    async def form_opens(self) -> None:
        await self.until(lambda: isinstance(self.screen, FormScreen) and self.form._lines)
        await self.settles_form()

    async def settles_form(self) -> None:
        """Wait until what is filled in has been written and checked."""
        await self.until(
            lambda: (
                self.form._applied is not None and self.form._applied_version == self.form._version
            )
        )
        await self.pilot.pause()

    def line(self, name: str) -> FieldLine:
        found = self.form._line(name)
        assert found is not None, f"there is no field {name}"
        return found

    def rows(self, name: str) -> list[RowLine]:
        return list(self.line(name).query(RowLine))

    async def fill(self, cell: Any, text: str) -> None:
        """Go to a line and type into it, in place of what is there."""

        def has_focus() -> bool:
            if self.screen.focused is not cell:
                cell.focus()  # again, where a row that has just been added has taken it
            return self.screen.focused is cell

        await self.until(has_focus)
        cell.value = ""
        await self.pilot.press(*text[:2])
        cell.value += text[2:]  # the rest, as it is pasted
        await self.pilot.pause()

    async def field(self, name: str, text: str) -> None:
        await self.fill(self.line(name).query_one(Input), text)

    async def row(self, field: str, number: int, **texts: str) -> None:
        for column, text in texts.items():
            await self.fill(self.rows(field)[number].query_one(f".column-{column}"), text)

    def said_at(self, name: str, row: int | None = None) -> str:
        """Return what stands below a field, or a row of it."""
        place = self.line(name) if row is None else self.rows(name)[row]
        return str(place.query(Wrong).last().render())


@asynccontextmanager
async def in_the_editor(
    target: Path | None, *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Person]:
    app = EnchantedApp(target)
    async with app.run_test(size=size, notifications=True) as pilot:
        person = Person(app, pilot)
        if target is None:
            await until(lambda: app.current_mode == "runs", pilot.pause)
        else:
            await until(
                lambda: isinstance(app.screen, ConfigScreen) and not app.screen.area.is_waiting,
                pilot.pause,
            )
        yield person
        if app.campaign is not None:
            await until(lambda: not app.campaign.alive, pilot.pause)


@pytest.mark.parametrize("size", [(80, 24), *in_full(((200, 50),))], ids=["80x24", "200x50"])
@in_loop
async def test_from_nothing_to_a_campaign_of_ones_own_program(
    work: Path, size: tuple[int, int]
) -> None:
    """Protects the newcomer: by keyboard, without typing YAML, a program of one's own runs over its
    parameters, and the dataset has what it printed.
    """
    async with in_the_editor(None, size=size) as person:
        await person.press("n")
        await person.until(lambda: isinstance(person.screen, Picker))
        await person.sees("My program", "My function")
        await person.press("enter")
        await person.form_opens()
        assert "is required" in person.said_at("runner.command")
        await person.field("runner.command", "./square.sh in.txt")
        for name in ("runner.copy", "runner.outputs", "runner.files"):
            person.line(name).query_one(".add", Button).focus()
            await person.press("enter")
            await person.until(lambda name=name: len(person.rows(name)) == 1)  # type: ignore[misc]
        await person.row("runner.copy", 0, value="square.sh")
        await person.row("runner.outputs", 0, what=r"y = (\S+)")
        await person.row("runner.files", 0, name="in.txt")
        text = person.rows("runner.files")[0].query_one(".column-value")
        text.focus()
        await person.press(*"{{ x }} {{ z }}", "enter")
        await person.settles_form()
        # the check's own sentence, at the field: no parameter is called z
        await person.until(lambda: "'z'" in person.said_at("runner.files", 0))
        person.line("sampler.parameters").query_one(".add", Button).focus()
        await person.press("enter")
        await person.until(lambda: len(person.rows("sampler.parameters")) == 2)
        await person.row("sampler.parameters", 1, name="z", low="1", high="100")
        kind = person.rows("sampler.parameters")[1].query_one(".column-kind")
        kind.focus()
        await person.press("right")  # from a range to a logarithmic one
        await person.field("sampler.budget", "6")
        await person.settles_form()
        assert person.form._applied is not None and not person.form._applied.errors
        await person.press("f5")
        await person.sees("$ ./square.sh in.txt")
        await person.press("f9")
        await person.until(lambda: isinstance(person.screen, PathDialog))
        await person.type("mine.yaml")
        await person.until(lambda: isinstance(person.screen, LaunchScreen))
        await person.until(lambda: not person.screen.query_one("#start", Button).disabled)
        await person.press("enter")
        await person.sees("FINISHED", "6/6")
    rows = read_csv(work / "runs" / "my_program" / "enchanted_dataset.csv")
    assert len(rows) == 6 and {row["success"] for row in rows} == {"True"}
    for row in rows:
        assert float(row["y"]) == pytest.approx(float(row["x"]) ** 2 + float(row["z"]), rel=1e-4)
    assert "z: {low: 1, high: 100, scale: log}" in (work / "mine.yaml").read_text()


@pytest.mark.full  # every day the same way is gone by keyboard
@in_loop
async def test_a_function_by_mouse(work: Path) -> None:
    """Protects whoever uses the mouse: every choice, row and button of the form by clicks; only
    names and numbers are typed.
    """
    async with in_the_editor(None, size=(120, 40)) as person:
        await person.click("n New")
        await person.until(lambda: isinstance(person.screen, Picker))
        await person.click("My function")
        await person.form_opens()
        await person.pilot.click(person.line("runner.function").query_one(Input))
        await person.press(*"model:solv")
        await person.until(lambda: "did you mean 'solve'" in person.said_at("runner.function"))
        await person.field("runner.function", "model:solve")
        await person.settles_form()  # the sentence goes, and what is below it moves up
        await person.click("[LatinHypercubeSampler]")
        await person.until(lambda: isinstance(person.screen, Chooser))
        await person.click("RandomSampler")
        await person.until(lambda: isinstance(person.screen, FormScreen))
        await person.until(lambda: "type: RandomSampler" in person.yaml)
        await person.settles_form()
        add = person.line("sampler.parameters").query_one(".add")
        await person.pilot.click(add)
        await person.until(lambda: len(person.rows("sampler.parameters")) == 2)
        gone = person.rows("sampler.parameters")[1].query(Button).last()
        await person.pilot.click(gone)
        await person.until(lambda: len(person.rows("sampler.parameters")) == 1)
        await person.settles_form()
        await person.click(" Sample 2 ")
        await person.sees("model:solve(x=")
        await person.field("sampler.budget", "4")
        await person.settles_form()
        await person.click("Launch…")
        await person.until(lambda: isinstance(person.screen, PathDialog))
        await person.type("mine.yaml")
        await person.until(lambda: isinstance(person.screen, LaunchScreen))
        await person.until(lambda: not person.screen.query_one("#start", Button).disabled)
        await person.pilot.click("#start")
        await person.sees("FINISHED", "4/4")
    assert len(read_csv(work / "runs" / "my_function" / "enchanted_dataset.csv")) == 4


@in_loop
async def test_a_source_is_shown_in_place_of_the_form(work: Path) -> None:
    """Protects the way from a traceback to its source while a form lies over the editor: it makes
    room, and what was filled in stands in the text.
    """
    async with in_the_editor(None) as person:
        await person.click("n New")
        await person.until(lambda: isinstance(person.screen, Picker))
        await person.click("My function")
        await person.form_opens()
        await person.field("runner.function", "model:solve")
        edit_config(person.app, work / "model.py", line=1)
        await person.until(lambda: isinstance(person.screen, ConfigScreen))
        await person.sees("[model.py]", "def solve")
        assert "model:solve" in person.screen.texts.texts[0].area.text


@in_loop
async def test_an_existing_file_keeps_all_that_is_not_filled_in(work: Path) -> None:
    """Protects configurations written by hand: one number is changed in the form, saved, and one
    line of the file is another; undo in the text takes it back.
    """
    path = work / "campaign.yaml"
    path.write_text(TEXT.replace("budget: 10", "budget: 10   # enough"))
    before = path.read_text()
    async with in_the_editor(path) as person:
        await person.press("f11")
        await person.form_opens()
        assert person.yaml == before
        await person.field("sampler.budget", "12")
        await person.settles_form()
        await person.press("f2")
        await person.until(lambda: path.read_text() != before)
        assert path.read_text() == before.replace("budget: 10 ", "budget: 12 ")
        assert load_config(path).samplers["plane"].options["budget"] == 12
        await person.press("escape")
        await person.until(lambda: isinstance(person.screen, ConfigScreen))
        for _ in range(4):  # a busy machine writes what is typed in several steps
            if person.yaml != before:
                await person.press("ctrl+z")
                await person.pilot.pause()
        assert person.yaml == before


@in_loop
async def test_leaving_at_once_loses_nothing(work: Path) -> None:
    """Protects what was typed last: Escape goes to the text only when it stands there."""
    path = work / "campaign.yaml"
    path.write_text(TEXT)
    async with in_the_editor(path) as person:
        await person.press("f11")
        await person.form_opens()
        line = person.line("sampler.budget").query_one(Input)
        line.focus()
        await person.press("end", "7", "escape")
        await person.until(lambda: isinstance(person.screen, ConfigScreen))
        assert "budget: 107" in person.yaml


@pytest.mark.full  # three layouts of the whole form
@in_loop
async def test_what_is_said_while_fields_are_laid_out(work: Path) -> None:
    """Protects the form from a check that ends while its fields are made anew: it goes on writing
    and checking what is filled in.
    """
    path = work / "campaign.yaml"
    path.write_text(TEXT)
    async with in_the_editor(path, size=(120, 40)) as person:
        await person.press("f11")
        await person.form_opens()
        form = person.form
        for kind in ("SlurmExecutor", "DaskExecutor", "LocalExecutor"):
            form._values["executor.type"] = kind
            layout = asyncio.create_task(form._lay_out())
            while not layout.done():
                form._take_in(form._applied, form._version)
                await asyncio.sleep(0)
        await person.settles_form()
        person.line("sampler.budget").query_one(Input).value = "12"
        await person.until(lambda: "budget: 12" in person.yaml)


@in_loop
async def test_another_executor_has_other_fields(work: Path) -> None:
    """Protects the way to a cluster: the fields are those of the type that is chosen, and a change
    of mind leaves no trace.
    """
    path = work / "campaign.yaml"
    path.write_text(TEXT)
    async with in_the_editor(path, size=(120, 40)) as person:
        await person.press("f11")
        await person.form_opens()
        budget, executor = person.line("sampler.budget"), person.line("executor.type")
        cell = executor.query_one(".cell")
        cell.focus()
        await person.press("enter")
        await person.until(lambda: isinstance(person.screen, Chooser))
        options = person.screen.query_one(OptionList)
        options.highlighted = 2
        await person.press("enter")
        await person.until(
            lambda: isinstance(person.screen, FormScreen) and person.form._line("executor.sbatch")
        )
        assert len(person.rows("executor.sbatch")) == 4
        assert person.screen.focused is cell, "where the choice was made"
        await person.row("executor.sbatch", 1, value="small")
        await person.settles_form()
        assert "here: {type: SlurmExecutor, sbatch: {partition: small}}" in person.yaml
        for kind in ("DaskExecutor", "LocalExecutor"):
            await person.until(lambda: cell.focus() and person.screen.focused is cell)
            await person.press("left")
            await person.until(lambda kind=kind: f"type: {kind}" in person.yaml)  # type: ignore[misc]
            await person.settles_form()
            await person.until(lambda: person.form._line("executor.sbatch") is None)
        # what the choice does not change has not been made anew
        assert person.line("sampler.budget") is budget and person.line("executor.type") is executor
        assert person.yaml == TEXT


@in_loop
async def test_what_a_form_cannot_show_stays_text(work: Path) -> None:
    """Protects campaigns of several stages: the app says why there is no form, and the text has the
    focus.
    """
    path = work / "campaign.yaml"
    stage = "    - {executor: here, sampler: plane, runner: peaks}\n"
    path.write_text(TEXT.replace(stage, stage + stage))
    async with in_the_editor(path) as person:
        await person.press("escape", "m")
        await person.is_told("there are 2 stages; a form has one")
        assert isinstance(person.screen, ConfigScreen)
        assert person.screen.area.has_focus


@in_loop
async def test_only_looking_opens_no_form(work: Path) -> None:
    """Protects --read-only: nothing can be filled in."""
    path = work / "campaign.yaml"
    path.write_text(TEXT)
    async with opened(path, read_only=True) as editor:
        assert isinstance(editor, Editor)
        await editor.press("escape", "m")
        await editor.pilot.pause()
        assert isinstance(editor.app.screen, ConfigScreen)
        assert os.listdir(work)
