"""The view Front of the Results screen, in the real app: any dataset's front, by objectives that
the configuration has or somebody chooses.
"""

from __future__ import annotations

from pathlib import Path

from enchanted_tui import cli
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.front_table import FrontTable
from helpers.files import read_csv
from helpers.ui.watching import Watcher, in_loop, watching

PARETO = Path(__file__).parents[2] / "configs" / "sampler_pareto.yaml"


def _front(watcher: Watcher) -> set[str]:
    """The names of the tasks that are shown."""
    screen = watcher.screen
    table = screen.query_one("#front", FrontTable)
    return {screen.results.tasks[row].name for row in table.rows}


def _expected(run: Path, large: str, small: str) -> set[str]:
    rows = [row for row in read_csv(run / "enchanted_dataset.csv") if row["success"] == "True"]
    pairs = {
        Path(row["run_dir"]).name: (float(row[large]), -float(row[small]))
        for row in rows
        if row[large] and row[small]
    }
    return {
        name
        for name, (a, b) in pairs.items()
        if not any(c >= a and d >= b and (c, d) != (a, b) for c, d in pairs.values())
    }


@in_loop
async def test_objectives_are_chosen_for_any_dataset(finished_run: Path) -> None:
    """Protects campaigns that have none: Enter goes from one direction to the next, rows are those
    of the front and nothing else, and each opens its task.
    """
    async with watching(finished_run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.press("F")
        await watcher.sees("[F Front]", "Choose two or more objectives with a")
        await watcher.press("a")
        await watcher.sees("Objectives", "- ", "energy")
        names = [
            *watcher.screen.app.screen_stack[-2].results.outputs,
            *watcher.screen.app.screen_stack[-2].results.numeric,
        ]
        for name, then in (("energy", "minimize"), ("energy", "maximize"), ("c1", "minimize")):
            place = list(dict.fromkeys(names)).index(name)
            await watcher.press("home", *["down"] * place, "enter")
            await watcher.sees("Objectives", f"{then}  {name}")
        await watcher.press("escape")
        await watcher.sees("maximize energy, minimize c1", "of 60 rows")
        assert _front(watcher) == _expected(finished_run, "energy", "c1")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))


@in_loop
async def test_the_front_of_the_configuration_is_shown_at_once(tmp_path: Path) -> None:
    """Objectives and limits come from the sampler; the export gives the same rows."""
    run, out = tmp_path / "run", tmp_path / "front.csv"
    fewer = [f"samplers.rods.{name}=12" for name in ("budget", "initial_samples")]
    settings = [word for one in fewer for word in ("--set", one)]
    assert cli.main([str(PARETO), "--no-ui", "--base-run-dir", str(run), *settings]) == 0
    assert cli.main(["--export", str(run), "--front", "--out", str(out)]) == 0
    exported = {Path(row["run_dir"]).name for row in read_csv(out)}
    rows = read_csv(run / "enchanted_dataset.csv")
    assert 0 < len(exported) < len(rows)
    async with watching(run, "results") as watcher:
        await watcher.sees("12 rows")
        await watcher.press("F")
        await watcher.sees("minimize mass, minimize deflection where safety >= 1")
        await watcher.until(lambda: _front(watcher) == exported)
        await watcher.press("s")
        await watcher.sees("x mass", "y deflection", "on the front", "others")
