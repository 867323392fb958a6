"""What has been measured, kept in a file so that an interrupted run of the benchmarks can go on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Measurement


class Results:
    """Measurements by case and contender, and single facts by name; each is appended to the file at
    once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.runs: dict[tuple[str, str], list[Measurement]] = {}
        self.notes: dict[tuple[str, str], str] = {}
        self.facts: dict[str, Any] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                self._take(json.loads(line))

    def add(self, case: str, contender: str, samples: int, measured: Measurement) -> None:
        self._keep(
            {"case": case, "contender": contender, "samples": samples, "run": asdict(measured)}
        )

    def note(self, case: str, contender: str, text: str) -> None:
        """Say why a contender has no figures."""
        self._keep({"case": case, "contender": contender, "note": text})

    def set_fact(self, name: str, value: Any) -> None:
        self._keep({"fact": name, "value": value})

    def done(self, case: str, contender: str) -> int:
        """How many rounds are measured; a contender that cannot take part has done all."""
        return (
            1 << 30
            if (case, contender) in self.notes
            else len(self.runs.get((case, contender), ()))
        )

    def values(self, case: str, contender: str, field: str) -> list[float]:
        return [
            getattr(run, field) for run in self.runs.get((case, contender), ()) if not run.error
        ]

    def median(self, case: str, contender: str, field: str) -> float | None:
        found = self.values(case, contender, field)
        return median(found) if found else None

    def wall(self, case: str, contender: str) -> float | None:
        return self.median(case, contender, "wall")

    def ms(self, case: str, contender: str) -> float | None:
        """Wall time a sample in milliseconds; the number of samples ends the case's name."""
        wall = self.wall(case, contender)
        return None if wall is None else 1000 * wall / int(case.rpartition("-")[2])

    def ratio(self, case: str, contender: str, other: str) -> float | None:
        """Median wall time of one contender over that of another, of the same case and so measured
        in turn.
        """
        above, below = self.wall(case, contender), self.wall(case, other)
        return above / below if above and below else None

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def _keep(self, record: dict[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        if "fact" in record:
            self.facts[record["fact"]] = record["value"]
            return
        key = record["case"], record["contender"]
        if "note" in record:
            self.notes[key] = record["note"]
        else:
            self.runs.setdefault(key, []).append(Measurement(**record["run"]))
