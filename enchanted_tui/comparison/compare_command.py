"""The part of the command line that compares campaigns. Imports nothing heavy before that."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from enchanted_tui.surrogate import fit_command


def run(options: argparse.Namespace) -> int:
    """Compare campaigns and print that; write the learning curves where ``--out`` says. Raises
    SurrogateError, ExportError, EnvironmentProblem, or OSError for a full or lost disk.
    """
    fit_command.leave_processors_to_others()
    from enchanted_tui.comparison.comparing import CompareOptions, compare_campaigns
    from enchanted_tui.comparison.comparison_files import check_out, write_comparison
    from enchanted_tui.comparison.comparison_text import as_text

    wanted = fit_command.fit_options(options)
    out = Path(options.out) if options.out else None
    if out is not None:
        check_out(out, overwrite=options.overwrite)
    told = compare_campaigns(
        [Path(root) for root in options.compare],
        CompareOptions(wanted.outputs, wanted.test, wanted.folds, wanted.model),
        fit_command.tell,
        fit_command.step_shown(),
    ).as_json()
    if not options.json:  # before anything is written: it may have taken long to work out
        print(as_text(told), flush=True)
    if out is not None:
        write_comparison(out, told)
    if options.json:
        print(json.dumps(told | ({"written": str(out)} if out is not None else {})))
    elif out is not None:
        print(f"wrote {out}")
    return 0
