"""The views Surrogate and Sensitivity of the Results screen in the real app."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from enchanted_tui.surrogate.stored_report import stored_report
from enchanted_tui.ui.widgets.plot import Plot
from helpers.marks import in_full
from helpers.surrogates import asked, campaign_to_be_mended, mend, run_code
from helpers.ui.campaigns import GIVES_WAY
from helpers.ui.watching import Watcher, in_loop, watching


def _plots(watcher: Watcher) -> list[str]:
    return [plot.text for plot in watcher.screen.query("SurrogateView Plot").results(Plot)]


@pytest.mark.parametrize("size", [(80, 24), *in_full(((120, 40),))])
@in_loop
async def test_a_surrogate_is_fitted_on_request(own_run: Path, size: tuple[int, int]) -> None:
    """Protects the way from samples to a model in the app: nothing is worked out unasked, it is
    said how far it is, keys go on meanwhile, and the report is that of the file.
    """
    async with watching(own_run, "results", size) as watcher:
        await watcher.sees("60 rows")
        await watcher.press("f")
        await watcher.sees("[f Surrogate]", "No surrogate has been fitted", "Press n.")
        await watcher.press("n")
        await watcher.sees("Working it out: ")
        await watcher.press("t")
        await watcher.sees("[t Table]")
        await watcher.press("f")
        await watcher.sees("From 60 samples.", "next: ", timeout=GIVES_WAY)
        assert stored_report(own_run) is not None
        curve, parity = _plots(watcher)
        assert "RMSE of" in curve and "predicted" in parity
        await watcher.press("y")
        await watcher.until(lambda: "next: " in watcher.app.clipboard)
        watcher.screen.query_one("#parity").focus()
        await watcher.press("down")
        await watcher.until(lambda: "error of the prediction" in _plots(watcher)[1])
        await watcher.press("right")
        await watcher.until(lambda: _plots(watcher)[0] != curve)
    async with watching(own_run, "results", size, read_only=True) as watcher:
        await watcher.press("f")
        await watcher.sees("From 60 samples.", "next: ")  # it has been kept


@in_loop
async def test_parents_are_what_is_counted(tmp_path: Path) -> None:
    """Protects the learning curve of a nested campaign: its axis counts what is held out."""
    code = """
        def run(a, b=None):
            return {"parent": a} if b is None else {"output": a * a + b}
    """
    parents = {"type": "RandomSampler", "parameters": ["a"], "bounds": [[0, 1]], "budget": 20}
    children = {"type": "RandomSampler", "parameters": ["b"], "bounds": [[0, 1]], "budget": 3}
    run_dir = run_code(tmp_path, code, parents, children)
    assert asked("--fit", run_dir, "--outputs", "output", "--model", "linear")[0] == 0
    async with watching(run_dir, "results", (120, 50), read_only=True) as watcher:
        await watcher.press("f")
        await watcher.sees("From 60 samples.", "16 parents (32 samples)")
        await watcher.until(lambda: "parents learnt from" in _plots(watcher)[0])


@in_loop
async def test_what_matters_is_worked_out_on_request(own_run: Path) -> None:
    """Protects the view Sensitivity: bars for each parameter, and the correlations."""
    async with watching(own_run, "results", (120, 50)) as watcher:
        await watcher.sees("60 rows")
        await watcher.command("Results: Sensitivity")
        await watcher.sees("[i Sensitivity]", "Which parameters matter has not been worked out")
        await watcher.command("Results: Compute")
        await watcher.sees("first", "total", "matters most", timeout=GIVES_WAY)
        assert "From 60 samples." in watcher.text


@in_loop
async def test_what_is_worked_out_ends_with_the_run(own_run: Path, tmp_path: Path) -> None:
    """Protects from reports of another run, and from processes that nobody waits for."""
    other = tmp_path / "another"
    shutil.copytree(own_run, other)
    async with watching(own_run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.press("f", "n")
        await watcher.sees("Working it out: ")
        view = watcher.screen.query_one("SurrogateView")
        process = view._process
        watcher.app.open_run(other)
        await watcher.until(lambda: process._process.poll() is not None)
        await watcher.sees("No surrogate has been fitted")
        assert stored_report(other) is None


@in_loop
async def test_what_cannot_be_fitted_is_said_where_it_was_asked(tmp_path: Path) -> None:
    """Protects whoever asks too early: the sentence stands in the view."""
    from helpers.ui.campaigns import run_campaign

    run = run_campaign(tmp_path, "small", budget=5, batch_size=5)
    async with watching(run, "results") as watcher:
        await watcher.sees("5 rows")
        await watcher.press("f", "n")
        await watcher.until(lambda: "too few" in " ".join(watcher.text.split()))  # it is wrapped


@in_loop
async def test_samples_that_were_run_again_are_said(tmp_path: Path) -> None:
    """Protects from a report of values that are not there any more: as many samples as before are
    not the same samples.
    """
    run = campaign_to_be_mended(tmp_path)
    assert asked("--fit", run, "--model", "linear")[0] == 0
    async with watching(run, "results") as watcher:
        await watcher.press("f")
        await watcher.sees("From 32 samples.", "next: ")
    mend(run)
    async with watching(run, "results") as watcher:
        await watcher.press("f")
        await watcher.sees("From 32 samples; some have been run again since then, and n regards")
