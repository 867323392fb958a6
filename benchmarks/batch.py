"""How much faster a program is with `batch` than with one call for each sample, and whether the
rows are the same: `python -m benchmarks.batch [SAMPLES]`.

The program is a script, which an interpreter reads anew for each call: Python without its site
packages (some 12 ms to start), or awk (some 2 ms); or compiled C, which has no start to speak of. A
sample takes each well below a millisecond. With ``--no-files`` no datapoint is kept of any sample
(`save_files: none`).
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.contenders import campaign, command_line, write_config

PYTHON = """
out = open("results.csv", "w")
out.write("energy,flux\\n")
for line in open("points.csv").read().split()[1:]:
    x, y = map(float, line.split(","))
    for _ in range(60):
        y = y * 0.99 + x * 0.01
    out.write(f"{x * x + y!r},{y!r}\\n")
"""
AWK = """
BEGIN { FS = OFS = ","; print "energy,flux" > "results.csv" }
NR > 1 {
    y = $2
    for (i = 0; i < 60; i++) y = y * 0.99 + $1 * 0.01
    printf "%.12g,%.12g\\n", $1 * $1 + y, y > "results.csv"
}
"""
C = r"""
#include <stdio.h>
int main(void) {
    FILE *in = fopen("points.csv", "r"), *out = fopen("results.csv", "w");
    double x, y;
    fscanf(in, "%*s");
    fprintf(out, "energy,flux\n");
    while (fscanf(in, "%lf,%lf", &x, &y) == 2) {
        for (int i = 0; i < 60; i++) y = y * 0.99 + x * 0.01;
        fprintf(out, "%.17g,%.17g\n", x * x + y, y);
    }
    return fclose(out);
}
"""
PROGRAMS = {
    "Python": (PYTHON, [sys.executable, "-S", "-E"]),
    "awk": (AWK, ["awk", "-f"]),
    "C": (C, []),
}
ONE = "x,y\n{{ x }},{{ y }}\n"
MANY = "x,y\n{% for s in samples %}\n{{ s.x }},{{ s.y }}\n{% endfor %}\n"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=int, nargs="?", default=10_000)
    parser.add_argument("--no-files", action="store_true")
    options = parser.parse_args(arguments)
    samples, keep = options.samples, "none" if options.no_files else "all"
    print(f"| {samples:,} samples by | one call each, s | batch: 200, s | ratio | same rows |")
    print("|---|---:|---:|---:|---|")
    for name, (source, command) in PROGRAMS.items():
        with tempfile.TemporaryDirectory(prefix="enchanted-batch-") as place:
            program = _ready(Path(place), source, compiled=not command)
            run = [*command, str(program), "points.csv"]
            one, rows = measured(Path(place) / "one", _runner(run, ONE), samples, keep)
            batched = _runner(run, MANY, batch=200)
            many, others = measured(Path(place) / "many", batched, samples, keep)
        same = "yes" if rows == others else "no"
        print(f"| {name} | {one:.1f} | {many:.1f} | {one / many:.1f} | {same} |", flush=True)


def _ready(place: Path, source: str, *, compiled: bool) -> Path:
    """Return the program in a file that can be run, or given to its interpreter."""
    program = place / "program"
    if not compiled:
        program.write_text(source)
        return program
    (place / "program.c").write_text(source)
    subprocess.run(["cc", "-O2", "-w", "-o", program, place / "program.c"], check=True)
    return program


def measured(
    directory: Path, runner: dict[str, Any], samples: int, keep: str
) -> tuple[float, list[dict[str, str]]]:
    """Return how long a campaign takes as a whole, seconds, and its rows but for run times."""
    sampler = {
        "type": "RandomSampler",
        "parameters": ["x", "y"],
        "bounds": [[0, 1], [0, 1]],
        "budget": samples,
        "seed": 1,
    }
    directory.mkdir()
    sections = campaign(runner, [sampler], directory / "run")
    sections["supervisor"]["save_files"] = keep
    command = command_line(str(write_config(directory, sections)), "--no-ui")
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    taken = time.perf_counter() - began
    with (directory / "run" / "enchanted_dataset.csv").open(newline="") as file:
        rows = [
            {name: row[name] for name in ("energy", "flux", "success", "x", "y")}
            for row in csv.DictReader(file)
        ]
    return taken, rows


def _runner(command: list[str], text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "CommandRunner",
        "command": command,
        "files": {"points.csv": text},
        "outputs": {name: {"file": "results.csv", "csv": name} for name in ("energy", "flux")},
        **more,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
