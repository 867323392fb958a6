"""Changing values in a text: what is wanted stands there afterwards, and nothing else is touched."""

from __future__ import annotations

import copy
import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enchanted_tui.config.rewriting import CannotRewriteError, rewritten
from enchanted_tui.config.scan import Scan, lines_of
from enchanted_tui.config.source import read_document
from enchanted_tui.config.tree import plain
from enchanted_tui.config.yaml_text import TypedNumber, dump, one_line
from helpers.marks import in_full

EXAMPLES = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
_PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
_WORDS = st.sampled_from(["a", "b c", "1e-3", "yes", "x: y", "# no", "'", '"', "{{ x }}", "", "ü"])
_SCALARS = st.one_of(st.integers(-5, 5), st.floats(-1, 1), st.booleans(), st.none(), _WORDS)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("pqrs"), inner, max_size=3)
    ),
    max_leaves=5,
)


def read(text: str) -> Any:
    return plain(read_document(text, "")[0].root)


def comments(text: str) -> list[str]:
    """Return all comments, in order."""
    scan = Scan(lines_of(text))
    return [
        line[token.start : token.end].strip()
        for number, line in enumerate(scan.lines)
        for token in scan.tokens(number)
        if token.kind == "comment"
    ]


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines that went and came, with their signs."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[0] in "+-"]


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all scalars."""
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))]
    if isinstance(tree, list):
        return [leaf for key, value in enumerate(tree) for leaf in leaves(value, (*path, key))]
    return [path]


def mappings(tree: Any) -> list[dict[Any, Any]]:
    """Return all mappings that are not empty."""
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    found = [inner for value in below for inner in mappings(value)]
    return [tree, *found] if isinstance(tree, dict) and tree else found


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@pytest.mark.parametrize(
    "path",
    [*EXAMPLES[::4], *in_full(*(path for path in EXAMPLES if path not in EXAMPLES[::4]))],
    ids=lambda path: path.stem,
)
def test_every_scalar_of_an_example_can_be_changed(path: Path) -> None:
    """Protects what is not changed: of an example each scalar in turn, and no other line; of a
    quarter of them every day.
    """
    text = path.read_text()
    tree = read(text)
    for leaf in leaves(tree):
        wanted = copy.deepcopy(tree)
        at(wanted, leaf[:-1])[leaf[-1]] = "something else"
        try:
            after = rewritten(text, wanted)
        except CannotRewriteError as error:
            assert "anchor" in str(error) or "<<" in str(error) or "cannot be changed" in str(error)
            assert "&" in text, f"{leaf}: {error}"
            continue
        assert read(after) == wanted
        assert comments(after) == comments(text)
        gone = [line for line in changed_lines(text, after) if line[0] == "-"]
        lines_before = len(str(at(tree, leaf)).splitlines())
        assert len(gone) <= max(1, lines_before + 1), leaf


@given(st.data())
@_PATIENT
def test_entries_come_go_and_change(data: st.DataObject) -> None:
    """Protects forms: after any change of mappings the text says exactly what is wanted, or it is
    refused and nothing is written; comments go with their own entry alone.
    """
    text = data.draw(st.sampled_from(EXAMPLES)).read_text()
    wanted = read(text)
    for mapping in data.draw(
        st.lists(st.sampled_from(range(len(mappings(wanted)))), min_size=1, max_size=3)
    ):
        chosen = mappings(wanted)
        place = chosen[mapping % len(chosen)]
        if len(place) > 1 and data.draw(st.booleans()):
            del place[data.draw(st.sampled_from(list(place)))]
        place[data.draw(st.sampled_from(["new", *place]))] = data.draw(_VALUES)
    try:
        after = rewritten(text, wanted)
    except CannotRewriteError:
        return
    assert json.dumps(read(after), default=str) == json.dumps(wanted, default=str)
    assert set(comments(after)) <= set(comments(text))


@given(st.dictionaries(st.sampled_from(["k", "m n", "1", "yes"]), _VALUES, min_size=1), _VALUES)
@_PATIENT
def test_what_is_dumped_can_be_changed(tree: dict[str, Any], new: Any) -> None:
    """Protects texts in the styles that this program writes: one entry more, and each one other."""
    text = dump(tree)
    for key in tree:
        wanted = copy.deepcopy({**tree, key: new}) | {"more": copy.deepcopy(new)}
        if read_document(text, "")[1]:
            continue
        after = rewritten(text, wanted)
        assert one_line(read(after)) == one_line(read(dump(wanted)))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("k:\n- q: 1  # of q\n  r: 2\n", "k:\n- p: 0\n  q: 1  # of q\n  r: 2\n"),
        ("k:\r\n  - - q: 1\r\n", "k:\r\n  - - p: 0\r\n      q: 1\r\n"),
    ],
)
def test_an_entry_comes_first_behind_a_dash(text: str, after: str) -> None:
    """Protects lists of mappings, such as `run_order`, from a key that cannot be put first."""
    wanted = plain(read_document(text, "")[0].root)
    item = wanted["k"][0]
    if isinstance(item, list):
        item[0] = {"p": 0, **item[0]}
    else:
        wanted["k"][0] = {"p": 0, **item}
    assert rewritten(text, wanted) == after


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_it_is_the_line_and_its_style(line_end: str) -> None:
    """Protects a person's own layout: flow and block, quotes, indentation, line ends, comments."""
    text = """\
# head
a:   # of a
    b: 1        # of b
    'c': [1, 2] # of c
    list:
    - x   # first
    - y   # second
d: {e: 1, f: 'two', g: [ ]}   # of d
"""
    text = text.replace("\n", line_end)
    wanted = {
        "a": {"b": TypedNumber("1.50", 1.5), "c": [1, 3], "list": ["x", "z", "w"], "n": {"q": 1}},
        "d": {"e": 1, "g": [5], "h": "#"},
    }
    expected = """\
# head
a:   # of a
    b: 1.50        # of b
    'c': [1, 3] # of c
    list:
    - x   # first
    - z   # second
    - w
    n: {q: 1}
d: {e: 1, g: [5], h: '#'}   # of d
"""
    assert rewritten(text, wanted) == expected.replace("\n", line_end)


@pytest.mark.parametrize(
    ("text", "wanted", "reason"),
    [
        ("a: &x 1\nb: *x\n", {"a": 2, "b": 1}, "anchor x"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n  l: 2\n", {"a": {"k": 1}, "b": {"k": 2, "l": 2}}, "<<"),
        ("a: &x {k: 1}\nb: *x\n", {"a": {"k": 1}, "b": {"k": 2}}, "anchor x"),
    ],
)
def test_what_others_share_is_not_changed(text: str, wanted: dict[str, Any], reason: str) -> None:
    """Protects values that stand in several places: the text says why it has to be edited."""
    with pytest.raises(CannotRewriteError, match=reason):
        rewritten(text, wanted)


def test_comments_of_a_replaced_block_stay() -> None:
    """Protects remarks inside a list that becomes a mapping: they stand above its key."""
    text = "s:\n  p:      # why\n    - x   # the length\n    - y\n  q: 1\n"
    after = rewritten(text, {"s": {"p": {"x": {"low": 0}}, "q": 1}})
    assert after == "s:\n  # why\n  # the length\n  p:\n    x: {low: 0}\n  q: 1\n"
