"""``python -m benchmarks.launch``: what starting a sample's ranks inside a job costs, beside the
same srun typed by hand.

Starts a SLURM of its own on this machine. In turn, as many samples as CPUs at a time: a campaign of
one job, timed from the beginning of its first sample to the end of its last by its journal; and a
job whose script has the same lines done by xargs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # for `helpers`

_CPUS = 4
_MEMORY = 3000
_JOB = {"time": 60, "nodes": 1, "ntasks": _CPUS, "mem": _MEMORY}
_LINE = (
    "srun --exact --nodes=1 --ntasks=1 --cpus-per-task=1 --mem={mem}M --gres=none"
    " --job-name=sample --kill-on-bad-exit=1 true"
)


def _ours(root: Path, environment: dict[str, str], samples: int) -> float:
    """Return the seconds of a campaign, from its first sample to its last."""
    from helpers.slurm.campaign import SlurmCampaign

    root.mkdir()
    campaign = SlurmCampaign(root, environment)
    campaign.executor.update(launcher="srun", max_jobs=1, sbatch=_JOB)
    campaign.config["samplers"] = {
        "s0": {
            "type": "GridSampler",
            "parameters": ["x"],
            "bounds": [[0, 1]],
            "num_samples": samples,
        }
    }
    campaign.config["runners"] = {
        "r0": {
            "type": "CommandRunner",
            "command": ["true"],
            "resources": {"cpus_per_rank": 1},
            "outputs": {"code": {"exit_code": True}},
        }
    }
    code = campaign.run(timeout=1200)
    tasks = campaign.records("task")
    if code or len(tasks) != samples:
        raise RuntimeError(f"{len(tasks)} of {samples} samples: {campaign.said}")
    return max(task["started"] + task["runtime"] for task in tasks) - min(
        task["started"] for task in tasks
    )


def _by_hand(root: Path, environment: dict[str, str], samples: int) -> float:
    """Return the seconds of a job that starts the same by a script."""
    root.mkdir()
    line = _LINE.format(mem=_MEMORY // _CPUS)
    script = root / "job.sh"
    script.write_text(
        "#!/bin/bash\n"
        + "".join(f"#SBATCH --{name}={value}\n" for name, value in _JOB.items())
        + f"#SBATCH --output={root}/out\nb=$(date +%s.%N)\n"
        + f"seq {samples} | xargs -P {_CPUS} -I@ {line}\n"
        + f"echo $b $(date +%s.%N) > {root}/times.new; mv {root}/times.new {root}/times\n"
    )
    subprocess.run(["sbatch", str(script)], check=True, env=environment, stdout=subprocess.DEVNULL)
    while not (root / "times").exists():
        time.sleep(0.2)
    begin, end = map(float, (root / "times").read_text().split())
    return end - begin


def measure(samples: int, rounds: int) -> dict[str, Any]:
    """Return the seconds of each round, in turn."""
    from helpers.slurm.bed import Bed

    ours, by_hand = [], []
    with (
        tempfile.TemporaryDirectory(prefix="bench-launch-") as directory,
        Bed(Path(directory) / "bed", nodes=1, cpus=_CPUS, sshd=False) as bed,
    ):
        environment = {**os.environ, **bed.environment}
        for number in range(rounds):
            by_hand.append(_by_hand(Path(directory) / f"hand{number}", environment, samples))
            ours.append(_ours(Path(directory) / f"ours{number}", environment, samples))
    return {
        "samples": samples,
        "at_once": _CPUS,
        "ours": [round(seconds, 2) for seconds in ours],
        "by_hand": [round(seconds, 2) for seconds in by_hand],
        "ratio": round(statistics.median(ours) / statistics.median(by_hand), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.samples, arguments.rounds), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
