"""Keys held by an SSH agent, at the socket that the configuration names."""

from __future__ import annotations

import socket
import weakref
from typing import Any

_TIMEOUT = 20.0  #: an agent may ask its user to confirm, or to touch a device


def agent_keys(path: str | None) -> list[Any]:
    """Return the keys of the agent that listens at `path`; none where nothing listens."""
    from paramiko import SSHException
    from paramiko.agent import AgentSSH

    if not path:
        return []
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_TIMEOUT)
    agent = AgentSSH()
    try:
        connection.connect(path)
        # paramiko's public class only knows the socket of the environment
        agent._connect(connection)
    except (OSError, SSHException):
        connection.close()
        return []
    # every key holds its agent: closed with the last of them
    weakref.finalize(agent, connection.close)
    return list(agent.get_keys())
