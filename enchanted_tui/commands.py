"""Command lines of the program, as messages show them: they can be copied into a shell as they
stand.
"""

from __future__ import annotations

import shlex


def command_line(*words: object) -> str:
    """Return the words as a command line of this program, quoted for a shell where that is
    needed.
    """
    return shlex.join(["enchanted-tui", *map(str, words)])
