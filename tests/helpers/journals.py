"""Records of campaigns that nobody has run."""

from __future__ import annotations

from typing import Any


def opening(targets: list[int], steps: list[int]) -> Any:
    """Give the record that opens a campaign with so many samples and steps a stage."""
    stages = [
        {
            "sampler": f"s{depth}",
            "sampler_type": "S",
            "steps": (
                [{"executor": "e", "executor_type": "E", "runner": "r", "runner_type": "R"}] * n
            ),
        }
        for depth, n in enumerate(steps)
    ]
    names = {
        "campaign": "c",
        "session": "x",
        "version": "0",
        "host": "h",
        "mode": "fresh",
        "config": "c.yaml",
        "config_dir": "/",
    }
    rest = {
        "seed": 1,
        "pid": 1,
        "base_run_dir": ["/", "/"],
        "identity": {},
        "runner_options": {},
        "overrides": [],
    }
    return {"type": "open", **names, **rest, "stages": stages, "targets": targets}
