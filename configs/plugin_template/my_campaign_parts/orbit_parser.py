"""A parser: reads what a run left in its directory, for samplers that learn from results (their
option `parser`).
"""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.plugins import Parser


class OrbitParser(Parser):
    """Read the end of an orbit."""

    def read_output_file(self, run_dir):
        """Give the observations of one run by name; a file that is missing or torn is no
        observation.
        """
        x, v = map(float, Path(run_dir, "orbit.txt").read_text().split())
        return {"x": x, "v": v}
