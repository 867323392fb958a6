"""A strict look at an RO-Crate, offline: what the specification demands, and what is promised of
ours besides.
"""

from __future__ import annotations

import datetime
import hashlib
import html.parser
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

METADATA, PREVIEW = "ro-crate-metadata.json", "ro-crate-preview.html"
#: Terms of the context of RO-Crate 1.1 that our crates use; another one is a slip, or is defined in
#: the crate's own context.
TERMS = {
    *("@id", "@type", "name", "description", "conformsTo", "about", "datePublished", "license"),
    *("dateCreated", "author", "publisher", "keywords", "variableMeasured", "hasPart", "mentions"),
    *("encodingFormat", "contentSize", "unitText", "value", "affiliation", "url", "version"),
    *("softwareVersion", "softwareRequirements", "codeRepository", "instrument", "object"),
    *("result", "startTime", "endTime", "actionStatus", "agent"),
}


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    """Return the entities of a crate by id, after a strict look at all of them."""
    held = json.loads((crate / METADATA).read_text(encoding="utf-8"))
    context, own = held["@context"]
    assert context == "https://w3id.org/ro/crate/1.1/context"
    found = {entity["@id"]: entity for entity in held["@graph"]}
    assert len(found) == len(held["@graph"])
    for entity in found.values():
        assert entity.keys() <= TERMS | own.keys(), entity
        assert entity["name"] if entity["@id"] != METADATA else True
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                assert not isinstance(item, dict) or item.keys() == {"@id"}
                if isinstance(item, dict):
                    place = item["@id"]
                    assert place in found or place.startswith(("http://", "https://")), place
    assert found[METADATA]["about"] == {"@id": "./"}
    assert found[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = found["./"]
    assert root["@type"] == "Dataset"
    assert root["name"] and root["description"]
    datetime.date.fromisoformat(root["datePublished"])
    assert found[root["license"]["@id"]]["name"]
    _check_files(crate, found)
    return found


def _check_files(crate: Path, found: dict[str, dict[str, Any]]) -> None:
    """Every file is told of, and is what is told."""
    parts = [part["@id"] for part in listed(found["./"]["hasPart"])]
    directories = [part for part in parts if part.endswith("/")]
    for part in parts:
        path = crate / unquote(part)
        if part.endswith("/"):
            assert path.is_dir() and found[part]["@type"] == "Dataset"
        else:
            assert found[part]["@type"] == "File"
            data = path.read_bytes()
            assert found[part]["contentSize"] == str(len(data))
            assert found[part]["sha256"] == hashlib.sha256(data).hexdigest()
    told = {unquote(part) for part in parts}
    for path in crate.rglob("*"):
        name = path.relative_to(crate).as_posix()
        if path.is_file() and name not in (METADATA, PREVIEW):
            assert name in told or name.startswith(tuple(directories)), name


def listed(value: Any) -> list[Any]:
    """Return what JSON-LD gives as one or as a list."""
    return value if isinstance(value, list) else [value]


class Page(html.parser.HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
