"""Actions: config. Letters work beside the text, function keys in it too."""

from __future__ import annotations

from enchanted_tui.ui.actions import Action, register

_EDITS = "edits a file; any editor does that"
_READS = "shows a part of what is edited"

register(
    Action("config.save", "f2,ctrl+s,s", "Save", "Save the file; asks first if somebody else changed it.", reason=_EDITS, changes=True),
    Action("config.complete", "f3,ctrl+@,ctrl+space", "Complete", "List what can be written at the cursor.", reason=_EDITS),
    Action(
        "config.next_problem",
        "f8,right_square_bracket",
        "Next problem",
        "Go to the next problem below the cursor, or the first.",
        command_line="enchanted-tui CONFIG --check",
    ),
    Action(
        "config.previous_problem",
        "shift+f8,left_square_bracket",
        "Previous problem",
        "Go to the nearest problem above the cursor, or the last.",
        command_line="enchanted-tui CONFIG --check",
        shown=False,
    ),
    Action("config.outline", "f4,t", "Outline", "List sections, components and stages to go to.", reason=_READS),
    Action(
        "config.preview",
        "f5,v",
        "Preview",
        "Say what would run: stages, batches, tasks, files, first samples.",
        command_line="enchanted-tui CONFIG --dry-run",
    ),
    Action(
        "config.launch",
        "f9,L",
        "Launch…",
        "Start the campaign after saying what that will do; starting saves the text.",
        command_line="enchanted-tui CONFIG",
        changes=True,
    ),
    Action(
        "config.problems", "c", "Problems", "List what is wrong, to go there.", command_line="enchanted-tui CONFIG --check", shown=False
    ),
    Action(
        "config.explain",
        "f12,d",
        "Describe",
        "Show what the key at the cursor means.",
        reason="docs/configuration.md says the same",
        shown=False,
    ),
    Action("config.text", "i", "Text", "Go back into the text.", reason=_READS),
    Action("config.find", "ctrl+f,slash", "Find…", "Look for text: go to it, and count it.", command_line="grep -n TEXT CONFIG"),
    Action("config.find_next", "f6,ctrl+g", "Find next", "Go to the next match, and on from the beginning.", reason=_READS, shown=False),
    Action("config.find_previous", "shift+f6", "Find previous", "Go to the match before, and on from the end.", reason=_READS, shown=False),
    Action(
        "config.find_case",
        "alt+c",
        "Find: exact case",
        "Tell large and small letters apart when looking for text, or match either case again.",
        reason=_READS,
        shown=False,
    ),
    Action("config.replace", "ctrl+r", "Replace…", "Look for text and put another in its place.", reason=_EDITS, changes=True, shown=False),
    Action(
        "config.replace_one",
        "alt+r",
        "Replace this",
        "Replace the match that is selected, and go to the next.",
        reason=_EDITS,
        changes=True,
        shown=False,
    ),
    Action(
        "config.replace_all",
        "alt+a",
        "Replace all",
        "Replace every match; one undo takes it back.",
        reason=_EDITS,
        changes=True,
        shown=False,
    ),
    Action("config.new", "n", "New…", "Begin a configuration from a template.", reason="configs/ holds examples to copy", changes=True),
    Action(
        "config.insert", "a", "Add…", "Add a sampler, runner or executor to this configuration.", reason=_EDITS, changes=True, shown=False
    ),
    Action("config.open", "o,ctrl+o", "Open…", "Open a configuration file.", reason=_EDITS),
    Action("config.save_as", "w", "Save as…", "Save under another name.", reason="cp does the same", changes=True, shown=False),
    Action("config.reload", "u", "Reload", "Read the file again; asks before unsaved changes are lost.", reason=_EDITS, shown=False),
    Action(
        "config.external",
        "e",
        "$EDITOR",
        "Edit the text in $VISUAL or $EDITOR and come back.",
        reason="$EDITOR CONFIG does the same",
        changes=True,
        shown=False,
    ),
)
