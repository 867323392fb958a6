"""What the records of a journal hold: one class for each kind. ``docs/journal.md`` is made from
them (`record.journal_page`).

They describe the mappings that lines are decoded to, so reading a hundred thousand of them costs
nothing more, and what a later version adds to a record is kept. `Journal.append` adds version and
time, in this order, to what a writer gives.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from enchanted_tui.record.code_records import CodeRecord as CodeRecord
from enchanted_tui.record.drawn_records import Added as Added
from enchanted_tui.record.drawn_records import AddedRecord as AddedRecord
from enchanted_tui.record.drawn_records import Drawn as Drawn
from enchanted_tui.record.drawn_records import JournalLine
from enchanted_tui.record.drawn_records import ParentsRecord as ParentsRecord
from enchanted_tui.record.drawn_records import SamplesRecord as SamplesRecord

Outcome = Literal["ok", "failed"]
TaskPlace = list[int]  #: [depth, batch, sample, step]


class StepNames(TypedDict):
    """One step of a stage, as recorded and shown."""

    executor: str
    executor_type: str
    runner: str
    runner_type: str
    in_jobs: NotRequired[bool]


class StageNames(TypedDict):
    """One stage, as recorded and shown."""

    sampler: str
    sampler_type: str
    steps: list[StepNames]


class OpenRecord(JournalLine):
    """A session begins."""

    type: Literal["open"]
    campaign: Annotated[str, "unique id, the same in all sessions"]
    session: Annotated[str, "unique id of this session"]
    seed: Annotated[int, "of the campaign"]
    version: NotRequired[Annotated[str, "of the program"]]
    host: Annotated[str, "on which the supervisor runs"]
    pid: Annotated[int, "of the supervisor"]
    mode: Annotated[str, "`fresh`, `resume`, `extend` or `adopted` (from the older program)"]
    job: NotRequired[
        Annotated[str, "of SLURM, in which the supervisor runs; empty outside of jobs"]
    ]
    config: Annotated[str, "file below `config/`"]
    config_dir: Annotated[str, "where its relative paths start"]
    config_path: NotRequired[
        Annotated[str | None, "the file that was read, null if there was none"]
    ]
    base_run_dir: NotRequired[Annotated[list[str], "absolute, and as it was written"]]
    identity: Annotated[Any, "what may not change between sessions"]
    runner_options: Annotated[Any, "what may, with a warning"]
    overrides: NotRequired[Annotated[list[str], "what the command line set besides the file"]]
    units: NotRequired[Annotated[dict[str, str], "of parameters and outputs"]]
    about: NotRequired[Annotated[dict[str, Any], "what others are to be told of the dataset"]]
    stages: Annotated[
        list[StageNames],
        "names and types of samplers, and of each step; `in_jobs` where jobs of a scheduler hold"
        " the cores, and not its tasks",
    ]
    targets: Annotated[list[int], "samples to draw, one number a stage"]
    max_core_hours: NotRequired[Annotated[float, "that the campaign may hold, where limited"]]
    run_directories: NotRequired[
        Annotated[str, "`spread` where those of tasks lie in groups below `data`"]
    ]
    portions: NotRequired[
        Annotated[
            list[int | None],
            "how many samples of each stage are drawn at once where that follows from the position"
            " alone: 0 for all that are left, null where it does not",
        ]
    ]
    drawn: NotRequired[
        Annotated[
            list[Drawn],
            "of each stage what earlier sessions had drawn: `sizes` of the batches as"
            " `[size, how many]`, `parents`, and of batches added by hand"
            " `[batch, size, request]`",
        ]
    ]


class TaskRecord(JournalLine):
    """One task has ended. The worker writes this line, so it is the same under every executor."""

    type: Literal["task"]
    task: Annotated[TaskPlace, "`[depth, batch, sample, step]`"]
    outcome: Annotated[Outcome, "`ok` or `failed`"]
    runtime: Annotated[float, "seconds"]
    started: Annotated[float, "seconds since the epoch"]
    host: Annotated[str, "on which it ran"]
    attempt: Annotated[int, "how often it had been begun before"]
    cores: NotRequired[Annotated[float, "that it held, if not 1"]]
    cpu: NotRequired[
        Annotated[float, "seconds of processor time that its processes used, where that is known"]
    ]
    memory: NotRequired[
        Annotated[int, "bytes that its largest process had in memory at its peak, likewise"]
    ]
    memory_at_most: NotRequired[Annotated[int, "the same where only an upper bound is known"]]
    resources: NotRequired[
        Annotated[dict[str, Any], "that it was given, where its runner says what it needs"]
    ]
    where: NotRequired[Annotated[str, "the CPUs and GPUs of which nodes these were"]]
    call: NotRequired[
        Annotated[str, "the first sample of the call that it ran in, where that had several"]
    ]
    kind: NotRequired[Annotated[str, "of a failure"]]
    message: NotRequired[Annotated[str, "of a failure"]]
    traceback: NotRequired[Annotated[str, "of a failure, where there is one"]]
    row: Annotated[dict[str, Any], "the datapoint, last"]


class BatchCompleteRecord(JournalLine):
    """Every sample of a batch has a row."""

    type: Literal["batch_complete"]
    depth: Annotated[int, "of the stage"]
    batch: Annotated[int, "number of the batch"]
    first: NotRequired[Annotated[int, "as in `samples`, lest that line be damaged"]]
    size: NotRequired[Annotated[int, "the same"]]
    added: NotRequired[Annotated[str, "of points added by hand, the request"]]


class StageCompleteRecord(JournalLine):
    """Every sample of a stage has a row."""

    type: Literal["stage_complete"]
    depth: Annotated[int, "of the stage"]
    rows: Annotated[int, "how many"]
    sizes: NotRequired[Annotated[list[list[int]], "of all batches, as `[size, how many]`"]]
    parents: NotRequired[Annotated[list[list[int]], "as in `parents`, lest that line be damaged"]]
    added: NotRequired[Annotated[list[Added], "batches added by hand: `[batch, size, request]`"]]


class NeighboursRecord(JournalLine):
    """From which samples others start (`start_from`), chosen before they run. A task keeps its
    neighbour in later sessions, until it has a result; its row names it too.
    """

    type: Literal["neighbours"]
    depth: Annotated[int, "of the stage"]
    chosen: Annotated[
        list[list[int]],
        "`[batch, sample, step]` of a task, and behind it `batch, sample` of its neighbour, which"
        " are missing where it starts cold",
    ]


class LearnedRecord(JournalLine):
    """A sampler that learns has fitted its model. See
    [learning.md](learning.md#what-it-says-of-itself).
    """

    type: Literal["learned"]
    depth: Annotated[int, "of the stage"]
    known: Annotated[int, "samples of the stage that had finished"]
    observations: Annotated[int, "values it was fitted to"]
    failed: Annotated[int, "samples that gave none"]
    cv_error: Annotated[float | None, "root mean square error of values predicted from all others"]
    cv_error_relative: Annotated[float | None, "its share of the values' standard deviation"]
    errors: NotRequired[
        Annotated[
            dict[str, float],
            "where several outputs are learnt, `cv_error` of each in its own units; that of the one"
            " known worst, in standard deviations, is `cv_error` then",
        ]
    ]
    best: NotRequired[
        Annotated[
            float | None,
            "where a best is looked for; of several objectives the hypervolume of the front",
        ]
    ]
    front: NotRequired[Annotated[int, "samples on the front of several objectives"]]
    best_position: NotRequired[Annotated[int | None, "position of that sample in its stage"]]
    acquisition: Annotated[float | None, "what the model expects of its first choice"]
    length_scales: NotRequired[Annotated[list[float] | None, "of the model, one a parameter"]]
    noise: NotRequired[Annotated[float | None, "of the values, by the model"]]
    seconds: Annotated[float, "that fitting and choosing took"]


class JobsRecord(JournalLine):
    """What a scheduler was asked for. A task is held by the job that was given it last, until its
    record comes.
    """

    type: Literal["jobs"]
    event: Annotated[
        Literal["intent", "submitted", "added", "closed"],
        "`intent`: on disk before anything is submitted; `submitted`; `added`: on disk before jobs"
        " that stay are given more; `closed`: nothing is expected of these jobs any more",
    ]
    executor: NotRequired[Annotated[str, "of an intent: configured name of the executor"]]
    token: Annotated[str, "in the name of the jobs, so that they are found again by it"]
    name: NotRequired[Annotated[str, "of an intent: of the jobs"]]
    directory: NotRequired[Annotated[str, "of an intent: of their files"]]
    elements: NotRequired[
        Annotated[
            list[list[list[int]]],
            "of an intent: for each element of the job array its tasks as runs `[depth, batch,"
            " first sample, step, count, attempt]`",
        ]
    ]
    stays: NotRequired[
        Annotated[str, "of an intent: the jobs stay for more work; names the options they have"]
    ]
    job: NotRequired[Annotated[str, "of `submitted`: the scheduler's number"]]
    shares: NotRequired[
        Annotated[
            list[tuple[int, int, list[list[int]]]],
            "of `added`: `[element, number of the share, its tasks]`, the tasks as in `elements`",
        ]
    ]


class HeldRecord(JournalLine):
    """Core-seconds that have been held, from the beginning, by what has not ended or of which no
    other record says it. Written once a hundredth part more has come together, and at the end.
    """

    type: Literal["held"]
    jobs: NotRequired[
        Annotated[dict[str, float], "by job, in all: those that have changed since the last record"]
    ]
    tasks: NotRequired[
        Annotated[
            list[list[float]],
            "of the tasks that run outside of jobs: `[depth, batch, sample, step, core-seconds]`",
        ]
    ]


class RetryRecord(JournalLine):
    """Results are given up; these tasks, their later steps and all their descendants run again."""

    type: Literal["retry"]
    tasks: Annotated[list[TaskPlace], "as in `task`"]
    started: NotRequired[Annotated[list[float | None], "when these had been"]]
    failed: NotRequired[Annotated[bool, "they were failures that somebody wants to run again"]]
    memory: NotRequired[
        Annotated[
            list[int],
            "of each, the MiB on a node that it is given next, since it was killed for want of"
            " memory (`memory_retry`)",
        ]
    ]
    attempts: NotRequired[Annotated[list[int], "of the same, the number of the attempt to come"]]


class ControlRecord(JournalLine):
    """Somebody steers the campaign."""

    type: Literal["control"]
    action: Annotated[str, "`pause`, `continue`, `drain` or `abort`"]
    by: Annotated[str, "who asked"]


class GuardRecord(JournalLine):
    """Everything fails for one reason, and the campaign is paused: until somebody says `continue`,
    or till the next session where nobody is there to be asked. See
    [Campaigns that look after themselves](looking-after.md).
    """

    type: Literal["guard"]
    rule: Annotated[str, "`canary` or `breaker`"]
    depth: Annotated[int, "of the stage"]
    step: Annotated[int, "at which the last of the tasks failed"]
    cause: Annotated[str, "`simulation`, or `infrastructure` where the workers were lost"]
    signature: Annotated[str, "message that most of the failures share, numbers and paths left out"]
    count: Annotated[int, "failures with this signature"]
    failed: Annotated[int, "failures that the rule went by"]
    example: Annotated[str, "a whole message"]
    kinds: Annotated[dict[str, int], "kinds of these failures, and how many of each"]
    hosts: Annotated[dict[str, int], "where they ran, likewise"]
    ranges: Annotated[
        dict[str, list[float]], "least and greatest value of each parameter among them"
    ]
    message: Annotated[str, "for people"]


class EndRecord(JournalLine):
    """The session ends."""

    type: Literal["end"]
    reason: Annotated[
        str,
        "`completed`, `all_failed`, `drained`, `aborted`, `max_failures`, `environment` and so on",
    ]
    exit_code: Annotated[int, "of the command"]
    message: Annotated[str, "for people"]
    files: NotRequired[
        Annotated[
            dict[str, Any],
            "size and modification time in nanoseconds of the files that were written, so that a"
            " session that finds nothing to do need not write them again",
        ]
    ]


class OnCompleteRecord(JournalLine):
    """What is done once a campaign is complete has been done."""

    type: Literal["on_complete"]
    rows: Annotated[int, "of the dataset by then"]
    exit_code: Annotated[int, "of the command"]


Record = (
    OpenRecord
    | CodeRecord
    | ParentsRecord
    | SamplesRecord
    | AddedRecord
    | TaskRecord
    | BatchCompleteRecord
    | StageCompleteRecord
    | NeighboursRecord
    | LearnedRecord
    | JobsRecord
    | HeldRecord
    | RetryRecord
    | ControlRecord
    | GuardRecord
    | EndRecord
    | OnCompleteRecord
)

#: The kinds by the word in `type`, in the order of the page.
KINDS: dict[str, type] = {
    "open": OpenRecord,
    "code": CodeRecord,
    "parents": ParentsRecord,
    "samples": SamplesRecord,
    "added": AddedRecord,
    "task": TaskRecord,
    "batch_complete": BatchCompleteRecord,
    "stage_complete": StageCompleteRecord,
    "neighbours": NeighboursRecord,
    "learned": LearnedRecord,
    "jobs": JobsRecord,
    "held": HeldRecord,
    "retry": RetryRecord,
    "control": ControlRecord,
    "guard": GuardRecord,
    "end": EndRecord,
    "on_complete": OnCompleteRecord,
}
