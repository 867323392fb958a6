"""What the YAML parser complains of, said so that a person knows what to type."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

_CHECK_INDENTATION = "check the indentation of this line and of the one above"

#: Words of the parser, of its context and problem together, and what they mean. ``{began}`` is the
#: line in which it began.
_MEANINGS = (
    (
        ("quoted scalar", "end of stream"),
        "the text in quotes that begins in line {began} has no end; close it with the same quote",
    ),
    (
        ("quoted scalar", "unknown escape"),
        (
            "a backslash in double quotes needs a second one; single quotes take backslashes as"
            " they are"
        ),
    ),
    (
        ("flow sequence",),
        (
            "the list that begins with '[' in line {began} has no end before this place; a ']' or a"
            " comma is missing"
        ),
    ),
    (
        ("flow mapping",),
        (
            "the mapping that begins with '{{' in line {began} has no end before this place; a '}}'"
            " or a comma is missing"
        ),
    ),
    (
        ("block collection",),
        "the list that begins in line {began} goes on here without a '- '; check the indentation",
    ),
    (("block mapping",), f"a key is expected here; {_CHECK_INDENTATION}"),
    (
        ("could not find expected ':'",),
        "this is no key; write 'key: value', or indent it as a part of the value above",
    ),
    (
        ("block sequence entries",),
        "a list cannot begin here; put its '- ' on a line of its own, or write it as [a, b]",
    ),
    (("document start",), f"nothing can follow the value above; {_CHECK_INDENTATION}"),
    (
        ("mapping values are not allowed",),
        "there is one ':' too many; check the indentation, and put text that holds ': ' in quotes",
    ),
)


def meaning(
    error: yaml.MarkedYAMLError, rows: Sequence[str], line: int, column: int
) -> tuple[int, int, str]:
    """Return line, column (from 1) and what is wrong there. `rows` is the text; the parser stopped
    at `line` and `column`.
    """
    began = error.context_mark.line + 1 if error.context_mark is not None else line
    said = f"{error.context or ''} {error.problem}"
    if "cannot start any token" in said:
        return (
            line,
            column,
            f"text cannot begin with {rows[line - 1][column - 1 : column]!r}; put it in quotes",
        )
    if any(words in said for words in ("mapping values", "document start", "expected ':'")):
        bare = _bare_row_above(rows, line)
        if bare:
            return (
                bare,
                _indent(rows[bare - 1]) + 1,
                (
                    f"{_shortened(rows[bare - 1].strip())!r} is no key; write 'key: value', or"
                    " remove it"
                ),
            )
    for words, sentence in _MEANINGS:
        if all(word in said for word in words):
            return line, column, sentence.format(began=began)
    context = f"{error.context}: " if error.context else ""
    return line, column, f"{context}{error.problem}"


def _bare_row_above(rows: Sequence[str], line: int) -> int:
    """Return the number of the row above `line` if it is a word on its own, where the parser does
    not look; or 0.
    """
    written = [
        number
        for number in range(1, line)
        if rows[number - 1].strip() and not rows[number - 1].lstrip().startswith("#")
    ]
    if not written:
        return 0
    row = rows[written[-1] - 1]
    before = rows[written[-2] - 1] if len(written) > 1 else ""
    # a value of several rows
    goes_on = (
        len(written) > 1 and not before.rstrip().endswith(":") and _indent(before) < _indent(row)
    )
    is_bare = ":" not in row and not row.lstrip().startswith(
        ("-", "[", "{", '"', "'", "?", "&", "*", "%")
    )
    return written[-1] if is_bare and not goes_on else 0


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _shortened(text: str, most: int = 50) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
