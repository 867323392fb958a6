"""What the configuration of a CommandRunner says, so that what checks and renders it need not know
how it runs.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.runners.base import Runner
from enchanted_tui.runners.command.conditions import Condition
from enchanted_tui.runners.command.rules import OutputRule


class CommandOptions(Runner):
    """The options of a CommandRunner."""

    command: str | list[str] = option(
        doc=(
            "Program and arguments as a list, each with {{ name }} placeholders; or, with `shell`,"
            " one text for the shell."
        ),
        example=["solver", "--beta", "{{ beta }}", "deck.inp"],
    )
    shell: bool | str = option(
        False,
        doc=(
            "Give the command to /bin/sh (true) or to the shell named here, such as bash. Every"
            " value in it is quoted."
        ),
    )
    files: dict[str, str] = option(
        {},
        doc="Files to write into the run directory: by name, their text with placeholders.",
        example={"deck.inp": "beta = {{ beta }}\n"},
    )
    templates: dict[str, str] = option(
        {},
        doc="Files to write into the run directory: by name, the template file to make them from.",
        path=True,
        example={"mesh.inp": "templates/mesh.inp"},
    )
    copy: list[str] | dict[str, str] = option(
        {},
        doc=(
            "Files or directories to copy into the run directory: a list, or by name there. Paths"
            " may have placeholders; {{ run_dir }} is the directory of the previous step or stage,"
            " {{ neighbour_run_dir }} that of the sample to start from (`start_from`): a file there"
            " is left out where a sample starts cold."
        ),
        path=True,
    )
    link: list[str] | dict[str, str] = option(
        {},
        doc="The same as `copy`, by symbolic links.",
        path=True,
        example=["mesh.h5", "{{ run_dir }}/equilibrium.dat"],
    )
    environment: dict[str, str | None] = option(
        {},
        doc=(
            "Environment variables for the command, with placeholders in their values; null removes"
            " one. `$NAME`, `${NAME}` and `~` are expanded where the task runs, but never in what a"
            " placeholder gives."
        ),
        example={"OMP_NUM_THREADS": 1, "PATH": "/opt/code/bin:$PATH"},
    )
    stdin: str | None = option(
        None,
        doc=(
            "File of the run directory that the command reads as standard input; none: empty input."
        ),
    )
    stdout: str | None = option(
        "stdout.txt",
        doc="File of the run directory for the command's standard output; null discards it.",
    )
    stderr: str | None = option(
        "stderr.txt",
        doc="File of the run directory for the command's standard error; null discards it.",
    )
    exit_codes: list[int] | str = option(
        [0], doc='Exit codes that are no failure, or "any".', example=[0, 2]
    )
    outputs: dict[str, dict[str, Any]] = option(
        {},
        doc=(
            "What to read back: by output name, a rule with one of regex, json, table, csv, hdf5,"
            " netcdf, text, exit_code."
        ),
        example={"energy": {"file": "stdout.txt", "regex": r"energy = (\S+)"}},
        nested=OutputRule,
    )
    sample_column: int | str | None = option(
        None,
        doc=(
            "With `batch`: where the results have the number of each sample, as the input gave it"
            " by {{ loop.index }}: a column of the tables, a group of regular expressions, a key of"
            " JSON elements, an array of HDF5 and NetCDF files. What a program has written before"
            " it died then counts, in any order."
        ),
        example="sample",
    )
    success: list[dict[str, Any]] = option(
        [],
        doc=(
            "Further conditions for success, each on a file (matches, lacks, exists) or on an"
            " output (ge, gt, le, lt, equals, finite)."
        ),
        example=[{"file": "stdout.txt", "matches": "converged"}],
        nested=Condition,
    )
