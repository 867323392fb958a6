"""Actions: everywhere."""

from __future__ import annotations

from enchanted_tui.ui.actions import Action, register

_MOVES = "moves within the app"

register(
    Action("everywhere.runs", "1", "Runs", "Show all known run directories.", reason=_MOVES, shown=False),
    Action("everywhere.config", "2", "Config", "Edit a configuration.", reason=_MOVES, shown=False),
    Action("everywhere.monitor", "3", "Monitor", "Watch the open campaign.", reason=_MOVES, shown=False),
    Action("everywhere.failures", "4", "Failures", "Show what failed in the open campaign, and why.", reason=_MOVES, shown=False),
    Action("everywhere.results", "5", "Results", "Show the dataset of the open campaign.", reason=_MOVES, shown=False),
    Action("everywhere.log", "6", "Log", "Read the logs of the open campaign.", reason=_MOVES, shown=False),
    Action("everywhere.help", "question_mark,f1", "Help", "Explain what has the focus, and the keys here.", command_line="enchanted-tui --help"),
    Action("everywhere.palette", "colon,ctrl+p", "Commands", "Find any action by typing a part of its name.", reason=_MOVES, shown=False),
    Action("everywhere.theme", "T", "Theme", "Change to the next of the themes made for this app.", reason="a matter of the screen", shown=False),
    Action("everywhere.zoom", "z", "Zoom", "Let the pane that has the focus fill the screen, or give the others back.", reason=_MOVES, shown=False),
    Action("everywhere.screen_text", "ctrl+y", "Copy screen", "Copy the text of the screen, or write it to a file.", reason="a matter of the screen", shown=False),
    Action("everywhere.suspend", "ctrl+z", "Shell", "Go back to the shell until fg; a campaign in this app goes on meanwhile.", reason=_MOVES, shown=False),
    Action("everywhere.quit", "q,ctrl+c", "Quit", "Leave; a campaign that runs in this app is asked about.", reason=_MOVES),
)  # fmt: skip
