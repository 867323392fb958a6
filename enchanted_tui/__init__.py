"""Run campaigns of simulations and collect one dataset for surrogate modelling.

Names are imported when first used, so that a worker that runs one task pays for nothing else.
What authors of samplers, runners, executors and parsers need is in `enchanted_tui.plugins`.
"""

from __future__ import annotations

from enchanted_tui.lazy import TYPE_CHECKING, offer
from enchanted_tui.version import __version__

if TYPE_CHECKING:  # what type checkers and editors see; nothing else is there for them
    from enchanted_tui.cli import main
    from enchanted_tui.comparison.comparing import Comparison, compare
    from enchanted_tui.config.loading import load_config
    from enchanted_tui.config.models import CampaignConfig
    from enchanted_tui.export.crate.crate_function import write_crate
    from enchanted_tui.export.frame import load
    from enchanted_tui.record.outcome import Outcome
    from enchanted_tui.reporting.report_function import write_report
    from enchanted_tui.supervisor.supervisor import Supervisor
    from enchanted_tui.surrogate.fit_function import Fit, fit, sensitivity
    from enchanted_tui.surrogate.surrogate_model import load_model
    from enchanted_tui.values import decode

    __all__ = [
        "CampaignConfig",
        "Comparison",
        "Fit",
        "Outcome",
        "Supervisor",
        "__version__",
        "compare",
        "decode",
        "fit",
        "load",
        "load_config",
        "load_model",
        "main",
        "sensitivity",
        "write_crate",
        "write_report",
    ]
else:
    __getattr__, __all__ = offer(
        __name__,
        {
            "CampaignConfig": "enchanted_tui.config.models",
            "Comparison": "enchanted_tui.comparison.comparing",
            "Fit": "enchanted_tui.surrogate.fit_function",
            "Outcome": "enchanted_tui.record.outcome",
            "Supervisor": "enchanted_tui.supervisor.supervisor",
            "compare": "enchanted_tui.comparison.comparing",
            "decode": "enchanted_tui.values",
            "fit": "enchanted_tui.surrogate.fit_function",
            "load": "enchanted_tui.export.frame",
            "load_config": "enchanted_tui.config.loading",
            "load_model": "enchanted_tui.surrogate.surrogate_model",
            "main": "enchanted_tui.cli",
            "sensitivity": "enchanted_tui.surrogate.fit_function",
            "write_crate": "enchanted_tui.export.crate.crate_function",
            "write_report": "enchanted_tui.reporting.report_function",
        },
    )
    __all__.append("__version__")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
