"""The Monitor of campaigns whose sampler learns: what the model is worth, drawn and in numbers, and
why the campaign ended.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import zlib
from pathlib import Path

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets.learned_pane import LearnedPane
from enchanted_tui.ui.widgets.plot import Plot
from helpers.marks import in_full
from helpers.ui.snapshots import assert_screen
from helpers.ui.watching import in_loop, watching

CONFIGS = Path(__file__).parent.parent.parent / "configs"
HIDE = {
    r"rate .*": "rate",
    r"\d+\.\d core-s used.*": "0.0 core-s used",
    r"finished \d{4}-\d\d-\d\d \d\d:\d\d": "finished 2025-03-01 12:00",
    r"\(\d{4}-\d\d-\d\d \d\d:\d\d\)": "(2025-03-01 12:00)",
    r" +[\d.]+ (us|ms|s)\b": " " * 20,
    r"[\d.]+ (B|kB|MB|GB)\b": "size",
    r"\d\d:\d\d:\d\d": "12:00:00",
}


def _run(name: str, directory: Path, change: tuple[str, str] = ("", "")) -> Path:
    """Run one of the examples to its end."""
    path = directory / f"{name}.yaml"
    text = (CONFIGS / f"{name}.yaml").read_text().replace(f"runs/{name}", str(directory / name))
    path.write_text(text.replace(*change) if change[0] else text)
    config = load_config(path)
    actions.start(config).start()
    return config.base_run_dir


@pytest.fixture(scope="module")
def optimised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bayesian optimisation, run to its end."""
    return _run("sampler_bayesian", tmp_path_factory.mktemp("bayesian"))


def _with_round_numbers(run: Path, copy: Path) -> Path:
    """Copy a run, with fits that are the same whatever the sampler and the machine: the charts are
    compared sign by sign.
    """
    shutil.copytree(run, copy)
    journal = copy / "state" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    fits = [number for number, line in enumerate(lines) if b'"type":"learned"' in line]
    for place, number in enumerate(fits):
        record = json.loads(lines[number])
        del record["crc"]
        error = 0.4 / (place + 1)
        fixed = {
            "cv_error": error,
            "cv_error_relative": 2 * error,
            "best": min(1.0, 0.5 + place / 6),
            "acquisition": 0.1**place,
        }
        body = json.dumps({**record, **fixed}, separators=(",", ":")).encode()
        lines[number] = body[:-1] + b',"crc":"%08x"}\n' % zlib.crc32(body)
    journal.write_bytes(b"".join(lines))
    return copy


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
@in_loop
async def test_how_it_looks(optimised: Path, tmp_path: Path, ascii_only: bool) -> None:
    """Protects the layout where there is least room: three charts over the table of fits, also in
    ASCII.
    """
    run = _with_round_numbers(optimised, tmp_path / "run")
    async with watching(
        run, "monitor", settings=Settings(Preferences(ascii=ascii_only))
    ) as watcher:
        await watcher.until(lambda: not watcher.screen.query_one(LearnedPane).has_class("-absent"))
        await watcher.press("m")
        await watcher.sees(
            "Model  best 1, error ",
            "cross-validated error",
            "best so far",
            "acquisition (log)",
            "SAMPLES",
        )
        assert watcher.screen.query_one(Plot).text.isascii() == ascii_only
        await watcher.settles()
        assert_screen(
            watcher.app, f"monitor_learned_{'ascii' if ascii_only else '80x24'}", hide=HIDE
        )


@pytest.mark.parametrize(
    ("size", "charts"),
    [((80, 24), 3), *in_full(((120, 40), 1), ((200, 50), 3))],
    ids=["80x24", "120x40", "200x50"],
)
@in_loop
async def test_what_the_journal_says_is_shown(
    optimised: Path, size: tuple[int, int], charts: int
) -> None:
    """Protects the numbers and the room for them: as many charts as fit, and the last fit on record
    in the table.
    """
    async with watching(optimised, "monitor", size) as watcher:
        await watcher.until(lambda: not watcher.screen.query_one(LearnedPane).has_class("-absent"))
        await watcher.press("m")
        await watcher.sees("cross-validated error", "best so far", "SAMPLES")
        last = watcher.app.view.snapshot.stages[0].learned[-1]
        assert last.known == 30
        await watcher.sees(f"{last.cv_error:.4g}", f"best {last.best:.5g}")
        assert watcher.screen.query_one(Plot).text.count("samples") >= charts


@in_loop
async def test_where_nothing_is_learnt_there_is_no_such_panel(finished_run: Path) -> None:
    """Protects the room of everybody else."""
    async with watching(finished_run, "monitor", (200, 50), notices=True) as watcher:
        await watcher.sees("60/60")
        assert not watcher.screen.query_one(LearnedPane).display
        await watcher.press("m")
        await watcher.is_told("No sampler of this campaign has fitted a model.")
        assert "Model" not in watcher.screen.query_one("#tabs").render().plain


@pytest.mark.full
@pytest.mark.skipif(
    importlib.util.find_spec("skactiveml") is None,
    reason="active learning: pip install scikit-activeml",
)
@in_loop
async def test_active_learning_has_no_best(tmp_path: Path) -> None:
    """Protects campaigns without a goal: error and acquisition are drawn, and nothing is called
    best.
    """
    run = _run("sampler_active", tmp_path)
    async with watching(run, "monitor") as watcher:
        await watcher.until(lambda: not watcher.screen.query_one(LearnedPane).has_class("-absent"))
        await watcher.press("m")
        await watcher.sees("cross-validated error", "acquisition")
        assert "best so far" not in watcher.text and "Model  best" not in watcher.text


@pytest.mark.full
@in_loop
async def test_reaching_a_limit_is_said_in_words(tmp_path: Path) -> None:
    """Protects the answer to why it ended: which limit of stop_when, and what had been reached."""
    run = _run("sampler_bayesian", tmp_path, ("{core_hours: 100}", "{target_relative_error: 2}"))
    assert actions.status(run).snapshot.end_reason == "stop_when"
    async with watching(run, "monitor", (200, 50)) as watcher:
        await watcher.sees(
            "the cross-validated error has come down to ",
            " of the spread, which stop_when.target_relative_error = 2 asked for",
        )
