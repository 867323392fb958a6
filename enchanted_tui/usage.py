"""What a command line may say: one sentence for each mistake, and no option is read and then
ignored.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from enchanted_tui.errors import RefusedError
from enchanted_tui.export.crate.crate_arguments import CRATE_OPTIONS

_TARGET = frozenset({"target", "config_file"})
_OF_THE_APP = frozenset({"read_only", "low_bandwidth", "ascii"})
_OF_SERVING = frozenset({"port", "bind", "prefix", "steer"})
_OF_EXPORTS = frozenset(
    {"to", "out", "columns", "successes_only", "where", "front", "pivot", "split", "seed"}
) | frozenset({"provenance", *CRATE_OPTIONS})
_OF_PLOTS = frozenset(
    {"x", "y", "value", "error", "colour", "log", "bins", "largest", "size", "dpi"}
    | {"x_label", "y_label", "colour_label", "no_colour_bar", "font", "font_size", "script"}
)
_OF_FITS = frozenset({"outputs", "model", "test", "cv"})
_OF_RUNS = frozenset(
    {"run_mode", "base_run_dir", "overrides", "overwrite", "json", "log_level", "detach"}
)

#: The options that have a meaning beside what is asked. `no_ui` is no news to anything but the app,
#: so it goes with everything.
_MEANT = {
    "app": _TARGET | _OF_THE_APP,
    "serve": _TARGET | _OF_THE_APP | _OF_SERVING,
    "run": _TARGET | _OF_RUNS,
    "check": _TARGET | _OF_RUNS,
    "dry_run": _TARGET | _OF_RUNS | {"inputs"},
    "retry_failed": frozenset({"only", "overrides", "json", "log_level", "detach"}),
    "rebuild": frozenset({"overrides", "json", "log_level"}),
    "export": _OF_EXPORTS | {"overwrite", "json"},
    "add_points": frozenset({"stage", "columns", "json"}),
    "fit": _OF_FITS | {"where", "out", "overwrite", "json"},
    "sensitivity": frozenset({"outputs", "model", "where", "json"}),
    "compare": _OF_FITS | {"out", "overwrite", "json"},
    "report": frozenset({"outputs", "model", "out", "overwrite", "paths", "json"}),
    "plot": _OF_PLOTS | {"title", "out", "overwrite", "columns", "where", "front", "json"},
    "status": frozenset({"json"}),
    "files": frozenset({"json", "extract"}),
    "pack": frozenset({"json"}),
    "unpack": frozenset({"json"}),
    "tag": frozenset({"json"}),
    "note": frozenset({"json"}),
    "schema": frozenset({"json"}),
    "template": frozenset(),
    "control": frozenset(),
    "print_completion": frozenset(),
}
_OPTIONS = (
    frozenset({"only", "extract", "stage", "paths", "inputs"})
    | _TARGET
    | _OF_THE_APP
    | _OF_SERVING
    | _OF_EXPORTS
    | _OF_FITS
    | _OF_PLOTS
    | _OF_RUNS
)
_OTHERS_THAT_WRITE = (
    ", --fit RUN_DIR, --report RUN_DIR, --plot KIND RUN_DIR or --compare RUN_DIR RUN_DIR"
)
_RUN_DIRS = (
    *("status", "rebuild", "export", "retry_failed", "pack", "unpack"),
    *("fit", "sensitivity", "report"),
)


class CommandLineParser(argparse.ArgumentParser):
    """Says in one sentence what is wrong, where argparse prints all that would be right. Raises
    RefusedError.
    """

    def parse(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Return the options. Raises RefusedError, and SystemExit after the help or the version."""
        options, rest = self.parse_known_args(arguments)
        if rest and rest[0].startswith("-"):
            from enchanted_tui.suggestions import did_you_mean

            name = rest[0].partition("=")[0]
            self.error(
                f"there is no option {name}{did_you_mean(name, self._option_string_actions)}"
            )
        if rest:
            self.error(f"one name too many, {rest[0]!r}: give one configuration or run directory")
        return options

    def error(self, message: str) -> NoReturn:
        raise RefusedError(
            f"{message}{'' if message.endswith('?') else ';'} enchanted-tui --help shows what"
            " there is."
        )


def check(options: argparse.Namespace, asked: str) -> None:
    """Refuse options that have no meaning beside what is asked. Raises RefusedError.

    `asked` is `app`, `run`, or the option that says what to do instead.
    """
    names = [
        options.target,
        options.config_file,
        *(getattr(options, name) for name in _RUN_DIRS),
        *(options.control or ()),
        *(options.plot or ()),
        *(options.add_points or ()),
        *(options.tag or ())[1:],
        *(options.note or ())[1:],
        *(options.files or ()),
        *(options.compare or ()),
    ]
    if "" in names:
        raise RefusedError(
            "An empty name was given for a configuration or run directory; is a variable of your"
            " shell not set?"
        )
    idle = [
        name
        for name in vars(options)
        if name in _OPTIONS - _MEANT[asked] and _is_given(getattr(options, name))
    ]
    if idle:
        where = _where(idle[0], asked)
        together = [name for name in idle if where in _where(name, asked)]
        raise RefusedError(
            f"{', '.join(map(_spelt, together))} {'goes' if len(together) == 1 else 'go'} {where}."
        )
    for name in sorted(_OF_EXPORTS | _OF_FITS | _OF_PLOTS):
        if getattr(options, name) == "" and name != "front":  # that of the configuration
            raise RefusedError(
                f"{_spelt(name)}: nothing is given; leave the option out, or say what is wanted."
            )
    if options.detach and options.json:
        raise RefusedError(
            "--json goes with --no-ui: a campaign in the background has nobody to tell its events."
        )


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value != []


def _where(name: str, asked: str) -> str:
    """Say what an option goes with."""
    if name in _OF_THE_APP:
        return (
            "with the app, which --no-ui, --detach and the options that only ask for an answer"
            " leave out"
        )
    if name in _OF_SERVING:
        return "with --serve"
    if name == "only":
        return "with --retry-failed"
    if name == "extract":
        return "with --files RUN_DIR TASK"
    if name == "stage":
        return "with --add-points FILE RUN_DIR"
    if name == "columns":
        return "with --export RUN_DIR, --plot KIND RUN_DIR, or --add-points FILE RUN_DIR"
    if name == "front":
        return "with --export RUN_DIR or --plot front RUN_DIR"
    if name == "title":
        return "with --export RUN_DIR --crate or --plot KIND RUN_DIR --out FILE"
    if name in _OF_PLOTS:
        return "with --plot KIND RUN_DIR"
    if name == "where":
        return "with --export RUN_DIR, --plot KIND RUN_DIR, --fit RUN_DIR or --sensitivity RUN_DIR"
    if name == "seed":
        return "with --export RUN_DIR; the seed of a campaign is --set supervisor.seed=N"
    if name in _OF_EXPORTS:
        return "with --export RUN_DIR" + (_OTHERS_THAT_WRITE if name == "out" else "")
    if name in _OF_FITS:
        alone = name in _OF_FITS - _MEANT["sensitivity"]
        others = "" if alone else ", --sensitivity RUN_DIR, --report RUN_DIR"
        return f"with --fit RUN_DIR{others} or --compare RUN_DIR RUN_DIR"
    if name == "paths":
        return "with --report RUN_DIR"
    if name == "inputs":
        return "with CONFIG --dry-run"
    if asked == "app":
        return "with --no-ui or --detach; in the app, a dialog asks how to start a campaign"
    once = "; name the run directory once" if name in _TARGET and asked != "schema" else ""
    return f"with a campaign to run, not with {_spelt(asked)}{once}"


def _spelt(name: str) -> str:
    return {"target": "CONFIG", "config_file": "--config_file", "overrides": "--set"}.get(
        name, "--" + name.replace("_", "-")
    )
