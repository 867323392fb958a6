"""Whether a server is who it says: files of known hosts, in OpenSSH's format.

Paramiko's reader knows neither patterns nor ``@revoked``; a key that was revoked must not be taken
for a known one.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import hashlib
import hmac
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from enchanted_tui.executors.slurm.ssh.connection_errors import HostKeyRejected
from enchanted_tui.executors.slurm.ssh.host_config import Target
from enchanted_tui.executors.slurm.ssh.questions import Asker, Question


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a file of known hosts that concerns a host."""

    marker: str  #: ``@revoked``, ``@cert-authority`` or nothing
    type: str
    blob: bytes
    file: str
    line: int


def known_keys(files: Sequence[str], name: str) -> Iterator[KnownKey]:
    """Yield what `files` know of the host called `name` (``[host]:port`` for other ports than
    22).
    """
    for file in files:
        try:
            with open(file, encoding="utf-8", errors="replace") as stream:
                lines = stream.read().splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            known = _parse(line, name, file, number)
            if known is not None:
                yield known


def _parse(line: str, name: str, file: str, number: int) -> KnownKey | None:
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if len(words) < 3 or not _names(words[0], name):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except ValueError:
        return None
    return KnownKey(marker, words[1], blob, file, number)


def _names(patterns: str, name: str) -> bool:
    """Tell whether a list of patterns, or a hash, names a host; a pattern after ``!`` takes it out
    again.
    """
    if patterns.startswith("|1|"):
        return _is_hash_of(patterns, name)
    named = False
    for pattern in patterns.lower().split(","):
        wanted = pattern.removeprefix("!")
        # only * and ? are wild
        translated = re.sub(
            r"[\[\]]", lambda bracket: "[[]" if bracket[0] == "[" else "[]]", wanted
        )
        if fnmatch.fnmatchcase(name.lower(), translated):
            if pattern.startswith("!"):
                return False
            named = True
    return named


def _is_hash_of(hashed: str, name: str) -> bool:
    parts = hashed.split("|")
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (IndexError, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)


def fingerprint(blob: bytes) -> str:
    """Return the fingerprint as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def verify(target: Target, key_type: str, blob: bytes, ask: Asker) -> None:
    """Make sure that `target` may have this key, asking about one that is not known. Raises
    HostKeyRejected.
    """
    known = list(known_keys(target.known_hosts, target.known_name))
    if any(each.marker == "@revoked" and each.blob == blob for each in known):
        raise HostKeyRejected(
            f"the host key of {target.shown} ({fingerprint(blob)}) has been revoked; ask its"
            " administrators"
        )
    trusted = [each for each in known if not each.marker]
    if any(each.blob == blob for each in trusted):
        return
    same_type = [each for each in trusted if each.type == key_type]
    if same_type or trusted:
        raise HostKeyRejected(_changed(target, (same_type or trusted)[0], key_type, blob))
    _trust_new(
        target,
        key_type,
        blob,
        ask,
        has_authority=any(each.marker == "@cert-authority" for each in known),
    )


def _changed(target: Target, known: KnownKey, key_type: str, blob: bytes) -> str:
    return (
        f"the host key of {target.shown} is not the known one: it is {fingerprint(blob)}"
        f" ({key_type}), line {known.line} of {known.file} says {fingerprint(known.blob)}"
        f" ({known.type}). Someone may be listening in, or the host was installed anew: ask its"
        " administrators and, if they confirm the new key, forget the old one by: ssh-keygen -f"
        f" {shlex.quote(known.file)} -R {shlex.quote(target.known_name)}"
    )


def _trust_new(
    target: Target, key_type: str, blob: bytes, ask: Asker, *, has_authority: bool
) -> None:
    if target.strict in ("accept-new", "no"):
        remember(target.known_hosts[0], target.known_name, key_type, blob)
        return
    shown = f"{fingerprint(blob)} ({key_type})"
    answer = None
    if target.strict != "yes" and not has_authority:
        prompt = (
            f"The host key of {target.shown} is not known yet.\nIts fingerprint is {shown}.\n"
            "Compare it with the one that the site publishes. Trust it from now on? (yes/no)"
        )
        answer = ask(Question("host key", prompt, target.name, echo=True))
    if answer is not None and answer.strip().lower() in ("yes", fingerprint(blob).lower()):
        remember(target.known_hosts[0], target.known_name, key_type, blob)
        return
    if has_authority:
        remedy = "this host is known by a certificate authority, which needs `transport: openssh`"
    else:
        remedy = (
            f"compare the fingerprint {shown} with the one that the site publishes, then log in"
            f" once: {target.by_hand}"
        )
    raise HostKeyRejected(f"the host key of {target.shown} is not known; {remedy}")


def remember(file: str, name: str, key_type: str, blob: bytes) -> None:
    """Add a host key to a file of known hosts, which is made where it is missing. Raises
    HostKeyRejected if that cannot be written.
    """
    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as stream:
            torn = b""
            with contextlib.suppress(OSError):
                stream.seek(-1, os.SEEK_END)
                torn = b"" if stream.read(1) == b"\n" else b"\n"
            stream.write(torn + f"{name} {key_type} {base64.b64encode(blob).decode()}\n".encode())
    except OSError as error:
        raise HostKeyRejected(
            f"the host key of {name} cannot be added to {file}: {error.strerror}; name another file"
            " as known_hosts"
        ) from error
