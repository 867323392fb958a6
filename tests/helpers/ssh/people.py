"""People who answer questions, and settings that reach a test's server."""

from __future__ import annotations

from typing import Any

from enchanted_tui.executors.slurm.ssh.questions import Question
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings


class Person:
    """Answers questions from a list, and keeps what was asked."""

    def __init__(self, *answers: str | None) -> None:
        self.answers, self.asked = list(answers), list[Question]()

    def __call__(self, question: Question) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else None


def settings_for(server: Any, **options: Any) -> SshSettings:
    """Give settings that reach `server` with its own key and nothing of the user's."""
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "key_filename": str(server.user_key),
        "known_hosts": str(server.known_hosts),
        "config_file": "/dev/null",
        "identity_agent": "none",
        "connect_timeout": 10.0,
    }
    return SshSettings(
        **{name: value for name, value in {**given, **options}.items() if value is not None}
    )
