"""Actions: task."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_SCREEN = "a matter of the screen"

register(
    Action(
        "task.open",
        "enter",
        "Show",
        "Show a file or a value as text; of a text, open the source line that it names.",
        reason="the files are below RUN_DIR/data",
    ),
    Action(
        "task.values",
        "v",
        "Values",
        "Go to parameters, outputs and what else is on record.",
        reason=_SCREEN,
    ),
    Action(
        "task.files", "f", "Files", "Go to the files of the task's run directory.", reason=_SCREEN
    ),
    Action(
        "task.text",
        "o",
        "Text",
        "Go to the text: traceback, standard output and error, or the file that was opened.",
        reason=_SCREEN,
    ),
    Action(
        "task.previous",
        "left_square_bracket",
        "Previous",
        "Show the task before in the list this one was opened from.",
        reason=_SCREEN,
    ),
    Action(
        "task.next",
        "right_square_bracket",
        "Next",
        "Show the next task in the list this one was opened from.",
        reason=_SCREEN,
    ),
    Action(
        "task.reload",
        "u",
        "Reload",
        "Look at the task's directory again.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "task.copy",
        "y",
        "Copy",
        "Copy the path of the file under the cursor, the value, or the task's directory.",
        reason=_SCREEN,
        shown=False,
    ),
    Action("task.back", "escape", "Back", "Go back to where the task was opened.", reason=_SCREEN),
)
