"""What can be wrong with the option `restart` of a CommandRunner before anything runs. The
functions are given the runner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from enchanted_tui.runners.kept_directory import is_kept

Problems = Iterator[tuple[str, str]]


def restart_problems(runner: Any) -> Problems:
    """Yield (option path, sentence) for what contradicts itself."""
    asks = set((runner.restart or {}).get("exit_codes", ()))
    accepted = asks & set(runner.exit_codes if isinstance(runner.exit_codes, list) else ())
    for code in sorted(accepted):
        yield (
            "restart.exit_codes",
            f"by exit code {code} the code either asks to be continued or is done; it is among"
            " exit_codes as well, so take it out of one of the two",
        )


def restart_warnings(runner: Any, inputs: Mapping[str, Iterable[str]]) -> Problems:
    """Yield (option path, sentence) for what is hardly meant. `inputs`: by option, the names of the
    files that it puts into the run directory.
    """
    if runner.restart is None:
        return
    keep = runner.restart["keep"]
    for option, names in inputs.items():
        for name in names:
            if is_kept(name, keep):
                yield (
                    f"{option}.{name}",
                    "it matches restart: keep as well, so a sample that is continued goes on with"
                    " what the code has made of it; it is not put there again",
                )
    for stream in ("stdout", "stderr"):
        name = getattr(runner, stream)
        if name is not None and is_kept(name, keep):
            yield (
                "restart.keep",
                f"{name} matches, so whatever the code prints counts as progress, and is not"
                " numbered; name the checkpoints alone",
            )
    told = runner.restart.get("signal") is not None and not runner.restart.get("exit_codes")
    if told and not runner.outputs and not runner.success:
        yield (
            "restart.signal",
            "a code that ends with exit code 0 when it gets the signal would be taken to be done;"
            " declare an output or a condition under success that only a complete run has, or the"
            " code's exit codes under restart: exit_codes",
        )
