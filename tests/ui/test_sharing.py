"""Sharing a dataset from the app: what is asked, what is missing, and what is written."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Button, Input

import enchanted_tui
from enchanted_tui.ui.widgets.dialog import Dialog
from enchanted_tui.ui.widgets.form import Form
from helpers.crates import entities
from helpers.ui.watching import Watcher, in_loop, watching


async def fill(watcher: Watcher, button: str, **values: str) -> None:
    """Fill in lines of the form, and press a button of it."""
    await watcher.until(lambda: isinstance(watcher.screen, Form))
    for name, value in values.items():
        watcher.screen.query_one(f"#{name}", Input).value = value
    watcher.screen.query_one(f"#{button}", Button).press()


@in_loop
async def test_a_crate_is_asked_for_and_written(finished_run: Path, tmp_path: Path) -> None:
    """What is missing is said, and what was typed is still there; then the crate is whole."""
    async with watching(finished_run, "monitor", notices=True) as watcher:
        watcher.app.home = tmp_path
        await watcher.settles()
        await watcher.command("Share…")
        await watcher.sees("Share the dataset of", "Licence", "Authors")
        await fill(watcher, "write", where="shared.zip", description="Some data")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.sees("It is not written", "--licence")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, Form))
        assert watcher.screen.query_one("#description", Input).value == "Some data"
        await fill(watcher, "write", where="shared", authors="Ann; Bo", licence="CC0-1.0")
        await watcher.is_told("Written: ")
    found = entities(tmp_path / "shared")
    assert found["./"]["description"] == "Some data"
    assert [found[each["@id"]]["name"] for each in found["./"]["author"]] == ["Ann", "Bo"]
    assert len(enchanted_tui.load(tmp_path / "shared")) == len(enchanted_tui.load(finished_run))


@in_loop
async def test_a_name_with_a_suffix_is_the_dataset_alone(
    finished_run: Path, tmp_path: Path
) -> None:
    """A file needs no licence; leaving writes nothing."""
    async with watching(finished_run, "runs", notices=True) as watcher:
        watcher.app.home = tmp_path
        await watcher.settles()
        await watcher.command("Share…")
        await fill(watcher, "leave", where="not.csv")
        await watcher.until(lambda: not isinstance(watcher.screen, Form))
        await watcher.command("Share…")
        await fill(watcher, "write", where="data.parquet")
        await watcher.is_told("Written: ")
    assert [path.name for path in tmp_path.glob("*.*")] == ["data.parquet"]


@in_loop
async def test_a_file_that_is_there_is_asked_about(finished_run: Path, tmp_path: Path) -> None:
    """Protects a file of a person's own: kept unless they say otherwise, and what was typed is
    there again.
    """
    (tmp_path / "data.csv").write_text("my own")
    async with watching(finished_run, "monitor", notices=True) as watcher:
        watcher.app.home = tmp_path
        await watcher.settles()
        await watcher.command("Share…")
        await fill(watcher, "write", where="data.csv")
        await watcher.sees("data.csv is there already")
        await watcher.press("enter")  # keeps it
        await watcher.until(lambda: isinstance(watcher.screen, Form))
        assert (tmp_path / "data.csv").read_text() == "my own"
        assert watcher.screen.query_one("#where", Input).value == "data.csv"
        await fill(watcher, "write")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        watcher.screen.query_one("#replace", Button).press()
        await watcher.is_told("Written: ")
    assert len(enchanted_tui.load(tmp_path / "data.csv")) == len(enchanted_tui.load(finished_run))
