"""Actions: everywhere."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_MOVES = "moves within the app"
_SCREEN = "a matter of the screen"


def _mode(name: str, key: str, help_text: str) -> Action:
    return Action(
        f"everywhere.{name}", key, name.capitalize(), help_text, reason=_MOVES, shown=False
    )


register(
    _mode("runs", "1", "Show all known run directories."),
    _mode("config", "2", "Edit a configuration."),
    _mode("monitor", "3", "Watch the open campaign."),
    _mode("failures", "4", "Show what failed in the open campaign, and why."),
    _mode("results", "5", "Show the dataset of the open campaign."),
    _mode("log", "6", "Read the logs of the open campaign."),
    Action(
        "everywhere.help",
        "question_mark,f1",
        "Help",
        "Explain the screen, what has the focus, and the keys.",
        command_line="enchanted-tui --help",
    ),
    Action(
        "everywhere.palette",
        "colon,ctrl+p",
        "Commands",
        "Find any action by a part of its name.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.menu",
        "f10",
        "Menu",
        "Open the menu bar: every action, by what it is about.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.here",
        "M,shift+f10",
        "Menu here",
        "Open the menu of what has the focus, as a click with the right button does.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.theme",
        "T",
        "Theme",
        "Change to the next of the themes made for this app.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "everywhere.settings",
        "equals_sign",
        "Settings…",
        "Choose theme, characters, mouse, bell and run roots, and write the settings file.",
        reason="any editor changes the settings file",
        shown=False,
        changes=True,
    ),
    Action(
        "everywhere.zoom",
        "z",
        "Zoom",
        "Let the focused pane fill the screen, or bring the others back.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "everywhere.screen_text",
        "ctrl+y",
        "Copy screen",
        "Copy the text on the screen, and write it to a file.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "everywhere.next_tab",
        "greater_than_sign,ctrl+pagedown",
        "Next run",
        "Go to the open run beside this one, on the right.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.previous_tab",
        "less_than_sign,ctrl+pageup",
        "Previous run",
        "Go to the open run beside this one, on the left.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.close_tab",
        "X",
        "Close run",
        "Close the tab of the run that is shown; nothing happens to its campaign.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.tabs",
        "O",
        "Open runs…",
        "Choose one of the open runs.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.suspend",
        "ctrl+z",
        "Shell",
        "Back to the shell until fg; a campaign in this app goes on meanwhile.",
        reason=_MOVES,
        shown=False,
    ),
    Action(
        "everywhere.quit",
        "q,ctrl+c",
        "Quit",
        "Leave; a campaign that runs in this app is asked about.",
        reason=_MOVES,
    ),
)
