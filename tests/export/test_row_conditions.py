"""Conditions on rows: what is read and refused, and that the rows kept are those of pandas."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.views.row_condition import ConditionError, kept_rows
from helpers.sampler_kinds import unhurried

COLUMNS: dict[str, list[Any]] = {
    "gamma": [0.5, 2.0, None, 3.0],
    "success": [True, True, False, None],
    "n e": [1, 2, 3, 4],
    "material": ["iron", None, "steel", "wood"],
    "nothing": [None] * 4,
    "profile": [[1.0], [2.0], None, None],
    "µ": [1, 1, 1, float("nan")],
    "lambda": [1, 0, 1, 0],
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("gamma > 1", [1, 3]),
        ("not gamma > 1", [0]),
        ("gamma is missing", [2]),
        ("µ is missing", [3]),
        ("gamma is not missing and success", [0, 1]),
        ("success", [0, 1]),
        ("not success", [2]),
        ("success == False or `n e` == 4", [2, 3]),
        ("1 < gamma <= 3", [1, 3]),
        ("sqrt(gamma - 1) >= 0", [1, 3]),
        ("1 / (gamma - 2) > 1e9", [1]),
        ("material == 'iron'", [0]),
        ("material != 'iron'", [2, 3]),
        ("material < 'steel' and material in ['iron', 'wood']", [0]),
        ("material not in ['iron']", [2, 3]),
        ("'oo' in material or 'ee' in material", [2, 3]),
        ("`lambda` == 1 and `n e` in [1, 2]", [0]),
        ("nothing > 3 or not nothing > 3", []),
        ("nothing is missing", [0, 1, 2, 3]),
        ("profile is missing", [2, 3]),
        ("True", [0, 1, 2, 3]),
        ("gamma > 1e999", []),
    ],
)
def test_rows_kept(text: str, rows: list[int]) -> None:
    """What is said of a missing value neither holds nor fails, so `not` keeps none of these rows."""
    assert kept_rows(text, COLUMNS, 4).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("gama > 1", 1, "no column 'gama'; did you mean gamma?"),
        ("success and ne > 1", 13, "did you mean `n e`?"),
        ("n e > 1", 3, "is written in backquotes: `n e`"),
        ("`n e > 1", 1, "in backquotes is not closed"),
        ("gamma = 1", 7, "write == to compare"),
        ("gamma > 1 & success", 11, "write and instead of &"),
        ("gamma > 1 AND success", 11, "write and in small letters"),
        ("gamma > 1 and and success", 15, "something is missing before and"),
        ("gamma > 1 and", 14, "breaks off here"),
        ("(gamma > 1", 1, "bracket is not closed"),
        ("material == 'iron", 13, "in quotes is not closed"),
        ("`n e` > 1 and gamma > 'a'", 15, "gamma holds numbers, and 'a' is text"),
        ("`n e` > 1 and material > 1", 15, "as in material == 'abc'"),
        ("gamma", 1, "compare it, as in gamma > 0"),
        ("material and success", 1, "material holds text"),
        ("profile > 1", 1, "only `is missing` can be asked"),
        ("gamma == None", 10, "found by `is missing`"),
        ("gamma == nan", 10, "found by `is missing`"),
        ("success == true", 12, "did you mean True?"),
        ("'a' in gamma", 8, "only text is looked for in text"),
        ("x.real > 1", 1, "backquotes: `x.real`"),
        ("flor(gamma) > 1", 1, "did you mean 'floor'?"),
        ("gamma > 1, success", 1, "is not understood"),
        ("__import__('os').system('true')", 1, "is not understood"),
        ("[c for c in gamma]", 1, "is not understood"),
        ("(lambda: 1)()", 1, ""),
        ("material == steel", 13, "text is written in quotes: 'steel'"),
        ("x > 1 or y > 2", 1, "no column 'x'; there is no column 'y'; there are gamma, success,"),
        ("gamma => 1", 7, "write >= instead of =>"),
        ("gamma ^ 2 > 1", 7, "write ** for a power"),
        ("gamma > \u22121", 9, "write - for minus"),
        ("gamma in (1)", 11, "comes a list of values"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: int, words: str) -> None:
    """One sentence, with the character (from 1) and the nearest name or the remedy; nothing of what
    is written is ever run as Python.
    """
    with pytest.raises(ConditionError) as error:
        kept_rows(text, COLUMNS, 4)
    assert error.value.place == place - 1
    assert words in str(error.value)


def test_a_column_called_like_a_constant_is_meant() -> None:
    """Protects a column pi: it is compared, and not the number."""
    assert kept_rows("pi > 3", {"pi": [1.0, 4.0]}, 2).tolist() == [False, True]
    assert kept_rows("x > pi", {"x": [3.0, 4.0]}, 2).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("b > 1 and", 10, "breaks off here"),
        ("b = 1", 3, "write == to compare"),
        ("b > 1 or and > 2", 10, "something is missing before and"),
        ("length in m > 2", 1, "backquotes: `length in m`"),
        ("b, c > 1", 1, "backquotes: `b, c`"),
        ("b is missing or nan > 1", 17, "found by `is missing`"),
    ],
)
def test_columns_of_any_name_bring_no_wrong_advice(text: str, place: int, words: str) -> None:
    """Columns called like the words of conditions, or not at all, are not what a slip is about; one
    with other signs that stands in the text is.
    """
    names = ["and", "or", "nano", "", "length in m", "b, c", "b", "m"]
    with pytest.raises(ConditionError) as error:
        kept_rows(text, {name: [1.0] for name in names}, 1)
    assert error.value.place == place - 1
    assert words in str(error.value)


# -- against pandas --------------------------------------------------------------------------------

Frame = Any
Said = tuple[str, Callable[[Frame], Any]]  #: a condition, and what pandas makes of a frame

_SIGNS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_TEXTS = st.sampled_from(["a", "b", "ab", "", "é"])
_NUMBERS = st.sampled_from([-2, -1, 0, 1, 2, 0.5, -0.5])


def _terms() -> st.SearchStrategy[Said]:
    columns = st.sampled_from(["x", "n k"]).map(
        lambda name: (name if name.isidentifier() else f"`{name}`", lambda frame: frame[name])
    )
    constants = _NUMBERS.map(lambda number: (f"({number})", lambda frame: number))
    return st.recursive(
        columns,
        lambda terms: st.builds(
            lambda one, other, sign: (
                f"({one[0]} {sign[0]} {other[0]})",
                lambda frame: sign[1](one[1](frame), other[1](frame)),
            ),
            terms,
            st.one_of(terms, constants),
            st.sampled_from([("+", operator.add), ("-", operator.sub), ("*", operator.mul)]),
        ),
        max_leaves=3,
    )


def _compared(one: Said, sign: str, other: Said) -> Said:
    return (
        f"{one[0]} {sign} {other[0]}",
        lambda frame: _SIGNS[sign](one[1](frame), other[1](frame)),
    )


def _missing(name: str, negated: bool) -> Said:
    return (
        f"{name} is {'not ' if negated else ''}missing",
        lambda frame: (frame[name].notna() if negated else frame[name].isna()).astype("boolean"),
    )


def _among(several: list[str]) -> Said:
    # `isin` of pandas takes a missing text for one that is not among them
    return f"s in {several!r}", lambda frame: reduce(
        operator.or_, [frame["s"] == text for text in several]
    )


_ATOMS: st.SearchStrategy[Said] = st.one_of(
    st.builds(_compared, _terms(), st.sampled_from(sorted(_SIGNS)), _terms()),
    st.builds(
        _compared,
        st.just(("s", lambda frame: frame["s"])),
        st.sampled_from(sorted(_SIGNS)),
        _TEXTS.map(lambda text: (repr(text), lambda frame: text)),
    ),
    st.just(("t", lambda frame: frame["t"])),
    st.builds(_missing, st.sampled_from(["x", "s", "t"]), st.booleans()),
    st.builds(_among, st.lists(_TEXTS, min_size=1, max_size=3)),
)


def _joined(one: Said, word: str, other: Said) -> Said:
    join = operator.and_ if word == "and" else operator.or_
    return f"({one[0]}) {word} ({other[0]})", lambda frame: join(one[1](frame), other[1](frame))


_CONDITIONS: st.SearchStrategy[Said] = st.recursive(
    _ATOMS,
    lambda parts: st.one_of(
        st.builds(_joined, parts, st.sampled_from(["and", "or"]), parts),
        parts.map(lambda one: (f"not ({one[0]})", lambda frame: ~one[1](frame))),
    ),
    max_leaves=6,
)


@unhurried
@given(
    _CONDITIONS,
    st.lists(
        st.tuples(
            st.none() | _NUMBERS.map(float),
            st.none() | st.integers(-3, 3),
            st.none() | st.booleans(),
            st.none() | _TEXTS,
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_the_rows_are_those_of_pandas(said: Said, rows: list[tuple[Any, ...]]) -> None:
    """The same rows as of a frame with pandas' types for missing values, as `load` gives it,
    however conditions are put together.
    """
    text, work = said
    types: dict[str, Any] = {"x": "Float64", "n k": "Int64", "t": "boolean", "s": "string[python]"}
    values = zip(*rows, strict=True)
    columns: dict[str, list[Any]] = dict(zip(types, map(list, values), strict=True))
    frame = pandas.DataFrame(
        {name: pandas.array(values, dtype=types[name]) for name, values in columns.items()}
    )
    expected = work(frame).astype("boolean").fillna(False).to_numpy(dtype=bool)
    assert kept_rows(text, columns, len(rows)).tolist() == expected.tolist()
