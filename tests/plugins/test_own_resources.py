"""A plugin that has had an option `resources` of its own all along."""

from __future__ import annotations

from pathlib import Path

from helpers.campaign import Campaign

PLUGIN = """
from enchanted_tui.plugins import Runner, option


class Mine(Runner):
    resources: dict = option({}, doc="Tables that it reads.")

    def single_code_run(self, run_dir, params):
        return {"success": True, "tables": len(self.resources)}
"""


def test_it_means_what_it_meant(tmp_path: Path) -> None:
    """Protects it from being taken for what a sample needs of the machine: samples hold no
    share.
    """
    campaign = Campaign.apart(
        tmp_path / "case",
        {
            "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
            "samplers": {
                "points": {
                    "type": "RandomSampler",
                    "parameters": ["x"],
                    "bounds": [[0, 1]],
                    "budget": 2,
                }
            },
            "runners": {"mine": {"type": "my_plugin:Mine", "resources": {"steam": "t", "ice": 1}}},
            "supervisor": {
                "base_run_dir": "run",
                "run_order": [{"executor": "here", "sampler": "points", "runner": "mine"}],
            },
        },
    )
    (campaign.root / "my_plugin.py").write_text(PLUGIN)
    assert campaign.command_here(str(campaign.config_path), "--dry-run").code == 0
    ended = campaign.run_here()
    assert ended.code == 0, ended
    assert [row["tables"] for row in campaign.rows()] == ["2", "2"]
    assert not [record for record in campaign.records("task") if "where" in record]
