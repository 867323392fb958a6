"""Pictures by kitty's graphics protocol, which kitty, Ghostty, WezTerm and Konsole have.

https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import base64

_CHUNK = 4096  #: characters, as many as the protocol allows
_QUIET = "q=2"  #: no answers


def asking(number: int) -> str:
    """Return the question whether the terminal knows the protocol; nothing is shown or kept."""
    return _command(f"i={number},s=1,v=1,a=q,t=d,f=24", "AAAA")


def transmission(png: bytes, number: int) -> str:
    """Return what hands a picture to the terminal, which keeps it under a number."""
    data = base64.b64encode(png).decode("ascii")
    chunks = [data[place : place + _CHUNK] for place in range(0, len(data), _CHUNK)]
    keys = [f"a=t,f=100,i={number},"] + [""] * (len(chunks) - 1)
    more = [1] * (len(chunks) - 1) + [0]
    return "".join(
        _command(f"{key}{_QUIET},m={one}", chunk)
        for key, one, chunk in zip(keys, more, chunks, strict=True)
    )


def placement(number: int, columns: int, rows: int) -> str:
    """Return what shows a picture from the cursor on, scaled to so many characters; the cursor
    stays.
    """
    return _command(f"a=p,i={number},p=1,c={columns},r={rows},C=1,{_QUIET}")


def removal(number: int, *, forget: bool) -> str:
    """Return what takes a picture off the screen, and out of the terminal's memory."""
    return _command(f"a=d,d={'I' if forget else 'i'},i={number},{_QUIET}")


def _command(keys: str, data: str = "") -> str:
    return f"\x1b_G{keys}{';' if data else ''}{data}\x1b\\"
