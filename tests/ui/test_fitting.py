"""Whole facts or none: lines, cells and hints where there is too little room for everything."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from textual.widgets._footer import FooterKey

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.ui import glyphs, overview_facts
from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.facts_in_line import Fact, cut_between, fit, hide_part
from enchanted_tui.ui.widgets.hints import HintKey, Hints
from enchanted_tui.ui.widgets.overview import Overview
from enchanted_tui.views.viewing import View, Viewer
from helpers.marks import in_full
from helpers.ui.campaigns import HERE
from helpers.ui.routes import hint_of
from helpers.ui.watching import Watcher, in_loop, watching


@pytest.fixture(autouse=True)
def signs() -> None:
    """Unicode, whatever ran before."""
    glyphs.use_ascii(False)


_WORDS = st.text("abc123", min_size=1, max_size=9)


@given(
    st.lists(
        st.tuples(_WORDS, st.integers(0, 4)), min_size=1, max_size=6, unique_by=lambda fact: fact[0]
    ),
    st.integers(0, 40),
)
def test_a_line_holds_whole_facts(facts: list[tuple[str, int]], width: int) -> None:
    """No fact is cut, none less important is kept for one that is more so, and all stand there
    where they fit.
    """
    line = fit([Fact(Text(words), rank) for words, rank in facts], width, " | ").plain
    kept = line.split(" | ")
    assert len(line) <= width or len(kept) == 1 or width == 0
    assert kept == [words for words, _ in facts if words in kept]
    left_out = [rank for words, rank in facts if words not in kept]
    assert not left_out or max(rank for words, rank in facts if words in kept) <= min(left_out)
    if width == 0 or sum(len(words) + 3 for words, _ in facts) - 3 <= width:
        assert len(kept) == len(facts)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (30, "c1 0.75  c2 0.34  c3 12"),
        (23, "c1 0.75  c2 0.34  c3 12"),
        (22, "c1 0.75  c2 0.34 …"),
        (17, "c1 0.75 …"),
        (9, "c1 0.75 …"),
    ],
)
def test_values_are_left_out_whole(width: int, expected: str) -> None:
    """A number in a table is never cut into another number: 0.34 must not be read as 0."""
    assert cut_between("c1 0.75  c2 0.34  c3 12", width) == expected


@pytest.mark.parametrize(
    ("before", "beyond", "expected"),
    [
        (-1, 0, "   12.5"),
        (0, -3, "   12.5"),
        (0, 2, "    …  "),
        (5, -9, "     … "),
        (0, 7, "   12.5"),
        (8, 0, "   12.5"),
    ],
)
def test_no_part_of_a_number_is_shown_at_an_edge(before: int, beyond: int, expected: str) -> None:
    """What stands partly beyond the edge of a table that scrolls sideways is a sign, not some of
    its digits.
    """
    assert hide_part("   12.5", before, beyond) == expected


@in_loop
async def test_a_dataset_that_is_wider_than_the_screen(finished_run: Path) -> None:
    """Protects against misreading: every number on the screen is a whole number of the dataset,
    wherever one has scrolled to.
    """
    async with watching(finished_run, "results", (72, 24)) as watcher:
        await watcher.until(lambda: watcher.screen.table.row_count)
        table = watcher.screen.table
        values = {
            cell for row in range(table.row_count) for cell in table.row_text(row).split("\t")
        }
        for _ in range(6):
            numbers = [
                word
                for line in watcher.text.splitlines()[4:-1]
                for word in line.split()
                if re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", word)
            ]
            assert numbers and set(numbers) <= values
            await watcher.press("right")


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    """A campaign of two stages with batches of the same numbers, at its end."""
    directory = tmp_path_factory.mktemp("two")
    (directory / "code_under_test.py").write_text((HERE / "code_under_test.py").read_text())
    config = directory / "config.yaml"
    config.write_text(
        dedent(f"""\
        executors:
          here: {{type: LocalExecutor, n_workers: 2}}
        samplers:
          outer: {{type: RandomSampler, parameters: [c1], bounds: [[0, 1]], budget: 4, batch_size: 2}}
          inner: {{type: RandomSampler, parameters: [c2], bounds: [[0, 10]], budget: 2, batch_size: 1}}
        runners:
          code: {{type: PythonRunner, function: "code_under_test:wavy"}}
          sum: {{type: SumRunner, params_to_sum: [c1]}}
        supervisor:
          base_run_dir: {directory / "run"}
          seed: 7
          run_order:
            - {{executor: here, sampler: outer, runner: sum}}
            - {{executor: here, sampler: inner, runner: code}}
        """)
    )
    loaded = load_config(config)
    actions.start(loaded).start()
    view = Viewer(loaded.base_run_dir).refresh()
    assert view.snapshot.tasks_done == view.snapshot.tasks_expected == 12
    return view


def _live(view: View) -> View:
    """The same in the middle of its work, with long numbers everywhere."""
    taken = replace(
        view.snapshot,
        phase=Phase.RUNNING,
        rate=0.0213,
        eta=86_400.0,
        elapsed=93_784.0,
        mean_runtime=98.4,
        core_seconds=4e7,
        tasks_expected=51_200,
    )
    live = {"n_workers": 1024, "core_hours": 1234.5, "workers": []}
    rates = tuple(float(number % 7) for number in range(60))
    return replace(
        view,
        snapshot=taken,
        liveness=Liveness.RUNNING,
        live=live,
        eta_low=72_000.0,
        eta_high=150_000.0,
        rates=rates,
        rate_width=60,
    )


def test_lines_above_the_panes_are_never_cut(view: View) -> None:
    """At every width, each fact of pace and resources is there as it is where there is room for all
    of it, or not at all.
    """
    live = _live(view)
    for line in (
        lambda room: overview_facts.pace(live, room, lambda _: ""),
        lambda room: overview_facts.resources(live, None, room),
    ):
        whole = re.split(r" {3,}", _without_course(line(400).plain))
        for width in range(30, 130):
            shown = re.split(r" {3,}", _without_course(line(width).plain))
            assert line(width).cell_len <= width
            assert [fact for fact in whole if fact in shown] == shown
            assert shown[0] == whole[0]


def _without_course(text: str) -> str:
    return re.sub(r" [▁▂▃▄▅▆▇█]+ \S+ \S+ each", "", text)


def test_more_room_shows_more(view: View) -> None:
    """Width is used: a wider line never says less, and the remaining time is the last but the rate
    to go.
    """
    live = _live(view)
    counts = [
        len(
            re.split(
                r" {3,}", _without_course(overview_facts.pace(live, width, lambda _: "").plain)
            )
        )
        for width in range(30, 130)
    ]
    assert all(one <= other for one, other in pairwise(counts)) and counts[-1] == 4
    assert "eta" in overview_facts.pace(live, 40, lambda _: "").plain


async def resized(watcher: Watcher, columns: int, rows: int) -> None:
    """Give the terminal another size, and wait until the screen has it."""
    await watcher.pilot.resize_terminal(columns, rows)
    await watcher.until(lambda: watcher.screen.size == (columns, rows))
    await watcher.pilot.pause()


@in_loop
async def test_nothing_in_the_overview_ends_in_the_middle(finished_run: Path) -> None:
    """On the screen too: no line above the panes is cut, and every bracket that is opened is
    closed.
    """
    async with watching(finished_run, "monitor", (120, 40)) as watcher:
        for columns in (120, 100, 90, 80, 70, 60):
            await resized(watcher, columns, 40)
            await watcher.sees("60/60 100%")
            for line in watcher.screen.query_one(Overview).query("Line"):
                text = line.text
                assert len(text) <= line.size.width and text.count("(") == text.count(")"), text


@pytest.mark.full
@in_loop
async def test_batches_are_told_apart_at_every_width(view: View) -> None:
    """Each row of the batches says which stage and which batch it is, as task names do, and how
    many of how many are done.
    """
    expected = [("d1_b1", "4/4"), ("d1_b0", "4/4"), ("d0_b1", "2/2"), ("d0_b0", "2/2")]
    async with watching(view.root, "monitor", (80, 36)) as watcher:
        await watcher.press("b")
        for columns in (80, 100, 110, 120, 200):
            await resized(watcher, columns, 36)
            await watcher.sees("4 of 4 complete")
            assert re.findall(r"(d\d+_b\d+) +(\d+/\d+)", watcher.text) == expected
            heads = watcher.text.partition("BATCH")[2].partition("\n")[0]
            assert "DURATION" in watcher.text and "…" not in heads


@pytest.mark.parametrize(
    "mode", ["config", *in_full("monitor", "runs", "failures", "results", "log")]
)
@in_loop
async def test_hints_are_whole_and_help_is_always_there(finished_run: Path, mode: str) -> None:
    """The footer shows as many whole hints as there is room for, and how to get help and out at
    every width.
    """
    async with watching(finished_run, mode, (120, 24)) as watcher:
        if mode == "config":
            await watcher.press("escape")
        for columns in (120, 80, 60, 40):
            await resized(watcher, columns, 24)
            await watcher.settles()
            hints = list(watcher.screen.query(FooterKey))
            assert all(
                hint.region.right <= columns and hint.region.width == hint.render().cell_len
                for hint in hints
            )
            assert hint_of(registry()["everywhere.help"], watcher.screen)
            assert hint_of(registry()["everywhere.quit"], watcher.screen)


@in_loop
async def test_hints_follow_the_focus_and_are_not_made_anew(finished_run: Path) -> None:
    """Protects what a key costs that moves the focus: what the footer has already stays, and says
    what is possible now.
    """
    async with watching(finished_run, "config", (120, 24)) as watcher:
        hints, area = watcher.screen.query_one(Hints), watcher.screen.area
        said, shown = [], []
        for has_focus in (True, False, True):
            if has_focus:
                area.focus()
            else:
                await watcher.press("escape")
            await watcher.until(lambda has_focus=has_focus: area.has_focus == has_focus)  # type: ignore[misc]
            await watcher.until(
                lambda: (
                    bool(hints.children)
                    and hints._wanted() == [one.hint for one in hints.query(HintKey)]
                )
            )
            said.append([one.render().plain for one in hints.query(HintKey)])
            shown.append(list(hints.children))
        assert said[0] == said[2] != said[1]
        few = min(map(len, shown))
        assert shown[0][:few] == shown[1][:few] == shown[2][:few]


@pytest.mark.full
@in_loop
async def test_hints_come_back_with_the_room(finished_run: Path) -> None:
    """A terminal that is made wider shows more of them, and fewer when it is made narrow again."""
    async with watching(finished_run, "config") as watcher:
        await watcher.press("escape")
        await watcher.settles()
        first = len(watcher.screen.query(FooterKey))
        await watcher.pilot.resize_terminal(160, 30)
        await watcher.until(lambda: len(watcher.screen.query(FooterKey)) > first)
        await watcher.pilot.resize_terminal(80, 24)
        await watcher.until(lambda: len(watcher.screen.query(FooterKey)) == first)
