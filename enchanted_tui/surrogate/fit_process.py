"""The process in which the app has a surrogate fitted, or a sensitivity analysed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.surrogate.work_process import WorkProcess, serve

What = Literal["fit", "sensitivity"]


class FitProcess(WorkProcess):
    """Gives the report as JSON."""

    def __init__(self, what: What, root: Path, *, write: bool) -> None:
        """`write`: whether a fit writes its model into the run directory `root`."""
        super().__init__(__name__, what, str(root.resolve()), "write" if write else "")


def main() -> None:
    """Do what the arguments say."""
    serve(_report)


def _report(arguments: list[str], step: Callable[[str], None]) -> dict[str, Any]:
    # heavy, and no matter of the process that asks
    what, root, write = arguments[0], Path(arguments[1]), bool(arguments[2])
    if what == "sensitivity":
        from enchanted_tui.surrogate.sensitivity import analyse

        return analyse(root, step=step).as_json()
    from enchanted_tui.surrogate.fit_report import as_json
    from enchanted_tui.surrogate.surrogate_fit import FitOptions, fit_surrogate
    from enchanted_tui.surrogate.surrogate_model import model_place, write_model

    model, found = fit_surrogate(root, FitOptions(), step=step)
    report = as_json(found)
    if write:
        try:
            write_model(model_place(root, None), model, report)
        except (OSError, EnvironmentProblem) as error:
            report["notes"] = [*report["notes"], f"the model could not be written: {error}"]
    return report
