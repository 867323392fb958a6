"""The pages against the program: links lead somewhere, configurations are accepted, commands and
options exist.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.command_parser import command_parser
from enchanted_tui.errors import RefusedError

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [
        ROOT / "README.md",
        *(
            path
            for place in ("docs", "configs", "benchmarks")
            for path in (ROOT / place).rglob("*.md")
        ),
    ]
)
SECTIONS = {"executors", "samplers", "runners", "supervisor"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Give the text of a page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Give the names under which the headings of a page can be linked, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Protects readers: every file and every heading that a page of ours links to is there."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{name_of(page)} links to {link}, which does not exist"
        assert not anchor or anchor in anchors(target), (
            f"{name_of(page)} links to {link}, but {name_of(target)} has no such heading"
        )


def blocks(page: Path, *languages: str) -> list[str]:
    """Give the code blocks of a page in one of the languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [block for language, block in found if language in languages]


def whole_configurations() -> list[Any]:
    """Give every configuration that a page shows whole, so that a reader may copy it."""
    found = []
    for page in PAGES:
        for number, block in enumerate(blocks(page, "yaml")):
            content = yaml.safe_load(block)
            if isinstance(content, dict) and set(content) >= SECTIONS:
                found.append(pytest.param(block, id=f"{name_of(page)}-{number}"))
    return found


def test_there_are_whole_configurations() -> None:
    """Without this, a change of the pages' style would leave nothing to test below."""
    assert len(whole_configurations()) >= 3


@pytest.mark.parametrize("block", whole_configurations())
def test_a_configuration_that_is_shown_is_accepted(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader copies it into a file of his own, beside the files that it names, and `--check` has
    nothing to say but of his program.
    """
    monkeypatch.chdir(tmp_path)
    for options in yaml.safe_load(block)["runners"].values():
        for source in [*options.get("templates", {}).values(), *options.get("copy", [])]:
            Path(source).write_text("")
    Path("campaign.yaml").write_text(block)
    code = cli.main(["campaign.yaml", "--check"])
    said = capsys.readouterr().err
    assert code == 0, said
    assert not [line for line in said.splitlines() if "no program" not in line], said


def commands() -> list[tuple[str, list[str]]]:
    """Give the words of each command line of the program that a code block or a sentence shows,
    after its page.
    """
    found = []
    for page in PAGES:
        lines = [
            line
            for block in blocks(page, "sh", "console", "")
            for line in re.sub(r"\\\n\s*", "", block).splitlines()
        ]
        lines += re.findall(r"`(enchanted-tui [^`]*)`", prose(page))
        for line in lines:
            shown = re.match(r"(?:\$ )?(?:\S*/)?enchanted-tui(?= [\w./'-]| *$)(.*)", line)
            # an outline of what may be written, or a screen
            if shown and not re.search(r"[|\[]|\.\.\.|^ |  \d runs", line):
                found.append(
                    (
                        name_of(page),
                        shlex.split(re.sub(r" > \S+", "", shown[1]).rstrip("& "), comments=True),
                    )
                )
    return found


def test_commands_that_are_shown_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command line in a code block parses: no option has another name, and all of them go
    together.
    """
    asked: list[str] = []
    monkeypatch.setattr(
        cli,
        "_ACTIONS",
        {name: lambda options, name=name: asked.append(name) or 0 for name in cli._ACTIONS},
    )
    monkeypatch.setattr(cli.app_command, "open_app", lambda options: asked.append("app") or 0)
    shown = commands()
    assert len(shown) > 30
    for page, words in shown:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            assert cli.main(words) == 0, (
                f"{page}: enchanted-tui {shlex.join(words)}: {said.getvalue()}"
            )
    assert len(asked) == len(shown)


def test_the_page_on_the_command_line_has_every_option_and_no_other() -> None:
    """Its tables, text and outline name the options of the parser; those of --export have a table
    on the page about datasets.
    """
    parser = command_parser()
    declared = {
        option for action in parser._actions for option in action.option_strings if action.help
    } - {"-h", "--help", "--version"}
    page = (ROOT / "docs" / "command-line.md").read_text()
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z_-]*", page)) - {"-cf"} == declared - {"-cf"}
    table = (ROOT / "docs" / "dataset.md").read_text()
    of_exports = {
        option
        for group in parser._action_groups
        if group.title == "with --export"
        for action in group._group_actions
        for option in action.option_strings
    }
    assert {option for option in of_exports if f"`{option}" in table} == of_exports


def test_options_in_the_text_exist() -> None:
    """`--like-this` in the text of any page is an option of the program."""
    declared = {option for action in command_parser()._actions for option in action.option_strings}
    for page in PAGES:
        quoted = set(re.findall(r"`(--[a-z][a-z_-]+)", prose(page)))
        assert quoted <= declared, name_of(page)


def test_the_house_on_the_page_is_the_house() -> None:
    """Protects whoever looks for a place: the page names every folder and module at the top of the
    package, and no file that is gone.
    """
    page = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "enchanted_tui"
    (house,) = [
        block
        for block in blocks(ROOT / "docs" / "architecture.md", "")
        if block.startswith("enchanted_tui/")
    ]
    rooms = {
        path.name + "/" * path.is_dir()
        for path in package.iterdir()
        if not path.name.startswith("_")
    }
    assert [room for room in rooms if room not in house] == []
    files = [
        f"/{path.relative_to(ROOT)}"
        for place in ("enchanted_tui", "tests")
        for path in (ROOT / place).rglob("*.py")
    ]
    for named in re.findall(r"`([\w/]+\.py)`", page):
        assert any(file.endswith(f"/{named}") for file in files), named


def test_a_command_that_does_not_exist_would_be_found() -> None:
    """The tests above rest on the parser's refusing what it does not know."""
    with pytest.raises(RefusedError, match="no option --nope"):
        command_parser().parse(["--nope"])
