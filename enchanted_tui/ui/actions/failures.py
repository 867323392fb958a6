"""Actions: failures."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_FILE = "RUN_DIR/enchanted_failures.csv"

register(
    Action(
        "failures.open",
        "enter",
        "Open",
        "List the tasks of the group; open the task under the cursor.",
        command_line=f"less {_FILE}",
    ),
    Action(
        "failures.retry",
        "t",
        "Retry group…",
        "Run the failed samples of the group again, in place of what is recorded.",
        command_line="enchanted-tui --retry-failed RUN_DIR --only TASK,TASK",
        changes=True,
    ),
    Action(
        "failures.export",
        "w",
        "Write CSV…",
        "Write the failed tasks of the group to a CSV file of your own, each parameter in a"
        " column.",
        reason=f"{_FILE} holds all failures",
        changes=True,
    ),
    Action(
        "failures.filter",
        "slash",
        "Filter",
        "Show only groups with these words in their message; Escape clears.",
        command_line=f"grep WORD {_FILE}",
    ),
    Action(
        "failures.sort",
        "s",
        "Order",
        "Sort the groups by size, or the one seen last first.",
        reason="a matter of the screen",
        shown=False,
    ),
    Action(
        "failures.copy",
        "y",
        "Copy",
        "Copy the message of the group.",
        reason="a matter of the screen",
        shown=False,
    ),
    Action(
        "failures.back",
        "escape",
        "Back",
        "Go back from the tasks to the groups, or clear the filter.",
        reason="moves within the app",
        shown=False,
    ),
)
