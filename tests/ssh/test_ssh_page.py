"""The page on SSH says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from enchanted_tui.config.options import REQUIRED
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings

PAGE = (Path(__file__).parents[2] / "docs" / "ssh.md").read_text()


def test_every_option_is_described_with_its_default() -> None:
    """Protects readers: no option is missing, none is left from before, and the defaults are the
    real ones.
    """
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \|([^|]*)\|",
            PAGE.partition("## Options")[2].partition("\n## ")[0],
            re.MULTILINE,
        )
    )
    declared = {name: option.default for name, option in SshSettings.options().items()}
    assert rows.keys() == declared.keys()
    for name, default in declared.items():
        expected = "required" if default is REQUIRED else "" if default is None else f"`{default}`"
        assert rows[name].strip() == expected, name


def test_messages_are_the_real_ones() -> None:
    """Protects readers who search for a message: its words are in the program."""
    package = Path(__file__).parents[2] / "enchanted_tui" / "executors" / "slurm"
    source = re.sub(
        r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in package.rglob("*.py"))
    )
    for message in re.findall(
        r"^\| `([^`]+)` \| [A-Z]", PAGE.partition("## What messages mean")[2], re.MULTILINE
    ):
        if "No space left" in message or "sbatch" in message:
            continue  # words of the system, or a name filled in
        for part in filter(None, (part.strip(" :") for part in re.split(r"\.\.\.|;", message))):
            assert part in source, part
