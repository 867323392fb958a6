"""What a runner is: it runs one sample in one directory and says how it went.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Optional

from enchanted_tui.config.options import Component, option
from enchanted_tui.resources import Resources
from enchanted_tui.runners.failure import SampleFailed as SampleFailed
from enchanted_tui.runners.restart import Restart, restart_of
from enchanted_tui.runners.sample_resources import (
    SampleResources,
    needed_names,
    resources_of,
    sample_resources,
    static_resources,
)

#: What a runner is told of a sample: ``d0_b2_s17_r1``, 17, and the run directory (absolute).
SAMPLE_NAMES = ("sample_name", "sample_number", "sample_dir")


class Runner(Component):
    """Run one sample. A new instance is made for every sample, unless the class says that its
    samples leave no trace.

    A class without this base works too, if it takes its options as keywords and has
    `single_code_run`.
    """

    kind: ClassVar[str] = "runner"

    #: Whether a sample leaves the worker's process as it was, since all that it does there is to
    #: start a program. One instance then
    #: serves every sample of a worker, no random generator is seeded and nothing is put back
    #: afterwards. It is not inherited.
    leaves_no_trace: ClassVar[bool] = False

    #: Whether a sample uses its run directory, or looks into that of the step or stage before.
    #: Where it is False, and `save_files` does not keep the datapoint, none is made: ``run_dir`` is
    #: then only the name of one. It is not inherited.
    uses_run_dir: ClassVar[bool] = True

    #: Whether a call for many samples uses the run directory of the first of them alone. The others
    #: are then made only where something is kept in them. It is not inherited.
    call_uses_first_run_dir: ClassVar[bool] = False

    fresh_process: bool = option(
        False,
        doc=(
            "Run each sample in a process of its own, as `fresh_process` of an executor does for"
            " all of its runners: for code that keeps state between calls, such as Fortran's SAVE"
            " behind f2py, or caches."
        ),
    )

    resources: Optional[dict[str, Any]] = option(
        None,
        doc=(
            "What one sample needs: `nodes`, `ranks`, `cpus_per_rank`, `gpus`, `mem`. Samples then"
            " run beside each other as far as there is room, each with CPUs and GPUs of its own."
        ),
        example={"ranks": 4, "cpus_per_rank": 2, "mem": "8G"},
        nested=SampleResources,
    )

    restart: dict[str, Any] | None = option(
        None,
        doc=(
            "Continue a sample that was interrupted, by the end of its job or because it asked for"
            " it, in its own directory: for codes that write checkpoints (see"
            " docs/long-samples.md)."
        ),
        example={"keep": ["restart.*"], "signal": "USR1", "exit_codes": [85]},
        nested=Restart,
    )

    batch: int = option(
        1,
        doc=(
            "How many samples one call takes at most, where the runner can take many at a time: for"
            " codes to which one more sample costs little. Fewer where fewer wait; each has a row"
            " of its own."
        ),
        ge=1,
        example=200,
    )

    derived: dict[str, str] | None = option(
        None,
        doc=(
            "Further outputs of a sample that has succeeded, worked out from its parameters and"
            " outputs: columns like all others."
        ),
        example={"merit": "abs(beta_n - 2.8)"},
    )

    #: What `prepare` returned for this sample, set before `single_code_run` is called; for
    #: `many_code_run` a list of it, one for each sample.
    prepared: Any = None

    #: What `prepare` may tell a sample of itself, by the names in `SAMPLE_NAMES`; set before it is
    #: called.
    sample: Mapping[str, Any] = {}

    #: What `prepare_shared` has returned.
    shared: Any = None

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run the sample `params` in the existing directory `run_dir` (absolute).

        Returns the outputs by name, with a boolean `success`. Whatever else it does (raise, return
        something else, exit, crash, hang) is recorded as a failure of this one sample.
        """
        if type(self).many_code_run is Runner.many_code_run:
            raise NotImplementedError
        from enchanted_tui.runners.many_results import only_result

        self.prepared = [self.prepared]
        result: dict[str, Any] = only_result(self.many_code_run([run_dir], [params]))
        return result

    def many_code_run(
        self, run_dirs: list[str], params_list: list[dict[str, Any]]
    ) -> Iterable[Any] | Mapping[str, Any]:
        """Run several samples in one call, each with an existing directory: at most `batch` of
        them. A class that has it may leave out `single_code_run`.

        Returns, in the order of the samples, a list of what `single_code_run` returns, or an
        exception where that would raise one; or an iterator, of which each result is recorded as
        soon as it comes; or a mapping of outputs, each with a value for every sample, as a list or
        along the first axis of an array.

        If it raises, dies or runs out of time, the samples that have no result yet are run again in
        two calls of half the size, down to one alone, of which it is a failure.
        """
        raise NotImplementedError

    def prepare(self, params: dict[str, Any]) -> Any:
        """Prepare a sample on the supervisor's side: what needs packages the worker may lack.

        The result must survive `values.encode`. An exception is a failure of this one sample.
        """
        return None

    def prepare_shared(self) -> Any:
        """Prepare, on the supervisor's side, what is the same for all samples: it is sent to a
        worker once, and found there as `self.shared`. Plain data that JSON knows; None for nothing.
        """
        return None

    def reads_directory(self, path: str) -> bool:
        """Tell whether this sample may read in the directory `path`, of its parent, of its step
        before or of its neighbour: it is brought back where it is packed. Asked when `prepared` is
        set.
        """
        return True

    def output_names(self) -> Iterable[str]:
        """Name the outputs known before running; a failed sample does not show a parent's values
        under these names.
        """
        return ()

    def required_parameters(self) -> dict[str, set[str]]:
        """Name the parameters each part of the runner needs, by option path, so that a missing one
        is found before anything runs.
        """
        return {}

    def needs_run_dir(self) -> bool:
        """Return whether it needs its run directory; asked where it runs."""
        return bool(vars(type(self)).get("uses_run_dir", True))

    def reads_earlier_run_dirs(self) -> bool:
        """Return whether it may look into the run directory of a step or stage before."""
        return self.needs_run_dir()

    def resources_for(self, params: Mapping[str, Any]) -> Optional[Resources]:
        """Return what this sample needs; None if the runner does not say.

        Raises SampleFailed, kind ``prepare``.
        """
        written = self.written_resources()
        return None if written is None else sample_resources(written, params)

    def written_resources(self) -> Optional[Mapping[str, Any]]:
        """Return the option `resources`; None if it is not given, or if a class means something
        else by that name.
        """
        return resources_of(type(self), {"resources": self.resources})

    def static_resources(self) -> Optional[Resources]:
        """Return what every sample needs; None where that depends on the sample, or is not said."""
        written = self.written_resources()
        return None if written is None else static_resources(written)

    def launchers(self) -> set[str]:
        """Return the launchers of MPI that it starts by itself, such as ``srun``; an empty text for
        none, since it may start something else.
        """
        return {""}

    def says_threads(self) -> bool:
        """Tell whether it says by itself how many threads each process starts."""
        return False

    def resource_warnings(self, launches_nothing: bool) -> Iterable[str]:
        """Yield what is probably not meant with the option `resources`; `launches_nothing`: whether
        the launcher is none.
        """
        return ()

    def names_in_resources(self) -> dict[str, set[str]]:
        """Return the parameters that `resources` needs, by option path."""
        written = self.written_resources()
        return {} if written is None else needed_names(written)

    @classmethod
    def __enchanted_derived__(cls, options: Mapping[str, Any]) -> dict[str, str]:
        """Return the expressions of the columns that the option `derived` adds, by their names;
        none where a class means something else by that name.
        """
        given = options.get("derived")
        means_it = cls.options().get("derived") is Runner.options()["derived"]
        return given if means_it and isinstance(given, dict) else {}

    @classmethod
    def __enchanted_restart__(cls, options: Mapping[str, Any]) -> Optional[dict[str, Any]]:
        """Return the option `restart` with its defaults filled in; None where it is not given."""
        return restart_of(cls, options)

    @classmethod
    def __enchanted_takes_many__(cls) -> bool:
        """Return whether one call can run many samples."""
        return takes_many(cls)

    @classmethod
    def __enchanted_code_files__(cls, options: Mapping[str, Any]) -> list[str]:
        """Return files that count as its code beside its modules, such as the program it starts."""
        return []

    def own_names(self) -> Iterable[str]:
        """Name what it takes of `sample`, as if these were parameters."""
        return ()

    def used_parameters(self) -> set[str] | None:
        """Name the parameters that it can make use of, so that one which nothing uses is found
        before anything runs; None if any.
        """
        return None

    def meant_by(self, name: str, known: set[str]) -> str:
        """Say as a clause what in the options looks as if it was to be the parameter `name`, which
        is not used; `known` are all
        parameters of a sample."""
        return ""


def takes_many(cls: type) -> bool:
    """Return whether runners of a class can run many samples in one call."""
    return getattr(cls, "many_code_run", None) not in (None, Runner.many_code_run)
