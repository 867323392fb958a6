"""Actions: log."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_LOG = "RUN_DIR/logs/main.log"
_MOVES = "moves within the app"

register(
    Action(
        "log.find",
        "slash",
        "Find…",
        "Look for a regular expression; without capital letters it matches either case.",
        command_line=f"less +/PATTERN {_LOG}",
    ),
    Action(
        "log.next",
        "n",
        "Next",
        "Go to the next line that matches, and on from the beginning after the last.",
        reason=_MOVES,
    ),
    Action(
        "log.previous",
        "N",
        "Previous",
        "Go to the line before that matches, and on from the end before the first.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "log.only",
        "ampersand",
        "Only",
        "Show only the lines that match what was looked for, or all lines again.",
        command_line=f"grep -E PATTERN {_LOG}",
    ),
    Action(
        "log.level",
        "v",
        "Level",
        "Show only warnings and above, then only errors, then everything again.",
        command_line=f"grep -E 'WARNING|ERROR|CRITICAL' {_LOG}",
    ),
    Action(
        "log.follow",
        "f",
        "Follow",
        "Stay at the end as lines are added, or stop doing so.",
        command_line=f"tail -F {_LOG}",
    ),
    Action(
        "log.wrap",
        "w",
        "Wrap",
        "Break long lines at the edge of the screen, or cut them there.",
        reason="a matter of the screen",
        shown=False,
    ),
    Action(
        "log.file",
        "o",
        "File…",
        "Choose another log or progress file of the campaign.",
        command_line="ls RUN_DIR/logs",
    ),
    Action(
        "log.next_file",
        "right_square_bracket",
        "Next file",
        "Read the next file of the list.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "log.previous_file",
        "left_square_bracket",
        "Previous file",
        "Read the file before in the list.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "log.line",
        "number_sign",
        "Line…",
        "Go to a line by its number.",
        command_line=f"less +LINEg {_LOG}",
        shown=False,
    ),
    Action(
        "log.copy",
        "y",
        "Copy",
        "Copy the lines on the screen, whole.",
        reason="a matter of the screen",
        shown=False,
    ),
    Action(
        "log.back",
        "escape",
        "Back",
        "Give up a search; else show all lines again; else go back to the campaign's log; else to"
        " where you came from.",
        reason=_MOVES,
        shown=False,
    ),
)
