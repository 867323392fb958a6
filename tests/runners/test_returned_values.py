"""What a runner returns is saved as data, as missing, or refused by name: never as the text that
Python prints for an object.
"""

from __future__ import annotations

import math
import sys
import textwrap

import numpy
import pytest

MODEL = """
import array, collections, dataclasses, datetime, decimal, enum, fractions, pathlib
import numpy as np, pandas as pd

class Tensor:  # as torch's and jax's: no subclass of numpy's
    dtype = "its own"
    def __array__(self, dtype=None, copy=None):
        return np.arange(3.0)

class OnGpu(Tensor):
    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

class Variable:  # as netCDF4's
    def __array__(self):
        return np.ma.masked_array([1.0, 2.0], mask=[0, 1])

class Itself:
    def __array__(self, dtype=None, copy=None):
        return self

class Broken:
    def __repr__(self): raise RuntimeError("no text")
    __str__ = __len__ = __float__ = __bool__ = __repr__

class Lying(BaseException):
    def __str__(self): raise SystemExit(3)

@dataclasses.dataclass
class State:
    te: float
    ne: object

class Colour(enum.Enum):
    RED = 1

def endless():
    found = []
    found.append(found)
    return found

masked = np.ma.masked_array
VALUES = dict(
    scalar=lambda: np.ma.masked,
    zero_d=lambda: masked(5.0, mask=True),
    floats=lambda: masked([1.0, 2.0, 3.0], mask=[0, 1, 0]),
    half=lambda: masked([1, 2], mask=[0, 1], dtype="f2"),
    ints=lambda: masked([1, 2], mask=[0, 1]),
    table=lambda: masked([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]),
    unmasked=lambda: masked([1, 2]),
    times=lambda: masked(np.array(["2024-01-01", "2024-01-02"], "M8[D]"), mask=[1, 0]),
    in_list=lambda: [np.ma.masked, 1.0],
    in_dict=lambda: {"a": (np.ma.masked, masked([1, 2], mask=[1, 0]))},
    fields=lambda: masked([(1, 2.0)], mask=[(0, 1)], dtype=[("a", "i4"), ("b", "f8")]),
    variable=lambda: Variable(),
    tensor=lambda: Tensor(),
    series=lambda: pd.Series([1.5, 2.5], index=["a", "b"]),
    nullable=lambda: pd.Series([1, None], dtype="Int64"),
    frame=lambda: pd.DataFrame({"a": [1, 2], "b": [3, 4]}),
    mixed=lambda: pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    stamp=lambda: pd.Timestamp("2024-01-02T03:04:05"),
    stamps=lambda: pd.Series(pd.to_datetime(["2024-01-02"])).astype("datetime64[s]"),
    na=lambda: pd.NA,
    nat=lambda: [pd.NaT, np.datetime64("NaT")],
    span=lambda: [pd.Timedelta("1min"), datetime.timedelta(seconds=2), np.timedelta64(1500, "ms")],
    spans=lambda: np.array([1, 2], "m8[m]"),
    decimal=lambda: [decimal.Decimal("0.1"), fractions.Fraction(1, 4)],
    long=lambda: [np.longdouble(0.5), np.array([0.5], np.longdouble)[0], np.clongdouble(1j)],
    longs=lambda: np.array([0.5, 1.5], np.longdouble),
    small=lambda: [np.float16(0.5), np.int8(-1), np.uint64(2**64 - 1), np.bool_(True), np.str_("x"), np.complex64(1j)],
    nothing_d=lambda: np.array(7),
    objects=lambda: np.array([1, "x", None, [2.0]], dtype=object),
    record=lambda: np.array([(1, b"x")], dtype=[("a", "i4"), ("b", "S3")])[0],
    state=lambda: State(1.5, np.ma.masked),
    enum=lambda: Colour.RED,
    keys=lambda: {np.int64(1): np.float32(0.5), "a": {1, 2}},
    others=lambda: [range(3), collections.deque([1]), array.array("d", [0.5]), {"a": 1}.values(), pathlib.Path("/a")],
    error=lambda: ValueError("why"),
    generator=lambda: (n for n in range(3)),
    mapped=lambda: map(str, [1]),
    object=lambda: object(),
    class_=lambda: Tensor,
    function=lambda: endless,
    gpu=lambda: OnGpu(),
    broken=lambda: Broken(),
    deep=lambda: [1, {"a": Broken()}],
    itself=lambda: Itself(),
    own=endless,
    lying=lambda: Lying(),
)

def f(what):
    return {"v": VALUES[what](), "good": 1.5}

def bare(what):
    return VALUES[what]()

def failing(what):
    return {"v": VALUES[what](), "error": VALUES[what](), "success": False}

def unsure(what):
    return {"success": VALUES[what]()}

def raising(what):
    raise type("Odd", (Exception,), {"__str__": lambda self: 1 / 0})
"""

NAN = math.nan
GOOD = {
    "scalar": None,
    "zero_d": None,
    "floats": [1.0, NAN, 3.0],
    "half": [1.0, NAN],
    "ints": [1, None],
    "table": [[1, None], [3, 4]],
    "unmasked": [1, 2],
    "times": [None, "2024-01-02"],
    "in_list": [None, 1.0],
    "in_dict": {"a": (None, [None, 2])},
    "fields": {"a": [1], "b": [NAN]},
    "variable": [1.0, NAN],
    "tensor": [0.0, 1.0, 2.0],
    "series": [1.5, 2.5],
    "nullable": [1.0, NAN],
    "frame": [[1, 3], [2, 4]],
    "stamp": "2024-01-02T03:04:05",
    "stamps": ["2024-01-02T00:00:00"],
    "na": None,
    "nat": [None, None],
    "span": [60.0, 2.0, 1.5],
    "spans": [60.0, 120.0],
    "decimal": [0.1, 0.25],
    "long": [0.5, 0.5, 1j],
    "longs": [0.5, 1.5],
    "small": [0.5, -1, 2**64 - 1, True, "x", 1j],
    "nothing_d": 7,
    "objects": [1, "x", None, [2.0]],
    "record": {"a": 1, "b": b"x"},
    "state": {"te": 1.5, "ne": None},
    "enum": 1,
    "keys": {1: 0.5, "a": {1, 2}},
    "others": [[0, 1, 2], [1], [0.5], [1], "/a"],
    "error": "ValueError: why",
}
BAD = {
    "generator": "the output 'v' is a generator, which is no data",
    "mapped": "the output 'v' is a map, which is no data",
    "object": "the output 'v' is an object, which is no data",
    "class_": "the output 'v' is a type, which is no data",
    "function": "the output 'v' is a function, which is no data",
    "gpu": "OnGpu that cannot be converted: TypeError: can't convert cuda:0",
    "broken": "Broken that cannot be converted: RuntimeError: no text",
    "deep": "the output 'v' at [1]['a'] is a model_of_values.Broken",
    "itself": "Itself, whose __array__ gives no array of numpy",
    "own": "the output 'v' is nested too deeply or contains itself",
}


@pytest.fixture
def returned(bench, tmp_path):
    """Run a function of the model, and give what is on record."""
    (tmp_path / "model_of_values.py").write_text(textwrap.dedent(MODEL))

    def run(what, function="f"):
        outcome = bench(
            "PythonRunner", function=f"model_of_values:{function}", python_path=[str(tmp_path)]
        ).run(what=what)
        outcome.text("enchanted_datapoint.csv")  # written whatever came back
        return outcome

    yield run
    sys.modules.pop("model_of_values", None)
    from enchanted_tui.runners.python_runner import load_function

    load_function.cache_clear()
    sys.path.remove(str(tmp_path))


def same(found, wanted):
    """Compare with types; an array is what its lists are, and NaN is NaN."""
    if isinstance(found, numpy.ndarray):
        found = found.tolist()
    if isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(
            same(found[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, (list, tuple)):
        return (
            type(found) is type(wanted)
            and len(found) == len(wanted)
            and all(map(same, found, wanted))
        )
    return type(found) is type(wanted) and (
        found == wanted or (found != found and wanted != wanted)
    )


def test_data_are_kept_and_what_is_masked_is_missing(returned):
    """Masked is NaN in arrays of numbers and None elsewhere, never a fill value or the value below;
    objects give their arrays.
    """
    found = {what: returned(what).record for what in GOOD}
    assert [what for what, record in found.items() if record["outcome"] != "ok"] == []
    assert {
        what: record["row"]["v"]
        for what, record in found.items()
        if not same(record["row"]["v"], GOOD[what])
    } == {}


def test_what_is_no_data_is_named(returned):
    """With output and type; what else the sample returned is kept, and the worker lives."""
    for what, words in BAD.items():
        outcome = returned(what)
        assert outcome.kind == "bad_return", what
        assert words in outcome.message
        assert outcome.row["good"] == 1.5
        assert "v" not in outcome.row


def test_a_number_may_be_of_any_kind(returned):
    """Returned alone; a masked one is missing."""
    assert returned("scalar", "bare").row["output"] is None
    assert returned("nothing_d", "bare").row["output"] == 7
    assert "returned a pandas.DataFrame; it must return a number" in returned(
        "frame", "bare"
    ).message.replace("core.frame.", "")
    assert returned("broken", "bare").kind == "bad_return"


def test_odd_objects_among_what_a_failing_sample_tells(returned):
    """The sample's own reason comes first, and nothing that fails in an object's text ends the
    worker.
    """
    assert returned("error", "failing").message == "ValueError: why"
    assert returned("floats", "failing").kind == "reported"
    assert "the output 'v' is a model_of_values.Broken" in returned("broken", "failing").message
    assert "success = a model_of_values.Broken" in returned("broken", "unsure").message
    assert "Odd" in returned("x", "raising").message
    assert returned("lying").row["v"].endswith("whose text cannot be had")
