"""Run the validator of RO-Crates (`roc-validator`), without a network: run by the Python that has
it, which has the context of the package `rocrate` too. Prints an issue a line.
"""

from __future__ import annotations

import importlib.resources
import io
import sys
import urllib.request
from email.message import Message
from typing import Any

import requests
from rocrate_validator import models, services  # type: ignore[import-not-found]

CONTEXT = (importlib.resources.files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()


class Answer(io.BytesIO):
    """The context, as urllib gives what it has fetched."""

    def __init__(self, url: str) -> None:
        super().__init__(CONTEXT)
        self.url, self.code, self.status = url, 200, 200
        self.headers = Message()
        self.headers["Content-Type"] = "application/ld+json"

    def info(self) -> Message:
        return self.headers

    def geturl(self) -> str:
        return self.url


def is_context(url: str) -> bool:
    return "w3id.org/ro/crate" in url and "context" in url


def fetched(opener: Any, full: Any, *rest: Any, **more: Any) -> Any:
    url = full if isinstance(full, str) else full.full_url
    return Answer(url) if is_context(url) else _open(opener, full, *rest, **more)


def requested(session: Any, method: str, url: str, *rest: Any, **more: Any) -> Any:
    if not is_context(url):
        return _request(session, method, url, *rest, **more)
    answer = requests.Response()
    answer.status_code, answer.url, answer._content = 200, url, CONTEXT
    answer.headers["Content-Type"] = "application/ld+json"
    return answer


_open, _request = urllib.request.OpenerDirector.open, requests.Session.request
setattr(urllib.request.OpenerDirector, "open", fetched)  # noqa: B010 - not a method for mypy
setattr(requests.Session, "request", requested)  # noqa: B010

for profile in sys.argv[2:]:
    settings = services.ValidationSettings(
        rocrate_uri=sys.argv[1],
        profile_identifier=profile,
        requirement_severity=models.Severity.RECOMMENDED,
    )
    for issue in services.validate(settings).get_issues():
        print(profile, issue.severity.name, issue.check.identifier, issue.message)
