"""The tutorials' pages against the files they explain."""

from __future__ import annotations

import re

import pytest

from helpers.real_campaign import ROOT

TUTORIALS = ROOT / "docs" / "tutorials"


@pytest.mark.parametrize("name", ["espresso", "freegs", "ngspice"])
def test_excerpts_are_of_the_files(name):
    """Protects readers from a page that shows what the campaign no longer says: every line shown is
    a line of its files.
    """
    texts = [path.read_text() for path in (ROOT / "configs" / name).iterdir() if path.is_file()]
    lines = {_without_comment(line) for text in texts for line in text.splitlines()}
    shown = re.findall(
        r"```(?:yaml|python|spice|fortran|csv)\n(.*?)```",
        (TUTORIALS / f"{name}.md").read_text(),
        re.DOTALL,
    )
    assert shown
    for line in "\n".join(shown).splitlines():
        assert _without_comment(line) in lines, (
            f"{name}.md shows a line that is in no file of configs/{name}: {line}"
        )


@pytest.mark.parametrize("name", ["freegs", "ngspice"])
def test_links_and_pictures(name):
    """Protects readers from dead links, and the repository from heavy pictures."""
    page = TUTORIALS / f"{name}.md"
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert f"{name}.png" in targets
    for target in targets:
        assert (page.parent / target).resolve().exists(), f"{target} does not exist"
    assert (TUTORIALS / f"{name}.png").stat().st_size < 150_000


def _without_comment(line: str) -> str:
    return line.split("  #")[0].strip()
