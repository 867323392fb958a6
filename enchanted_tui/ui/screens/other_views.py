"""Other views of the text that is edited: as a form, and beside what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.config.forms.new_forms import GROUP
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editor.area import ConfigArea

if TYPE_CHECKING:
    from enchanted_tui.ui.editor.edited_file import EditedFile


async def begin(screen: AppScreen, area: ConfigArea, file: EditedFile) -> None:
    """Begin a new file from a template, or as a form."""
    if await file.begin() == GROUP:
        await open_form(screen, area, file)


async def open_form(screen: AppScreen, area: ConfigArea, file: EditedFile) -> None:
    """Show the text as a form, on behalf of `screen`; say why if that is not possible, and stay in
    the text.
    """
    from enchanted_tui.config.forms.campaign_form import NotInFormError
    from enchanted_tui.ui.forming.applying import read_form
    from enchanted_tui.ui.screens.form_screen import FormScreen

    if area.is_waiting:
        return
    text = area.text
    try:
        form = await in_thread(read_form, text, file.buffer.path, screen.app.home)
    except NotInFormError as error:
        screen.notify(
            f"A form cannot show this configuration: {error}. Edit its text.",
            severity="warning",
            timeout=8,
            markup=False,
        )
        area.focus()
        return
    if area.text == text:
        screen.app.open_over(screen, FormScreen(form, file))


async def show_difference(screen: AppScreen, area: ConfigArea, file: EditedFile) -> None:
    """Show what the text says otherwise than what is stored."""
    from enchanted_tui.operations.edited_differences import difference
    from enchanted_tui.ui.screens.diff_screen import DiffScreen

    found = await in_thread(difference, area.text, file.buffer.path, screen.app.root)
    screen.app.open_over(screen, DiffScreen(found))
