"""Make campaigns that screens are shown, and wait for what they show."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions

HERE = Path(__file__).parent
#: seconds after which what is waited for does not come any more, however busy the machine
PATIENCE = 60.0
#: the same for what is worked out in a process that gives way to all others
GIVES_WAY = 300.0


def config_text(
    base_run_dir: Path,
    *,
    function: str = "wavy",
    budget: int = 60,
    batch_size: int = 20,
    workers: int = 2,
) -> str:
    """Give a configuration of a campaign with two parameters, in batches; `function` is one of
    code_under_test.
    """
    return dedent(f"""\
        executors:
          here: {{type: LocalExecutor, n_workers: {workers}}}
        samplers:
          corner:
            type: RandomSampler
            parameters: [c1, c2]
            bounds: [[0, 1], [0, 10]]
            budget: {budget}
            batch_size: {batch_size}
        runners:
          code: {{type: PythonRunner, function: "code_under_test:{function}"}}
        supervisor:
          base_run_dir: {base_run_dir}
          seed: 7
          run_order:
            - {{executor: here, sampler: corner, runner: code}}
        """)


def write_config(directory: Path, name: str = "campaign", **options: Any) -> Path:
    """Write a configuration whose campaign goes to ``directory/name``, the module of its simulation
    beside it; give its path.
    """
    directory.mkdir(exist_ok=True, parents=True)
    shutil.copy(HERE / "code_under_test.py", directory)
    path = directory / f"{name}.yaml"
    path.write_text(config_text(directory / name, **options))
    return path


def run_campaign(directory: Path, name: str = "campaign", **options: Any) -> Path:
    """Run a campaign to its end in this process; give its run directory."""
    config = load_config(write_config(directory, name, **options))
    actions.start(config).start()
    return config.base_run_dir


async def until(
    condition: Callable[[], object],
    pause: Callable[[], Awaitable[None]] | None = None,
    timeout: float = PATIENCE,
) -> None:
    """Wait until something is true; `pause` is `pilot.pause` where an app runs. What takes long is
    looked for less and less often: each look costs as much as the app itself.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    while not condition():
        waited = clock() - began
        assert waited < timeout, f"this has not become true within {timeout} s"
        await asyncio.sleep(min(0.5, max(0.02, waited / 10)))
        if pause is not None:
            await pause()
