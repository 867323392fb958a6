"""What the command line takes: all options, with what --help says of them."""

from __future__ import annotations

import argparse

from enchanted_tui import shell_completion, usage
from enchanted_tui.export import export_command
from enchanted_tui.reporting import report_command
from enchanted_tui.surrogate import fit_command
from enchanted_tui.ui import app_command, plot_command
from enchanted_tui.version import __version__

_EPILOG = """\
exit codes:
  0 completed (failed samples are data)   1 a defect of the program   2 usage or configuration
  3 environment: directory in use or not empty, nothing to resume, disk full, no permission
  4 every task failed, or max_failures, canary or breaker stopped the campaign
  130, 143 interrupted and resumable

examples:
  enchanted-tui                                          open the app: all runs; edit, launch, watch
  enchanted-tui my_run                                   open the app on the campaign in my_run
  enchanted-tui --template "first campaign" > first.yaml a configuration to begin with
  enchanted-tui configs/quickstart.yaml --no-ui          run a campaign without the app
  enchanted-tui configs/quickstart.yaml --detach         the same in the background
  enchanted-tui my_run --no-ui                           go on with the campaign in my_run
  enchanted-tui --status my_run                          how it stands
  enchanted-tui --control pause my_run                   steer it from anywhere that sees my_run
"""


def command_parser() -> usage.CommandLineParser:
    """Return the parser of the whole command line."""
    parser = usage.CommandLineParser(
        prog="enchanted-tui",
        description="Run campaigns of simulations and collect one dataset for surrogate modelling.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target",
        nargs="?",
        metavar="CONFIG|RUN_DIR",
        help="a configuration, or a run directory to go on with",
    )
    parser.add_argument(
        "-cf",
        "--config_file",
        metavar="CONFIG",
        help="the configuration, as the older program takes it",
    )
    parser.add_argument("--no-ui", action="store_true", help="run without the terminal app")
    parser.add_argument(
        "--detach",
        action="store_true",
        help="run without the app, in the background: the campaign outlives this terminal",
    )
    parser.add_argument("--version", action="version", version=f"enchanted-tui {__version__}")
    _add_how_to_run(parser)
    _add_instead_of_running(parser)
    app_command.add_arguments(parser)
    export_command.add_arguments(parser)
    fit_command.add_arguments(parser)
    report_command.add_arguments(parser)
    plot_command.add_arguments(parser)
    return parser


def _add_how_to_run(parser: argparse.ArgumentParser) -> None:
    run = parser.add_argument_group("how to run")
    run.add_argument(
        "--run-mode",
        type=str.lower,
        choices=("fresh", "resume", "extend", "auto"),
        help="instead of supervisor.run_mode",
    )
    run.add_argument("--base-run-dir", metavar="DIR", help="instead of supervisor.base_run_dir")
    run.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        dest="overrides",
        help="change one value; repeatable",
    )
    run.add_argument(
        "--overwrite",
        action="store_true",
        help="with run mode fresh: delete what an earlier campaign created; with an option that"
        " writes a FILE: replace one that is there",
    )
    run.add_argument(
        "--log-level", metavar="LEVEL", help="instead of logging: DEBUG, INFO, WARNING or ERROR"
    )
    run.add_argument(
        "--only",
        metavar="TASKS",
        help="with --retry-failed: these alone, such as d0_b2_s14_r0,d0_b2_s15_r0",
    )
    run.add_argument(
        "--stage",
        type=int,
        metavar="N",
        help="with --add-points: of which stage they are samples; 0, the first, by default",
    )
    run.add_argument(
        "--inputs",
        action="store_true",
        help="with --dry-run: what the first three samples would be given, files and command",
    )
    run.add_argument(
        "--extract",
        metavar="DIR",
        help="with --files RUN_DIR TASK: copy its directory, or the FILE, into DIR",
    )
    run.add_argument(
        "--json", action="store_true", help="events (or the answer) as JSON on standard output"
    )


def _add_instead_of_running(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_argument_group("instead of running").add_mutually_exclusive_group()
    _add_what_is_done(instead)
    _add_what_is_made_of_it(instead)
    instead.add_argument(
        "--template",
        metavar="NAME",
        nargs="?",
        const="",
        help="print a configuration to begin with; no NAME: list all",
    )
    instead.add_argument(
        "--schema", action="store_true", help="print the JSON schema of configurations"
    )
    instead.add_argument(
        "--print-completion",
        choices=shell_completion.SHELLS,
        help="print the script that completes this command in a shell",
    )


def _add_what_is_done(instead: argparse._MutuallyExclusiveGroup) -> None:
    """Add what is said of, and done to, a campaign."""
    instead.add_argument(
        "--check", action="store_true", help="only say what is wrong with the configuration"
    )
    instead.add_argument(
        "--dry-run", action="store_true", help="say what would run, and what a resume would reuse"
    )
    instead.add_argument("--status", metavar="RUN_DIR", help="say how a campaign stands")
    instead.add_argument(
        "--control",
        nargs=2,
        metavar=("ACTION", "RUN_DIR"),
        help="pause, continue, drain or abort a running campaign",
    )
    instead.add_argument(
        "--add-points",
        nargs=2,
        metavar=("FILE", "RUN_DIR"),
        help="add the points of a CSV, Parquet or NumPy file to a campaign, whether it runs or not",
    )
    instead.add_argument(
        "--retry-failed",
        metavar="RUN_DIR",
        help="run the failed samples again, in place of what is recorded",
    )
    instead.add_argument(
        "--rebuild", metavar="RUN_DIR", help="write all output files anew from the record"
    )
    instead.add_argument(
        "--files",
        nargs="+",
        metavar=("RUN_DIR", "TASK"),
        help="list the files of a task, packed or not; with a FILE behind, show that",
    )
    instead.add_argument(
        "--pack", metavar="RUN_DIR", help="pack run directories into few large archives"
    )
    instead.add_argument(
        "--unpack", metavar="RUN_DIR", help="bring packed run directories back, each as it was"
    )


def _add_what_is_made_of_it(instead: argparse._MutuallyExclusiveGroup) -> None:
    """Add what is made of the dataset of a campaign."""
    instead.add_argument(
        "--tag",
        nargs=2,
        metavar=("TAGS", "RUN_DIR"),
        help="give a run tags, with commas between; a minus behind one takes it away",
    )
    instead.add_argument(
        "--note", nargs=2, metavar=("TEXT", "RUN_DIR"), help="write a note beside a run"
    )
    instead.add_argument(
        "--export",
        metavar="RUN_DIR",
        help="write the dataset, or parts of it, into a file of its own",
    )
    instead.add_argument(
        "--fit",
        metavar="RUN_DIR",
        help="fit a surrogate to the dataset, say how good it is and write its model",
    )
    instead.add_argument(
        "--sensitivity",
        metavar="RUN_DIR",
        help="say which parameters matter: Sobol indices and correlations",
    )
    instead.add_argument(
        "--compare",
        nargs="+",
        metavar="RUN_DIR",
        help="campaigns side by side: cost, failures, best values, learning curves, configurations",
    )
    instead.add_argument(
        "--plot",
        nargs=2,
        metavar=("KIND", "RUN_DIR"),
        help="print a plot, or write it as a figure: scatter, density, correlation, timeline ...",
    )
    instead.add_argument(
        "--report",
        metavar="RUN_DIR",
        help="write one HTML page: what was run, cost, failures, distributions, best samples",
    )
