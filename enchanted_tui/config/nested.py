"""Read a mapping whose options are declared: of a component, or of a nested mapping inside one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, NamedTuple

from enchanted_tui.config.conversion import INVALID, Conversion, expand
from enchanted_tui.config.declared import allows_none, option_types
from enchanted_tui.config.import_places import importing_from
from enchanted_tui.config.lookup import LookupFailure, find
from enchanted_tui.config.options import Declared, Nested, Option, asked, part_options
from enchanted_tui.config.problems import Path, shortened
from enchanted_tui.config.report import Report
from enchanted_tui.config.tree import Document, plain
from enchanted_tui.suggestions import did_you_mean

#: So many sentences about the items of one option are enough; of things that have names, more are
_MOST_SAID, _MOST_OF_NAMED = 10, 100

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

_NOT_GIVEN: Any = object()


class Reader(NamedTuple):
    """Reads mappings for one configuration; relative paths start at `base_dir`."""

    base_dir: FilePath
    import_dirs: Sequence[FilePath]

    def read(
        self,
        cls: type[Declared],
        path: Path,
        mapping: dict[Any, Any],
        report: Report,
        besides: Iterable[str] = (),
        prepare: Callable[[Any], None] = lambda _: None,
    ) -> tuple[dict[str, Any], dict[str, Any], Any] | None:
        """Check the options of a class that declares them: give those that were given, typed, the
        other keys, and an instance; None where there are errors, which are reported. `prepare` is
        called with the instance before it checks itself.
        """
        errors_before = report.error_count
        try:
            types = option_types(cls)
        # whatever evaluating a plugin's annotations raises
        except Exception as error:  # noqa: BLE001
            report.error(
                path,
                f"the options that {cls.__name__} declares cannot be read: {type(error).__name__}:"
                f" {error}",
            )
            return None
        given, extra = _sort_keys(cls, path, mapping, besides, report)
        options: dict[str, Any] = {}
        invalid: list[str] = []
        for name, declared in cls.options().items():
            value = self._option(
                declared, types[name], path, given.get(name, name), mapping, report
            )
            if value is INVALID:
                invalid.append(name)
            elif value is not _NOT_GIVEN:
                options[name] = value
        for name, kind in part_options(cls).items():
            if name in options:
                options[name] = self._rooted_parts(
                    kind, (*path, given[name]), options[name], report
                )
        if invalid or report.error_count > errors_before:
            self._check_rest(cls, options, invalid, path, given, mapping, report)
            return None
        instance = self._instance(cls, options, path, given, report, prepare)
        return None if report.error_count > errors_before else (options, extra, instance)

    def _nested(self, cls: type[Nested], value: dict[Any, Any], path: Path, report: Report) -> Any:
        """Return a nested mapping as plain values; as it was written if there are errors, which are
        reported: the rest of its component is checked all the same.
        """
        found = self.read(cls, path, value, report)
        if found is None:
            return plain(value)
        options, extra, _ = found
        return {**options, **extra}

    def _option(
        self,
        declared: Option,
        hint: Any,
        path: Path,
        key: str,
        mapping: dict[Any, Any],
        report: Report,
    ) -> Any:
        """Return the typed value of an option that is written as `key`, _NOT_GIVEN, or INVALID."""
        value = mapping.get(key)
        if value is None and (key not in mapping or not allows_none(hint)):
            if declared.required:
                report.error((*path, key), f"is required: {_in_a_sentence(declared.doc)}")
                return INVALID
            if key not in mapping or not declared.exact or declared.default is not None:
                return _NOT_GIVEN
        conversion = Conversion(report.document, declared, self.base_dir, self._nested)
        converted = conversion.convert(value, hint, (*path, key))
        found = conversion.report.problems
        most = _MOST_OF_NAMED if isinstance(value, dict) else _MOST_SAID
        if len(found) > most:
            more = len(found) - most
            found[most:] = [
                replace(
                    found[most],
                    severity="error" if conversion.report.error_count else "warning",
                    message=f"here and after, {more:,} more of this option are to correct",
                )
            ]
        report.add(found)
        return converted

    def _rooted_parts(
        self, kind: str, path: Path, parts: dict[str, Any], report: Report
    ) -> dict[str, Any]:
        """Return components that are parts of another with their relative paths made absolute; the
        other checks the rest.
        """
        rooted = {}
        for part, options in parts.items():
            rooted[part] = dict(options)
            try:
                cls = find(kind, str(options.get("type")), self.import_dirs).cls
            except LookupFailure:
                continue
            if not issubclass(cls, Declared):
                continue
            names, parts_of_part = _spellings(cls), part_options(cls)
            for key, value in options.items():
                if key in names and names[key].path and isinstance(value, str):
                    rooted[part][key] = self._option(
                        names[key], str, (*path, part), key, options, report
                    )
                elif key in parts_of_part and isinstance(value, dict):
                    rooted[part][key] = self._rooted_parts(
                        parts_of_part[key], (*path, part, key), value, report
                    )
                elif key in names and isinstance(nested := names[key].nested, type):
                    rooted[part][key] = self._rooted_in(nested, value)
        return rooted

    def _rooted_in(self, cls: type[Nested], value: Any) -> Any:
        """Return nested mappings with their relative paths made absolute."""
        if isinstance(value, list):
            return [self._rooted_in(cls, item) for item in value]
        if not isinstance(value, dict):
            return value
        paths = {name for name, declared in cls.options().items() if declared.is_rooted}
        return {
            key: os.path.normpath(os.path.join(self.base_dir, expand(item)))
            if key in paths and isinstance(item, str)
            else self._rooted_in(cls, item)
            for key, item in value.items()
        }

    def _instance(
        self,
        cls: type[Declared],
        options: dict[str, Any],
        path: Path,
        given: dict[str, Any],
        report: Report,
        prepare: Callable[[Any], None],
    ) -> Any:
        """Make an instance and let it check itself."""
        with importing_from(self.import_dirs):
            try:
                instance = cls(**plain(options))
                prepare(instance)
                for where, sentence in instance.problems():
                    report.error(option_path(report.document, where, path, given), sentence)
                for where, sentence in instance.warnings():
                    report.warning(option_path(report.document, where, path, given), sentence)
            # a check that fails is a problem of these options like any other
            except Exception as error:  # noqa: BLE001
                report.error(
                    path,
                    f"{cls.__name__} cannot be made from these options: {type(error).__name__}:"
                    f" {error}",
                )
                return None
        return instance

    def _check_rest(
        self,
        cls: type[Declared],
        options: dict[str, Any],
        invalid: list[str],
        path: Path,
        given: dict[str, Any],
        mapping: Mapping[Any, Any],
        report: Report,
    ) -> None:
        """Let a component check itself as far as that does not depend on the options that are
        invalid; where it cannot go on, what it says of the others by themselves.
        """

        def unknown(_: Any) -> Any:
            raise _UnknownOptionError

        partial = type(cls.__name__, (cls,), dict.fromkeys(invalid, property(unknown)))
        said = set[tuple[str, str]]()

        def say(problems: Iterable[tuple[str, str]]) -> None:
            for where, sentence in problems:
                if (where, sentence) not in said:
                    said.add((where, sentence))
                    report.error(option_path(report.document, where, path, given), sentence)

        with importing_from(self.import_dirs), contextlib.suppress(Exception):
            instance = partial(**plain(options))
            try:
                say(instance.problems())
            except Exception:  # noqa: BLE001 - whatever a check of half of the options raises
                written = {
                    name: plain(mapping.get(given.get(name, name))) for name in cls.options()
                }
                say(asked(partial, "by_themselves", instance, written) or ())


class _UnknownOptionError(Exception):
    """A check needs an option that is invalid."""


def option_path(
    document: Document, where: str, path: Path, given: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """Return the place of what the component at `path` calls ``bounds[1]``; `given` holds the keys
    written for its options.
    """
    if not where:
        return path
    found = document.resolve(where, path)
    name = found[len(path)]
    if given.get(name, name) != name:
        return document.resolve(given[name] + where.removeprefix(name), path)
    return found


# -- keys ------------------------------------------------------------------------------------------


def _sort_keys(
    cls: type[Declared],
    path: Path,
    mapping: dict[Any, Any],
    besides: Iterable[str],
    report: Report,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the key under which each declared option is given, and the keys that are none, saying
    what is to say of these.
    """
    names = _spellings(cls)
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key in mapping:
        if key in besides:
            continue
        option = names.get(key) if isinstance(key, str) else None
        if option is None:
            extra[str(key)] = plain(mapping[key])
        elif option.name in given:
            report.error(
                (*path, key),
                f"this is another name of {given[option.name]!r}, which is given too; remove one",
                at_key=True,
            )
        else:
            given[option.name] = key
    if issubclass(cls, Nested):
        excluded = _check_variants(cls, given, path, mapping, report)
        known = [name for name in (*names, *cls.also) if name not in excluded]
        for key in mapping:
            if str(key) in extra:
                _unknown_in_nested(cls, (*path, key), known, report)
    else:
        for key in mapping:
            if str(key) in extra and key not in besides:
                _unknown_in_component(cls, (*path, key), (*names, *besides), report)
    return given, extra


def _spellings(cls: type[Declared]) -> dict[str, Option]:
    """Return the declared options by all of their names."""
    return {
        alias: declared
        for name, declared in cls.options().items()
        for alias in (name, *declared.aliases)
    }


def _check_variants(
    cls: type[Nested],
    given: Mapping[str, str],
    path: Path,
    mapping: Mapping[Any, Any],
    report: Report,
) -> Mapping[str, str]:
    """Report what does not go together, and what is missing beside the variant that is given; give
    the options that do not go with it, each with those it goes with.
    """
    chosen = [name for name in cls.variants if name in given]
    if len(chosen) != 1:
        if cls.variants:
            keys = " ".join(", ".join(map(str, chosen or mapping)).split())
            found = keys if chosen else f"the keys {shortened(keys)}" if keys else "no keys"
            report.error(path, f"needs exactly one of {', '.join(cls.variants)}; it has {found}")
        return {}
    variant, excluded = cls.variants[chosen[0]], cls.excluded(given)
    for name in given.keys() & excluded.keys():
        report.error(
            (*path, given[name]),
            f"goes with {excluded[name]}, not with {chosen[0]}; remove it",
            at_key=True,
        )
    for name in variant.needs:
        if name not in given:
            report.error((*path, name), f"is required: {_in_a_sentence(cls.options()[name].doc)}")
    if variant.some and not given.keys() & set(variant.may):
        report.error(path, f"needs at least one of {', '.join(variant.may)} beside {chosen[0]}")
    return excluded


def _unknown_in_nested(cls: type[Nested], path: Path, known: Sequence[str], report: Report) -> None:
    key = str(path[-1])
    hint = did_you_mean(key, known)
    if key.lower() in cls.refused:
        report.error(path, cls.refused[key.lower()], at_key=True)
    elif not cls.passes_on:
        hint = hint or f"; there are {', '.join(known)}"
        report.error(path, f"there is no such option{hint}", at_key=True)
    elif key not in cls.also:
        report.warning(path, f"is not an option that we know of{hint}", at_key=True)


def _unknown_in_component(
    cls: type[Declared], path: Path, known: Iterable[str], report: Report
) -> None:
    dead = {key for base in cls.__mro__ for key in DEAD_KEYS.get(base.__name__, ())}
    if path[-1] in dead:
        instead = INSTEAD.get((cls.__name__, path[-1]))
        report.warning(path, f"ignored; {instead or 'it has no effect'}", at_key=True)
    else:
        report.warning(
            path,
            f"ignored, because there is no such option{did_you_mean(str(path[-1]), known)}",
            at_key=True,
        )


def _in_a_sentence(doc: str) -> str:
    """Return the first sentence of an option's help to go on a sentence with."""
    first = doc.split(". ")[0].removesuffix(".")
    return first[:1].lower() + first[1:] if first[1:2].islower() else first
