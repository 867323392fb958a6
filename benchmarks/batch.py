"""How much faster a program is with `batch` than with one call for each sample, and whether the
rows are the same: `python -m benchmarks.batch [SAMPLES]`.

The program is a script, which an interpreter reads anew for each call: Python without its site
packages (some 12 ms to start), or awk (some 2 ms). A sample takes either well below a millisecond.
"""

from __future__ import annotations

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
PROGRAMS = {
    "Python": (PYTHON, [sys.executable, "-S", "-E"]),
    "awk": (AWK, ["awk", "-f"]),
}
ONE = "x,y\n{{ x }},{{ y }}\n"
MANY = "x,y\n{% for s in samples %}\n{{ s.x }},{{ s.y }}\n{% endfor %}\n"


def main(arguments: list[str]) -> None:
    samples = int(arguments[0]) if arguments else 10_000
    print(f"| {samples:,} samples by | one call each, s | batch: 200, s | ratio | same rows |")
    print("|---|---:|---:|---:|---|")
    for name, (source, command) in PROGRAMS.items():
        with tempfile.TemporaryDirectory(prefix="enchanted-batch-") as place:
            program = Path(place) / "program"
            program.write_text(source)
            run = [*command, str(program), "points.csv"]
            one, rows = measured(Path(place) / "one", _runner(run, ONE), samples)
            many, others = measured(Path(place) / "many", _runner(run, MANY, batch=200), samples)
        same = "yes" if rows == others else "no"
        print(f"| {name} | {one:.1f} | {many:.1f} | {one / many:.1f} | {same} |", flush=True)


def measured(
    directory: Path, runner: dict[str, Any], samples: int
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
