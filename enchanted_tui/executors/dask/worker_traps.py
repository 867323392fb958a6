"""What goes wrong on Dask workers with samples whose runner has no `resources`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.executors.pool.machine import visible_gpus
from enchanted_tui.executors.sample_traps import all_gpus_seen, beside_each_other, too_few_slots

_GPUS = re.compile(r"--(?:gres[= ]\S*gpu|gpus)|-G\b")


def launch_warnings(
    option: str, spec: Mapping[str, Any], most: int | None, launcher: str
) -> Iterator[tuple[str, str]]:
    """Yield (option, sentence) for samples that run on a cluster, of which `option` says what it
    is, as `spec` has it; `most`: of samples at the same time, None for what there is room for.
    Nobody knows the machines of a cluster that runs already.
    """
    config = spec["config"]
    number = _beside_each_other(spec)
    number = number if most is None else min(number, most)
    cores = int(config.get("job_cpu") or config.get("cores") or 1)
    if launcher and number > 1:
        yield option, beside_each_other(launcher, number)
    elif spec["kind"] == "slurm" and launcher not in ("", "srun") and cores > 1:
        yield option, too_few_slots(launcher, cores, "")
    if number > 1 and spec["kind"] == "slurm" and _asks_for_gpus(config):
        yield option, all_gpus_seen("of a job sees all of its GPUs")
    if number > 1 and spec["kind"] == "local" and len(visible_gpus()) > 1:
        yield option, all_gpus_seen(f"sees all {len(visible_gpus())} GPUs of this machine")


def _beside_each_other(spec: Mapping[str, Any]) -> int:
    """Return how many samples run on the same machine, as far as the configuration says it."""
    config = spec["config"]
    if spec["kind"] == "slurm":
        processes = int(config.get("processes") or 1)
        return processes * max(1, int(config.get("cores") or 1) // processes)
    if spec["kind"] == "local":
        workers = config.get("n_workers") or (spec["adaptive"] or (1, 1))[1]
        return int(workers) * int(config.get("threads_per_worker") or 1)
    return 1


def _asks_for_gpus(config: Mapping[str, Any]) -> bool:
    lines = [*(config.get("job_extra_directives") or ()), *(config.get("job_extra") or ())]
    return any(_GPUS.search(str(line)) for line in lines)
