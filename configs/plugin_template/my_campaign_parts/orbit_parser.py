"""A parser: reads what a run left in its directory, for samplers that learn from results (their option `parser`)."""

from __future__ import annotations

from pathlib import Path


class OrbitParser:
    """Read the end of an orbit."""

    def read_output_file(self, run_dir):
        """Give the observations of one run by name."""
        x, v = map(float, Path(run_dir, "orbit.txt").read_text().split())
        return {"x": x, "v": v}

    def collect_sample_information(self, run_dir, observations):
        """Give ``objective``, the number that each of `observations` names, and ``failure``, whether the run gave none."""
        try:
            found = self.read_output_file(run_dir)
            return {"run_dir": run_dir, "objective": [found[name] for name in observations], "failure": False}
        except (OSError, ValueError):
            return {"run_dir": run_dir, "objective": None, "failure": True}
