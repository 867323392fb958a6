"""The metadata of a crate as JSON-LD: entities by their ids, which refer to each other.

https://www.researchobject.org/ro-crate/specification/1.1/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CONFORMS = "https://w3id.org/ro/crate/1.1"
#: terms besides those of the context, by what they mean
TERMS = {"sha256": "https://schema.org/sha256"}
DESCRIPTOR = "ro-crate-metadata.json"

#: half of a character, as bytes that are no UTF-8 have become: is told by its number
_HALF = re.compile("[\ud800-\udfff]")
Entity = dict[str, Any]


class Graph:
    """Entities, each with an id of its own."""

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}

    def add(self, identifier: str, kind: str | list[str], **properties: Any) -> Entity:
        """Add an entity and return what refers to it. Properties that are empty are left out; one
        that is there already stays. A list of one is that one, as JSON-LD has it.
        """
        told = {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in properties.items()
            if value not in ("", None, [])
        }
        self.entities.setdefault(identifier, {"@id": identifier, "@type": kind, **told})
        return {"@id": identifier}

    def value(self, identifier: str, name: str, value: object, **properties: Any) -> Entity:
        """Add a value with a name and return what refers to it."""
        return self.add(identifier, "PropertyValue", name=name, value=value, **properties)

    def as_json(self) -> str:
        """Return the text of the metadata file."""
        held = {"@context": [CONTEXT, TERMS], "@graph": list(self.entities.values())}
        text = json.dumps(held, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return _HALF.sub(lambda found: rf"\\u{ord(found[0]):04x}", text)


def all_of(found: Any) -> list[Any]:
    """Return references of which there may be none, one, or a list."""
    return found if isinstance(found, list) else [] if found is None else [found]


def reference(entity: Mapping[str, Any]) -> Entity:
    """Return what refers to an entity."""
    return {"@id": entity["@id"]}
