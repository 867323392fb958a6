"""The work of one sample, as every peer does it: a directory, the outputs in a file there, a row of
one CSV file. Standard library only.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterable
from math import exp

COLUMNS = ("output", "success", "x", "y", "run_dir")
Row = tuple[float, bool, float, float, str]


def arguments() -> tuple[str, int, str, str]:
    """Give what every peer is started with: kind of work, number of samples, directory, program."""
    kind, samples, root, program = sys.argv[1:5]
    return kind, int(samples), root, program


def points(samples: int) -> list[tuple[int, float, float]]:
    return [(sample, sample / samples, 1 - sample / samples) for sample in range(samples)]


def gaussian(x: float, y: float) -> float:
    """Do what the in-process runner does."""
    first = exp(-((x - 0.3) ** 2 + (y - 0.3) ** 2) / 0.02)
    return 0.2 * x + 0.1 * y + first + 0.8 * exp(-((x - 0.75) ** 2 + (y - 0.6) ** 2) / 0.04)


def run(kind: str, root: str, program: str, sample: int, x: float, y: float) -> Row:
    """Run one sample in a directory of its own."""
    directory = make_directory(root, sample)
    if kind == "in-process":
        row = (gaussian(x, y), True, x, y, directory)
        write_table(os.path.join(directory, "datapoint.csv"), [row])
        return row
    write_input(directory, x, y)
    subprocess.run([program], cwd=directory, check=True)
    return read_output(directory, x, y)


def make_directory(root: str, sample: int) -> str:
    directory = os.path.join(root, f"d0_b0_s{sample}_r0")
    os.mkdir(directory)
    return directory


def write_input(directory: str, x: float, y: float) -> None:
    with open(os.path.join(directory, "input.txt"), "w") as file:
        file.write(f"x = {x!r}\ny = {y!r}\n")


def read_output(directory: str, x: float, y: float) -> Row:
    with open(os.path.join(directory, "output.txt")) as file:
        return (float(file.read().removeprefix("f = ")), True, x, y, directory)


def write_table(path: str, rows: Iterable[Row]) -> None:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def prepare_all(samples: int, root: str) -> list[str]:
    """Make the directories and input files of all samples, for tools that only start programs; give
    the directories.
    """
    directories = []
    for sample, x, y in points(samples):
        directory = make_directory(root, sample)
        write_input(directory, x, y)
        directories.append(directory)
    return directories


def collect_all(samples: int, root: str) -> None:
    """Read back all outputs and write the table."""
    directories = (os.path.join(root, f"d0_b0_s{sample}_r0") for sample in range(samples))
    rows = (
        read_output(directory, x, y)
        for directory, (_, x, y) in zip(directories, points(samples), strict=True)
    )
    write_table(os.path.join(root, "dataset.csv"), rows)
