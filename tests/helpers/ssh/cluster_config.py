"""A configuration of a cluster behind an SSH server."""

from __future__ import annotations

import sys
from pathlib import Path

_TEXT = """\
executors:
  cluster:
    type: SlurmExecutor
    ssh: {{host: 127.0.0.1, port: {port}, known_hosts: {known_hosts},{more} config_file: /dev/null, identity_agent: none}}
    samples_per_job: 20
    python: {python}
    results_interval: 1
samplers:
  points: {{type: RandomSampler, parameters: [x, y], bounds: [[0, 1], [0, 1]], budget: {samples}, batch_size: {samples}}}
runners:
  gaussian: {{type: SyntheticDoubleGaussianRunner, dimensions: 2}}
supervisor:
  base_run_dir: {run_dir}
  seed: 1
  run_order:
    - {{sampler: points, executor: cluster, runner: gaussian}}
"""


def cluster_config(
    port: int, known_hosts: Path, run_dir: Path, *, samples: int, key: Path | None = None
) -> str:
    """Return the text; `key` is the file of the key to log in with, if there is to be one."""
    return _TEXT.format(
        port=port,
        known_hosts=known_hosts,
        more="" if key is None else f" key_filename: {key},",
        python=sys.executable,
        samples=samples,
        run_dir=run_dir,
    )
