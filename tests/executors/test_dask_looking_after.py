"""A campaign on a Dask cluster in which everything fails."""

from __future__ import annotations

import pytest

from helpers.configs import campaign_config, random_sampler
from helpers.dask_cluster import LOCAL, on_dask


@pytest.mark.full
def test_breaker_on_dask_workers(campaign) -> None:
    """What the cluster holds and has not begun is taken back when the breaker pauses the campaign;
    the next session goes on where that stopped.
    """
    runner = {
        "type": "PythonRunner",
        "function": "helpers.parts.guarded:run",
        "arguments": {"wait": 0.05},
    }
    config = campaign_config(random_sampler(60), runners={"r0": runner}, breaker=6)
    failing = campaign(on_dask(config, LOCAL))
    (failing.root / "broken").write_text("0")
    ended = failing.run_here()
    assert ended.code == 4, ended
    assert "failed alike" in ended.err
    assert 6 <= failing.finished_tasks() <= 30
    (failing.root / "broken").unlink()
    failing.complete()
    assert len(failing.rows()) == 60
    failing.wait_for_no_process()
