"""What ``~/.ssh/config`` says of a host, asked of the program that defines what it means: ``ssh
-G``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from getpass import getuser

from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionFailed
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings

_DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d+))?/?"
)
_MOST_JUMPS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """One host to log in to, with everything that is needed for it."""

    name: str  #: as the user writes it
    host: str  #: its address
    port: int
    user: str
    given_keys: tuple[str, ...]  #: keys named in the campaign's configuration: absolute paths
    identity_files: tuple[str, ...]  #: further keys; not all of them exist
    identities_only: bool  #: whether the agent offers no others than these
    agent: str | None  #: socket of the agent
    known_hosts: tuple[str, ...]  #: files of host keys; new ones go into the first
    host_key_alias: str | None  #: name under which its host key is kept, instead of its address
    strict: str  #: StrictHostKeyChecking: yes, ask, accept-new or no
    jumps: tuple[Target, ...] = ()  #: hosts to go through, the first one first
    proxy_command: str | None = None  #: command whose input and output is the connection
    by_hand: str = ""  #: the command by which a person logs in in the same way

    @property
    def known_name(self) -> str:
        """The name under which its key is kept in a file of known hosts."""
        name = self.host_key_alias or self.host
        return name if self.port == 22 or self.host_key_alias else f"[{name}]:{self.port}"

    @property
    def shown(self) -> str:
        """Its name in sentences."""
        named = self.name if self.name == self.host else f"{self.name} ({self.host})"
        return named if self.port == 22 else f"{named}, port {self.port}"


def look_up(settings: SshSettings) -> Target:
    """Find out how to reach the host of `settings`. Raises ConnectionFailed if its OpenSSH
    configuration cannot be read.
    """
    target = _look_up_one(
        settings, settings.host, settings.user, settings.port, settings.proxy_jump, 0
    )
    by_hand = by_hand_command(settings)  # asks about the hosts on the way as well
    jumps = tuple(replace(jump, by_hand=by_hand) for jump in target.jumps)
    return replace(target, given_keys=tuple(settings.key_filenames), jumps=jumps, by_hand=by_hand)


def by_hand_command(settings: SshSettings) -> str:
    """Return the command by which a person logs in in the same way."""
    keys = [part for key in settings.key_filenames for part in ("-i", key)]
    return shlex.join(["ssh", *ssh_arguments(settings), *keys, settings.host])


def ssh_arguments(settings: SshSettings) -> list[str]:
    """Return what of `settings` the command ``ssh`` understands as arguments, all but the host."""
    return _arguments(settings, settings.user, settings.port, settings.proxy_jump)


def _arguments(
    settings: SshSettings, user: str | None, port: int | None, jump: str | None
) -> list[str]:
    arguments = ["-F", settings.config_file] if settings.config_file else []
    arguments += ["-l", user] if user else []
    arguments += ["-p", str(port)] if port else []
    arguments += ["-o", f"ProxyJump={jump}"] if jump else []
    arguments += (
        ["-o", f"IdentityAgent={_agent_option(settings.identity_agent)}"]
        if settings.identity_agent
        else []
    )
    arguments += (
        ["-o", f'UserKnownHostsFile="{settings.known_hosts}"'] if settings.known_hosts else []
    )
    return arguments


def _agent_option(agent: str) -> str:
    return (
        agent
        if agent in ("none", "SSH_AUTH_SOCK")
        else f'"{os.path.expanduser(os.path.expandvars(agent))}"'
    )


def _look_up_one(
    settings: SshSettings,
    host: str,
    user: str | None,
    port: int | None,
    jump: str | None,
    depth: int,
) -> Target:
    if depth > _MOST_JUMPS:
        raise ConnectionFailed(
            f"{settings.host} is reached through itself; correct ProxyJump in the OpenSSH"
            " configuration"
        )
    said = (
        ask_openssh(_arguments(settings, user, port, jump), host)
        if shutil.which("ssh")
        else _ask_paramiko(settings, host, user, port)
    )
    account = said("user") or getuser()
    jumps, command = _proxy(settings, jump or said("proxyjump"), said("proxycommand"), depth)
    expand = _Expansion(said("hostname") or host, account, host, said("port") or "22")
    return Target(
        name=host,
        host=expand.host,
        port=int(expand.port),
        user=account,
        given_keys=(),
        identity_files=tuple(expand(file) for file in said.every("identityfile") or _DEFAULT_KEYS),
        identities_only=said("identitiesonly") == "yes",
        agent=_agent(said("identityagent") or settings.identity_agent, expand),
        known_hosts=_known_hosts(settings, said, expand),
        host_key_alias=said("hostkeyalias"),
        strict={"true": "yes", "off": "no", "false": "no"}.get(
            strict := said("stricthostkeychecking") or "ask", strict
        ),
        jumps=jumps,
        proxy_command=expand(command) if command else None,
    )


class Answers:
    """The answers of ``ssh -G``: names in lower case, each once or several times."""

    def __init__(self, lines: Sequence[tuple[str, str]]) -> None:
        self._lines = lines

    def __call__(self, name: str) -> str | None:
        return next((value for key, value in self._lines if key == name), None)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self._lines if key == name]


def ask_openssh(arguments: Sequence[str], host: str) -> Answers:
    """Return what the client makes of its configuration. Raises ConnectionFailed if it cannot be
    read.
    """
    done = subprocess.run(
        ["ssh", "-G", *arguments, "--", host],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise ConnectionFailed(
            f"the OpenSSH configuration cannot be read: {done.stderr.strip()}; correct it, or name"
            " another as config_file"
        )
    pairs = (line.partition(" ") for line in done.stdout.splitlines())
    return Answers([(name.lower(), value.strip()) for name, _, value in pairs])


def _ask_paramiko(settings: SshSettings, host: str, user: str | None, port: int | None) -> Answers:
    """Read the configuration without OpenSSH's client; ``Include`` is not understood."""
    from paramiko import SSHConfig
    from paramiko.ssh_exception import ConfigParseError

    file = settings.config_file or os.path.expanduser("~/.ssh/config")
    try:
        found = (
            SSHConfig.from_path(file).lookup(host) if os.path.exists(file) else {"hostname": host}
        )
    except (ConfigParseError, OSError) as error:
        raise ConnectionFailed(
            f"{file} cannot be read: {error}; correct it, or name another as config_file"
        ) from error
    given = [("user", user), ("port", str(port) if port else None)]
    lines = [(name, value) for name, value in given if value]
    for name, value in found.items():
        lines += [(name, each) for each in (value if isinstance(value, list) else [value]) if each]
    return Answers(lines)


def _proxy(
    settings: SshSettings, jump: str | None, command: str | None, depth: int
) -> tuple[tuple[Target, ...], str | None]:
    if jump is None or jump.lower() == "none":
        return (), command if command and command.lower() != "none" else None
    jumps: list[Target] = []
    for number, written in enumerate(jump.split(",")):
        found = _JUMP.fullmatch(written.strip())
        if found is None:
            raise ConnectionFailed(
                f"{written!r} is no host to go through; write [user@]host[:port]"
            )
        port = int(found["port"]) if found["port"] else None
        # like ssh, only the first of several hosts is reached through what the configuration says
        # of it
        way = None if number == 0 else "none"
        target = _look_up_one(
            settings, found["host"].strip("[]"), found["user"], port, way, depth + 1
        )
        jumps += [*target.jumps, replace(target, jumps=())]
    return tuple(jumps), None


def _agent(said: str | None, expand: _Expansion) -> str | None:
    if said is None or said == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK") or None
    return None if said.lower() == "none" else expand(said.strip('"'))


def _known_hosts(settings: SshSettings, said: Answers, expand: _Expansion) -> tuple[str, ...]:
    own = (
        [settings.known_hosts]
        if settings.known_hosts
        else [*map(expand, (said("userknownhostsfile") or "~/.ssh/known_hosts").split())]
    )
    return (*own, *(said("globalknownhostsfile") or "/etc/ssh/ssh_known_hosts").split())


@dataclass(frozen=True, slots=True)
class _Expansion:
    """Fills in ``~``, ``$VAR`` and the tokens of ssh_config that name files and hosts."""

    host: str
    user: str
    name: str
    port: str

    def __call__(self, text: str) -> str:
        values = {
            "%": "%",
            "h": self.host,
            "r": self.user,
            "n": self.name,
            "p": self.port,
            "d": os.path.expanduser("~"),
            "u": getuser(),
        }
        filled = re.sub(r"%(.)", lambda found: values.get(found[1], found[0]), text)
        return os.path.expanduser(
            re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), filled)
        )
