"""enchanted_run.yaml: how far the older program's account of a campaign is, so that a directory can
go back to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from enchanted_tui.whole_files import read_regular, write_atomically


class RunState(Struct, frozen=True):
    """The last batch that is complete. These fields in this order are all the older program
    reads.
    """

    batch_number: int  #: counted from 0
    depth: int  #: stage of the batch
    #: samples drawn in that stage up to and with the batch, before they are combined with parents
    submitted_samples: int


def write_run_state(path: Path, state: RunState) -> None:
    """Write the file as ``yaml.safe_dump`` would."""
    write_atomically(
        path, "".join(f"{name}: {getattr(state, name)}\n" for name in RunState.__struct_fields__)
    )


def read_run_state(path: Path) -> RunState:
    """Read the file, by whichever program it was written.

    Raises OSError if it cannot be read, ValueError with a sentence if it does not hold three whole
    numbers. Other keys are ignored.
    """
    import yaml

    try:
        content = yaml.safe_load(read_regular(path))
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ValueError("it is empty" if content is None else "it is no mapping of keys to values")
    return RunState(*(_number(content, name) for name in RunState.__struct_fields__))


def _number(content: dict[Any, Any], key: str) -> int:
    if key not in content:
        raise ValueError(f"the key {key!r} is missing")
    value = content[key]
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value < 0:
        raise ValueError(f"{key} must be a whole number from 0 up, found {value!r}")
    return value
