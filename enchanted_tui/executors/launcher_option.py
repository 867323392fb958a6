"""The option `launcher`, which executors share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.executors.pool.rank_launcher import AUTO, KNOWN, is_mpirun, own_words
from enchanted_tui.resources import Resources
from enchanted_tui.suggestions import did_you_mean


def launcher_option() -> Any:
    """Return the option as an executor declares it."""
    return option(
        AUTO,
        doc=(
            "What starts the ranks of samples whose runner has `resources`: `srun`, `mpirun` or"
            " `mpiexec` (also by a path), `none` for programs of one process, which are bound to"
            " their CPUs, or a line of your own such as `jsrun -n {ranks} -c {cpus_per_rank}`."
            " `auto` is srun in a job of SLURM, or else mpirun or mpiexec, and none where no sample"
            " has several ranks."
        ),
        example="srun",
    )


def launcher_problems(launcher: str) -> Iterator[tuple[str, str]]:
    """Yield (option, sentence) for what is wrong with it."""
    words = launcher.split()
    if not words:
        yield "launcher", f"expected one of {', '.join(KNOWN)}, or a line of your own"
        return
    if len(words) == 1 and "/" not in words[0] and not is_mpirun(words[0]):
        near = "" if words[0] in KNOWN else did_you_mean(words[0], KNOWN)
        if near:
            yield "launcher", f"{words[0]!r} is no launcher that is known{near}"
            return
    known = own_words(Resources())
    for word in words:
        try:
            word.format_map(known)
        except KeyError as error:
            name = str(error.args[0])
            yield (
                "launcher",
                f"{{{name}}} is not known; there are {', '.join(known)}"
                + did_you_mean(name, known),
            )
        except (ValueError, IndexError, AttributeError):
            yield "launcher", f"{word!r} has a brace without its name; write it twice to have it"
