"""How run directories are packed: the option `pack` of the supervisor."""

from __future__ import annotations

from enchanted_tui.config.options import Nested, option


class Pack(Nested):
    """Run directories in few large archives."""

    keep: list[str] = option(
        [],
        doc=(
            "Files to keep, by name or, with slashes, by path in the run directory, with `*`, `?`,"
            " `[...]` and `**`; by default all."
        ),
        example=["*.nc", "summary.json"],
    )
    tasks: int = option(2_000, doc="Run directories in one archive, at most.", ge=1)
    megabytes: float = option(
        500.0, doc="Size from which on another archive is begun.", unit="MB", gt=0
    )
