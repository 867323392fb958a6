"""The page that shows a crate to people: one file without scripts that loads nothing, in which all
text is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from enchanted_tui.export.crate.graph import DESCRIPTOR, Graph
from enchanted_tui.storage.column_types import unicode_name

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
</style>
</head>
<body>
"""


def preview(graph: Graph, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the page of a crate; `rows` are the first ones of its tables, by file."""
    return "".join(_parts(graph, rows)) + "</body>\n</html>\n"


def _parts(graph: Graph, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    root, known = graph.entities["./"], graph.entities
    yield _HEAD.format(title=_text(root["name"]))
    yield f"<h1>{_text(root['name'])}</h1>\n<p>{_text(root['description'])}</p>\n"
    action = known["#campaign"]
    yield _table(
        [
            (
                "authors",
                ", ".join(_author(known[each["@id"]], known) for each in _all(root["author"])),
            ),
            ("licence", _link(root["license"]["@id"], known[root["license"]["@id"]]["name"])),
            ("keywords", _text(root.get("keywords", ""))),
            ("published", _text(root["datePublished"])),
            ("campaign", _text(f"{action['description']}")),
            ("from, to", _text(f"{action['startTime']}, {action['endTime']}")),
            *(_said(known[each["@id"]]) for each in action["object"] if each["@id"][0] == "#"),
        ]
    )
    yield "<h2>Files</h2>\n"
    yield _table((_file(known[each["@id"]]) for each in root["hasPart"]), None)
    yield "<h2>Columns</h2>\n"
    columns = (known[each["@id"]] for each in root.get("variableMeasured", ()))
    yield _table(
        (
            (_text(each["name"]), _text(each.get("unitText", "")), _text(each["description"]))
            for each in columns
        ),
        ("name", "unit", "meaning"),
    )
    for name, first in rows.items():
        yield f"<h2>First rows of {_text(name)}</h2>\n{_rows(first)}"
    yield "<h2>Code</h2>\n"
    software = known["#enchanted-tui"]
    parts = [software, *(known[each["@id"]] for each in software.get("softwareRequirements", ()))]
    yield _table(map(_said, parts), None)
    yield f"<p>All of it, for programs: {_link(DESCRIPTOR, DESCRIPTOR)}.</p>\n"


def _author(person: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    identifier = str(person["@id"])
    name = _link(identifier, person["name"]) if identifier[0] != "#" else _text(person["name"])
    place = person.get("affiliation")
    return f"{name} ({_text(known[place['@id']]['name'])})" if place else name


def _file(entity: Mapping[str, Any]) -> tuple[str, ...]:
    identifier = str(entity["@id"])
    size = entity.get("contentSize", "")
    return (
        _link(identifier, entity["name"], quoted=True),
        _text(entity.get("description", "")),
        _text(f"{int(size):,} bytes" if size else ""),
    )


def _said(entity: Mapping[str, Any]) -> tuple[str, str]:
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
    return _table(cells, [unicode_name(name) for name in names])


def _short(value: Any) -> str:
    """Return a value as text that a cell can hold."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _table(rows: Iterable[Sequence[str]], names: Sequence[str] | None = ()) -> str:
    """Return a table of cells in HTML; without `names` those of each row's first cell are heads."""
    head = "".join(f"<th>{_text(name)}</th>" for name in names or ())
    lines = [f"<tr>{head}</tr>\n"] if head else []
    lines += [
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n"
        for row in rows
        if row[-1:] != ("",) or names != ()
    ]
    return f"<div><table>\n{''.join(lines)}</table></div>\n"


def _link(address: str, text: object, *, quoted: bool = False) -> str:
    """Return a link; `quoted`: the address has its percent signs already."""
    given = address if quoted or "://" in address else quote(address)
    return f'<a href="{escape(given)}">{_text(text)}</a>'


def _text(value: object) -> str:
    return escape(str(value).encode("utf-8", "backslashreplace").decode().replace("\0", ""))


def _all(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
