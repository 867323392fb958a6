"""What docs/samplers.md shows works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui.config import lookup
from helpers.sampler_kinds import drawn, flat, placed

PAGE = (Path(__file__).parents[2] / "docs" / "samplers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.search(r"type: (\w+)", block)[1])
def test_snippets_run(block, tmp_path, monkeypatch):
    """A user copies the snippet: it must be accepted and draw as many samples as it says."""
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("temperature,density,success\n1,2.5,True\n3,4.5,False\n")
    ((_, options),) = yaml.safe_load(block).get("samplers", yaml.safe_load(block)).items()
    sampler: Any = placed(lookup.find("sampler", options.pop("type")).cls(**options))
    assert sampler.extra == {}
    assert list(sampler.problems()) == []
    assert list(sampler.warnings()) == []
    sampler.kill_after = None
    samples = flat(drawn(sampler))
    said = re.search(r"# (\d+) samples", block)
    assert len(samples) == (int(said[1]) if said else sampler.total or options["budget"])


def test_every_sampler_has_a_section():
    """A sampler that the page does not explain is one that nobody finds."""
    assert set(re.findall(r"^## (\w+Sampler\w*)$", PAGE, re.MULTILINE)) == set(
        lookup.BUILTIN["sampler"]
    )


def test_the_example_of_a_sampler_of_ones_own_draws_by_position():
    """The class shown keeps the promise that the page makes for it."""
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    namespace: dict = {"__name__": "halton"}
    exec(compile(source, "samplers.md", "exec"), namespace)
    sampler = placed(namespace["HaltonSampler"](parameters=["x", "y"], budget=10, batch_size=4))
    batches = drawn(sampler)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sampler.points(2, 8, 2, 1, 2) == batches[2][1:]


def test_the_page_on_learning_shows_configurations_that_are_valid(tmp_path, monkeypatch):
    """Its snippets are copied too."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{k},{k / 7}\n" for k in range(100))
    Path("points.csv").write_text(f"temperature,density\n{rows}")
    from enchanted_tui.config.models import SupervisorOptions

    page = (Path(__file__).parents[2] / "docs" / "learning.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        for section, entries in yaml.safe_load(block).items():
            if section == "supervisor":
                assert list(SupervisorOptions(**entries).problems()) == []
                continue
            for options in entries.values():
                sampler = lookup.find("sampler", options.pop("type")).cls(**options)
                assert sampler.extra == {}
                assert [*sampler.problems(), *sampler.warnings()] == []
