"""Who takes part: this program, the floors and the peers, each as a command that runs N samples in
a fresh directory.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import HERE, Environments, environment_of

OURS = "enchanted-tui"
OURS_WITHOUT = "without directories"
_SAMPLER = {"type": "RandomSampler", "parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]]}
_GRID = {"type": "GridSampler", "bounds": [[0.1, 0.9], [0.1, 0.9]], "num_samples": [10, 10]}
_GAUSSIAN = {"type": "SyntheticDoubleGaussianRunner", "dimensions": 2}


@dataclass
class Job:
    """One command, to be run in a fresh directory."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    #: raises AssertionError if what the command left behind is not the whole work
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Contender:
    """`prepare(environments, samples, directory)` makes the job; it raises Unavailable where the
    contender cannot take part.
    """

    name: str
    prepare: Callable[[Environments, int, Path], Job]


def command_line(*arguments: str) -> list[str]:
    """Give the command for this program's command line."""
    return [str(Path(sys.executable).with_name("enchanted-tui")), *arguments]


# -- this program ----------------------------------------------------------------------------------


def write_config(directory: Path, sections: dict[str, Any]) -> Path:
    path = directory / "campaign.yaml"
    path.write_text(json.dumps(sections, indent=1))  # JSON is YAML
    return path


def campaign(
    runner: dict[str, Any], samplers: list[dict[str, Any]], base_run_dir: Path, **executor: Any
) -> dict[str, Any]:
    """Give a configuration with one stage for each sampler."""
    names = [f"sampler_{number}" for number in range(len(samplers))]
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 2, **executor}},
        "samplers": dict(zip(names, samplers, strict=True)),
        "runners": {"runner": runner},
        "supervisor": {
            "base_run_dir": str(base_run_dir),
            "seed": 1,
            "run_order": [
                {"sampler": name, "executor": "local", "runner": "runner"} for name in names
            ],
        },
    }


def command_runner(program: Path, *arguments: str) -> dict[str, Any]:
    return {
        "type": "CommandRunner",
        "command": [str(program), *arguments],
        "files": {"input.txt": "x = {{ x }}\ny = {{ y }}\n"},
        "outputs": {"f": {"file": "output.txt", "regex": r"f = (\S+)"}},
    }


def ours(directory: Path, sections: dict[str, Any], rows: int) -> Job:
    """Give the job of running a configuration, which must leave `rows` rows and every output
    file.
    """
    root = Path(sections["supervisor"]["base_run_dir"])
    config = write_config(directory, sections)

    def check() -> None:
        assert count_rows(root / "enchanted_dataset.csv") == rows, "the dataset is not whole"
        assert (root / "runs.h5").exists(), "runs.h5 is missing"

    return Job(command_line(str(config), "--no-ui"), check=check)


def ours_in_process(batch_size: int | None = None) -> Contender:
    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        sampler = {**_SAMPLER, "budget": samples, "batch_size": batch_size or samples}
        return ours(directory, campaign(_GAUSSIAN, [sampler], directory / "run"), samples)

    return Contender(OURS if batch_size is None else f"{OURS}, batches of {batch_size}", prepare)


def ours_without_directories() -> Contender:
    """Samples that leave no file of their own: a function without ``run_dir``, nothing kept, no
    runs.h5.
    """

    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        runner = {
            "type": "PythonRunner",
            "function": "benchmarks.function:peaks",
            "python_path": [str(HERE.parent)],
        }
        sampler = {**_SAMPLER, "budget": samples, "batch_size": min(samples, 10_000)}
        sections = campaign(runner, [sampler], directory / "run")
        sections["storage"] = {"type": "none"}
        sections["supervisor"]["save_files"] = "none"

        def check() -> None:
            rows = count_rows(directory / "run" / "enchanted_dataset.csv")
            assert rows == samples, "the dataset is not whole"
            assert not os.listdir(directory / "run" / "data"), "there are run directories"

        return Job(command_line(str(write_config(directory, sections)), "--no-ui"), check=check)

    return Contender(OURS_WITHOUT, prepare)


def ours_nested() -> Contender:
    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        grids = [{**_GRID, "parameters": names} for names in (["a", "b"], ["x", "y"])]
        sections = campaign(_GAUSSIAN, grids, directory / "run")
        sections["runners"]["sum"] = {"type": "SumRunner", "params_to_sum": ["a", "b"]}
        sections["supervisor"]["run_order"][0]["runner"] = "sum"
        return ours(directory, sections, samples)

    return Contender(f"{OURS}, 10 x 10 in 10 x 10", prepare)


def ours_external() -> Contender:
    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        sampler = {**_SAMPLER, "budget": samples}
        runner = command_runner(environments.program("tiny"))
        return ours(directory, campaign(runner, [sampler], directory / "run"), samples)

    return Contender(OURS, prepare)


def sleeping(directory: Path, seconds: float, workers: int) -> list[str]:
    """Give the command of a campaign of 100 samples that sleep."""
    runner = {"type": "CommandRunner", "command": ["sleep", str(seconds)]}
    sections = campaign(runner, [{**_SAMPLER, "budget": 100}], directory / "run", n_workers=workers)
    return command_line(str(write_config(directory, sections)), "--no-ui")


# -- floors and peers ------------------------------------------------------------------------------


def compiled(name: str, program: str, *, external: bool) -> Contender:
    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        root = _root(directory)
        tail = [str(environments.program("tiny"))] if external else []
        return Job(
            [str(environments.program(program)), str(samples), str(root), *tail],
            check=_whole(root, samples),
        )

    return Contender(name, prepare)


def peer(
    name: str, script: str, *packages: str, external: bool, parallel: bool = False
) -> Contender:
    """Give a contender that is a script of ``peers/``, run by the Python of an environment with
    `packages`.
    """

    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        python, root = environments.python(*packages), _root(directory)
        command = [
            str(python),
            str(HERE / "peers" / f"{script}.py"),
            "external" if external else "in-process",
            str(samples),
            str(root),
        ]
        command.append(str(environments.program("tiny")) if external else "-")
        if parallel:
            command.append(str(environments.parallel()))
        return Job(command, environment_of(python), _whole(root, samples))

    return Contender(name, prepare)


def _root(directory: Path) -> Path:
    root = directory / "run"
    root.mkdir()
    return root


def _whole(root: Path, samples: int) -> Callable[[], None]:
    def check() -> None:
        dataset = root / "dataset.csv"
        if dataset.exists():
            assert count_rows(dataset) == samples, "the table is not whole"
        else:
            assert sum(entry.startswith("d0_") for entry in os.listdir(root)) == samples, (
                "directories are missing"
            )

    return check


def count_rows(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1
