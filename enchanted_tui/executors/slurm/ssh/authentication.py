"""Logging in: keys of the agent and of files, passwords, one-time codes, in whatever combination a
server asks for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.slurm.ssh.connection_errors import LogInFailed
from enchanted_tui.executors.slurm.ssh.host_config import Target
from enchanted_tui.executors.slurm.ssh.questions import Asker, Question

_TRIES = 3
_PERSON_TIMEOUT = (
    600.0  #: how long a person may take over an answer; the server usually loses patience before
)


class _AnotherTryIsPointless(Exception):
    """Nobody answered."""


@dataclass
class Secrets:
    """What a person has told once, kept in memory for log-ins after a lost connection. Never
    printed.
    """

    keys: dict[str, Any] = field(default_factory=dict, repr=False)
    passwords: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> Any:
        raise TypeError("secrets stay in this process")


def log_in(transport: Any, target: Target, ask: Asker, secrets: Secrets) -> None:
    """Log in to the server at the other end of a paramiko transport.

    Raises LogInFailed with everything that was tried.
    """
    _LogIn(transport, target, ask, secrets).run()


class _LogIn:
    def __init__(self, transport: Any, target: Target, ask: Asker, secrets: Secrets) -> None:
        self._transport, self._target, self._ask, self._secrets = transport, target, ask, secrets
        self._tried: list[str] = []
        self._unusable: list[str] = []
        self._offered: set[str] = set()  #: keys that the server has seen
        transport.auth_timeout = _PERSON_TIMEOUT

    def run(self) -> None:
        """Try method after method until the server is satisfied."""
        import paramiko

        try:
            allowed = self._first_methods()
            while allowed:
                further = self._one_method(allowed)
                if further is None:
                    raise LogInFailed(self._refused(allowed))
                allowed = further
        except (paramiko.SSHException, EOFError, OSError) as error:
            if isinstance(error, LogInFailed):
                raise
            raise LogInFailed(self._broken_off(error)) from None

    def _first_methods(self) -> Sequence[str]:
        """Ask which methods there are, by trying none."""
        import paramiko

        try:
            self._transport.auth_none(self._target.user)
        except paramiko.BadAuthenticationType as answer:
            return list(answer.allowed_types)
        return ()

    def _one_method(self, allowed: Sequence[str]) -> Sequence[str] | None:
        """Get past one method; return those that come after it, none when logged in, or None where
        no method succeeds.
        """
        methods = {
            "publickey": self._keys,
            "keyboard-interactive": self._interactive,
            "password": self._password,
        }
        for name, method in methods.items():
            if name in allowed:
                try:
                    further = method()
                except _AnotherTryIsPointless:
                    further = None
                if further is not None:
                    return further
        return None

    # -- keys --------------------------------------------------------------------------------------

    def _keys(self) -> Sequence[str] | None:
        import paramiko

        for name, key in self._candidates():
            identity = key.asbytes().hex()
            if identity in self._offered:
                continue
            self._offered.add(identity)
            self._tried.append(name)
            try:
                return list(self._transport.auth_publickey(self._target.user, key))
            except paramiko.AuthenticationException:
                if not self._transport.is_active():
                    raise
        return None

    def _candidates(self) -> Iterator[tuple[str, Any]]:
        """Yield keys with a name each: first those that were named, then the agent's, then the
        usual files; those to ask for come last.
        """
        locked = []
        for path in self._target.given_keys:
            key = self._from_file(path, needed=True)
            if key is None:
                key = self._unlock(path)
            if key is not None:
                yield path, key
        listed = [path for path in self._target.identity_files if os.path.exists(path)]
        yield from self._from_agent(listed)
        for path in listed:
            key = self._from_file(path, needed=False)
            if key is None:
                locked.append(path)
            else:
                yield path, key
        for path in locked:
            key = None if path in self._unusable else self._unlock(path)
            if key is not None:
                yield path, key

    def _from_agent(self, listed: Sequence[str]) -> Iterator[tuple[str, Any]]:
        from enchanted_tui.executors.slurm.ssh.agent import agent_keys

        wanted = {
            blob for path in (*self._target.given_keys, *listed) if (blob := _public_half(path))
        }
        keys = agent_keys(self._target.agent)
        for key in sorted(keys, key=lambda key: key.asbytes() not in wanted):
            if not self._target.identities_only or key.asbytes() in wanted:
                yield f"the agent's key {key.comment or key.get_name()}", key

    def _from_file(self, path: str, *, needed: bool) -> Any | None:
        """Read a key that needs no passphrase; None if it needs one."""
        import paramiko

        if path in self._secrets.keys:
            return self._secrets.keys[path]
        try:
            return read_key(path, None)
        except paramiko.PasswordRequiredException:
            return None
        except (paramiko.SSHException, ValueError, OSError) as error:
            if needed:
                raise LogInFailed(
                    f"the key {path} cannot be read: {_plain(error)}; correct key_filename"
                ) from None
            self._unusable.append(path)
            return None

    def _unlock(self, path: str) -> Any | None:
        import paramiko

        for number in range(_TRIES):
            again = "Wrong passphrase. " if number else ""
            passphrase = self._ask(
                Question("passphrase", f"{again}Passphrase of the key {path}:", self._target.name)
            )
            if passphrase is None:
                self._unusable.append(path)
                return None
            try:
                key = read_key(path, passphrase)
            except (paramiko.SSHException, ValueError):
                continue
            self._secrets.keys[path] = key
            return key
        self._unusable.append(path)
        return None

    # -- what a person answers ---------------------------------------------------------------------

    def _password(self) -> Sequence[str] | None:
        import paramiko

        account = (self._target.user, self._target.known_name)
        for number in range(_TRIES):
            password = self._secrets.passwords.pop(account, None) or self._answer(
                Question(
                    "password",
                    f"{_again(number)}Password of {self._target.user} on {self._target.shown}:",
                    self._target.name,
                )
            )
            self._try("password")
            try:
                further = list(
                    self._transport.auth_password(self._target.user, password, fallback=False)
                )
            except paramiko.AuthenticationException:
                if not self._transport.is_active():
                    raise
                continue
            self._secrets.passwords[account] = password
            return further
        return None

    def _interactive(self) -> Sequence[str] | None:
        """Answer the server's own questions, which are passed on word for word."""
        import paramiko

        for number in range(_TRIES):
            conversation = _Conversation(self._target, self._ask, self._secrets, _again(number))
            self._try("keyboard-interactive")
            try:
                further = list(
                    self._transport.auth_interactive(self._target.user, conversation.answer)
                )
            except paramiko.SSHException:
                if conversation.declined:
                    raise LogInFailed(self._nobody_answered()) from None
                if not self._transport.is_active():
                    raise
                if not conversation.asked:
                    return None
                continue
            conversation.keep_password()
            return further
        return None

    def _answer(self, question: Question) -> str:
        answer = self._ask(question)
        if answer is None:
            self._unusable.append("password")
            raise _AnotherTryIsPointless
        return answer

    def _try(self, method: str) -> None:
        if method not in self._tried:
            self._tried.append(method)

    # -- what went wrong ---------------------------------------------------------------------------

    def _refused(self, allowed: Sequence[str]) -> str:
        tried = f"tried {', '.join(self._tried)}" if self._tried else "there was nothing to try"
        locked = [name for name in self._unusable if name != "password"]
        unusable = (
            f"; not tried, because they cannot be unlocked or read here: {', '.join(locked)}"
            if locked
            else ""
        )
        nobody = "; nobody was there to type a password" if "password" in self._unusable else ""
        return (
            f"permission denied for {self._target.user} on {self._target.shown}:"
            f" {tried}{unusable}{nobody}; the server accepts {', '.join(allowed)}. Set user and"
            " key_filename, load the key into the agent by ssh-add, or use `transport: openssh`"
        )

    def _broken_off(self, error: Exception) -> str:
        tried = f" after {', '.join(self._tried)}" if self._tried else ""
        text = _plain(error)
        if len(self._offered) > 1:  # servers hang up after a few, often without a word
            return (
                f"{self._target.shown} refused {self._target.user} after too many keys"
                f" ({', '.join(self._tried)}); name the right one as key_filename, or set"
                " IdentitiesOnly for this host in ~/.ssh/config"
            )
        return (
            f"{self._target.shown} ended the log-in of {self._target.user}{tried} ({text}); answer"
            f" sooner, or log in once by hand: {self._target.by_hand}"
        )

    def _nobody_answered(self) -> str:
        return (
            f"{self._target.shown} asks {self._target.user} for a code or password and nobody"
            " answered; resume the campaign in a terminal or in the app, or use `transport:"
            " openssh` with a connection that is open already"
        )


class _Conversation:
    """One keyboard-interactive log-in: the server may ask several times, several things at once."""

    def __init__(self, target: Target, ask: Asker, secrets: Secrets, again: str) -> None:
        self._target, self._ask, self._secrets, self._again = target, ask, secrets, again
        self._password: str | None = None
        self.declined = False
        self.asked = False

    def answer(
        self, title: str, instructions: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str]:
        """Return one answer to each prompt. Raises SSHException, which ends the log-in, when nobody
        answers.
        """
        return [self._one(title, instructions, prompt, echo) for prompt, echo in prompts]

    def _one(self, title: str, instructions: str, prompt: str, echo: bool) -> str:
        import paramiko

        self.asked = True
        is_password = not echo and "password" in prompt.lower() and "one" not in prompt.lower()
        known = self._secrets.passwords.pop(self._account, None) if is_password else None
        if known is None:
            shown = "\n".join(
                part.strip() for part in (self._again, title, instructions, prompt) if part.strip()
            )
            known = self._ask(
                Question("password" if is_password else "code", shown, self._target.name, echo)
            )
        if known is None:
            self.declined = True
            raise paramiko.SSHException("nobody answered")
        if is_password:
            self._password = known
        return known

    def keep_password(self) -> None:
        if self._password is not None:
            self._secrets.passwords[self._account] = self._password

    @property
    def _account(self) -> tuple[str, str]:
        return self._target.user, self._target.known_name


def read_key(path: str, passphrase: str | None) -> Any:
    """Read a private key, with its certificate if there is one beside it.

    Raises PasswordRequiredException if it needs a passphrase, SSHException or ValueError if it is
    none or the passphrase is wrong.
    """
    import paramiko

    failure: Exception | None = None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key = kind.from_private_key_file(path, password=passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError) as error:
            failure = error
            continue
        if os.path.exists(f"{path}-cert.pub"):
            key.load_certificate(f"{path}-cert.pub")
        return key
    raise failure or paramiko.SSHException("not a private key")


def _public_half(path: str) -> bytes | None:
    import base64

    try:
        with open(path if path.endswith(".pub") else f"{path}.pub", encoding="ascii") as stream:
            return base64.b64decode(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _again(number: int) -> str:
    return "That was not accepted. " if number else ""


def _plain(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
