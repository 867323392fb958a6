"""The options below ``ssh:``, declared one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enchanted_tui.config.options import Component, option

_NAME = re.compile(r"[^\s\-@:/][^\s@:/]*|\[?[0-9A-Fa-f:.]+(?:%\w+)?\]?")
_JUMP = re.compile(r"(?:ssh://)?[^\s\-,][^\s,]*(?:,[^\s\-,][^\s,]*)*")


class SshSettings(Component):
    """How to reach the cluster by SSH.

    Whatever is not given comes from the OpenSSH configuration (``~/.ssh/config``), as for the
    command ``ssh HOST``.
    """

    kind = "ssh"

    host: str = option(
        doc="Name of the login node, or the name of an entry in `~/.ssh/config`.",
        example="lumi.csc.fi",
    )
    user: str | None = option(None, doc="Account on the login node.")
    port: int | None = option(None, doc="Port of its SSH server.", ge=1, le=65535)
    key_filename: str | list[str] | None = option(
        None,
        doc="Private key, or several; tried before those of the agent and of `~/.ssh/config`.",
        path=True,
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
        path=False,
    )
    known_hosts: str | None = option(
        None,
        doc=(
            "File of trusted host keys, by default `~/.ssh/known_hosts`. Keys that a person accepts"
            " are added to it."
        ),
        path=True,
    )
    config_file: str | None = option(
        None, doc="OpenSSH configuration to use instead of `~/.ssh/config`.", path=True
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
    prologue: list[str] = option(
        [],
        doc=(
            "Shell lines to run before every command, where `sbatch` is not found without: `."
            " /etc/profile`, `module load slurm`."
        ),
    )

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

    @property
    def key_filenames(self) -> list[str]:
        """The keys that were given, as a list."""
        if self.key_filename is None:
            return []
        return (
            [self.key_filename] if isinstance(self.key_filename, str) else list(self.key_filename)
        )
