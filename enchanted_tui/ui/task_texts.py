"""What there is to read about one task besides its files: values, and texts that are on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.durations import duration, whole_duration
from enchanted_tui.record.code_versions import code_words
from enchanted_tui.resources import Resources
from enchanted_tui.ui import formats
from enchanted_tui.ui.facts_in_line import Fact, fit
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.task_pane import LOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from enchanted_tui.record.code_records import CodeRecord
    from enchanted_tui.views.task_lines import TaskLine
    from enchanted_tui.views.viewing import View

    Colour = Callable[[str], str]


_LONGEST = 20_000  #: characters of a value that are shown: laying out more holds up the keys
_LONGEST_IN_CELL = 2_000  #: the same of one in a table


class Value(NamedTuple):
    """A line of the table of values."""

    kind: str  #: "parameter", "output" or "record"
    name: str
    value: Any


def heading(line: TaskLine, colour: Colour) -> Text:
    """Return the task's name, how it stands, and why it failed."""
    sign, word, shade = LOOKS.get(line.status, ("unknown", line.status, "warning"))
    text = Text(f"{line.name}  ", style="bold")
    text.append(f"{glyph(sign)} {word}", style="dim" if shade == "dim" else colour(shade))
    if line.status == TaskStatus.FAILED:
        text.append(f"  {line.kind}: {' '.join(line.message.split())}")
    return text


def facts(line: TaskLine, view: View, width: int = 0) -> Text:
    """Return where the task stands in the campaign, how long it ran and what it used, when, where
    and how often: what there is room for, in this order.
    """
    parts = []
    stages = view.snapshot.stages
    if line.task.depth < len(stages):
        stage = stages[line.task.depth]
        runner = stage.runners[line.task.step] if line.task.step < len(stage.runners) else "?"
        step = f" step {line.task.step + 1}/{len(stage.runners)}" if len(stage.runners) > 1 else ""
        parts.append(
            f"stage {line.task.depth + 1}/{len(stages)}{step}, {stage.sampler} {glyph('arrow')}"
            f" {runner}"
        )
    if line.status == TaskStatus.RUNNING and line.started is not None:
        parts.append(f"running for {whole_duration(view.read_at - line.started)}")
    elif line.runtime is not None:
        parts.append(f"run time {duration(line.runtime)}")
        if line.cpu is not None:
            parts.append(f"CPU {duration(line.cpu)}")
        if line.memory:
            parts.append(f"memory {line.memory}")
        parts.append(f"finished {formats.clock(line.finished, view.read_at)}")
    if line.host:
        parts.append(f"on {line.host}")
    if line.status in (TaskStatus.OK, TaskStatus.FAILED):
        parts.append(f"attempt {line.attempt + 1}")
    return fit([Fact(Text(part), rank) for rank, part in enumerate(parts)], width, "   ")


def held(line: TaskLine) -> str:
    """Return what the task was given and where that is; nothing where none is counted."""
    if not line.where:
        return ""
    if line.resources is None:
        return f"holds {line.where}"
    try:
        given = Resources.of(line.resources).shown()
    except ValueError:  # of a later version
        given = ", ".join(f"{name} {value}" for name, value in line.resources.items())
    used = f"   used {line.memory}" if line.memory and line.resources.get("mem") else ""
    return f"given {given}   on {line.where}{used}"


def values_of(
    line: TaskLine, record: Mapping[str, Any] | None, codes: Sequence[CodeRecord] = ()
) -> list[Value]:
    """Return everything that is known of the task as lines of a table; `codes`: with which code
    samples were run.
    """
    values = [Value("parameter", name, value) for name, value in line.params.items()]
    values += [Value("output", name, value) for name, value in line.outputs.items()]
    if record is not None:
        record = {**record, "attempt": line.attempt + 1}  # counted as the heading counts it
        left_out = {"row", "crc", "traceback", "type", "v", "task"}
        left_out |= {"cpu", "memory", "memory_at_most"}  # which stand above
        values += [
            Value("record", name, value) for name, value in record.items() if name not in left_out
        ]
        values.append(Value("record", "run_dir", record["row"].get("run_dir", "")))
        if code := code_words.summary(codes, record["started"]):
            values.append(Value("record", "code", code))
    return values


def recorded_text(record: Mapping[str, Any] | None) -> str:
    """Return what a failed task's record says: reason and, if there is one, traceback."""
    if record is None or record.get("outcome") == "ok":
        return ""
    reason = f"{record.get('kind', '')}: {record.get('message', '')}"
    return f"{reason}\n\n{record['traceback'].rstrip()}" if record.get("traceback") else reason


def in_a_cell(name: str, value: Any) -> str:
    """Return a value as a table has it; of a long one its beginning."""
    if name in ("started", "time"):
        shown = formats.clock(value, 0.0)
    elif isinstance(value, float):
        shown = repr(value)
    else:
        shown = formats.text(formats.beginning(value, _LONGEST_IN_CELL))
    return shown[:_LONGEST_IN_CELL]


def whole(value: Any) -> str:
    """Return a value in full, arrays and dictionaries over several lines; of a very long one its
    beginning.
    """
    text = value if isinstance(value, str) else _over_lines(value)
    more = len(text) - _LONGEST
    if more <= 0:
        return text
    return f"{text[:_LONGEST]}\n... and {more:,} more characters, which the dataset has"


def _over_lines(value: Any) -> str:
    import pprint

    try:
        return pprint.pformat(value, width=100, sort_dicts=False)
    except ValueError:  # a number with more digits than Python writes
        return formats.text(value)
