"""The comparison of docs/learning.md: its scripts still run, and the page says what was
measured.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.mark.parametrize("contender", ["grid", "Latin hypercube", "Sobol"])
def test_the_errors_kept_are_those_that_come_out(contender: str) -> None:
    """Whoever repeats the comparison gets its numbers: designs made for each size, and the first
    points of a longer sequence.
    """
    from benchmarks.learning.__main__ import load
    from benchmarks.learning.surrogate import errors

    (kept,) = [
        run for run in load("surrogate") if (run["contender"], run["seed"]) == (contender, 0)
    ]
    assert errors(contender, 0, kept["sizes"][:2]) == pytest.approx(kept["errors"][:2], rel=0.02)


@pytest.mark.full
def test_active_learning_and_the_report_on_a_tiny_case(tmp_path: Path) -> None:
    """The whole way from sampler to figure and table, with two contenders and two sizes."""
    pytest.importorskip("skactiveml", reason="install the extra 'learning'")
    from benchmarks.learning.__main__ import KINDS
    from benchmarks.learning.report import BEGIN, END, write
    from benchmarks.learning.surrogate import errors

    sizes = [20, 30]
    found = {
        contender: errors(contender, 3, sizes) for contender in ("random", "GreedySamplingTarget")
    }
    assert all(0 < error < 1 for errors in found.values() for error in errors)
    (tmp_path / "learning.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    runs = [
        {"contender": contender, "seed": 3, "sizes": sizes, "errors": errors}
        for contender, errors in found.items()
    ]
    write({**{kind: [] for kind in KINDS}, "surrogate": runs}, tmp_path)
    page = (tmp_path / "learning.md").read_text()
    for contender, (first, second) in found.items():
        assert f"| {contender} | 1 | {first:.3f} | {second:.3f} |" in page
    assert (
        page.startswith(f"before\n{BEGIN}\n")
        and page.endswith(f"{END}\nafter\n")
        and "old" not in page
    )
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "learning_surrogate.png",
        "learning_surrogate.svg",
    ]
    assert "</svg>" in (tmp_path / "figures" / "learning_surrogate.svg").read_text()


def test_the_page_has_what_was_measured() -> None:
    """Tables and figures of the page are made from the results that are kept; neither is edited
    alone.
    """
    from benchmarks.learning.__main__ import KINDS, load
    from benchmarks.learning.report import put_in, sections

    page = (ROOT / "docs" / "learning.md").read_text(encoding="utf-8")
    made = sections({kind: load(kind) for kind in KINDS})
    assert put_in(page, made) == page
    shown = {
        f"{section.figure.name}.{ending}"
        for section in made
        if section.figure
        for ending in ("svg", "png")
    }
    assert shown == {path.name for path in (ROOT / "docs" / "figures").glob("learning_*")}


def test_a_missing_library_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A clone without the extras: one sentence instead of a traceback."""
    from benchmarks.learning.curves import Figure, draw

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match=r"pip install 'enchanted-tui\[plot\]'"):
        draw(tmp_path, Figure("name", {"title": {"curve": [[1.0, 0.5]]}}, "x", "y"))


def test_grids_are_as_large_as_they_may_be() -> None:
    """Numbers of values differ by one at most, and one more value of any parameter would be too
    many.
    """
    from benchmarks.learning.designs import grid_counts

    assert [grid_counts(most, 2) for most in (1, 2, 19, 20, 120)] == [
        [1, 1],
        [2, 1],
        [4, 4],
        [5, 4],
        [11, 10],
    ]
    assert [grid_counts(most, 3) for most in (12, 24, 36)] == [[3, 2, 2], [3, 3, 2], [4, 3, 3]]
