"""Campaigns whose samples are rows of a pool: resumed, extended, changed; and what a large one
costs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy
import pandas
import pyarrow
import pytest
from pyarrow import parquet

from helpers.campaign import Campaign
from helpers.configs import campaign_config
from helpers.marks import in_full

SUM = {"r0": {"type": "SumRunner", "params_to_sum": ["x"]}}
HILL = {"r0": {"type": "helpers.parts.learning:HillRunner"}}
BAYESIAN = {
    "type": "BayesianOptimizationSampler",
    "pool": "p.csv",
    "parameters": ["x", "shape"],
    "initial_samples": 4,
    "acquisition_batch_size": 3,
}


def written(path: Path, rows: int = 40, *, twice: bool = False) -> None:
    """Write a pool of points, all of which may be there twice."""
    texts = [f"{k / rows!r},D{k % 3}\n" for k in range(rows // 2 if twice else rows)]
    path.write_text("x,shape\n" + "".join(texts * (2 if twice else 1)))


def test_extended_and_resumed_it_goes_on(campaign: Campaign) -> None:
    """6 + 6 of 12, with another batch size: the rows of one campaign, each run once."""
    written(campaign.root / "p.csv")
    sampler = {"type": "PoolSampler", "path": "p.csv", "columns": ["x", "shape"], "budget": 12}
    assert campaign.run(config=campaign_config(sampler, runners=SUM)) == 0
    whole = campaign.column("x")
    assert (
        campaign.run("--overwrite", config=campaign_config({**sampler, "budget": 6}, runners=SUM))
        == 0
    )
    campaign.config["samplers"]["s0"]["batch_size"] = 4
    assert campaign.extend() == 0
    assert campaign.column("x") == whole
    assert len(set(whole)) == 12


def test_a_changed_pool_is_refused(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """In one cell of the middle, too: going on would mix two designs."""
    path = campaign.root / "p.csv"
    rows = [f"{k:06d}.5,{'a' * 60}" for k in range(1, 300_000)]  # more than is read of other files
    path.write_text("\n".join(["x,y", *rows]) + "\n")
    sampler = {"type": "PoolSampler", "path": "p.csv", "columns": ["y"], "budget": 2}
    runners = {"r0": {"type": "helpers.parts.scripted:TracingRunner", "add": []}}
    assert campaign.run(config=campaign_config(sampler, runners=runners)) == 0
    campaign.budget(3)
    assert campaign.resume() == 0
    text = path.read_text()
    path.write_text(text.replace("150000.5", "150000.6"))
    campaign.budget(4)
    assert campaign.resume() == 2
    said = capsys.readouterr().err
    assert "stages[0].options.path: was 'p.csv sha256:" in said


MEASURED = """
import pathlib, re, sys
from enchanted_tui.config.loading import load_config
from enchanted_tui.record.session_start import build_samplers
config = load_config(sys.argv[1])
(sampler,) = build_samplers(config, 1)
assert len(sampler.points(0, 0, 50, 0, 50)) == 50
# not ru_maxrss, in which the process counts that has started this one
status = pathlib.Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""


@pytest.mark.full
@pytest.mark.parametrize("kind", ["csv", "parquet", "npy"])
def test_a_million_rows_cost_no_more_than_200_MB(campaign: Campaign, kind: str) -> None:
    """Of ten columns, the peak of a process that checks the configuration and draws, beside the
    same with a hundred rows.
    """
    from enchanted_tui.samplers.philox import half_open, words

    peaks = []
    for rows in (100, 1_000_000):
        values = half_open(words(1, 1, 0, 10 * rows)).reshape(rows, 10)
        path = campaign.root / f"p.{kind}"
        if kind == "csv":
            numpy.savetxt(path, values, "%.12g", ",", header=",".join("abcdefghij"), comments="")
        elif kind == "npy":
            numpy.save(path, values)
        else:
            columns = {name: values[:, k] for k, name in enumerate("abcdefghij")}
            parquet.write_table(pyarrow.table(columns), path)
        sampler = {"type": "PoolSampler", "path": path.name, "columns": list("abcdefghij")}
        options = {"budget": 50, "constraints": ["a + j < 1.5"]}
        campaign.write(
            campaign_config(
                {**sampler, **options},
                runners={"r0": {"type": "SumRunner", "params_to_sum": ["a"]}},
            )
        )
        measured = subprocess.run(
            [sys.executable, "-c", MEASURED, str(campaign.config_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(float(measured.stdout))
    assert peaks[1] - peaks[0] <= 200, peaks


@pytest.mark.parametrize("asynchronous", [False, *in_full(True)])
def test_resumed_and_extended_it_goes_on(campaign: Campaign, asynchronous: bool) -> None:
    """7 + 3 of 10 in another process of the model: in batches the samples of one campaign, and in
    any case no point twice.
    """
    written(campaign.root / "p.csv", 24, twice=True)
    options = {**BAYESIAN, "asynchronous": asynchronous}
    assert campaign.run(config=campaign_config({**options, "budget": 60}, runners=HILL)) == 0
    whole = campaign.column("x")
    assert set(pandas.Series(whole).value_counts()) == {2} and len(whole) == 24
    assert (
        campaign.run("--overwrite", config=campaign_config({**options, "budget": 7}, runners=HILL))
        == 0
    )
    campaign.budget(10)
    assert campaign.resume() == 0
    assert asynchronous or campaign.column("x") == whole[:10]
    assert max(pandas.Series(campaign.column("x")).value_counts()) <= 2
