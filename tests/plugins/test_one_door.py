"""What authors of parts of their own import: one module that never breaks, light on workers, known
to type checkers.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import enchanted_tui
from enchanted_tui import plugins

ROOT = Path(__file__).parents[2]
PUBLIC = {"enchanted_tui", "enchanted_tui.plugins"}


def _python_of(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield text
    else:
        yield from re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


def _statements_that_import(text: str) -> str:
    """Return the imports of a source alone: what pages show beside them need not be complete."""
    statements = re.findall(r"^[ \t]*((?:from|import) \w[^(\n]*(?:\([^)]*\))?)", text, re.M)
    return "\n".join(statements)


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_statements_that_import(source))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_pages_examples_and_template_import_from_the_door() -> None:
    """Protects plugins: what people copy from pages and examples uses only names that are promised
    to stay.
    """
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "configs").rglob("*.py")]
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in pages
        for source in _python_of(path)
        for name in _imports(source)
        if name.partition(".")[0] == "enchanted_tui"
    }
    assert {name for _, name in found} == PUBLIC  # both are used, so the search finds them
    text = "".join(page.read_text() for page in pages if page.name != "journal.md")
    # where the site takes a text from; its readers do not see it
    text = re.sub(r"^::: .*$", "", text, flags=re.M)
    modules = re.findall(r"\benchanted_tui(?:\.[a-z_]\w*)+\.[A-Z]\w+", text)
    assert {name.rpartition(".")[0] for name in modules} <= PUBLIC


@pytest.mark.parametrize("package", [enchanted_tui, plugins], ids=lambda package: package.__name__)
def test_every_name_is_there(package: object) -> None:
    """Protects importers: each promised name can be had, type checkers are told the same names,
    others are refused.
    """
    names = package.__all__  # type: ignore[attr-defined]
    assert all(getattr(package, name) is not None for name in names)
    assert set(names) <= set(dir(package))
    source = Path(package.__file__).read_text()  # type: ignore[attr-defined]
    [told] = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    assert sorted(told) == sorted(names)
    with pytest.raises(AttributeError, match="has no attribute 'Samplr'"):
        package.Samplr  # type: ignore[attr-defined] # noqa: B018


def test_runners_of_plugins_start_light() -> None:
    """Protects thousands of workers: the door itself and what runners need load the standard
    library alone.
    """
    code = (
        "from enchanted_tui.plugins import Parser, Runner, SampleFailed, Sampler, option\n"
        "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    idle = subprocess.run(
        [sys.executable, "-I", "-c", code.splitlines()[1]],
        capture_output=True,
        text=True,
        check=True,
    )
    new = set(loaded.stdout.split()) - set(idle.stdout.split())
    assert new <= {*sys.stdlib_module_names, "enchanted_tui"}


def test_modules_of_before_are_still_found() -> None:
    """Protects plugins written before there was a door: the deep imports of the earlier template go
    on working.
    """
    for module, names in {
        "enchanted_tui.config.options": ["option", "Component"],
        "enchanted_tui.samplers.base": ["Sampler"],
        "enchanted_tui.samplers.learning_sampler": ["LearningSampler"],
        "enchanted_tui.runners.base": ["Runner", "SampleFailed"],
        "enchanted_tui.executors.base": ["Executor", "Result", "Trouble", "Task", "TaskId"],
        "enchanted_tui.executors.task": ["run_task", "task_message"],
        "enchanted_tui.executors.verdict": ["EnvironmentFailure", "FAILURE_KINDS"],
    }.items():
        found = importlib.import_module(module)
        assert all(getattr(found, name) is getattr(plugins, name) for name in names)
