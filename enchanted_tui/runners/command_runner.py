"""Run any program: input files from templates, a command, outputs read back by rules. No plugin to
write.

The placeholders are filled on the supervisor's side (`CommandRunner.prepare`); what runs on a
worker needs nothing but the standard library.
"""

from __future__ import annotations

import math
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple

from enchanted_tui.resources import LAUNCH, THREAD_VARIABLES
from enchanted_tui.runners.base import SAMPLE_NAMES, SampleFailed
from enchanted_tui.runners.command.call_files import put_together
from enchanted_tui.runners.command.call_inputs import CallInputs
from enchanted_tui.runners.command.checks import problems_of, warnings_of
from enchanted_tui.runners.command.command_options import CommandOptions
from enchanted_tui.runners.command.conditions import file_failure, output_failure
from enchanted_tui.runners.command.extract import Output, compile_output, read_outputs
from enchanted_tui.runners.command.files import (
    RunFiles,
    copy_files,
    link_files,
    mend_links,
    mentions,
    tail,
    write_files,
)
from enchanted_tui.runners.command.inputs import Inputs
from enchanted_tui.runners.command.mpi_launchers import (
    launchers_in,
    launchers_used,
    resource_warnings,
    start_elsewhere,
)
from enchanted_tui.runners.command.parameter_use import meant_by, used_names
from enchanted_tui.runners.command.process import run_command, signal_name
from enchanted_tui.runners.command.quiet import QuietStreams
from enchanted_tui.runners.command.row_outputs import (
    OutputColumn,
    Rows,
    compile_columns,
    outputs_of,
    read_rows,
)
from enchanted_tui.runners.kept_directory import begin_beside_checkpoints, inputs_left_to_put
from enchanted_tui.runners.many_results import NO_RESULT
from enchanted_tui.runners.memory_kills import MemoryKills
from enchanted_tui.runners.program_use import note_work_elsewhere
from enchanted_tui.runners.restart import Continues

#: what slurmstepd and srun write
_SAID_BY_SLURM = re.compile(r"oom[-_]kill event|: Out Of Memory")
_MORE_MEMORY = "ask for more, by mem under resources of its runner or by what limits it"
#: seconds for which the count of killed processes holds: samples of a millisecond pay for no look
_COUNTED_LATELY = 0.1
_SHELL_SIGNAL = 128  # a shell reports a command that died by signal n as exit code 128 + n


class CommandRunner(CommandOptions):
    """Run a program in the run directory, with input files made from templates, and read its
    results back.
    """

    leaves_no_trace = True
    call_uses_first_run_dir = True
    # withdrawn: its samples are processes anyway
    fresh_process: ClassVar[bool] = False  # type: ignore[misc, unused-ignore]

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._inputs: Inputs | CallInputs | None = None
        self._rules: _Rules | None = None
        self._quiet = QuietStreams()
        self._kills: MemoryKills | None = None
        self._counted_at = -math.inf  #: monotonic
        self._launched: set[str] = set()  #: the launchers that the command has used

    # -- the supervisor's side ---------------------------------------------------------------------

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Fill in the placeholders for one sample."""
        described = self._described()
        if isinstance(described, CallInputs):
            return described.render(params)
        return described.render(params, self.sample)

    def own_names(self) -> tuple[str, ...]:
        return () if isinstance(self._described(), CallInputs) else SAMPLE_NAMES

    def prepare_shared(self) -> dict[str, Any] | None:
        """Fill in what all samples of a call have in common; None if each has its own."""
        described = self._described()
        return described.shared() if isinstance(described, CallInputs) else None

    def template_variables(self) -> dict[str, set[str]]:
        """Name the parameters that each text with placeholders needs, by option path such as
        ``templates.deck.inp``.
        """
        return self._described().required_names()

    def required_parameters(self) -> dict[str, set[str]]:
        return self.template_variables()

    def used_parameters(self) -> set[str] | None:
        return used_names(list(self._described().texts()))

    def meant_by(self, name: str, known: set[str]) -> str:
        return meant_by(name, self._described(), known)

    def output_names(self) -> tuple[str, ...]:
        return tuple(self.outputs)

    def problems(self) -> Iterator[tuple[str, str]]:
        return problems_of(self)

    def warnings(self) -> Iterator[tuple[str, str]]:
        return warnings_of(self)

    @classmethod
    def __enchanted_code_files__(cls, options: Mapping[str, Any]) -> list[str]:
        from enchanted_tui.runners.command.code_files import files_of_code  # workers need none

        return files_of_code(options)

    def launchers(self) -> set[str]:
        return launchers_in(self.command) or {""}

    def says_threads(self) -> bool:
        return any(
            name in self.environment or name in str(self.command) for name in THREAD_VARIABLES
        )

    def resource_warnings(self, launches_nothing: bool) -> Iterator[str]:
        return resource_warnings(
            self.command, bool(self.shell), self.written_resources() or {}, launches_nothing
        )

    def _described(self) -> Inputs | CallInputs:
        if self._inputs is None:
            described = Inputs.of(self)
            self._inputs = described.for_calls() if self.batch > 1 else described
        return self._inputs

    # -- the worker's side -------------------------------------------------------------------------

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        if self.batch > 1:
            return super().single_code_run(run_dir, params)
        prepared = self.prepare(params) if self.prepared is None else self.prepared
        return self._single_result(self._run(run_dir, prepared))

    def many_code_run(
        self, run_dirs: list[str], params_list: list[dict[str, Any]]
    ) -> Iterable[Any]:
        shared = self.shared or self.prepare_shared() or {}
        prepared = self.prepared or []
        samples = [
            self.prepare(params) if ready is None else ready
            for ready, params in zip_longest(prepared[: len(params_list)], params_list)
        ]
        files = self._run(run_dirs[0], put_together(shared, samples), len(samples))
        return self._results(files, len(samples))

    def reads_directory(self, path: str) -> bool:
        return self.prepared is None or mentions(self.prepared, path)

    def _run(self, run_dir: str, prepared: dict[str, Any], samples: int = 1) -> RunFiles:
        """Run the command in a directory, for so many samples; return what it has left there."""
        if self.restart is not None:
            prepared = inputs_left_to_put(run_dir, prepared, self.restart["keep"])
        links = copy_files(run_dir, prepared.get("copy", {}))
        link_files(run_dir, prepared.get("link", {}))
        # after the copies: a file of a copied directory may be replaced
        write_files(run_dir, prepared.get("files", {}))
        mend_links(links)
        argv, environment = prepared["argv"], prepared.get("environment", {})
        names = prepared.get("names", {})
        source, stdout, stderr = (
            name and names.get(name, name) for name in (self.stdin, self.stdout, self.stderr)
        )
        if self.restart is not None:
            begin_beside_checkpoints(run_dir, (stdout, stderr), self.restart["keep"])
        taken = self._quiet.begin(stdout, stderr, prepared) if self.restart is None else {}
        began, silent = time.monotonic(), []
        if began - self._counted_at > _COUNTED_LATELY:
            self._kills, self._counted_at = MemoryKills(), began
        try:
            launch = self._launch()
            self._launched = launchers_used(self.command, launch)
            ended = run_command(argv, run_dir, environment, source, stdout, stderr, launch, taken)
            silent = ended.silent
            if start_elsewhere(self._launched):
                note_work_elsewhere()
        finally:
            silent = self._quiet.end(run_dir, taken, silent, time.monotonic() - began)
        died = samples > 1 and not self._accepts(ended.code)
        return RunFiles(run_dir, ended.code, silent, names, whole_lines=died)

    def _launch(self) -> list[str]:
        """Return what comes before the command; in a shell it is where the user has put it."""
        return [] if self.shell or not self.resources else os.environ.get(LAUNCH, "").split()

    def _results(self, files: RunFiles, count: int) -> Iterable[Any]:
        """Return a result for each of `count` samples, NO_RESULT for those of which the command has
        not written. Raises SampleFailed where it is not certain whose is whose.
        """
        if self._rules is None:
            columns = compile_columns(self.outputs, self.sample_column)
            self._rules = _compiled(self.outputs, self.success, columns)
        rules = self._rules
        rows = read_rows(rules.columns, files, count)
        end = self._bad_end(files)
        if end is None and not rows.problem:
            return [self._result(rows, place) for place in range(count)]
        kind, why = end or ("output", rows.problem)
        known = outputs_of(rules.columns, rows, 0)[0] if count == 1 and rows.known[0] else {}
        failure = SampleFailed(why + self._last_words(files), kind, known)
        # rows are believed by their numbers alone; a bad end after the last may be any sample's
        if self.sample_column is None or not any(rows.known) or all(rows.known):
            raise failure
        return self._known_results(rows, failure)

    def _known_results(self, rows: Rows, failure: SampleFailed) -> Iterator[Any]:
        for place, known in enumerate(rows.known):
            yield self._result(rows, place) if known else NO_RESULT
        raise failure

    def _result(self, rows: Rows, place: int) -> dict[str, Any] | SampleFailed:
        assert self._rules is not None
        outputs, missing = outputs_of(self._rules.columns, rows, place)
        failure = _unmet(self._rules, outputs, missing)
        if failure is not None:
            return SampleFailed(failure[1], failure[0], outputs)
        outputs["success"] = True
        return outputs

    def _single_result(self, files: RunFiles) -> dict[str, Any]:
        if self.restart is not None and files.exit_code in self.restart.get("exit_codes", ()):
            raise Continues(f"the command ended with exit code {files.exit_code}")
        if self._rules is None:
            self._rules = _compiled(self.outputs, self.success)
        rules = self._rules
        outputs, missing = read_outputs(rules.outputs, files)
        failure = (
            self._bad_end(files) or _unmet_by_files(rules, files) or _unmet(rules, outputs, missing)
        )
        if failure is not None:
            kind, message = failure
            words = "" if kind == "reported" else self._last_words(files)
            raise SampleFailed(files.shown(message) + words, kind, outputs)
        outputs["success"] = True
        return outputs

    def _bad_end(self, files: RunFiles) -> tuple[str, str] | None:
        code = files.exit_code
        if self._accepts(code):
            return None
        name = self._signal(code)
        if (lack := self._want_of_memory(files, name)) is not None:
            return lack
        if name:
            return "signal", f"the command died by {name}" + (
                " (a memory limit, or somebody, killed it)" if name == "SIGKILL" else ""
            )
        return "exit", f"the command ended with exit code {code}"

    def _want_of_memory(self, files: RunFiles, name: str) -> tuple[str, str] | None:
        """Return kind and reason if a command that ended badly, by the signal `name` if by one, was
        killed for want of memory, as far as the kernel or SLURM says so.
        """
        killed = name == "SIGKILL" or files.exit_code == _SHELL_SIGNAL + signal.SIGKILL
        if (killed or self._launched) and self._kills is not None:
            reason = self._kills.reason(_MORE_MEMORY)
            if reason is not None:
                return reason
        if self._launched and _SAID_BY_SLURM.search(self._last_words(files, lines=40, limit=4_096)):
            return "memory", f"SLURM has killed ranks for want of memory; {_MORE_MEMORY}"
        return None

    def _signal(self, code: int) -> str:
        """Name the signal that ended the command, or nothing."""
        if code < 0:
            return signal_name(-code)
        name = signal_name(code - _SHELL_SIGNAL) if self.shell and code > _SHELL_SIGNAL else ""
        return name if name.startswith("SIG") else ""

    def _accepts(self, code: int) -> bool:
        return code >= 0 if self.exit_codes == "any" else code in self.exit_codes

    def _last_words(self, files: RunFiles, **most: int) -> str:
        for stream, name in (("stderr", self.stderr), ("stdout", self.stdout)):
            words = tail(f"{files.run_dir}/{files.shown(name)}", **most) if name else ""
            if words:
                return f"; {stream} ends: {words}"
        return ""


class _Rules(NamedTuple):
    outputs: list[Output]
    columns: list[OutputColumn]
    on_files: list[Mapping[str, Any]]
    on_outputs: list[Mapping[str, Any]]


def _compiled(
    outputs: Mapping[str, Mapping[str, Any]],
    success: Sequence[Mapping[str, Any]],
    columns: Sequence[OutputColumn] = (),
) -> _Rules:
    return _Rules(
        [] if columns else [compile_output(name, rule) for name, rule in outputs.items()],
        list(columns),
        [condition for condition in success if "file" in condition],
        [condition for condition in success if "output" in condition],
    )


def _unmet_by_files(rules: _Rules, files: RunFiles) -> tuple[str, str] | None:
    """Return kind and reason of the first condition on a file that does not hold."""
    for condition in rules.on_files:
        reason = file_failure(condition, files)
        if reason is not None:
            return "reported", reason
    return None


def _unmet(rules: _Rules, outputs: Mapping[str, Any], missing: list[str]) -> tuple[str, str] | None:
    """Return kind and reason of the first thing in its outputs that keeps a sample from being a
    success.
    """
    if missing:
        return "output", "; ".join(missing[:3]) + (
            f"; and {len(missing) - 3} more" if len(missing) > 3 else ""
        )
    for condition in rules.on_outputs:
        reason = output_failure(condition, outputs)
        if reason is not None:
            return "reported", reason
    return None
