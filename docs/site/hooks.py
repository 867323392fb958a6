"""What mkdocs is told beside mkdocs.yml: pages of the checkout that lie outside docs/, and links to
its files.

Pages link to one another and to files of the checkout by relative paths, so that they can be read
where they are. For the site, README.md becomes its front page, and files and directories that
pages link to are brought along.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Pages at the top of the checkout, by their place in the site.
OUTSIDE = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "configs/README.md": "configs/README.md",
    "configs/clusters/README.md": "configs/clusters/README.md",
}
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"(^```.*?^```)", re.S | re.M)
_SHOWN = (".py", ".yaml", ".toml", ".sh", ".csv", ".awk", ".cir", ".template", ".inc")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside docs/ and every file and directory of the checkout that a page links
    to.
    """
    for place, name in OUTSIDE.items():
        files.append(
            File.generated(config, place, content=(ROOT / name).read_text(encoding="utf-8"))
        )
    for page in [file for file in files if file.is_documentation_page()]:
        for target in _linked(page.content_string, _source(page.src_uri)):
            place = _place(target)
            if files.get_file_from_path(place) is None:
                made: dict[str, Any] = (
                    {"content": _listing(target)}
                    if target.is_dir()
                    else {"abs_src_path": str(target)}
                )
                files.append(File.generated(config, place, **made))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the checkout into links within the site."""
    here = _source(page.file.src_uri)
    parts = _FENCE.split(markdown)
    return "".join(
        part if part.startswith("```") else _translated(part, page.file.src_uri, here)
        for part in parts
    )


def _source(place: str) -> Path:
    """Return the file of the checkout that a page of the site is made from."""
    return ROOT / OUTSIDE[place] if place in OUTSIDE else DOCS / place


def _place(target: Path) -> str:
    """Return the place in the site of a file or directory of the checkout."""
    by_name = {name: place for place, name in OUTSIDE.items()}
    name = target.relative_to(ROOT).as_posix()
    if name in by_name:
        return by_name[name]
    if target.is_relative_to(DOCS):
        return target.relative_to(DOCS).as_posix()
    return f"{name}/index.md" if target.is_dir() else name


def _linked(markdown: str, page: Path) -> list[Path]:
    text = "".join(part for part in _FENCE.split(markdown) if not part.startswith("```"))
    found = [
        (page.parent / link).resolve() for _, link, _ in _LINK.findall(text) if "://" not in link
    ]
    return [path for path in found if path.exists() and not path.is_relative_to(DOCS)]


def _translated(text: str, place: str, page: Path) -> str:
    def translate(match: re.Match[str]) -> str:
        before, link, after = match.groups()
        target = (page.parent / link).resolve()
        if "://" in link or not target.exists():
            return match[0]
        there = os.path.relpath(_place(target), PurePosixPath(place).parent)
        return f"{before}{there}{after}"

    return _LINK.sub(translate, text)


def _listing(directory: Path) -> str:
    """Return a page that shows the files of an example directory."""
    lines = [f"# {directory.relative_to(ROOT)}", ""]
    for path in sorted(directory.rglob("*")):
        if path.suffix in _SHOWN and "__pycache__" not in path.parts:
            kind = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".sh": "sh"}.get(
                path.suffix, ""
            )
            text = path.read_text(encoding="utf-8").rstrip("\n")
            lines += [f"## {path.relative_to(directory)}", "", f"````{kind}", text, "````", ""]
    return "\n".join(lines)
