"""What a runner returns for many samples, as one result for each.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Union

from enchanted_tui.as_data import NotDataError, as_data, named
from enchanted_tui.runners.failure import SampleFailed

#: the result of a sample of a call of which nothing is known, so that it is run again
NO_RESULT = object()


def in_rows(returned: Any, count: int) -> Union[list[Any], Iterator[Any]]:
    """Return a result for each of `count` samples, in their order: of what came at once as a list,
    of what is still to come as an iterator, which may end early.

    `returned` is a list of results, something that gives them one after another, or a mapping of
    outputs that hold a value for each sample. Raises SampleFailed if it is anything else.
    """
    if isinstance(returned, Mapping):
        return _of_columns(returned, count)
    if isinstance(returned, Sequence) and not isinstance(returned, (str, bytes)):
        if len(returned) != count:
            raise _bad(f"a list of {len(returned)} results for {count} samples")
        return list(returned)
    if isinstance(returned, Iterable) and not isinstance(returned, (str, bytes)):
        return iter(returned)
    raise _bad(
        f"{named(returned)}; it must return a list, an iterator or a mapping of outputs that holds"
        " a result for each sample"
    )


def only_result(returned: Any) -> Any:
    """Return the result for the only sample. Raises what it is, if that is an exception."""
    for result in in_rows(returned, 1):
        if result is NO_RESULT:
            break
        if isinstance(result, BaseException):
            raise result
        return result
    raise _bad("no result for this sample")


def _of_columns(columns: Mapping[Any, Any], count: int) -> list[dict[Any, Any]]:
    """Return the rows of a table that is given by its columns; one boolean `success` holds for all
    of them.
    """
    rows: list[dict[Any, Any]] = [{} for _ in range(count)]
    for name, given in columns.items():
        try:
            column = as_data(given)
        except NotDataError as error:
            raise _bad(f"an output {name!r} that {error}") from None
        if name == "success" and isinstance(column, bool):
            column = [column] * count
        if isinstance(column, (str, bytes, Mapping)) or not hasattr(column, "__len__"):
            raise _bad(f"{named(given)} as the output {name!r}, not a value for each sample")
        if len(column) != count:
            raise _bad(f"{len(column)} values of the output {name!r} for {count} samples")
        for row, value in zip(rows, column):  # noqa: B905 - Python 3.9
            row[name] = value
    return rows


def _bad(what: str) -> SampleFailed:
    return SampleFailed(f"many_code_run returned {what}", "bad_return")
