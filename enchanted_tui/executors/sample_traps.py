"""What goes wrong in silence with samples whose runner has no `resources`, and with those that may
take longer than their job: the sentences, which executors share, each with its remedy.
"""

from __future__ import annotations

from enchanted_tui.resources import THREAD_VARIABLES

#: The variable that says how many threads a process starts.
THREADS = THREAD_VARIABLES[0]


def beside_each_other(launcher: str, number: int) -> str:
    """Return the sentence on samples that start a launcher by themselves, so many of them beside
    each other.
    """
    what = (
        "each step takes all that its job has on a node, so that samples wait for each other"
        if launcher == "srun"
        else "the ranks of all of them are bound to the same first CPUs, and start on the first"
        " node alone"
    )
    return (
        f"{number} samples run beside each other, each of which starts {launcher} by itself:"
        f" {what}; give the runner resources, and leave the launcher to the launch line"
    )


def too_few_slots(launcher: str, cpus: int, instead: str) -> str:
    """Return the sentence on a job of one task with so many CPUs, in which samples start a launcher
    other than srun; `instead`: what to ask for.
    """
    return (
        f"jobs ask for one task of {cpus} CPUs, where {launcher} has one slot: Open MPI refuses"
        f' more ranks ("not enough slots"); {instead}give the runner resources, and leave the'
        " launcher to the launch line"
    )


def all_gpus_seen(where: str) -> str:
    """Return the sentence on samples beside each other that see the same GPUs, those of `where`."""
    return (
        f"every sample {where}, and most codes take the first one; give the runner resources with"
        " gpus, so that each has its own"
    )


def longer_than_its_job(walltime: float, where: str) -> str:
    """Return the sentence on samples that may take longer than the walltime of their job, seconds,
    which is said by the option `where`.
    """
    return (
        f"a sample may take longer than its job ({walltime:g} s), and would be killed with it; ask"
        f" for more by {where}, or have the runner continue what was cut off (restart)"
    )
