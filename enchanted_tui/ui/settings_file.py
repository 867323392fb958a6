"""Writing preferences into the file that a person may have written by hand: only the values that
change are touched, so comments, order and keys that nobody knows stay.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enchanted_tui.errors import UserError
from enchanted_tui.whole_files import write_atomically

Value = bool | str | list[str] | None


class SettingsFileError(UserError):
    """The file of preferences cannot be changed; it is as it was."""


def write(path: Path, changes: Mapping[str, Value]) -> None:
    """Put `changes` into the file, which is made if need be. Raises SettingsFileError.

    The file is read anew, so what somebody else has changed meanwhile stays.
    """
    try:
        data = path.read_bytes() if path.exists() else b""
        text = changed(data.decode("utf-8-sig"), changes)
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        path.parent.mkdir(parents=True, exist_ok=True)
        # the file itself where there is a link to it, as people keep their settings elsewhere
        target = Path(os.path.realpath(path))
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
        write_atomically(target, mark + text.encode("utf-8"), mode=mode)
    except UnicodeDecodeError as error:
        raise SettingsFileError(
            f"{path} is not UTF-8 text, so nothing was written; save it as UTF-8 with an editor."
        ) from error
    except OSError as error:
        raise SettingsFileError(f"{path} cannot be written: {error.strerror}.") from error
    except _Unsuitable as error:
        raise SettingsFileError(
            f"{path} {error}, so nothing was written; change it with an editor."
        ) from error


def changed(text: str, changes: Mapping[str, Value]) -> str:
    """Return the text of a YAML mapping with other values for some of its keys."""
    import yaml

    root = _root(text)
    if root is not None and root.flow_style:
        raise _Unsuitable("is written in braces")
    known = {} if root is None else {key.value: (key, value) for key, value in root.value}
    replaced = [(known[name], value) for name, value in changes.items() if name in known]
    if any(node.start_mark.index < key.end_mark.index for (key, node), _ in replaced):
        raise _Unsuitable("takes a value from elsewhere (*)")
    for (key, node), value in sorted(
        replaced, key=lambda item: item[0][0].start_mark.index, reverse=True
    ):
        # behind the key's colon where there is no value
        begin, end = node.start_mark.index, _end(node)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            begin = text.index(":", key.end_mark.index) + 1
        space = "" if text[begin - 1] == " " else " "
        text = text[:begin] + space + _written(value) + text[end:]
    added = {name: value for name, value in changes.items() if name not in known}
    newline = "\r\n" if "\r\n" in text else "\n"
    if added and text and not text.endswith("\n"):
        text += newline
    text += "".join(f"{name}: {_written(value)}{newline}" for name, value in added.items())
    _check(text, changes)
    return text


class _Unsuitable(Exception):
    """The text is of a kind that cannot be changed here."""


def _root(text: str) -> Any:
    """Return the mapping at the top, None if there is none yet."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _Unsuitable("has a mistake in its YAML") from error
    if root is None or (isinstance(root, yaml.ScalarNode) and root.value == ""):
        return None
    if not isinstance(root, yaml.MappingNode):
        raise _Unsuitable("is no mapping of keys to values")
    return root


def _end(node: Any) -> int:
    """Return where a value ends; what stands below it, such as a comment, is none of it."""
    import yaml

    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _written(value: Value) -> str:
    """Return a value as YAML on one line."""
    import yaml

    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, explicit_end=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _check(text: str, changes: Mapping[str, Value]) -> None:
    """Look whether the text says now what it is to say."""
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _Unsuitable("cannot be changed without damage") from error
    if not isinstance(found, dict) or any(
        name not in found or found[name] != value for name, value in changes.items()
    ):
        raise _Unsuitable("cannot be changed without damage")
