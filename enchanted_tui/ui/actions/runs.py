"""Actions: runs."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_SCREEN = "a matter of the screen"

register(
    Action(
        "runs.open",
        "enter",
        "Open",
        "Show the campaign under the cursor.",
        command_line="enchanted-tui RUN_DIR",
    ),
    Action(
        "runs.filter",
        "slash",
        "Filter",
        "Show only runs with these words in path, state or stages; Escape clears.",
        reason=_SCREEN,
    ),
    Action(
        "runs.sort",
        "o",
        "Sort",
        "Sort by last change, name, state, progress or success.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "runs.mark",
        "space",
        "Mark",
        "Mark the run under the cursor, to compare it or to act on several; or take the mark away.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "runs.compare",
        "C",
        "Compare",
        "Put the 2 to 4 marked runs side by side.",
        command_line="enchanted-tui --compare RUN_DIR RUN_DIR",
        shown=False,
    ),
    Action(
        "runs.new",
        "n",
        "New",
        "Write a new configuration from a template.",
        reason="the editor is a part of the app",
    ),
    Action(
        "runs.add",
        "a",
        "Add…",
        "Name a run directory, or one with some below it.",
        command_line="enchanted-tui RUN_DIR",
        shown=False,
    ),
    Action(
        "runs.copy",
        "y",
        "Copy path",
        "Copy the path of the run directory.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "runs.remove",
        "D,delete",
        "Remove…",
        "Move the run directory aside, to a hidden name beside it; undo brings it back.",
        reason="mv RUN_DIR elsewhere",
        changes=True,
        shown=False,
    ),
    Action(
        "runs.undo",
        "u",
        "Undo",
        "Bring back the run directory that was removed last.",
        reason="mv it back",
        changes=True,
        shown=False,
    ),
    Action(
        "runs.delete",
        "",
        "Delete for good…",
        "Delete what the campaign created; its name has to be typed.",
        reason="rm -r RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "runs.refresh",
        "f5,ctrl+r",
        "Look again",
        "Look for run directories again at once.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "runs.clear",
        "escape",
        "Back",
        "Clear the filter, then the marks.",
        reason=_SCREEN,
        shown=False,
    ),
)
