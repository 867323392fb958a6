"""Check one configured component: its class, its options one by one, and what they say together."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.lookup import KINDS, Found, LookupFailure, find, is_own
from enchanted_tui.config.models import ComponentSpec
from enchanted_tui.config.nested import Reader
from enchanted_tui.config.problems import Path, Problem, describe, key_text
from enchanted_tui.config.report import Report
from enchanted_tui.config.tree import plain
from enchanted_tui.suggestions import did_you_mean, nearest


@dataclass(frozen=True)
class Checker:
    """Checks components of one configuration."""

    report: Report
    base_dir: FilePath
    import_dirs: Sequence[FilePath]

    @property
    def reader(self) -> Reader:
        """What reads declared options."""
        return Reader(self.base_dir, self.import_dirs)

    def component(
        self,
        kind: str,
        name: str,
        path: Path,
        value: Any,
        *,
        used: bool = True,
        prepare: Callable[[Any], None] = lambda _: None,
    ) -> tuple[ComponentSpec, Any] | None:
        """Check one entry of a section; return what it says and, for a class that declares its
        options, an instance.

        What is wrong is reported and None returned. A component that is not `used` may be of a
        class that is not installed. `prepare` is called with the instance before it checks itself.
        """
        if not isinstance(value, dict):
            self.report.error(
                path, f"expected a mapping with the key 'type', found {describe(value)}"
            )
            return None
        found = self._class(kind, path, value, used)
        if found is None:
            return None
        spec = partial(
            ComponentSpec,
            kind,
            name,
            self._written_type(path, value),
            found.cls,
            found.class_path,
            place=self._place(path),
            older=found.older,
        )
        if not found.is_declared:
            options = self._foreign_options(kind, name, found.cls, path, value)
            return spec(options, {}, False), None
        checked = self.reader.read(
            found.cls, path, value, self.report, ("type", "__runner_name"), prepare
        )
        if checked is None:
            return None
        options, extra, instance = checked
        if not is_own(found.class_path):
            options = {**extra, **options}  # a class built upon ours may read more than it declares
        return spec(options, extra, True), instance

    # -- the class ---------------------------------------------------------------------------------

    def _class(self, kind: str, path: Path, value: dict[Any, Any], used: bool) -> Found | None:
        if value.get("type") is None:
            misspelt = next(
                (key for key in value if nearest(str(key), ["type"]) and key != "type"), None
            )
            hint = f"; did you mean it by {misspelt!r}?" if misspelt is not None else ""
            self.report.error(
                (*path, "type"),
                f"is required: the name of {_article(kind)}, or package.module:Class{hint}",
            )
            return None
        if isinstance(value["type"], dict | list):
            self.report.error(
                (*path, "type"),
                f"expected the name of {_article(kind)}, found {describe(value['type'])}",
            )
            return None
        try:
            return find(kind, self._written_type(path, value), self.import_dirs)
        except LookupFailure as failure:
            if failure.excusable and not used:
                self.report.warning(
                    (*path, "type"), f"{failure}; ignored, because run_order does not use it"
                )
            else:
                self.report.error((*path, "type"), str(failure))
            return None

    def _written_type(self, path: Path, value: dict[Any, Any]) -> str:
        place = self.report.document.place((*path, "type"))
        return (
            place.text.strip()
            if place is not None and place.text is not None
            else str(value["type"]).strip()
        )

    # -- options of a class that declares none -----------------------------------------------------

    def _foreign_options(
        self, kind: str, name: str, cls: type, path: Path, mapping: dict[Any, Any]
    ) -> dict[str, Any]:
        """Return all keys, as the older program passed them, unless the constructor says that it
        does not take them.
        """
        for key in mapping:
            if not isinstance(key, str):
                self.report.error(
                    (*path, key),
                    "the name of an option must be text; put it in quotes",
                    at_key=True,
                )
        options = {str(key): plain(value) for key, value in mapping.items()}
        if kind == "runner":
            options["__runner_name"] = name
        parameters = _parameters(cls)
        if parameters is None or any(
            parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
        ):
            taken = options
        else:
            taken = {key: value for key, value in options.items() if key in parameters}
            for key in options.keys() - taken.keys() - {"type", "__runner_name"}:
                self.report.error(
                    (*path, key),
                    f"{cls.__name__} takes no such option{did_you_mean(key, parameters)}",
                    at_key=True,
                )
        for key, parameter in (parameters or {}).items():
            is_needed = parameter.default is parameter.empty and parameter.kind in (
                parameter.POSITIONAL_OR_KEYWORD,
                parameter.KEYWORD_ONLY,
            )
            # which is handed to it
            if is_needed and key not in taken and (kind, key) != ("sampler", "base_run_dir"):
                self.report.error((*path, key), f"is required by {cls.__name__}")
        return taken

    # -- little things -----------------------------------------------------------------------------

    def _place(self, path: Path) -> Problem:
        return self.report.document.problem("error", path, "", at_key=True) or Problem(
            "error", "", None, None, key_text(path), ""
        )


def _parameters(cls: type) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(cls).parameters)
    except (TypeError, ValueError):  # a class written in C may not tell
        return None


def _article(kind: str) -> str:
    word = KINDS[kind].removesuffix("s")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
