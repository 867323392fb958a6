"""Templates: what a person begins with must be right from the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.config.lookup import BUILTIN
from enchanted_tui.config.templates import Template, component_entry, templates

ALL = templates()


@pytest.mark.parametrize("template", ALL, ids=lambda template: f"{template.group}-{template.name}")
def test_each_template_is_valid(template: Template, tmp_path: Path) -> None:
    """Protects the first minute with the program: a template has neither an error nor a warning,
    with the files it brings along.
    """
    for name, text in template.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(template.text, encoding="utf-8")
    assert not load_config(path).warnings


def test_there_is_a_template_for_every_component() -> None:
    """Protects components added later: each one built in has a template, without anybody writing
    one.
    """
    offered = {(template.group, template.name) for template in ALL}
    assert {
        (kind, name) for kind in ("sampler", "runner", "executor") for name in BUILTIN[kind]
    } <= offered


def test_options_left_out_are_shown_as_comments() -> None:
    """Protects discovery: an optional setting is there to be uncommented, with its default and its
    help.
    """
    assert "# distribution: uniform" in component_entry("sampler", "RandomSampler")


@pytest.mark.parametrize("template", ALL, ids=lambda template: f"{template.group}-{template.name}")
def test_uncommenting_any_option_keeps_a_template_readable(
    template: Template, tmp_path: Path
) -> None:
    """Protects what is commented out: each such line has a value that its option accepts, one at a
    time.
    """
    for name, text in template.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = template.text.split("\n")
    for index, line in enumerate(lines):
        name, colon, value = line.strip().removeprefix("# ").partition(":")
        if (
            line.startswith("    # ")
            and colon
            and name.isidentifier()
            and value.split("#")[0].strip()
        ):
            path = tmp_path / "config.yaml"
            path.write_text(
                "\n".join([*lines[:index], line.replace("# ", "", 1), *lines[index + 1 :]]),
                encoding="utf-8",
            )
            try:
                load_config(path)
            except Exception as error:
                # files and modules that an example names need not exist
                assert ": expected " not in str(error), error
