"""Actions: monitor."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_SCREEN = "a matter of the screen"

register(
    Action(
        "monitor.open",
        "enter",
        "Open",
        "Open what is under the cursor: a task, a worker's task, a batch's tasks, a file.",
        reason="the files are below RUN_DIR",
    ),
    Action("monitor.tasks", "t", "Tasks", "Go to the table of tasks.", reason=_SCREEN, shown=False),
    Action(
        "monitor.batches",
        "b",
        "Batches",
        "Go to the table of batches.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "monitor.workers",
        "w",
        "Workers",
        "Go to the workers or jobs, and what each is doing.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "monitor.nodes",
        "n",
        "Nodes",
        "Go to the map of nodes: which cores and GPUs are held by what task.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "monitor.files",
        "f",
        "Files",
        "Go to the campaign's own files: progress files, logs, dataset.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "monitor.learned",
        "m",
        "Model",
        "Go to what the sampler has learnt: error of its model, best value, acquisition.",
        command_line="enchanted-tui --status RUN_DIR",
        shown=False,
    ),
    Action(
        "monitor.filter",
        "slash",
        "Filter",
        "Show only tasks with these words in their name or reason of failure; Escape clears.",
        reason=_SCREEN,
    ),
    Action(
        "monitor.status",
        "s",
        "Status",
        "Show all tasks, or only those that run, that succeeded, that failed or that wait.",
        reason=_SCREEN,
    ),
    Action(
        "monitor.sort",
        "o",
        "Order",
        "Sort by position, by when they finished, or by run time.",
        reason=_SCREEN,
    ),
    Action(
        "monitor.last_failure",
        "F",
        "Last failure",
        "Open the task that failed last.",
        command_line="enchanted-tui --status RUN_DIR",
        shown=False,
    ),
    Action(
        "monitor.progress",
        "P",
        "Progress file",
        "Show the progress report as it is on disk.",
        reason="cat RUN_DIR/logs/pipeline_progress.txt",
        shown=False,
    ),
    Action(
        "monitor.measure",
        "u",
        "Disk use",
        "Count all files below the run directory and their bytes; may take a while.",
        reason="du -s RUN_DIR",
        shown=False,
    ),
    Action(
        "monitor.copy",
        "y",
        "Copy path",
        "Copy the path of what is under the cursor.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "monitor.clear",
        "escape",
        "Back",
        "Clear the filter, or go back to the table of tasks.",
        reason=_SCREEN,
        shown=False,
    ),
)
