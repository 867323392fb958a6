"""From a host that was looked up to a paramiko transport that is logged in: sockets, jump hosts,
key exchange.
"""

from __future__ import annotations

import errno
import logging
import socket
import subprocess
from collections.abc import Callable
from typing import Any

from enchanted_tui.executors.slurm.ssh import host_keys
from enchanted_tui.executors.slurm.ssh.authentication import Secrets, log_in
from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionFailed
from enchanted_tui.executors.slurm.ssh.host_config import Target
from enchanted_tui.executors.slurm.ssh.questions import Asker

_LOG = "enchanted_tui.ssh.library"


class Dialled:
    """An open connection: its transport, and what has to be closed with it."""

    def __init__(self, transport: Any, below: list[Callable[[], None]]) -> None:
        self.transport = transport
        self._below = below

    def close(self) -> None:
        """Hang up, the far end first."""
        for close in (self.transport.close, *self._below):
            try:
                close()
            except (OSError, EOFError):
                continue


def dial(target: Target, ask: Asker, secrets: Secrets, timeout: float) -> Dialled:
    """Connect and log in, through all jump hosts.

    `timeout` (seconds) bounds every step in which no person is waited for. Raises ConnectionFailed,
    HostKeyRejected or LogInFailed.
    """
    open_before: list[Callable[[], None]] = []
    way = [*target.jumps, target]
    try:
        sock = _first_socket(way[0], timeout, open_before)
        for number, here in enumerate(way):
            transport = _shake_hands(sock, here, ask, timeout)
            open_before.insert(0, transport.close)
            log_in(transport, here, ask, secrets)
            if number + 1 < len(way):
                sock = _forward(transport, here, way[number + 1], timeout)
        return Dialled(transport, open_before[1:])
    except BaseException:
        for close in open_before:
            close()
        raise


def _first_socket(target: Target, timeout: float, opened: list[Callable[[], None]]) -> Any:
    if target.proxy_command:
        return _run_proxy(target.proxy_command, opened)
    try:
        sock = socket.create_connection((target.host, target.port), timeout=timeout)
    except OSError as error:
        raise ConnectionFailed(_unreachable(target, error, timeout)) from error
    # commands are small; without it the kernel holds each back for 40 ms
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.append(sock.close)
    return sock


def _unreachable(target: Target, error: OSError, timeout: float) -> str:
    name = target.shown
    if isinstance(error, socket.gaierror):
        return (
            f"no host is called {target.host!r}; correct the host, or add it to ~/.ssh/config, and"
            " check the network"
        )
    if isinstance(error, TimeoutError):
        return (
            f"{name} did not answer within {timeout:g} s; check the network or VPN, the port, and"
            " whether it needs a proxy_jump"
        )
    if error.errno == errno.ECONNREFUSED:
        at_port = " at port 22" if target.port == 22 else ""
        return (
            f"{name} refused the connection{at_port}; check host and port, or whether its SSH"
            " server is down"
        )
    return f"{name} cannot be reached: {error.strerror or error}; check the network or VPN"


def _run_proxy(command: str, opened: list[Callable[[], None]]) -> socket.socket:
    """Run a ProxyCommand at one end of a socket pair; paramiko's own way spins when the command
    ends.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        end_of_theirs = theirs.fileno()
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=end_of_theirs,
            stdout=end_of_theirs,
            stderr=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.terminate()
        process.wait()

    opened.append(end)
    return ours


def _shake_hands(sock: Any, target: Target, ask: Asker, timeout: float) -> Any:
    """Exchange keys and make sure of the server's; nothing secret is sent before."""
    import paramiko

    _be_quiet()
    transport = paramiko.Transport(sock)
    transport.set_log_channel(_LOG)
    transport.banner_timeout = transport.handshake_timeout = transport.channel_timeout = timeout
    transport.daemon = True
    _prefer_known(transport, target)
    try:
        transport.start_client(timeout=timeout)
        if not transport.initial_kex_done:
            raise TimeoutError(f"no answer within {timeout:g} s")
        key = transport.get_remote_server_key()
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise ConnectionFailed(_no_handshake(target, error)) from None
    try:
        host_keys.verify(target, key.get_name(), key.asbytes(), ask)
    except BaseException:
        transport.close()
        raise
    return transport


def _no_handshake(target: Target, error: Exception) -> str:
    import paramiko

    if isinstance(error, paramiko.IncompatiblePeer):
        return (
            f"{target.shown} and this program have no cryptographic method in common ({error}); use"
            " `transport: openssh`"
        )
    if target.proxy_command:
        return (
            f"no SSH server answers through the ProxyCommand {target.proxy_command!r}; try it by"
            " hand, or correct ~/.ssh/config"
        )
    said = str(error).rstrip(".") or "it hung up"
    reason = "it did not greet as one" if "protocol banner" in said else said
    return (
        f"no SSH server answers properly at {target.shown} ({reason}); check host and port, or try"
        " again when the server is less busy"
    )


def _prefer_known(transport: Any, target: Target) -> None:
    """Ask for a host key of a kind that is known, as OpenSSH does; else a known server would look
    like an unknown one.
    """
    options = transport.get_security_options()
    offered = list(options.key_types)
    known: list[str] = []
    for each in host_keys.known_keys(target.known_hosts, target.known_name):
        if not each.marker:
            known += ["rsa-sha2-512", "rsa-sha2-256"] if each.type == "ssh-rsa" else [each.type]
    first = [kind for kind in offered if kind in known]
    options.key_types = first + [kind for kind in offered if kind not in first]


def _forward(transport: Any, here: Target, there: Target, timeout: float) -> Any:
    import paramiko

    try:
        return transport.open_channel(
            "direct-tcpip", (there.host, there.port), ("127.0.0.1", 0), timeout=timeout
        )
    except paramiko.ChannelException as error:
        reason = "does not forward connections" if error.code == 1 else "cannot reach it"
        raise ConnectionFailed(
            f"{here.shown} {reason}: no connection to {there.host}, port {there.port}; check the"
            " host behind proxy_jump"
        ) from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise ConnectionFailed(
            f"{here.shown} hung up before it forwarded the connection to {there.host} ({error});"
            " try again"
        ) from None


def _be_quiet() -> None:
    """Keep the library's own messages, which hold tracebacks, off the terminal; they go nowhere
    unless a handler is added.
    """
    logger = logging.getLogger(_LOG)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
