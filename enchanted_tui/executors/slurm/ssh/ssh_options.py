"""The options below ``ssh:``, declared one by one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.config.options import Nested, option

_NAME = re.compile(r"[^\s\-@:/][^\s@:/]*|\[?[0-9A-Fa-f:.]+(?:%\w+)?\]?")
_JUMP = re.compile(r"(?:ssh://)?[^\s\-,][^\s,]*(?:,[^\s\-,][^\s,]*)*")
_SECRETS = ("password", "passphrase", "passwd", "otp", "token", "pin", "totp_secret", "private_key")


class SshSettings(Nested):
    """How to reach the cluster by SSH.

    Whatever is not given comes from the OpenSSH configuration (`~/.ssh/config`), as for the command
    `ssh HOST`.
    """

    refused = dict.fromkeys(
        _SECRETS,
        "secrets do not belong into a file that is copied; remove it: it is asked for when the"
        " server wants it",
    )

    host: str = option(
        doc="Name of the login node, or the name of an entry in `~/.ssh/config`.",
        example="lumi.csc.fi",
    )
    user: str | None = option(None, doc="Account on the login node.")
    port: int | None = option(None, doc="Port of its SSH server.", ge=1, le=65535)
    key_filename: str | list[str] | None = option(
        None,
        doc="Private key, or several; tried before those of the agent and of `~/.ssh/config`.",
        path="absolute",
    )
    proxy_jump: str | None = option(
        None,
        doc=(
            "Host to go through, `[user@]host[:port]`, or several with commas between; `none` for a"
            " direct connection."
        ),
    )
    identity_agent: str | None = option(
        None,
        doc=(
            "Socket of the agent that holds keys, by default `SSH_AUTH_SOCK`; `none` to use no"
            " agent."
        ),
    )
    known_hosts: str | None = option(
        None,
        doc=(
            "File of trusted host keys, by default `~/.ssh/known_hosts`. Keys that a person accepts"
            " are added to it."
        ),
        path="absolute",
    )
    config_file: str | None = option(
        None, doc="OpenSSH configuration to use instead of `~/.ssh/config`.", path="absolute"
    )
    transport: str = option(
        "paramiko",
        doc=(
            "`paramiko` connects by itself. `openssh` runs the system's `ssh`, and so shares a"
            " connection that is already open (ControlMaster) and can do whatever it can: security"
            " keys, Kerberos, `Match` rules."
        ),
        choices=("paramiko", "openssh"),
    )
    connect_timeout: float = option(
        15.0,
        doc="How long to wait for the server before a try to connect has failed.",
        unit="s",
        gt=0,
    )
    keep_alive: float = option(
        15.0,
        doc=(
            "How often to make sure that the connection is still there; unanswered for as long, it"
            " is lost."
        ),
        unit="s",
        gt=0,
    )
    max_sessions: int = option(
        6,
        doc=(
            "How many commands may run on the connection at the same time; servers allow 10 unless"
            " they are configured otherwise."
        ),
        ge=1,
    )
    prologue: str | list[str] = option(
        [],
        doc=(
            "Shell lines to run before every command, where `sbatch` is not found without: `."
            " /etc/profile`, `module load slurm`."
        ),
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        for name, declared in self.options().items():
            if declared.path or name == "identity_agent":
                setattr(self, name, _expanded(getattr(self, name)))
        if isinstance(self.prologue, str):
            self.prologue = self.prologue.splitlines()

    @classmethod
    def of(cls, written: Mapping[str, Any] | str) -> SshSettings:
        """Make settings of what is written under ``ssh:``; a text alone is the host."""
        return cls(host=written) if isinstance(written, str) else cls(**written)

    def problems(self) -> Iterator[tuple[str, str]]:
        if not _NAME.fullmatch(self.host):
            yield (
                "host",
                (
                    f"{self.host!r} is no host name; write the user under `user` and the port under"
                    " `port`"
                ),
            )
        if self.user is not None and not re.fullmatch(r"[^\s\-:][^\s:]*", self.user):
            yield "user", f"{self.user!r} is no account name"
        if self.proxy_jump is not None and not _JUMP.fullmatch(self.proxy_jump):
            yield (
                "proxy_jump",
                "expected [user@]host[:port], several of them with commas between, or none",
            )
        for number, line in enumerate(self.prologue):
            if "\0" in line:
                yield f"prologue[{number}]", "a shell line cannot hold a NUL character"
        for name in ("key_filename", "known_hosts", "config_file"):
            paths = getattr(self, name)
            for path in paths if isinstance(paths, list) else [paths]:
                if path is not None and not os.path.isabs(path):
                    yield (
                        name,
                        "expected an absolute path, or one that begins with ~ or a variable that"
                        f" is set, found {path!r}",
                    )

    @property
    def key_filenames(self) -> list[str]:
        """The keys that were given, as a list."""
        if self.key_filename is None:
            return []
        return (
            [self.key_filename] if isinstance(self.key_filename, str) else list(self.key_filename)
        )


def _expanded(path: str | list[str] | None) -> str | list[str] | None:
    """Expand ``~`` and ``$VAR``, but where `ssh` itself has something to put in."""
    if path is None or (isinstance(path, str) and re.search(r"%[hrunpd]", path)):
        return path
    if isinstance(path, list):
        return [str(_expanded(item)) for item in path]
    return os.path.expanduser(os.path.expandvars(path))
