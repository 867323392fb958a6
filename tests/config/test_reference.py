"""The reference page follows from the declarations, and its examples work."""

import re
from typing import Any

import pytest
import yaml

from enchanted_tui.config.lookup import BUILTIN, find
from enchanted_tui.config.reference import PAGE, page
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings


def test_committed_page_is_up_to_date():
    """Run `python -m enchanted_tui.config.reference` after changing a declaration."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_first_example_is_a_campaign(good):
    """What the page begins with can be copied and run."""
    example = re.search(r"```yaml\n(executors:.*?)```", page(), re.DOTALL)
    assert example is not None
    assert len(good(example.group(1)).stages) == 1


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in BUILTIN for name in BUILTIN[kind]]
)
def test_every_component_is_described(kind, name):
    """Each built-in has a section with all of its options."""
    section = page().partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    shared = page().partition(f"\n## {kind.title()}s\n")[2].partition("\n### ")[0]
    assert section.strip()
    cls: Any = find(kind, name).cls
    for option in cls.options():
        assert f"| `{option}`" in section + shared


def test_nested_options_are_described():
    """Each record in the value of an option has its table, also one inside another."""
    for name in ("ssh", "LocalCluster_config", "outputs", "outputs.file", "outputs.csv", "success"):
        assert f"\n#### {name}\n" in page()
    section = page().partition("\n#### ssh\n")[2].partition("\n###")[0]
    for option in SshSettings.options():
        assert f"| `{option}`" in section


def test_tables_are_whole():
    """No text of a declaration breaks out of its table cell."""
    rows = [line for line in page().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_examples_are_yaml():
    """Every example parses."""
    for example in re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL):
        assert yaml.safe_load(example)
