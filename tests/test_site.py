"""The documentation as a site: it builds without a warning, and every page is reached from the
navigation.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
CONFIGURATION = (ROOT / "mkdocs.yml").read_text()
NAVIGATION = yaml.safe_load(CONFIGURATION.partition("nav:\n")[2])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a page outside of the navigation, a dead link or a name that is
    gone would stop it.
    """
    made = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(made)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.full  # mkdocs takes as long as a hundred other tests; pages are checked one by one
def test_pages_pictures_and_examples_are_there(site: Path) -> None:
    """Protects readers: relative links of the checkout lead to pages, pictures and examples of the
    site too.
    """
    front = (site / "index.html").read_text()
    [picture] = re.findall(r'src="([^"]*monitor-120x36.png)"', front)
    assert (site / picture).is_file()
    assert "HaltonSampler" in (site / "configs/plugin_template/index.html").read_text()
    assert (site / "configs/freegs/tokamak.yaml").is_file()


@pytest.mark.full  # mkdocs takes as long as a hundred other tests; pages are checked one by one
def test_the_reference_is_made_from_docstrings(site: Path) -> None:
    """Signatures and docstrings of the public interface are on its page, every name that plugins
    import among them.
    """
    page = (site / "api/index.html").read_text()
    for name in (
        "load",
        "Supervisor",
        "option",
        "Sampler",
        "Runner",
        "Executor",
        "Parser",
        "TaskId",
    ):
        assert re.search(rf'id="enchanted_tui[\w.]*\.{name}"', page), name
    assert "one row for each sample" in page


def test_every_page_is_reached_from_the_navigation() -> None:
    """Protects pages from being written and never found: each has its place by what a reader wants
    to do, and the front page has the same sections in the same order.
    """
    sections = {name: pages for section in NAVIGATION for name, pages in section.items()}
    named = [place for pages in sections.values() for page in pages for place in page.values()]
    assert len(named) == len(set(named))
    outside = {"index.md", "contributing.md", "changelog.md"}
    docs = ROOT / "docs"
    assert set(named) == {str(page.relative_to(docs)) for page in docs.rglob("*.md")} | outside
    shown = (ROOT / "README.md").read_text().partition("| I want to | pages |\n|---|---|\n")[2]
    rows = re.findall(r"^\| ([^|\[]+) \|", shown, re.M)
    assert rows == [name[0].lower() + name[1:] for name in sections]


def test_words_and_places_of_the_code_are_still_there() -> None:
    """Protects newcomers from a glossary and drawings of what has been renamed since."""
    code = "\n".join(path.read_text().lower() for path in (ROOT / "enchanted_tui").rglob("*.py"))
    table = (ROOT / "docs" / "glossary.md").read_text().partition("## Words of the code")[2]
    words = re.findall(r"^\| (\w+) \|", table, re.M)
    assert len(words) > 20
    assert [word for word in words if not re.search(rf"(?<![a-z]){word}", code)] == []
    places = re.findall(r"`(enchanted_tui/[\w/.]+)`", (ROOT / "docs" / "processes.md").read_text())
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
