"""Many samples in one call, on Dask workers."""

from __future__ import annotations

import pytest

from helpers.dask_cluster import LOCAL, on_dask
from helpers.parts.many import many_campaign, rows_of


@pytest.mark.full
def test_calls_on_dask_workers(campaign) -> None:
    """A bundle has enough samples for a call; the rows and the failures are those of samples that
    run one by one on this machine.
    """
    fates = {7: "raises", 40: "nothing", 41: "exits", 90: "crashes"}
    points = [(x / 8, fates.get(x, "well")) for x in range(160)]
    single = many_campaign(campaign, points, "single")
    many = many_campaign(campaign, points, "many", batch=20, log="calls.log")
    many.write(on_dask(many.config, LOCAL))
    assert (single.run_here().code, many.run_here().code) == (0, 0)
    assert rows_of(many) == rows_of(single)
    calls = [int(line) for line in (many.root / "calls.log").read_text().split()]
    assert max(calls) == 20
    assert len(calls) < 40, calls
    many.wait_for_no_process()
