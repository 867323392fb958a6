"""From a file, a text or a mapping to a validated campaign. Nothing is written anywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enchanted_tui import values
from enchanted_tui.config.conversion import expand
from enchanted_tui.config.lookup import KINDS
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.problems import ConfigError, Problem, UnreadableConfigError
from enchanted_tui.config.recognising import is_configuration
from enchanted_tui.config.report import Report, in_order
from enchanted_tui.config.source import read_document, read_value
from enchanted_tui.config.tree import Document, Map, Seq, plain
from enchanted_tui.config.validation import Checked, check
from enchanted_tui.config.yaml_text import dump
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.whole_files import InTheWayError, open_regular

AnyPath = str | os.PathLike[str]

#: Longer files are taken for something else, such as a dataset named by mistake.
MAX_BYTES = 20_000_000
_PIPES_OF_SHELLS = ("/dev/fd", "/proc/self/fd")


def load_config(
    path: AnyPath,
    *,
    overrides: Sequence[str] = (),
    run_mode: str | None = None,
    base_run_dir: AnyPath | None = None,
    base_dir: AnyPath | None = None,
    text: str | None = None,
) -> CampaignConfig:
    """Read and check a configuration file, or what it is about to say (`text`).

    `overrides` are texts ``key.path=value`` with a value in YAML; `run_mode` and `base_run_dir`
    come before what the file and the overrides say. Relative paths in options start at `base_dir`,
    by default the file's directory. Raises ConfigError with all errors.
    """
    text = _read(path) if text is None else text
    if not is_configuration(path, text):
        _refuse(
            path,
            "this is no configuration (YAML, with sections such as executors: and samplers:); name"
            " the file of the campaign",
        )
    return _or_raise(
        parse_config(
            text,
            path,
            overrides=overrides,
            run_mode=run_mode,
            base_run_dir=base_run_dir,
            base_dir=base_dir,
        )
    )


def parse_config(
    text: str,
    path: AnyPath | None = None,
    *,
    overrides: Sequence[str] = (),
    run_mode: str | None = None,
    base_run_dir: AnyPath | None = None,
    base_dir: AnyPath | None = None,
    interactive: bool | None = None,
) -> tuple[CampaignConfig | None, list[Problem]]:
    """Check the text of a configuration file; return the campaign, None if there are errors, and
    all problems, warnings too.

    `path` is what the file is called and need not exist. `interactive` says whether a person will
    see that a directory is a default; by default, whether stdout is a terminal.
    """
    origin = _Origin(text, path, base_dir, tuple(overrides), run_mode, base_run_dir, interactive)
    try:
        document, problems = read_document(text, origin.file)
    except ConfigError as error:
        return None, in_order(error.problems)
    return _finish(document, problems, origin)


def config_from_mapping(
    mapping: Mapping[str, Any] | Any,
    path: AnyPath | None = None,
    *,
    run_mode: str | None = None,
    base_run_dir: AnyPath | None = None,
    base_dir: AnyPath | None = None,
) -> CampaignConfig:
    """Check a configuration given as a mapping, or as a namespace whose attributes are the
    sections. Raises ConfigError.

    `path` is the file that it came from, if any. A `type` may be a class that can be imported.
    """
    root = _located(dict(mapping) if isinstance(mapping, Mapping) else vars(mapping))
    origin = _Origin(dump(root), path, base_dir, (), run_mode, base_run_dir, True)
    return _or_raise(
        _finish(Document("" if path is None else str(path), root, has_text=False), [], origin)
    )


@dataclass(frozen=True)
class _Origin:
    """Where a configuration comes from and what comes before what it says."""

    text: str
    path: AnyPath | None
    given_base_dir: AnyPath | None
    overrides: tuple[str, ...]
    run_mode: str | None
    base_run_dir: AnyPath | None
    interactive: bool | None

    @property
    def file(self) -> str:
        return "<text>" if self.path is None else str(self.path)

    def base_dir(self) -> Path:
        """Where relative paths in options start, absolute."""
        if self.given_base_dir is not None:
            return Path(os.path.abspath(self.given_base_dir))
        return Path(os.path.abspath("." if self.path is None else Path(self.path).parent))


def _or_raise(result: tuple[CampaignConfig | None, list[Problem]]) -> CampaignConfig:
    config, problems = result
    if config is None:
        raise ConfigError(problems)
    return config


# -- reading ---------------------------------------------------------------------------------------


def _read(path: AnyPath) -> str:
    """Read a file as UTF-8 text. Raises ConfigError with one sentence."""
    try:
        with open(_opened(path), "rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            _refuse(
                path,
                f"this is longer than {MAX_BYTES // 1_000_000} MB, so it is no configuration; name"
                " the YAML file of the campaign",
            )
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        _refuse(path, f"there is no such file{_similar_files(Path(path))}")
    except IsADirectoryError:
        _refuse(path, "this is a directory; name the configuration file in it")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        _refuse(path, "this is not UTF-8 text; save the file as UTF-8", line, column)
    except InTheWayError as error:
        problem = Problem(
            "error", str(path), None, None, "", f"{error.strerror}, or name the configuration file"
        )
        raise UnreadableConfigError([problem]) from None
    except OSError as error:
        _refuse(path, f"the file cannot be read: {error.strerror or error}")
    raise AssertionError


def _opened(path: AnyPath) -> int:
    """Open the file; a pipe only where the shell has put one (``<(...)``), since one of another
    kind may never be written to.
    """
    is_the_shells = os.path.dirname(os.path.abspath(path)) in _PIPES_OF_SHELLS
    return (
        os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if is_the_shells or os.path.isdir(path)
        else open_regular(path)
    )


def _refuse(
    path: AnyPath, sentence: str, line: int | None = None, column: int | None = None
) -> None:
    raise ConfigError([Problem("error", str(path), line, column, "", sentence)]) from None


def _similar_files(path: Path) -> str:
    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return f", and no directory {path.parent}"
    return did_you_mean(path.name, names)


def _located(value: Any) -> Any:
    """Return a mapping from a program in the types that YAML gives."""
    value = values.plain(value)
    if isinstance(value, Mapping):
        return Map({key: _located(item) for key, item in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return Seq(map(_located, value))
    if isinstance(value, type):
        return f"{value.__module__}:{value.__qualname__}"
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return _located(value.tolist())
    return value


# -- checking --------------------------------------------------------------------------------------


def _finish(
    document: Document, problems: list[Problem], origin: _Origin
) -> tuple[CampaignConfig | None, list[Problem]]:
    try:
        here = Path.cwd()
    except FileNotFoundError:
        sentence = "the working directory does not exist any more; change to another"
        return None, [*problems, Problem("error", origin.file, None, None, "", sentence)]
    report = Report(document)
    report.add(problems)
    for override in origin.overrides:
        _apply_override(report, override)
    tree: dict[str, Any] = plain(document.root)
    _apply_argument(report, "run_mode", origin.run_mode)
    _apply_argument(
        report,
        "base_run_dir",
        None if origin.base_run_dir is None else os.fspath(origin.base_run_dir),
    )
    base_dir = origin.base_dir()
    import_dirs = tuple(dict.fromkeys([base_dir, here]))
    interactive = sys.stdout.isatty() if origin.interactive is None else origin.interactive
    checked = check(report, base_dir, import_dirs, interactive=interactive)
    ordered = in_order(report.problems)
    if report.error_count or checked.supervisor is None:
        return None, ordered
    shown = expand(checked.supervisor.base_run_dir)
    config = CampaignConfig(
        source_text=origin.text,
        path=None if origin.path is None else Path(origin.path),
        base_dir=base_dir,
        python_path=import_dirs,
        base_run_dir=Path(os.path.abspath(shown)),
        shown_base_run_dir=shown,
        tree=tree,
        overrides=list(origin.overrides),
        warnings=ordered,
        **_checked_fields(checked),
    )
    return config, ordered


def _checked_fields(checked: Checked) -> dict[str, Any]:
    return {
        "logging": checked.logging,
        "executors": checked.components["executor"],
        "samplers": checked.components["sampler"],
        "runners": checked.components["runner"],
        "supervisor": checked.supervisor,
        "stages": checked.stages,
        "hdf5": checked.hdf5,
    }


def _apply_override(report: Report, override: str) -> None:
    key, equals, text = override.partition("=")
    origin = f"--set {key.strip()}"
    if not equals or not key.strip():
        report.add(
            [
                Problem(
                    "error", "--set", None, None, "", f"expected key.path=value, found {override!r}"
                )
            ]
        )
        return
    try:
        value = read_value(text, origin)
        path = report.document.resolve(key.strip())
        _check_component(report.document.root, path)
        report.document.assign(path, value, origin)
    except ConfigError as error:
        report.add(
            Problem("error", origin, None, None, "", problem.message) for problem in error.problems
        )
    except ValueError as error:
        report.add([Problem("error", origin, None, None, "", str(error))])


def _check_component(root: Map, path: tuple[Any, ...]) -> None:
    """Raise ValueError if `path` leads to an option of a sampler, runner or executor that is not
    there; its `type` makes one.
    """
    section = root.get(path[0])
    if (
        path[0] in KINDS.values()
        and len(path) > 2
        and path[2] != "type"
        and isinstance(section, dict)
        and path[1] not in section
    ):
        names = [str(name) for name in section]
        there = did_you_mean(str(path[1]), names) or f"; there are {', '.join(names)}" * bool(names)
        raise ValueError(f"there is no {path[1]!r} in {path[0]}{there}")


def _apply_argument(report: Report, name: str, value: str | None) -> None:
    """Put a command-line option that has a name of its own into the section `supervisor`."""
    section = report.document.root.get("supervisor")
    if value is not None and (section is None or isinstance(section, dict)):
        report.document.assign(("supervisor", name), value, "--" + name.replace("_", "-"))
