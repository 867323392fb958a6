"""What a runner is: it runs one sample in one directory and says how it went.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from enchanted_tui.config.options import Component


class Runner(Component):
    """Run one sample. A new instance is made for every sample.

    A class without this base works too, if it takes its options as keywords and has `single_code_run`.
    """

    kind: ClassVar[str] = "runner"

    #: What `prepare` returned for this sample, set before `single_code_run` is called.
    prepared: Any = None

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run the sample `params` in the existing directory `run_dir` (absolute).

        Returns the outputs by name, with a boolean `success`. Whatever else it does (raise, return something
        else, exit, crash, hang) is recorded as a failure of this one sample.
        """
        raise NotImplementedError

    def prepare(self, params: dict[str, Any]) -> Any:
        """Prepare a sample on the supervisor's side: what needs packages the worker may lack.

        The result must survive `values.encode`. An exception is a failure of this one sample.
        """
        return None

    def output_names(self) -> Iterable[str]:
        """Name the outputs known before running; a failed sample does not show a parent's values under these names."""
        return ()
