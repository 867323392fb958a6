"""Handing a dataset on: as a crate for others, or as a file, with what is to be said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.errors import UserError
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.ui.widgets.form import Blank, Filled, Form
from enchanted_tui.ui.widgets.replacing import may_replace

if TYPE_CHECKING:
    from enchanted_tui.export.crate.crate_writing import Crate
    from enchanted_tui.ui.app_interface import AppInterface
    from enchanted_tui.ui.app_screen import AppScreen

_HINT = (
    "A crate is a directory, or a .zip, for others to use and cite; a name that ends in .csv,"
    " .parquet, .h5 or .nc is the dataset alone. By parents: one row for each parent of a nested"
    " campaign."
)
_CHOICES = (
    Choice("leave", "Leave it"),
    Choice("write", "Write"),
    Choice("pivot", "Write by parents"),
)


async def share(app: AppInterface, under: AppScreen, root: Path) -> None:
    """Ask where to and what is to be said of the dataset, until it could be written; a file that is
    there is replaced only if the person agrees.
    """
    from enchanted_tui.export.crate.shared import in_the_way, known_of, write_shared

    known = await in_thread(known_of, root)
    values = {
        "where": f"{root.name}-crate",
        "title": known.title,
        "description": known.description,
        "authors": "; ".join(known.authors),
        "licence": known.licence,
        "files": "",
    }
    answer: Filled | None = None
    while True:
        answer = await app.ask(under, _form(root, values), late=answer is not None)
        if answer is None or answer.choice == "leave":
            return
        values, told = answer.values, list[str]()
        wanted = _wanted(answer, app.home)
        there = await in_thread(in_the_way, wanted)
        if there:
            if not await may_replace(under, there[0]):
                continue
            wanted = replace(wanted, tables=replace(wanted.tables, overwrite=True))
        app.notify(f"Writing {values['where'].strip()}.", markup=False)
        try:
            paths = await in_thread(write_shared, root, wanted, told.append)
        except UserError as error:
            choices = [Choice("again", "Change it"), Choice("close", "Close")]
            dialog = Dialog("It is not written", str(error), choices)
            if await app.ask(under, dialog, late=True) == "again":
                continue
            return
        said = [f"Written: {', '.join(map(str, paths))}.", *told]
        app.notify(" ".join(said), markup=False)
        return


def _form(root: Path, values: dict[str, str]) -> Form:
    blanks = [
        Blank("where", "Where", values["where"]),
        Blank("title", "Title", values["title"], f"Dataset of the campaign {root.name}"),
        Blank("description", "Description", values["description"], "what it holds"),
        Blank("authors", "Authors", values["authors"], "Name <ORCID> (affiliation); Name"),
        Blank("licence", "Licence", values["licence"], "CC-BY-4.0, or an https address"),
        Blank("files", "With files", values["files"], "of samples, such as *.nc, summary.json"),
    ]
    return Form(f"Share the dataset of {root.name}", blanks, _HINT, _CHOICES)


def _wanted(answer: Filled, home: Path) -> Crate:
    """Return what the lines of the form ask for; relative paths start at `home`."""
    from enchanted_tui.export.crate.crate_writing import Crate
    from enchanted_tui.export.crate.told import Told
    from enchanted_tui.export.writing import Export

    lines = {name: value.strip() for name, value in answer.values.items()}
    told = Told(
        title=lines["title"],
        description=lines["description"],
        authors=_parts(lines["authors"], ";"),
        licence=lines["licence"],
    )
    where = home / Path(lines["where"]).expanduser() if lines["where"] else None
    tables = Export("csv", pivot=answer.choice == "pivot", overwrite=False)
    return Crate(where, told, tables, _parts(lines["files"], ","))


def _parts(text: str, between: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(between))))
