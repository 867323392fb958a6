"""How many commands may use one connection at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from enchanted_tui.executors.slurm.ssh.deadline import Deadline

_MOMENT, _LONG = 0.3, 60.0  #: seconds


class SessionLimit:
    """A number of sessions on one connection, which shrinks when the server turns out to allow
    fewer.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._served = 0  #: sessions that the server has opened
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many there are now."""
        return self._limit

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one session, waiting for it if necessary."""
        with self._changed:
            self._changed.wait_for(lambda: self._used < self._limit)
            self._used += 1
        try:
            yield
        finally:
            with self._changed:
                self._used -= 1
                self._changed.notify_all()

    def served(self) -> None:
        """Take note that the server has opened a session."""
        with self._changed:
            self._served += 1

    def given_back(self, deadline: Deadline, alone: Deadline) -> bool:
        """The server refused one: have as many sessions as are open, and wait until one of them is
        given back. Return whether others were served meanwhile, or before this one.

        Others may run as long as they like. Where no other is open, the server may not have
        noticed yet that a command has ended, so wait a little, but not when `alone` is over. Raises
        CommandTimeout when `deadline` is.
        """
        with self._changed:
            served = self._served
            self._used -= 1  # nothing is held meanwhile: who waits for this one waits for nothing
            self._changed.notify_all()
            others = self._used
            if others:
                self._limit = min(self._limit, others)
            moment = Deadline(0.0 if others else alone.left(_MOMENT))
            while not (moment.over or deadline.over):
                self._changed.wait(deadline.left(moment.left(_MOMENT)))
            while self._used >= self._limit and not deadline.over:
                self._changed.wait(deadline.left(_LONG))
            self._used += 1
            queued = others > 0 or self._served != served
        if deadline.over:
            raise deadline.passed()
        return queued


class Refusals:
    """What the server refuses to one command."""

    def __init__(self, sessions: SessionLimit, deadline: Deadline, patience: float) -> None:
        self._sessions, self._deadline, self._patience = sessions, deadline, patience
        self._alone: Deadline | None = None

    def worth_another_try(self) -> bool:
        """Wait for a session; tell whether to ask again.

        The patience (seconds) begins anew whenever another command has had a session: queueing
        behind others is no refusal. Raises CommandTimeout.
        """
        alone = self._alone or Deadline(self._patience)
        queued = self._sessions.given_back(self._deadline, alone)
        self._alone = None if queued else alone
        return queued or not alone.over
