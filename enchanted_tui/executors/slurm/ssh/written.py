"""From what the user wrote under ``ssh:`` to settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.config.options import REQUIRED, Option
from enchanted_tui.executors.slurm.ssh.settings import SshSettings

_SECRETS = ("password", "passphrase", "passwd", "otp", "token", "pin", "totp_secret", "private_key")


def read_settings(written: Mapping[str, Any] | str) -> SshSettings:
    """Make settings of what `problems_in` found nothing wrong with; a text alone is the host."""
    given: dict[str, Any] = {"host": written} if isinstance(written, str) else dict(written)
    declared = SshSettings.options()
    for name, value in given.items():
        if value is None:
            given[name] = None if declared[name].default is REQUIRED else declared[name].default
        elif declared[name].path or name == "identity_agent":
            given[name] = (
                [_expanded(item) for item in value] if isinstance(value, list) else _expanded(value)
            )
        elif name == "prologue" and isinstance(value, str):
            given[name] = value.splitlines()
    return SshSettings(**given)


def problems_in(written: Any) -> Iterator[tuple[str, str]]:
    """Yield (key below ``ssh``, sentence) for whatever is wrong; the key is empty for all of it."""
    if isinstance(written, str):
        written = {"host": written}
    if not isinstance(written, dict):
        yield "", "expected a host, or a mapping with the key 'host'"
        return
    errors = list(_one_by_one(written))
    if not errors:
        errors = list(read_settings(written).problems())
    yield from errors


def _one_by_one(written: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    declared = SshSettings.options()
    if written.get("host") is None:
        yield "host", "is required: the name of the login node, or of an entry in ~/.ssh/config"
    for key, value in written.items():
        if key not in declared:
            yield str(key), _unknown(str(key), declared)
        elif value is not None:
            problem = _mistyped(declared[key], value)
            if problem:
                yield str(key), problem


def _unknown(key: str, declared: Mapping[str, Option]) -> str:
    if key.lower() in _SECRETS:
        return (
            "secrets do not belong into a file that is copied; remove it: it is asked for when the"
            " server wants it"
        )
    import difflib

    near = difflib.get_close_matches(key, declared, n=1)
    return "is no option of an SSH connection" + (
        f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(declared)}"
    )


def _mistyped(option: Option, value: Any) -> str | None:
    """Say what is wrong with one value, or None."""
    if option.name in ("port", "max_sessions") and (
        not isinstance(value, int) or isinstance(value, bool)
    ):
        return f"expected an integer, found {value!r}"
    if option.name in ("connect_timeout", "keep_alive") and (
        not isinstance(value, int | float) or isinstance(value, bool)
    ):
        return f"expected a number of seconds, found {value!r}"
    if isinstance(value, int | float):
        return (
            _out_of_bounds(option, value)
            if option.name in ("port", "max_sessions", "connect_timeout", "keep_alive")
            else _not_text(value)
        )
    texts = (
        value
        if isinstance(value, list) and option.name in ("key_filename", "prologue")
        else [value]
    )
    for text in texts:
        if not isinstance(text, str):
            return _not_text(text)
        if option.path and not os.path.isabs(_expanded(text)):
            return (
                "expected an absolute path, or one that begins with ~ or a variable that is set,"
                f" found {text!r}"
            )
    if option.choices and value not in option.choices:
        return f"expected one of {', '.join(option.choices)}, found {value!r}"
    return None


def _not_text(value: Any) -> str:
    return f"expected text, found {value!r}; put it in quotes if it is meant so"


def _out_of_bounds(option: Option, value: float) -> str | None:
    if value != value:
        return f"expected a number, found {value!r}"
    low = (option.ge is not None and value < option.ge) or (
        option.gt is not None and value <= option.gt
    )
    high = option.le is not None and value > option.le
    return f"{value!r} is too {'small' if low else 'large'}" if low or high else None


def _expanded(text: str) -> str:
    if re.search(r"%[hrunpd]", text):
        return text
    return os.path.expanduser(os.path.expandvars(text))
