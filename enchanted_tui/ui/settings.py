"""What a person prefers: ``config.yaml`` in the XDG configuration directory, checked with the same
care as a campaign's configuration.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.config.options import Component, option
from enchanted_tui.ui.xdg_directories import xdg_directory

if TYPE_CHECKING:
    from enchanted_tui.config.problems import Problem


class Preferences(Component):
    """The keys of the file."""

    kind = "settings"

    theme: str = option(
        "enchanted-dark",
        doc=(
            "Colours: enchanted-dark, enchanted-light, enchanted-safe (for the colour-blind) or any"
            " theme of Textual."
        ),
    )
    ascii: bool | None = option(
        None,
        doc=(
            "Draw with ASCII characters only; by default where the terminal's encoding is not"
            " UTF-8."
        ),
    )
    low_bandwidth: bool | None = option(
        None,
        doc="Few repaints and no animation; by default where the terminal is reached through SSH.",
    )
    mouse: bool = option(True, doc="Use the mouse; without it, the terminal's own selection works.")
    roots: list[str] = option(
        [],
        doc="Directories below which run directories are looked for, four levels deep.",
        path=True,
        example=["~/runs"],
    )
    keymap: dict[str, str] = option(
        {},
        doc="Keys of actions, by the action's id: several keys with commas between.",
        example={"runs.open": "enter,o"},
    )
    bell: bool = option(
        False, doc="Ring the terminal's bell when a known campaign ends, pauses, stalls or fails."
    )
    notices: str = option(
        "off",
        doc=(
            "Tell of the same by a notice of the desktop, through the terminal: osc9 (iTerm2,"
            " Windows Terminal, WezTerm, kitty) or osc777 (urxvt, foot, Konsole, VTE)."
        ),
        choices=("off", "osc9", "osc777"),
    )
    pictures: str = option(
        "auto",
        doc=(
            "How plots are shown as pictures: auto (the terminal is asked once somebody wants one),"
            " kitty (its graphics protocol), sixel, or off."
        ),
        choices=("auto", "kitty", "sixel", "off"),
    )
    read_only: bool = option(
        False, doc="Only look: refuse every action that changes a run directory or a file."
    )


@dataclass(frozen=True)
class Settings:
    """The preferences, and what is wrong with the file they come from; with errors, the defaults
    are used throughout.
    """

    preferences: Preferences = field(default_factory=Preferences)
    path: Path | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the preferences are kept."""
    return xdg_directory(environment, "XDG_CONFIG_HOME", ".config") / "config.yaml"


def load(path: Path | None = None) -> Settings:
    """Read the preferences. A file that is not there is no mistake; mistakes come with the result,
    located.
    """
    path = config_file() if path is None else path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Settings(path=path)
    except (OSError, UnicodeDecodeError) as error:
        return Settings(path=path, problems=(_unreadable(path, error),))
    return parse(text, path) if text.strip() else Settings(path=path)


def parse(text: str, path: Path) -> Settings:
    """Check the text of a preferences file."""
    # reads YAML, which an app without such a file need not load
    from enchanted_tui.config.nested import Reader
    from enchanted_tui.config.problems import ConfigError
    from enchanted_tui.config.report import Report, in_order
    from enchanted_tui.config.source import read_document

    try:
        document, problems = read_document(text, str(path))
    except ConfigError as error:
        return Settings(path=path, problems=tuple(error.problems))
    report = Report(document)
    report.add(problems)
    found = Reader(path.parent, ()).read(Preferences, (), document.root, report)
    if found is not None:
        _check_names(report, found[2])
    usable = found is not None and not report.error_count
    return Settings(
        found[2] if found is not None and usable else Preferences(),
        path,
        tuple(in_order(report.problems)),
    )


def _check_names(report: object, preferences: Preferences) -> None:
    """Check what only the app knows: themes and actions."""
    from enchanted_tui.config.report import Report
    from enchanted_tui.suggestions import did_you_mean
    from enchanted_tui.ui.actions import registry
    from enchanted_tui.ui.themes import theme_names

    assert isinstance(report, Report)
    if preferences.theme not in theme_names():
        report.error(
            ("theme",),
            "there is no theme"
            f" {preferences.theme!r}{did_you_mean(preferences.theme, theme_names())}",
        )
    for name in preferences.keymap:
        if name not in registry():
            report.error(
                ("keymap", name),
                f"there is no action {name!r}{did_you_mean(name, registry())}",
                at_key=True,
            )


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> Problem:
    from enchanted_tui.config.problems import Problem

    sentence = (
        "this is not UTF-8 text; save the file as UTF-8"
        if isinstance(error, UnicodeDecodeError)
        else f"cannot be read: {error.strerror}"
    )
    return Problem("error", str(path), None, None, "", sentence)
