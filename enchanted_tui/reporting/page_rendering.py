"""``enchanted-tui --report RUN_DIR``: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import os
from pathlib import Path

from enchanted_tui.comparison.campaign_facts import has_campaign
from enchanted_tui.comparison.figures import figure_of
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.export.selection import check_directory, check_places
from enchanted_tui.privacy import PathShortener
from enchanted_tui.record.stored_configs import newest_config
from enchanted_tui.reporting.harmless_text import Harmless
from enchanted_tui.reporting.report_contents import ReportOptions, report_contents
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.surrogate.training_data import Tell, nobody
from enchanted_tui.whole_files import write_atomically

TEMPLATE = "report.html.jinja"
_SIGN = "…/"  #: before what is left of a path


def report_place(root: Path, out: Path | None, home: Path, *, overwrite: bool) -> Path:
    """Return where a report goes: `out`, or a file of the campaign's name in `home`. Raises
    ExportError where it must not, EnvironmentProblem where it cannot, if no campaign is there, or
    matplotlib is not.
    """
    if not root.is_dir() or not has_campaign(root):
        raise EnvironmentProblem(
            f"{root} holds no campaign; name the run directory of a campaign, which has a journal."
        )
    with figure_of((1, 1)):
        pass  # or it is said now that matplotlib is lacking
    place = out if out is not None else home / f"{root.resolve().name}-report.html"
    check_places([place], overwrite=overwrite)
    check_directory(place)
    return place


def write_report(
    root: Path, place: Path, options: ReportOptions, tell: Tell = nobody, step: Tell = nobody
) -> None:
    """Write the report of a campaign, running or finished, to a file. Raises EnvironmentProblem,
    SurrogateError or OSError.
    """
    page = report_page(root, options, tell, step)
    write_atomically(place, page.encode("utf-8"))


def report_page(
    root: Path, options: ReportOptions, tell: Tell = nobody, step: Tell = nobody
) -> str:
    """Return the report as HTML. The same samples give the same page."""
    from jinja2 import Environment, StrictUndefined

    harmless = Harmless(None if options.paths else _shortener(root))
    environment = Environment(
        autoescape=True,
        finalize=harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.from_string(
        Path(__file__).with_name(TEMPLATE).read_text(encoding="utf-8")
    )
    return template.render(report_contents(root, options, harmless, tell, step))


def _shortener(root: Path) -> PathShortener:
    """Return what takes out the paths of whoever writes the report; what lies in the run directory,
    or beside the configuration, is named from there.
    """
    root = root.resolve()
    named = {str(root): f"{_SIGN}{root.name}/"}
    stored = newest_config(CampaignDirectory(root))
    if stored is not None and stored.base_dir is not None:
        named.setdefault(str(stored.base_dir), f"{_SIGN}{stored.base_dir.name}/")
    return PathShortener(named, [str(root.parent), os.getcwd()], _SIGN)
