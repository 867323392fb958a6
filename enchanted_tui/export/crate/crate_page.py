"""The page that shows a crate to people: one file without scripts that loads nothing, in which all
text is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from enchanted_tui.export.crate.graph import DESCRIPTOR, Entity, Graph, all_of
from enchanted_tui.storage.column_types import unicode_name
from enchanted_tui.visible_text import visible

_LONGEST = 80  #: characters of a cell
_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }}
body {{ padding: 0 1rem; }}
div {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }}
th, td {{ border-bottom: 1px solid #8884; overflow-wrap: anywhere; min-width: 4rem; }}
.rows th, .rows td {{ overflow-wrap: normal; white-space: nowrap; }}
</style>
</head>
<body>
"""


def preview(graph: Graph, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the page of a crate; `rows` are the first ones of its tables, by file."""
    return "".join(_parts(graph, rows)) + "</body>\n</html>\n"


def _parts(graph: Graph, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    known = graph.entities
    root, software = known["./"], known["#enchanted-tui"]
    yield _HEAD.format(title=_text(root["name"]))
    yield f"<h1>{_text(root['name'])}</h1>\n<p>{_text(root['description'])}</p>\n"
    yield _table(_facts(known))
    yield "<h2>Files</h2>\n"
    yield _table(map(_file, _meant(known, root["hasPart"])))
    yield "<h2>Columns</h2>\n"
    columns = _meant(known, root.get("variableMeasured"))
    told = ("name", "unitText", "description")
    cells = ([_text(column.get(name, "")) for name in told] for column in columns)
    yield _table(cells, ("name", "unit", "meaning"))
    for name, first in rows.items():
        yield f"<h2>First rows of {_text(name)}</h2>\n{_rows(first)}"
    yield "<h2>Code</h2>\n"
    yield _table(map(_said, [software, *_meant(known, software.get("softwareRequirements"))]))
    yield f"<p>All of it, for programs: {_link(DESCRIPTOR, DESCRIPTOR)}.</p>\n"


def _facts(known: Mapping[str, Entity]) -> Iterator[tuple[str, str]]:
    """Say who made the dataset, what may be done with it, and how and when it was made."""
    root, action = known["./"], known["#campaign"]
    (licence,) = _meant(known, root["license"])
    yield "authors", ", ".join(_author(each, known) for each in _meant(known, root["author"]))
    yield "licence", _link(licence["@id"], licence["name"])
    if "keywords" in root:
        yield "keywords", _text(root["keywords"])
    yield "published", _text(root["datePublished"])
    yield "campaign", _text(action["description"])
    yield "from, to", _text(f"{action['startTime']}, {action['endTime']}")
    for each in _meant(known, action["object"]):
        if each["@type"] == "PropertyValue":
            yield _said(each)


def _meant(known: Mapping[str, Entity], references: Any) -> list[Entity]:
    """Return the entities that are referred to."""
    return [known[each["@id"]] for each in all_of(references)]


def _author(person: Entity, known: Mapping[str, Entity]) -> str:
    identifier = str(person["@id"])
    name = _link(identifier, person["name"]) if identifier[0] != "#" else _text(person["name"])
    place = person.get("affiliation")
    return f"{name} ({_text(known[place['@id']]['name'])})" if place else name


def _file(entity: Entity) -> tuple[str, ...]:
    identifier = str(entity["@id"])
    size = entity.get("contentSize", "")
    return (
        _link(identifier, entity["name"], quoted=True),
        _text(entity.get("description", "")),
        _text(f"{int(size):,} bytes" if size else ""),
    )


def _said(entity: Entity) -> tuple[str, str]:
    """Return an entity as a name and what is known of it."""
    told = ("value", "softwareVersion", "version", "codeRepository", "description")
    words = dict.fromkeys(str(entity[name]) for name in told if name in entity)
    return _text(entity["name"]), _text(", ".join(words))


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = (
        tuple(_text(_short("" if row.get(name) is None else row[name])) for name in names)
        for row in rows
    )
    return _table(cells, [unicode_name(name) for name in names], "rows")


def _short(value: Any) -> str:
    """Return a value as text that a cell can hold: of an array its size."""
    shape = getattr(value, "shape", (len(value),) if isinstance(value, list) else None)
    if shape:
        return f"{' x '.join(map(str, shape))} values"
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _table(rows: Iterable[Sequence[str]], names: Sequence[str] = (), kind: str = "facts") -> str:
    """Return a table of cells that are HTML, below the names of its columns, of a class `kind`."""
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    lines = [f"<tr>{head}</tr>\n"] if head else []
    lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows]
    return f"<div><table class={kind}>\n{''.join(lines)}</table></div>\n"


def _link(address: str, text: object, *, quoted: bool = False) -> str:
    """Return a link; `quoted`: the address has its percent signs already."""
    given = address if quoted or "://" in address else quote(address, errors="backslashreplace")
    return f'<a href="{escape(given)}">{_text(text)}</a>'


def _text(value: object) -> str:
    return escape(visible(str(value)))
