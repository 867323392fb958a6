"""The datapoint of a task: its row as a file in its run directory.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui import values
from enchanted_tui.whole_files import write_file

DATAPOINT = "enchanted_datapoint.csv"

#: Errors in writing a datapoint that a runner can bring about in its own directory: it must not
#: stop the campaign.
_RUNNERS_OWN_ERRNOS = frozenset(
    (
        errno.EACCES,
        errno.EPERM,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENOTEMPTY,
        errno.ELOOP,
        errno.EMFILE,
    )
)


def store_datapoint(run_dir: str, row: Mapping[str, Any], make: Callable[[], None]) -> None:
    """Write the datapoint file, whatever the runner has done to its directory, which `make` makes
    again; without that file, the record still has the row.
    """
    try:
        write_datapoint(run_dir, row)
    except OSError as error:
        if not os.path.isdir(run_dir):
            make()  # fails in its turn if it is not only this directory that has gone
            write_datapoint(run_dir, row)
        elif error.errno not in _RUNNERS_OWN_ERRNOS:
            raise


def write_datapoint(run_dir: str, row: Mapping[str, Any]) -> None:
    """Write the one-row CSV file of a task; a reader sees it whole or not at all."""
    path = f"{run_dir}/{DATAPOINT}"
    partial = path + ".partial"
    write_file(partial, datapoint_text(row))
    os.rename(partial, path)


def _needs_no_quotes(text: str, cells: int) -> bool:
    """Tell whether two lines of so many cells each are CSV as they are."""
    return (
        cells > 1
        and text.count(",") == 2 * (cells - 1)
        and text.count("\n") == 2
        and '"' not in text
        and "\r" not in text
    )


def datapoint_text(row: Mapping[str, Any]) -> bytes:
    """Return what the file of a row holds."""
    cells = [values.cell(value) for value in row.values()]
    plain = f"{','.join(row)}\n{','.join(cells)}\n"
    if _needs_no_quotes(plain, len(cells)):  # in a quarter of the time
        return plain.encode("utf-8", "backslashreplace")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(row)
    # which csv.writer leaves unquoted where it does not end lines
    if any("\r" in cell for cell in cells):
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")
