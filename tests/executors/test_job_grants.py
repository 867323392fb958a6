"""How many jobs a Dask cluster is granted where core-hours are limited."""

from __future__ import annotations

import threading
from collections.abc import Callable

from enchanted_tui.executors.core_allowance import CoreAllowance
from enchanted_tui.executors.dask.job_grants import JobGrants
from enchanted_tui.executors.shown import JobInfo

_MOMENT = 0.1  #: seconds that another thread is given


class Interrupting(int):
    """A number of jobs; another thread goes on while it is compared."""

    meanwhile: Callable[[], object]

    def __gt__(self, other: int) -> bool:
        thread = threading.Thread(target=self.meanwhile, daemon=True)
        thread.start()
        thread.join(_MOMENT)
        return int(self) > other


def test_a_job_that_is_heard_of_meanwhile_is_counted() -> None:
    """Protects core-hours of which a job too many was granted: the cluster says that it has
    submitted one while the campaign's thread counts those that are there. One fits at a time.
    """
    grants = JobGrants("cluster", {"walltime": "01:00:00", "cores": 1}, 10)
    grants.allowance = CoreAllowance(3600.0)
    grants.allowance.set_besides(0.0)
    granted: list[int] = []
    grants.hear({"held": {}, "submitted": 0}, [])
    grants.grant(granted.append)
    assert granted == [1]
    submitted = Interrupting(1)
    submitted.meanwhile = lambda: grants.grant(granted.append)
    job = JobInfo("dask", "1", "PENDING", "", "n1", 1, 0, None, None)
    grants.hear({"held": {}, "submitted": submitted}, [job])
    grants.grant(granted.append)
    assert granted == [1]
