"""YAML to located values: what YAML 1.1 does to people, and what a hostile or damaged file does to
the program.
"""

import time

import pytest
import yaml

from enchanted_tui.config.problems import ConfigError, Path
from enchanted_tui.config.source import read_document, read_value
from enchanted_tui.config.tree import Document, TextPlace
from enchanted_tui.config.yaml_text import dump


def value(text):
    return read_value(text, "v")


def place_of(document: Document, path: Path) -> TextPlace:
    """Return where something stands."""
    found = document.place(path)
    assert found is not None
    return found


def errors(text):
    """Give what is said about a text that cannot be used."""
    try:
        _, problems = read_document(text, "f.yaml")
    except ConfigError as error:
        problems = error.problems
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1e1", 10.0),
        ("1.5e5", 150000.0),
        ("-.5E+3", -500.0),
        ("+1_000e2", 100000.0),
        ("1.0e+3", 1000.0),
        ("'1e1'", "1e1"),
        ("123e4567", "123e4567"),
        ("1e", "1e"),
        ("0x10", 16),
        ("12:30:00", 45000),
        ("no", False),
        ("None", "None"),
        ("~", None),
        ("=", "="),
        (".inf", float("inf")),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("", None),
    ],
)
def test_scalars(text, expected):
    """Numbers as people write them are numbers; text that only looks like one, such as a commit id,
    stays text.
    """
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_places_of_everything():
    """Every key and value knows its line and column, in flow and block style, behind anchors and
    after letters beyond ASCII.
    """
    document, problems = read_document("é: [ö, 'b']\nblock:\n  - {k: &a 1}\n  - *a\n", "f.yaml")
    assert not problems
    places = {
        ("é",): (1, 4, 1, 1),
        ("é", 0): (1, 5, 1, 5),
        ("é", 1): (1, 8, 1, 8),
        ("block",): (3, 3, 2, 1),
        ("block", 0, "k"): (3, 9, 3, 6),
        ("block", 1): (4, 5, 4, 5),
    }
    assert {path: place_of(document, path)[:4] for path in places} == places


def test_merge_keys():
    """`<<` takes what is not given locally, from one mapping or several; overriding what was merged
    is no duplicate.
    """
    document, problems = read_document(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n", "f.yaml"
    )
    assert not problems
    assert document.root["c"] == {"x": 3, "y": 1, "z": 2} == yaml.safe_load("{x: 3, y: 1, z: 2}")
    assert place_of(document, ("c", "z"))[:2] == (2, 17)
    assert place_of(document, ("c", "x"))[:2] == (5, 6)


def test_quoted_merge_key_is_an_ordinary_key():
    """Only a plain `<<` merges."""
    assert value("{'<<': {a: 1}}") == {"<<": {"a": 1}}


SYNTAX = [
    (
        "a: 1\nb: {c: 1, c: 2}\n",
        "f.yaml:2:11: b.c: this key is given twice, first in line 2; remove one of them",
    ),
    (
        "a: 1\n\n'a': 2\n",
        "f.yaml:3:1: a: this key is given twice, first in line 1; remove one of them",
    ),
    (
        "a: !!python/object/apply:os.system ['touch owned']\n",
        (
            "f.yaml:1:4: a: the tag '!!python/object/apply:os.system' is not allowed; a"
            " configuration holds plain values only"
        ),
    ),
    (
        "a: !mine 5\n",
        "f.yaml:1:4: a: the tag '!mine' is not allowed; a configuration holds plain values only",
    ),
    (
        "a: [1, 2026-13-45]\n",
        (
            "f.yaml:1:8: a[1]: '2026-13-45' cannot be read as a timestamp; put it in quotes if it"
            " is text"
        ),
    ),
    ("a:\n\tb: 1\n", "f.yaml:2:1: a tab stands where YAML allows only spaces; indent with spaces"),
    (
        "a:\n  b: 1\n\tc: 1\n",
        "f.yaml:3:1: a tab stands where YAML allows only spaces; indent with spaces",
    ),
    (
        "a: b: c\n",
        (
            "f.yaml:1:5: not valid YAML: there is one ':' too many; check the indentation, and put"
            " text that holds ': ' in quotes"
        ),
    ),
    ("a: @b\n", "f.yaml:1:4: not valid YAML: text cannot begin with '@'; put it in quotes"),
    (
        "1x\n# more\na: 1\n",
        "f.yaml:1:1: not valid YAML: '1x' is no key; write 'key: value', or remove it",
    ),
    (
        "a:\n  bc\n  d: 1\n",
        "f.yaml:2:3: not valid YAML: 'bc' is no key; write 'key: value', or remove it",
    ),
    (
        "a:\n  b: 1\n  type X\nc: 1\n",
        "f.yaml:3:3: not valid YAML: 'type X' is no key; write 'key: value', or remove it",
    ),
    (
        "a: b\n  c\n  d: 1\n",
        (
            "f.yaml:3:4: not valid YAML: there is one ':' too many; check the indentation, and put"
            " text that holds ': ' in quotes"
        ),
    ),
    (
        "a: - 1\n",
        (
            "f.yaml:1:4: not valid YAML: a list cannot begin here; put its '- ' on a line of its"
            " own, or write it as [a, b]"
        ),
    ),
    (
        f"{'word ' * 20}\na: 1\n",
        (
            f"f.yaml:1:1: not valid YAML: '{('word ' * 20)[:47]}...' is no key; write 'key: value',"
            " or remove it"
        ),
    ),
    (
        "a: 1\nb\nc: 2\n",
        "f.yaml:2:1: not valid YAML: 'b' is no key; write 'key: value', or remove it",
    ),
    (
        "a: {b: 1\nc: 2\n",
        (
            "f.yaml:2:2: not valid YAML: the mapping that begins with '{' in line 1 has no end"
            " before this place; a '}' or a comma is missing"
        ),
    ),
    (
        "a: 'b\nc: 2\n",
        (
            "f.yaml:2:5: not valid YAML: the text in quotes that begins in line 1 has no end; close"
            " it with the same quote"
        ),
    ),
    (
        "a:\n  - 1\n  b: 2\n",
        (
            "f.yaml:3:3: not valid YAML: the list that begins in line 2 goes on here without a '-"
            " '; check the indentation"
        ),
    ),
    (
        'a: "\\q"\n',
        (
            "f.yaml:1:5: not valid YAML: a backslash in double quotes needs a second one; single"
            " quotes take backslashes as they are"
        ),
    ),
    ("a: *b\n", "f.yaml:1:4: there is no anchor &b above"),
    ("a: &a 1\nb: *b\n", "f.yaml:2:4: there is no anchor &b above; there are &a"),
    ("a: &a [*a]\n", "f.yaml:1:8: the alias *a stands inside what it refers to"),
    (
        "a: 1\n---\nb: 1\n",
        (
            "f.yaml:2:1: a second document starts here; a configuration is one, so remove what"
            " follows this '---'"
        ),
    ),
    ("a: \x07\n", "f.yaml:1:4: the character '\\x07' is not allowed in YAML; remove it"),
    (
        "<<: 5\n",
        "f.yaml:1:5: <<: '<<' takes a mapping or a list of mappings, such as <<: *defaults",
    ),
    (
        "? [1, 2]\n: 3\n",
        (
            "f.yaml:1:3: a key must be a single value, not a list or a mapping; put text such as"
            " '{x}' in quotes"
        ),
    ),
    ("", "f.yaml:1:1: the file is empty; it needs the keys of a campaign"),
    ("# nothing\n", "f.yaml:1:1: the file is empty; it needs the keys of a campaign"),
    ("- a\n", "f.yaml:1:1: expected a mapping of keys to values at the top, found a list"),
    (
        "a:1\nb:2\n",
        (
            "f.yaml:1:1: expected a mapping of keys to values at the top, found a single value; a"
            " key needs a space after its ':'"
        ),
    ),
    (
        "just text\n",
        "f.yaml:1:1: expected a mapping of keys to values at the top, found a single value",
    ),
]


@pytest.mark.parametrize(("text", "expected"), SYNTAX)
def test_located_sentences(text, expected):
    """What is no good YAML, or none that we take, is one sentence at its place."""
    assert errors(text) == [expected]


def test_unclosed_bracket_tells_where_it_began():
    """The parser notices at the end; the beginning is what the user looks for."""
    (message,) = errors("a: [1,\n  2\nb: 3\n")
    assert message.startswith(
        "f.yaml:3:2: not valid YAML: the list that begins with '[' in line 1 has no end before this"
        " place"
    )


def test_unclosed_quote_stays_inside_the_file():
    """The end of the file is not a line beyond its last."""
    (message,) = errors("a: 'x\n")
    assert message.startswith("f.yaml:1:")


def test_several_problems_at_once():
    """Duplicates, tags and unreadable values do not hide each other."""
    assert [line.split(": ")[0] for line in errors("a: 1\na: 2\nb: !x 1\nc: 2026-99-99\n")] == [
        "f.yaml:2:1",
        "f.yaml:3:4",
        "f.yaml:4:4",
    ]


def test_alias_bomb_is_refused_quickly():
    """A few lines that stand for billions of values cost neither time nor memory."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    start = time.perf_counter()
    assert errors("\n".join(lines)) == [
        "f.yaml:1:1: there are more than 1,000,000 values once aliases are expanded; write fewer"
        " aliases of aliases"
    ]
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000 + "a"])
def test_deep_nesting_is_refused_quickly(text):
    """Neither the stack of the process nor minutes of quadratic parsing are spent on brackets."""
    start = time.perf_counter()
    (message,) = errors(text)
    assert "the nesting is deeper than 100 levels" in message
    assert time.perf_counter() - start < 2


def test_deep_nesting_through_aliases_is_refused():
    """Each alias may add a level; the whole is what later code walks through."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 500)]
    (message,) = errors("\n".join(lines))
    assert "the nesting is deeper than 100 levels once aliases are expanded" in message


@pytest.mark.parametrize(
    "held",
    [
        "1e1",
        "null",
        "a\nb\n",
        "x\x85y\n",
        "é\u2028",
        " lead",
        "=",
        "<<",
        "2024-01-01",
        1e-5,
        1e300,
        0.1,
        5e-324,
        -0.0,
        2**70,
        None,
        True,
        "",
    ],
)
def test_dump_reads_back(held):
    """What is stored beside results is the configuration that ran, to the last bit."""
    for tree in (held, [held], {"k": held}, {held: 1}):
        back = value(dump(tree))
        assert back == tree
        assert repr(back) == repr(tree)
