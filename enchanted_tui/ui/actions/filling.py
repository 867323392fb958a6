"""Actions: form. Function keys, since letters are typed."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_FORM = "the form edits a file; any editor does that"

register(
    Action(
        "form.launch",
        "f9",
        "Launch…",
        "Start the campaign after saying what that will do; starting saves the text.",
        command_line="enchanted-tui CONFIG",
        changes=True,
    ),
    Action(
        "form.save",
        "f2,ctrl+s",
        "Save",
        "Save the configuration that the form means.",
        reason=_FORM,
        changes=True,
    ),
    Action(
        "form.beside",
        "f5",
        "YAML, samples",
        "Show the next of: the configuration's text, and what three samples would be given.",
        command_line="enchanted-tui CONFIG --dry-run --inputs",
    ),
    Action(
        "form.next_problem",
        "f8",
        "Next problem",
        "Go to the next field about which there is something to say.",
        command_line="enchanted-tui CONFIG --check",
    ),
    Action(
        "form.everything",
        "f7",
        "All options",
        "Show all that can be filled in, or what matters at first.",
        reason="docs/configuration.md lists all options",
    ),
    Action(
        "form.text",
        "escape",
        "Text",
        "Go to the text of the configuration; what was filled in stands in it.",
        reason=_FORM,
    ),
)
