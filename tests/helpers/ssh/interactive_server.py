"""An SSH server that asks: passwords, one-time codes, keys first and codes then; with any login
shell.

OpenSSH's sshd asks such questions only through PAM, which a test must not configure. This is
paramiko's server, on a real socket.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from pathlib import Path

import paramiko

from helpers.ssh.sshd import make_key


class InteractiveServer:
    """Serves connections until it is closed.

    `steps` are the methods a log-in has to pass in turn: ``publickey``, ``password``,
    ``keyboard-interactive``. Each code is valid once.
    """

    def __init__(
        self,
        directory: Path,
        steps: list[str],
        *,
        password: str = "",
        codes: list[str] | None = None,
        shell: str = "/bin/sh",
        prompt: str = "One-time code: ",
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.steps, self.password, self.codes, self.shell, self.prompt = (
            steps,
            password,
            list(codes or []),
            shell,
            prompt,
        )
        self.user_key = make_key(directory / "user_key")
        self.host_key = make_key(directory / "host_key")
        self._key = paramiko.Ed25519Key.from_private_key_file(str(self.host_key))
        self.log_ins = 0
        self.questions = 0
        self.commands: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.known_hosts = directory / "known_hosts"
        self.known_hosts.write_text(
            f"[127.0.0.1]:{self.port} ssh-ed25519 {self._key.get_base64()}\n"
        )
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def allowed_key(self) -> paramiko.PKey:
        return paramiko.Ed25519Key.from_private_key_file(str(self.user_key))

    def cut(self) -> None:
        """Cut every connection."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def close(self) -> None:
        self._socket.close()
        self.cut()

    def __enter__(self) -> InteractiveServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        transport.set_log_channel("interactive_server")
        transport.add_server_key(self._key)
        self._transports.append(transport)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Session(self))
            channels = []  # one that nobody holds is closed
            while transport.is_active():
                channels.append(transport.accept(1))


class _Session(paramiko.ServerInterface):
    def __init__(self, server: InteractiveServer) -> None:
        self._server, self._left = server, list(server.steps)

    def get_allowed_auths(self, username: str) -> str:
        return self._left[0] if self._left else ""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._passed("publickey", key.asbytes() == self._server.allowed_key().asbytes())

    def check_auth_password(self, username: str, password: str) -> int:
        return self._passed("password", password == self._server.password)

    def check_auth_interactive(
        self, username: str, submethods: str
    ) -> int | paramiko.InteractiveQuery:
        if self._left[:1] != ["keyboard-interactive"]:
            return paramiko.AUTH_FAILED
        self._server.questions += 1
        return paramiko.InteractiveQuery(
            "Two-factor log-in", "Look at your token.", (self._server.prompt, False)
        )

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        good = len(responses) == 1 and responses[0] in self._server.codes
        if good:
            self._server.codes.remove(responses[0])
        return self._passed("keyboard-interactive", good)

    def _passed(self, step: str, good: bool) -> int:
        if not good or self._left[:1] != [step]:
            return paramiko.AUTH_FAILED
        self._left.pop(0)
        if self._left:
            return paramiko.AUTH_PARTIALLY_SUCCESSFUL
        self._server.log_ins += 1
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_global_request(self, kind: str, msg: paramiko.Message) -> bool:
        return False

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._server.commands.append(command.decode())
        threading.Thread(
            target=_execute, args=(channel, self._server.shell, command), daemon=True
        ).start()
        return True


def _execute(channel: paramiko.Channel, shell: str, command: bytes) -> None:
    """Run a command as sshd does: the login shell with ``-c``."""
    process = subprocess.Popen(
        [shell, "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stdin and process.stdout and process.stderr

    def pump_in() -> None:
        with contextlib.suppress(OSError, EOFError), process.stdin as pipe:
            while data := channel.recv(65536):
                pipe.write(data)

    def pump_err() -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := process.stderr.read(65536):
                channel.sendall_stderr(data)

    threads = [threading.Thread(target=pump, daemon=True) for pump in (pump_in, pump_err)]
    for thread in threads:
        thread.start()
    with contextlib.suppress(OSError, EOFError):
        while data := process.stdout.read(65536):
            channel.sendall(data)
        threads[1].join()
        channel.send_exit_status(process.wait())
        channel.close()
