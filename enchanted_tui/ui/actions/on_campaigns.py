"""Actions on a campaign, shared by the screens that show one and by the list of runs."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

register(
    Action(
        "campaign.freeze",
        "space",
        "Freeze",
        "Hold the display still; the campaign goes on.",
        reason="only the display",
        shown=False,
    ),
    Action(
        "campaign.pause",
        "p",
        "Pause",
        "Let running tasks finish and start no others; or go on after a pause.",
        command_line="enchanted-tui --control pause RUN_DIR, --control continue RUN_DIR",
        changes=True,
    ),
    Action(
        "campaign.stop",
        "S",
        "Stop…",
        "End the session: drain (running tasks finish) or abort (they are killed). Both can be"
        " resumed.",
        command_line="enchanted-tui --control drain RUN_DIR, --control abort RUN_DIR",
        changes=True,
    ),
    Action(
        "campaign.drain",
        "",
        "Drain…",
        "Let running tasks finish, then end the session. It can be resumed.",
        command_line="enchanted-tui --control drain RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "campaign.abort",
        "",
        "Abort…",
        "Kill running tasks and end the session. It can be resumed.",
        command_line="enchanted-tui --control abort RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "campaign.resume",
        "r",
        "Resume…",
        "Go on where the campaign stopped; says first what is reused.",
        command_line="enchanted-tui RUN_DIR",
        changes=True,
    ),
    Action(
        "campaign.extend",
        "x",
        "Extend…",
        "Add the last stage's budget to what was planned.",
        command_line="enchanted-tui RUN_DIR --run-mode extend",
        changes=True,
    ),
    Action(
        "campaign.add_points",
        "A",
        "Add points…",
        "Add the points of a file to the samples of a stage; shows them first.",
        command_line="enchanted-tui --add-points FILE RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "campaign.retry",
        "R",
        "Retry failed…",
        "Run all failed samples again, in place of what is recorded.",
        command_line="enchanted-tui --retry-failed RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "campaign.rebuild",
        "",
        "Rebuild files…",
        "Write all output files anew from the record.",
        command_line="enchanted-tui --rebuild RUN_DIR",
        changes=True,
        shown=False,
    ),
    Action(
        "campaign.edit",
        "e",
        "Edit config",
        "Edit the configuration that the campaign runs with.",
        reason="the file is below RUN_DIR/config",
        shown=False,
    ),
)
