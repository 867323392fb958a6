"""Check one configured component: its class, its options one by one, and what they say together."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from enchanted_tui.config.conversion import INVALID, Conversion
from enchanted_tui.config.declared import allows_none, option_types
from enchanted_tui.config.lookup import KINDS, Found, LookupFailure, find, importing_from, is_own
from enchanted_tui.config.models import ComponentSpec
from enchanted_tui.config.options import Component, Option
from enchanted_tui.config.problems import Path, Problem, describe, key_text
from enchanted_tui.config.report import Report
from enchanted_tui.config.tree import plain
from enchanted_tui.suggestions import did_you_mean, nearest

#: So many sentences about the items of one option are enough.
_MOST_SAID = 10

#: Keys that existing configurations carry and that never had an effect, by class; those of a base
#: class hold for its subclasses.
DEAD_KEYS: dict[str, tuple[str, ...]] = {
    "Executor": ("output_dir",),
    "Runner": ("other_params", "parameter_mode"),
    "ArraySampler": ("num_samples",),
    "BayesianOptimizationSampler": (
        "plot_GPR",
        "plot_file",
        "plot_frequency",
        "plot_debug",
        "plot_progress",
        "plot_labels",
        "GPR_plot_dim",
        "dry_run",
    ),
    "SupervisorOptions": ("config_filepath",),
}


#: What to write instead of such a key, where there is something.
INSTEAD: dict[tuple[str, str], str] = {
    (
        "PythonRunner",
        "other_params",
    ): "the function's further arguments are given under 'arguments'",
    (
        "CommandRunner",
        "other_params",
    ): "what is the same for every sample is written into the files and the command",
}


@dataclass(frozen=True)
class Checker:
    """Checks components of one configuration."""

    report: Report
    base_dir: FilePath
    import_dirs: Sequence[FilePath]

    def component(
        self, kind: str, name: str, path: Path, value: Any, *, used: bool = True
    ) -> tuple[ComponentSpec, Any] | None:
        """Check one entry of a section; give what it says and, for a class that declares its
        options, an instance.

        What is wrong is reported and None returned. A component that is not `used` may be of a
        class that is not installed.
        """
        if not isinstance(value, dict):
            self.report.error(
                path, f"expected a mapping with the key 'type', found {describe(value)}"
            )
            return None
        found = self._class(kind, path, value, used)
        if found is None:
            return None
        type_name = self._written_type(path, value)
        if not found.is_declared:
            options = self._foreign_options(kind, name, found.cls, path, value)
            place = self._place(path)
            spec = ComponentSpec(
                kind,
                name,
                type_name,
                found.cls,
                found.class_path,
                options,
                {},
                False,
                place,
                found.older,
            )
            return spec, None
        checked = self.options(found.cls, path, value, besides=("type", "__runner_name"))
        if checked is None:
            return None
        options, extra, instance = checked
        if not is_own(found.class_path):
            options = {**extra, **options}  # a class built upon ours may read more than it declares
        place = self._place(path)
        return (
            ComponentSpec(
                kind,
                name,
                type_name,
                found.cls,
                found.class_path,
                options,
                extra,
                True,
                place,
                found.older,
            ),
            instance,
        )

    def options(
        self, cls: type[Component], path: Path, mapping: dict[Any, Any], besides: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Any], Any] | None:
        """Check the options of a class that declares them: give those that were given, typed, the
        other keys, and an instance.
        """
        errors_before = self.report.error_count
        try:
            types = option_types(cls)
        except Exception as error:  # noqa: BLE001 - whatever evaluating a plugin's annotations raises
            self.report.error(
                path,
                f"the options that {cls.__name__} declares cannot be read: {type(error).__name__}:"
                f" {error}",
            )
            return None
        given, extra = self._sort_keys(cls, path, mapping, besides)
        options: dict[str, Any] = {}
        invalid: list[str] = []
        for name, declared in cls.options().items():
            value = self._option(name, declared, types[name], path, given, mapping)
            if value is INVALID:
                invalid.append(name)
            elif value is not _NOT_GIVEN:
                options[name] = value
        for name in cls.part_options.keys() & options.keys():
            options[name] = self._rooted_parts(
                cls.part_options[name], (*path, given[name]), options[name]
            )
        if invalid:
            self._check_rest(cls, options, invalid, path, given)
        if invalid or self.report.error_count > errors_before:
            return None
        instance = self._instance(cls, options, path, given)
        return None if self.report.error_count > errors_before else (options, extra, instance)

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

    # -- options that are declared -----------------------------------------------------------------

    def _sort_keys(
        self, cls: type[Component], path: Path, mapping: dict[Any, Any], besides: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the key under which each declared option is given, and the keys that are none,
        warning of these.
        """
        names = {
            alias: name
            for name, declared in cls.options().items()
            for alias in (name, *declared.aliases)
        }
        given: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key in mapping:
            if key in besides:
                continue
            name = names.get(key) if isinstance(key, str) else None
            if name is None:
                extra[str(key)] = plain(mapping[key])
                self._unknown_key(cls, (*path, key), (*names, *besides))
            elif name in given:
                self.report.error(
                    (*path, key),
                    f"this is another name of {given[name]!r}, which is given too; remove one",
                    at_key=True,
                )
            else:
                given[name] = key
        return given, extra

    def _unknown_key(self, cls: type[Component], path: Path, known: Iterable[str]) -> None:
        dead = {key for base in cls.__mro__ for key in DEAD_KEYS.get(base.__name__, ())}
        if path[-1] in dead:
            instead = INSTEAD.get((cls.__name__, path[-1]))
            self.report.warning(path, f"ignored; {instead or 'it has no effect'}", at_key=True)
        else:
            self.report.warning(
                path,
                f"ignored, because there is no such option{did_you_mean(str(path[-1]), known)}",
                at_key=True,
            )

    def _option(
        self,
        name: str,
        declared: Option,
        hint: Any,
        path: Path,
        given: dict[str, Any],
        mapping: dict[Any, Any],
    ) -> Any:
        """Give the typed value of an option, _NOT_GIVEN, or INVALID."""
        key = given.get(name, name)
        value = mapping.get(key)
        if value is None and (key not in mapping or not allows_none(hint)):
            if not declared.required:
                return _NOT_GIVEN
            self.report.error((*path, key), f"is required: {_in_a_sentence(declared.doc)}")
            return INVALID
        conversion = Conversion(self.report.document, declared, self.base_dir)
        converted = conversion.convert(value, hint, (*path, key))
        for severity, place, message in conversion.found[:_MOST_SAID]:
            (self.report.error if severity == "error" else self.report.warning)(place, message)
        if len(conversion.found) > _MOST_SAID:
            _, place, _ = conversion.found[_MOST_SAID]
            more = len(conversion.found) - _MOST_SAID
            (self.report.error if converted is INVALID else self.report.warning)(
                place, f"here and after, {more:,} more of this option are to correct"
            )
        return converted

    def _rooted_parts(self, kind: str, path: Path, parts: dict[str, Any]) -> dict[str, Any]:
        """Give components that are parts of another with their relative paths made absolute; the
        other checks the rest.
        """
        rooted = {}
        for part, options in parts.items():
            rooted[part] = dict(options)
            try:
                cls = find(kind, str(options.get("type")), self.import_dirs).cls
            except LookupFailure:
                continue
            if not issubclass(cls, Component):
                continue
            names = {
                alias: declared
                for declared in cls.options().values()
                for alias in (declared.name, *declared.aliases)
            }
            for key, value in options.items():
                if key in names and names[key].path and isinstance(value, str):
                    rooted[part][key] = self._option(
                        key, names[key], str, (*path, part), {}, options
                    )
                elif key in cls.part_options and isinstance(value, dict):
                    rooted[part][key] = self._rooted_parts(
                        cls.part_options[key], (*path, part, key), value
                    )
        return rooted

    def _instance(
        self, cls: type[Component], options: dict[str, Any], path: Path, given: dict[str, Any]
    ) -> Any:
        """Make an instance and let it check itself."""
        with importing_from(self.import_dirs):
            try:
                instance = cls(**plain(options))
                for where, sentence in instance.problems():
                    self.report.error(self.option_path(where, path, given), sentence)
                for where, sentence in instance.warnings():
                    self.report.warning(self.option_path(where, path, given), sentence)
            except Exception as error:  # noqa: BLE001 - a check that fails is a problem of these options like any other
                self.report.error(
                    path,
                    f"{cls.__name__} cannot be made from these options: {type(error).__name__}:"
                    f" {error}",
                )
                return None
        return instance

    def _check_rest(
        self,
        cls: type[Component],
        options: dict[str, Any],
        invalid: list[str],
        path: Path,
        given: dict[str, Any],
    ) -> None:
        """Let a component check itself as far as that does not depend on the options that are
        invalid.
        """

        def unknown(_: Any) -> Any:
            raise _UnknownOptionError

        partial = type(cls.__name__, (cls,), dict.fromkeys(invalid, property(unknown)))
        with importing_from(self.import_dirs), contextlib.suppress(Exception):
            for where, sentence in partial(**plain(options)).problems():
                self.report.error(self.option_path(where, path, given), sentence)

    def option_path(
        self, where: str, path: Path, given: Mapping[str, str] = MappingProxyType({})
    ) -> Path:
        """Give the place of what the component at `path` calls ``bounds[1]``; `given` holds the
        keys written for its options.
        """
        if not where:
            return path
        found = self.report.document.resolve(where, path)
        name = found[len(path)]
        if given.get(name, name) != name:
            return self.report.document.resolve(given[name] + where.removeprefix(name), path)
        return found

    # -- options of a class that declares none -----------------------------------------------------

    def _foreign_options(
        self, kind: str, name: str, cls: type, path: Path, mapping: dict[Any, Any]
    ) -> dict[str, Any]:
        """Give all keys, as the older program passed them, unless the constructor says that it does
        not take them.
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
            if (
                is_needed and key not in taken and (kind, key) != ("sampler", "base_run_dir")
            ):  # which is handed to it
                self.report.error((*path, key), f"is required by {cls.__name__}")
        return taken

    # -- little things -----------------------------------------------------------------------------

    def _place(self, path: Path) -> Problem:
        return self.report.document.problem("error", path, "", at_key=True) or Problem(
            "error", "", None, None, key_text(path), ""
        )


class _UnknownOptionError(Exception):
    """A check needs an option that is invalid."""


_NOT_GIVEN: Any = object()


def _parameters(cls: type) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(cls).parameters)
    except (TypeError, ValueError):  # a class written in C may not tell
        return None


def _in_a_sentence(doc: str) -> str:
    """Give the first sentence of an option's help to go on a sentence with."""
    first = doc.split(". ")[0].removesuffix(".")
    return first[:1].lower() + first[1:] if first[1:2].islower() else first


def _article(kind: str) -> str:
    word = KINDS[kind].removesuffix("s")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
