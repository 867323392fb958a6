"""What goes wrong in SLURM jobs with samples whose runner has no `resources`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.executors.sample_traps import all_gpus_seen, beside_each_other, too_few_slots
from enchanted_tui.executors.slurm.script import option_name
from enchanted_tui.executors.slurm.sizing import cpus_of_one_task, gpus_of_node


def launch_warnings(
    sbatch: Mapping[str, Any], processes: int, launcher: str
) -> Iterator[tuple[str, str]]:
    """Yield (option, sentence) for samples of which so many run beside each other in a job that is
    asked for by `sbatch`, and that start `launcher` by themselves; an empty text for none.
    """
    if launcher and processes > 1:
        yield "processes_per_job", beside_each_other(launcher, processes)
    elif launcher not in ("", "srun") and cpus_of_one_task(sbatch) > 1:
        instead = "ask for ntasks in place of cpus_per_task, or "
        yield "sbatch", too_few_slots(launcher, cpus_of_one_task(sbatch), instead)
    if processes > 1 and gpus_of_node(sbatch):
        yield "processes_per_job", all_gpus_seen("of a job sees all of its GPUs")
    given = {option_name(key): str(value) for key, value in sbatch.items()}
    if not launcher and given.get("nodes", "1") not in ("1", "1-1"):
        yield (
            "sbatch",
            f"jobs ask for {given['nodes']} nodes, and samples run on the first one alone; give"
            " the runner resources, or ask for one node",
        )
