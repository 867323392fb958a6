"""What of a configuration determines the results: may not change on resume, or is worth a warning
if it does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

from enchanted_tui import values
from enchanted_tui.config.lookup import find
from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.config.options import Component, Nested, part_options

#: Options of samplers that may change: how many points and in what portions, not which; and how a
#: generator is told of results, since what is on record of it is checked when it is resumed.
FREE_SAMPLER_OPTIONS = frozenset(
    (
        "budget",
        "batch_size",
        "max_points",
        "kill_after",
        "acquisition_batch_size",
        "asynchronous",
        "min_new_results",
        "ahead",
        "verbose",
        "generator_file",
        "failed_samples",
        "added_points",
        "outside_bounds",
        "on_resume",
        "patience_sec",
    )
)
_NOT_OPTIONS = frozenset(("type", "__runner_name"))
_MOST_FILES = 1_000
#: of a file of more than twice this many bytes, only the beginning and the end are read
_END = 8 << 20


def identity(config: CampaignConfig) -> dict[str, Any]:
    """Return the stages, each with its sampler's class, what determines its points, and its
    runners; and the campaign's seed.
    """
    stages = [
        {
            "sampler": config.samplers[stage.sampler].class_path,
            "options": _options(config.samplers[stage.sampler], FREE_SAMPLER_OPTIONS),
            "runners": [step.runner for step in stage.steps],
        }
        for stage in config.stages
    ]
    return {"seed": config.supervisor.seed, "stages": stages}


def runner_options(config: CampaignConfig) -> dict[str, Any]:
    """Return class and options of each runner in use, by name, and digests of the files besides
    that its results depend on.
    """
    from enchanted_tui.config.code import code_files

    used = {
        step.runner: config.runners[step.runner] for stage in config.stages for step in stage.steps
    }
    return {
        name: {
            "class": spec.class_path,
            "options": _options(spec, frozenset()),
            "code": [_digest(path, False) for path in code_files(config, spec)],
        }
        for name, spec in used.items()
    }


def runner_changes(recorded: Any, now: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Say, a clause for each runner, what of its options and what of its code is not as it was
    recorded.

    What an older record does not tell of counts as unchanged.
    """
    options, code = [], []
    for name, new in now.items():
        old = recorded.get(name) if isinstance(recorded, dict) else None
        if not isinstance(old, dict):
            continue
        changed = ["its class"] if old.get("class") != new["class"] else []
        before = old.get("options") or {}
        added = {
            option
            for option, value in new["options"].items()
            if value not in (None, False, [], {}, "")
        }
        # a default that the older record does not know changes nothing
        for option in sorted(before.keys() | added):
            changed += _changed_in(option, before.get(option), new["options"].get(option))
        if changed:
            options.append(f"runner {name}: {', '.join(changed)}")
        files = _files_that_differ(old["code"], new["code"]) if "code" in old else []
        if files:
            code.append(f"runner {name}: {', '.join(files)}")
    return options, code


def _changed_in(option: str, old: Any, new: Any) -> list[str]:
    """Name an option that has changed, or what of a mapping or list of files has."""
    if is_same(old, new):
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            f"{option}.{key}"
            for key in sorted({*old, *new})
            if not is_same(old.get(key), new.get(key))
        ]
    files = [value if isinstance(value, list) else [value] for value in (old, new)]
    if all(isinstance(item, str) and " sha256:" in item for value in files for item in value):
        return [f"{option} ({', '.join(_files_that_differ(*files))})"]
    return [option]


def _files_that_differ(old: list[str], new: list[str]) -> list[str]:
    return list(
        dict.fromkeys(item.rpartition(" sha256:")[0] or item for item in sorted({*old} ^ {*new}))
    )


def is_same(old: Any, new: Any) -> bool:
    """Tell whether two values of JSON are the same."""
    # NaN is not equal to itself
    return bool(old == new) or values.encode(old) == values.encode(new)


def _options(spec: ComponentSpec, free: frozenset[str]) -> dict[str, Any]:
    """Return the options of a component that count."""
    if issubclass(spec.cls, Component):
        return _declared_options(spec.cls, spec.options, free)
    return {
        name: _as_lists(values.to_json(value))
        for name, value in sorted(spec.options.items())
        if name not in free | _NOT_OPTIONS
    }


def _declared_options(
    cls: type[Component], given: dict[str, Any], free: frozenset[str]
) -> dict[str, Any]:
    """Return options with the defaults filled in, so that writing one out changes nothing; files
    and parts by what they hold.
    """
    declared = cls.options()
    parts = {name: _parts(kind, given.get(name, {})) for name, kind in part_options(cls).items()}
    if any(part["is_unsized"] for several in parts.values() for part in several.values()):
        free -= {"budget"}  # it sizes that part, and thereby says which combination comes when
    options = {name: option.default for name, option in declared.items() if not option.required}
    options.update(given)
    found = {}
    for name in sorted(options.keys() - free):
        if name in parts:
            found[name] = parts[name]
        elif name in declared and declared[name].path:
            found[name] = _contents(
                options[name],
                only_code=name == "python_path",
                whole=declared[name].path == "whole",
            )
        else:
            nested = declared[name].nested if name in declared else None
            value = (
                _files_by_content(nested, options[name])
                if isinstance(nested, type)
                else options[name]
            )
            found[name] = _as_lists(values.to_json(value))
    return found


def _files_by_content(nested: type[Nested], value: Any) -> Any:
    """Return nested mappings with digests in place of the files that they name."""
    if isinstance(value, list):
        return [_files_by_content(nested, item) for item in value]
    if not isinstance(value, dict):
        return value
    paths = {name for name, declared in nested.options().items() if declared.is_rooted}
    return {
        key: _contents(item, only_code=False) if key in paths else _files_by_content(nested, item)
        for key, item in value.items()
    }


def _parts(kind: str, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return components that are parts of another by name: class and options; `is_unsized` if a
    budget is needed and not given.
    """
    described = {}
    for name, options in parts.items():
        found = find(kind, str(options.get("type")))
        given = {key: value for key, value in options.items() if key != "type"}
        described[name] = {
            "class": found.class_path,
            "options": _as_lists(values.to_json(given)),
            "is_unsized": False,
        }
        if issubclass(found.cls, Component):
            declared = found.cls.options()
            names = {
                alias: option.name
                for option in declared.values()
                for alias in (option.name, *option.aliases)
            }
            given = {names.get(key, key): value for key, value in given.items()}
            described[name]["options"] = _declared_options(found.cls, given, frozenset())
            described[name]["is_unsized"] = (
                "budget" in declared and declared["budget"].required and given.get("budget") is None
            )
    return described


def _contents(value: Any, *, only_code: bool, whole: bool = False) -> Any:
    """Return a path, or the paths in a list or mapping, as digests of what they lead to."""
    if isinstance(value, dict):
        return {str(key): _contents(item, only_code=only_code) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_contents(item, only_code=only_code) for item in value]
    return _digest(value, only_code, whole=whole) if isinstance(value, str) else value


def _digest(path: str, only_code: bool, *, whole: bool = False) -> str:
    """Return name and content of a file or directory as ``name sha256:...``; the path itself if it
    cannot be read.
    """
    try:
        if os.path.isdir(path):
            files = islice(_files(path, ".py" if only_code else ""), _MOST_FILES)
            parts = [
                f"{os.path.relpath(file, path)} {_file_digest(file)}"
                for file in files
                if os.path.isfile(file)
            ]
            digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
        else:
            digest = _file_digest(path, whole=whole)
    except OSError:
        return path
    return f"{os.path.basename(path)} sha256:{digest}"


def _files(directory: str, ending: str) -> Iterator[str]:
    """Return the files below a directory, in order, without what campaigns leave there: the
    directory of a configuration holds them too.
    """
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(
            name for name in directories if not _is_left_behind(os.path.join(place, name))
        )
        yield from (os.path.join(place, name) for name in sorted(names) if name.endswith(ending))


def _is_left_behind(directory: str) -> bool:
    return os.path.basename(directory) == "__pycache__" or os.path.exists(
        os.path.join(directory, "state", "journal.jsonl")
    )


def _file_digest(path: str, *, whole: bool = False) -> str:
    with open(path, "rb") as file:
        if whole:
            return hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha256(b"%d " % size)
        digest.update(file.read(_END))
        file.seek(max(_END, size - _END))
        digest.update(file.read(_END))
        return digest.hexdigest()


def _as_lists(value: Any) -> Any:
    """Return tuples as lists: what is compared has been through JSON."""
    if isinstance(value, dict):
        return (
            _as_lists(value["$tuple"])
            if value.keys() == {"$tuple"}
            else {key: _as_lists(item) for key, item in value.items()}
        )
    return [_as_lists(item) for item in value] if isinstance(value, list) else value
