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

ROOT = Path(__file__).parent.parent


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


def test_pages_pictures_and_examples_are_there(site: Path) -> None:
    """Protects readers: relative links of the checkout lead to pages, pictures and examples of the
    site too.
    """
    front = (site / "index.html").read_text()
    [picture] = re.findall(r'src="([^"]*monitor-120x36.png)"', front)
    assert (site / picture).is_file()
    assert "HaltonSampler" in (site / "configs/plugin_template/index.html").read_text()
    assert (site / "configs/freegs/tokamak.yaml").is_file()


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
