"""What the command needs of its process before it does anything: standard streams that take any
text, and room for open files.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import resource
import sys

_OPEN_FILES = 4096  #: descriptors; a local worker needs three
#: How signs are written on a terminal that does not have them.
_IN_ASCII = str.maketrans(
    {
        "\u2026": "...",  # ellipsis
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u00b7": "-",  # dot between parts of a line
        "\u2192": "->",
        "\u00d7": "x",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
    }
)
_AS_WELL_AS_CAN_BE = (  #: name of the way to encode what an encoding does not have
    "enchanted_tui.as_well_as_can_be"
)


def prepare() -> None:
    """Make the process ready to be the command."""
    _open_standard_streams()
    _let_them_take_any_text()
    _raise_limit_of_open_files()


def unwritable(error: UnicodeEncodeError) -> str:
    """Say why a name cannot be used, and what to do: the encoding of file names follows the
    locale.
    """
    return (
        f"{error.object!r} cannot be a name here: file names are encoded as {error.encoding} by the"
        " locale; set LC_ALL=C.UTF-8 or another UTF-8 locale, or PYTHONUTF8=1."
    )


def _open_standard_streams() -> None:
    """Put the null device where a standard stream is closed, as under some daemons: its number must
    not become that of a file of ours.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            # for as long as the process lives
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def _let_them_take_any_text() -> None:
    """Have printed what the encoding of the terminal does not have: names, units and messages come
    from anywhere.
    """
    codecs.register_error(_AS_WELL_AS_CAN_BE, _encoded)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_AS_WELL_AS_CAN_BE)


def _encoded(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what is written for the characters that cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    if all("\udc80" <= character <= "\udcff" for character in text):
        # bytes of a name that is not UTF-8 either, as they are
        return (
            text.encode("utf-8", "surrogateescape"),
            error.end,
        )
    return text.translate(_IN_ASCII).encode("ascii", "backslashreplace").decode("ascii"), error.end


def _raise_limit_of_open_files() -> None:
    """Ask for more open files than some systems give at first, as far as that is allowed."""
    with contextlib.suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
