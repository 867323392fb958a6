"""A small finished campaign of random samples of one function, for tests of what is made of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from enchanted_tui import cli


def run_random_campaign(root: Path, code: str, module: str, budget: int) -> Path:
    """Run `budget` samples of the function `run(x, y)` in `code`; return the run directory."""
    (root / f"{module}.py").write_text(code)
    config: dict[str, Any] = {
        "samplers": {
            "s": {
                "type": "RandomSampler",
                "parameters": ["x", "y"],
                "bounds": [[0, 1], [0, 1]],
                "budget": budget,
            }
        },
        "runners": {"r": {"type": "PythonRunner", "function": f"{module}:run"}},
        "executors": {"e": {"type": "LocalExecutor", "n_workers": 2}},
        "supervisor": {
            "base_run_dir": "run",
            "seed": 3,
            "run_order": [{"sampler": "s", "executor": "e", "runner": "r"}],
        },
    }
    path = root / "campaign.yaml"
    path.write_text(yaml.safe_dump(config))
    assert cli.main([str(path), "--no-ui", "--base-run-dir", str(root / "run")]) == 0
    return root / "run"
