"""``python -m benchmarks.launch``: what starting a sample's ranks inside a job costs, beside the
same srun typed by hand.

Starts a SLURM of its own on this machine. In turn, as many samples as CPUs at a time: a campaign of
one job that holds all of them, without a canary, timed from the beginning of its first sample to
the end of its last by its journal; a job whose script has the same lines done by xargs; and one in
which HyperQueue's worker does them.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.environments import CACHE, HERE, Environments, Unavailable, environment_of

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # for `helpers`

_CPUS = 4
_MEMORY = 3000
_JOB = {"time": 60, "nodes": 1, "ntasks": _CPUS, "mem": _MEMORY}
_JOB_SECONDS = 1200.0  # that a job may take, the queue included
_LINE = (
    f"srun --exact --nodes=1 --ntasks=1 --cpus-per-task=1 --mem={_MEMORY // _CPUS}M --gres=none"
    " --job-name=sample --kill-on-bad-exit=1 true"
)


def _ours(root: Path, environment: dict[str, str], samples: int) -> float:
    """Return the seconds of a campaign, from its first sample to its last."""
    from helpers.slurm.campaign import SlurmCampaign

    root.mkdir()
    campaign = SlurmCampaign(root, environment)
    campaign.executor.update(launcher="srun", max_jobs=1, samples_per_job=samples, sbatch=_JOB)
    # it is once a stage that a canary waits for the supervisor, whatever a start costs
    campaign.config.setdefault("supervisor", {})["canary"] = 0
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
    times = root / "times"
    return _job(
        root,
        environment,
        "b=$(date +%s.%N)\n"
        f"seq {samples} | xargs -P {_CPUS} -I@ {_LINE}\n"
        f"echo $b $(date +%s.%N) > {times}.new; mv {times}.new {times}\n",
    )


def _by_hyperqueue(root: Path, environment: dict[str, str], samples: int, python: Path) -> float:
    """Return the seconds of a job in which HyperQueue starts the same."""
    script = HERE / "peers" / "hyperqueue_launch.py"
    command = [str(python), str(script), f"{root}/state", str(samples), str(_CPUS), f"{root}/times"]
    return _job(root, {**environment, **environment_of(python)}, f"{shlex.join(command)} {_LINE}\n")


def _job(root: Path, environment: dict[str, str], lines: str) -> float:
    """Return the seconds between the two times that a job with these lines writes."""
    root.mkdir()
    script, times = root / "job.sh", root / "times"
    script.write_text(
        "#!/bin/bash\n"
        + "".join(f"#SBATCH --{name}={value}\n" for name, value in _JOB.items())
        + f"#SBATCH --output={root}/out\n{lines}"
    )
    subprocess.run(["sbatch", str(script)], check=True, env=environment, stdout=subprocess.DEVNULL)
    limit = time.monotonic() + _JOB_SECONDS
    while not times.exists():
        if time.monotonic() > limit:
            raise RuntimeError((root / "out").read_text())
        time.sleep(0.2)
    begin, end = map(float, times.read_text().split())
    return end - begin


def measure(samples: int, rounds: int, cache: Path) -> dict[str, Any]:
    """Return the seconds of each round, in turn, and the ratios of ours to the others."""
    from helpers.slurm.bed import Bed

    figures: dict[str, list[float]] = {"ours": [], "by_hand": []}
    try:
        python = Environments(cache).python("hyperqueue")
        figures["hyperqueue"] = []
    except Unavailable as error:
        print(f"without HyperQueue: {error}", file=sys.stderr)
    with (
        tempfile.TemporaryDirectory(prefix="bench-launch-") as directory,
        Bed(Path(directory) / "bed", nodes=1, cpus=_CPUS, sshd=False) as bed,
    ):
        environment = {**os.environ, **bed.environment}
        for number in range(rounds):
            for name, seconds in figures.items():
                root = Path(directory) / f"{name}{number}"
                if name == "ours":
                    seconds.append(_ours(root, environment, samples))
                elif name == "by_hand":
                    seconds.append(_by_hand(root, environment, samples))
                else:
                    seconds.append(_by_hyperqueue(root, environment, samples, python))
    ours = statistics.median(figures["ours"])
    return {
        "samples": samples,
        "at_once": _CPUS,
        "seconds": {name: [round(value, 2) for value in all_] for name, all_ in figures.items()},
        "ours_to": {
            name: round(ours / statistics.median(all_), 3)
            for name, all_ in figures.items()
            if name != "ours"
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--cache", type=Path, default=CACHE)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.samples, arguments.rounds, arguments.cache), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
