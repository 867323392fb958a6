"""A validated campaign: what the rest of the program sees of the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from enchanted_tui.config.about_options import About
from enchanted_tui.config.notify_options import Notify, command_problem
from enchanted_tui.config.options import Component, option
from enchanted_tui.config.pack_options import Pack
from enchanted_tui.config.problems import ConfigError, Problem
from enchanted_tui.config.stage_options import Continuation
from enchanted_tui.suggestions import did_you_mean

#: Limits of `stop_when`, and whether only a sampler that learns can tell that they are reached.
STOP_LIMITS = {
    "target_error": True,
    "target_relative_error": True,
    "no_improvement": True,
    "core_hours": False,
    "wall_hours": False,
}


@dataclass(frozen=True)
class ComponentSpec:
    """A configured sampler, runner or executor: its class and what its constructor is given."""

    kind: str  #: sampler, runner or executor
    name: str  #: as configured
    type_name: str  #: as written in the configuration
    cls: type
    class_path: str  #: ``package.module:Qualified.Name``
    #: What the constructor is given. A class that declares its options gets those that were given,
    #: typed; another class gets all keys
    #: as they were written, with `type` (and `__runner_name` for a runner).
    options: dict[str, Any]
    extra: dict[str, Any]  #: keys that the class does not declare
    builtin: bool  #: True if the class declares its options
    #: where it is configured
    place: Problem | None = field(default=None, repr=False, compare=False)
    older: bool = False  #: a plugin of the older program
    one_at_a_time: bool = False  #: an executor without a size of its own that runs such plugins

    def build(self, **more: Any) -> Any:
        """Make an instance. Raises ConfigError if the constructor raises."""
        try:
            return self.cls(**{**self.options, **more})
        except Exception as error:
            sentence = (
                f"{self.cls.__name__} cannot be made from these options: {type(error).__name__}:"
                f" {error}"
            )
            where = self.place or Problem("error", "", None, None, f"{self.kind}s.{self.name}", "")
            raise ConfigError(
                [Problem("error", where.file, where.line, where.column, where.key, sentence)]
            ) from error

    def worker_options(self) -> dict[str, Any]:
        """Return the options as the workers' constructor gets them."""
        return dict(self.options)


class StepSpec(NamedTuple):
    """One step of a stage, by the configured names."""

    executor: str
    runner: str


class StageSpec(NamedTuple):
    """One entry of `run_order`: a sampler, by its configured name, and the steps of each sample."""

    sampler: str
    steps: tuple[StepSpec, ...]
    continuation: Continuation | None = None  #: how its samples start from others
    start: str | None = None  #: `after_parent` or `after_stage`, where that is written


class SupervisorOptions(Component):
    """The section `supervisor`, but for `run_order`."""

    kind: ClassVar[str] = "supervisor"

    base_run_dir: str = option(
        "./base_run_dir",
        doc=(
            "Directory of the campaign's files, made if it does not exist; `~` and `$VAR` expand. A"
            " relative one starts at the working directory. It may be left out only on a terminal,"
            " with a warning."
        ),
        example="runs/first",
    )
    run_mode: str = option(
        "fresh",
        doc=(
            "fresh: begin in an empty directory. resume: go on where the campaign stopped, up to"
            " the budget. extend: add the budget to what was planned. auto: resume if there is"
            " something to resume, otherwise fresh."
        ),
        choices=("fresh", "resume", "extend", "auto"),
    )
    local_storage: str | None = option(
        None,
        doc=(
            "Existing directory, or name of an environment variable that holds one, on a disk of"
            " the node (`SlurmExecutor` looks it up where each job runs): tasks run in a private"
            " directory there and their files are moved to `base_run_dir` afterwards."
        ),
        example="TMPDIR",
    )
    save_files: str = option(
        "all",
        doc=(
            "What is kept of each run directory once no later step or stage can need it: all files,"
            " a custom list, or none; packed keeps all, in few large tar archives below `packed`."
        ),
        choices=("all", "custom", "none", "packed"),
    )
    pack: dict[str, Any] = option(
        {},
        doc="How run directories are packed with `save_files: packed`, and what of them is kept.",
        example={"keep": ["*.nc", "summary.json"], "tasks": 5000},
        nested=Pack,
    )
    save_files_list: list[str] = option(
        [],
        doc=(
            "Files to keep with `save_files: custom`, by name or, with slashes, by path in the run"
            " directory; `*`, `?`, `[...]` and `**` match as in a shell."
        ),
        example=["*.nc", "summary.json"],
    )
    run_directories: str = option(
        "flat",
        doc=(
            "Where below `data` each task has its run directory: flat puts all of them into it,"
            " spread into up to 1,000 subdirectories, named by the last three digits of batch and"
            " sample together (`data/345/d0_b0_s12345_r0`). A campaign stays as it was begun."
        ),
        choices=("flat", "spread"),
    )
    summary_datatype: str = option(
        "csv",
        doc="parquet writes the dataset as Parquet too, now and then and at the end of a session.",
        choices=("csv", "parquet"),
    )
    on_complete: str | list[str] | None = option(
        None,
        doc=(
            "Run once when the campaign is complete: a command, without a shell, or"
            " package.module:function, which gets the run directory."
        ),
        example="my_analysis:fit_surrogate",
    )
    units: dict[str, str] = option(
        {},
        doc=(
            "Units of parameters and outputs, by column; they are written into Parquet and HDF5"
            " files and exports."
        ),
        example={"pressure": "Pa", "beta_p": "1"},
    )
    code_version: list[str] = option(
        [],
        doc=(
            "Commands that say which version of a code is used, run without a shell, at most 10 s,"
            " when a session begins; the first line of each is recorded. See docs/sharing.md."
        ),
        example=["solver --version"],
    )
    about: dict[str, Any] = option(
        {},
        doc="What a crate of the dataset says of it (`--export RUN_DIR --crate`).",
        example={"title": "Equilibria", "licence": "CC-BY-4.0", "authors": ["Josiah Carberry"]},
        nested=About,
    )
    log_failures: bool = option(
        False,
        doc=(
            "Write reason, parameters, run directory, result and traceback of every failed sample"
            " to the log."
        ),
    )
    seed: int | None = option(
        None,
        doc=(
            "Seed of everything that is random in the campaign; without it, one is drawn and"
            " recorded. A sampler's own seed comes first."
        ),
        ge=0,
    )
    max_failures: int | float | None = option(
        None,
        doc=(
            "Stop the campaign, resumable, after this many failed tasks, or above this fraction"
            " (below 1) of them once 20 have finished."
        ),
        gt=0,
        example=0.5,
    )
    breaker: int | bool | None = option(
        None,
        doc=(
            "Pause the campaign when one failure signature, the message without its numbers and"
            " paths, has taken over: so many of the latest tasks of a step have it while none has"
            " succeeded, or 95 % of five times as many once some have; or five times as many have"
            " failed, whatever the messages, and none has ever succeeded. Without the app the"
            " session ends, resumable, with exit code 4. By default 20; false or 0 turns it off."
        ),
        ge=0,
        example=50,
    )
    max_files: int | None = option(
        None,
        doc=(
            "Stop the campaign, resumable, when its run directory holds about this many files and"
            " directories: what runs may finish, nothing new begins."
        ),
        gt=0,
        example=500_000,
    )
    max_core_hours: int | float | None = option(
        None,
        doc=(
            "Core-hours that the campaign may hold in all sessions together: allocated cores of"
            " jobs from their start to their end, elsewhere the cores of samples while they run."
            " What would not fit is not begun, and the campaign stops, resumable."
        ),
        gt=0,
        example=5_000,
    )
    stop_when: dict[str, int | float] = option(
        {},
        doc=(
            "Limits of which the first that is reached ends the campaign, resumable, with exit code"
            " 0. target_error: cross-validated error of a sampler that learns, in the units of its"
            " output. target_relative_error: the same as a share of the output's standard"
            " deviation. no_improvement: samples since the best value or, where none is looked for,"
            " the lowest error. core_hours: what samples and jobs have held, as for"
            " max_core_hours. wall_hours: duration of this session."
        ),
        gt=0,
        example={"target_relative_error": 0.05, "core_hours": 500},
    )
    canary: int | bool | None = option(
        None,
        doc=(
            "How many samples of each stage run before the rest is handed out; if all of them fail,"
            " the campaign pauses as by `breaker`. true stands for 5; by default 5 in stages of 100"
            " samples or more that run in batch jobs, and of 1,000 or more, at least 50 for each"
            " worker, elsewhere. false or 0 turns it off."
        ),
        ge=0,
        example=3,
    )
    io_patience: float = option(
        60.0,
        doc=(
            "Seconds for which a file system may fail in a way that passes (EIO, ESTALE, ESHUTDOWN,"
            " ENOTCONN, ETIMEDOUT): samples and files are tried again, and while the journal cannot"
            " be written the campaign pauses. Then it stops, resumable."
        ),
        ge=0,
        example=600,
    )
    failed_parents: str = option(
        "expand",
        doc="What the next stage does with a failed sample: expand it like any other, or skip it.",
        choices=("expand", "skip"),
    )
    notify: str | list[str] | dict[str, Any] | None = option(
        None,
        doc=(
            "What to do when a session of the campaign ends: bell rings the terminal's bell;"
            " anything else is a command with its arguments, run without a shell, that finds"
            " ENCHANTED_RUN_DIR, ENCHANTED_CAMPAIGN, ENCHANTED_EVENT, ENCHANTED_OUTCOME,"
            " ENCHANTED_EXIT_CODE and ENCHANTED_MESSAGE in its environment. A mapping has it run"
            " for what happens meanwhile too."
        ),
        example=["mail", "-s", "campaign has ended", "me@example.org"],
        nested=Notify,
    )
    failed_steps: str = option(
        "pass_on",
        doc=(
            "What becomes of a sample that failed at a step: pass_on gives it to the next step all"
            " the same, skip ends it there."
        ),
        choices=("pass_on", "skip"),
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        if isinstance(self.max_failures, float) and self.max_failures.is_integer():
            self.max_failures = int(self.max_failures)

    @property
    def spread(self) -> bool:
        """True if the run directories of tasks lie in groups, see `task_paths`."""
        return self.run_directories == "spread"

    @property
    def loses_files(self) -> bool:
        """True if not all files of finished samples are kept."""
        return self.save_files in ("custom", "none") or (
            self.save_files == "packed" and bool(self.pack.get("keep"))
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        for name in self.stop_when:
            if name not in STOP_LIMITS:
                yield (
                    f"stop_when.{name}",
                    (
                        f"there is no such limit{did_you_mean(name, STOP_LIMITS)}; there are"
                        f" {', '.join(STOP_LIMITS)}"
                    ),
                )
        if isinstance(self.max_failures, float) and self.max_failures > 1:
            yield (
                "max_failures",
                (
                    "expected a whole number of failures or a fraction below 1, found"
                    f" {self.max_failures!r}"
                ),
            )
        for name, command in (("notify", self.notify), ("on_complete", self.on_complete)):
            if not isinstance(command, dict) and (problem := command_problem(command)):
                yield name, problem
        for index, line in enumerate(self.code_version):
            if problem := command_problem(line):
                yield f"code_version[{index}]", problem

    def warnings(self) -> Iterator[tuple[str, str]]:
        if self.save_files == "custom" and not self.save_files_list:
            yield (
                "save_files",
                "no file is named in save_files_list, so nothing is kept of the run directories",
            )
        if self.pack and self.save_files != "packed":
            yield (
                "pack",
                f"ignored, because save_files is {self.save_files!r}; set it to 'packed' to pack",
            )
        if self.save_files_list and self.save_files != "custom":
            yield (
                "save_files_list",
                (
                    f"ignored, because save_files is {self.save_files!r}; set it to 'custom' to"
                    " keep only these files"
                ),
            )


@dataclass(frozen=True)
class CampaignConfig:
    """A configuration without errors."""

    source_text: str
    path: Path | None  #: the file it was read from
    base_dir: Path  #: where relative paths in options start
    logging: int  #: level of the campaign's log, as a number of the logging module
    executors: dict[str, ComponentSpec]
    samplers: dict[str, ComponentSpec]
    runners: dict[str, ComponentSpec]
    supervisor: SupervisorOptions
    stages: tuple[StageSpec, ...]
    hdf5: (
        str  #: how runs.h5 is written: ``hdf5``, a group for each run, or ``table``; empty for not
    )
    base_run_dir: Path  #: absolute
    shown_base_run_dir: str  #: as it was written, `~` and `$VAR` expanded
    #: the configuration as plain Python values, overrides applied
    tree: dict[str, Any] = field(repr=False)
    #: directories to import plugins and functions from, besides the interpreter's own
    python_path: tuple[Path, ...] = ()
    #: ``key.path=value`` of each override, in order
    overrides: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def effective_text(self) -> str:
        """Return the configuration as text to store: the source as it is, or with the overrides
        applied and listed.
        """
        if not self.overrides:
            return self.source_text
        from enchanted_tui.config.yaml_text import dump

        listed = "".join(f"#   {' '.join(override.split())}\n" for override in self.overrides)
        return (
            "# This configuration includes what was overridden on the command"
            f" line:\n{listed}{dump(self.tree)}"
        )
