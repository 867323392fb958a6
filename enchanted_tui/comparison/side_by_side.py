"""What can be said of campaigns side by side without fitting anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.comparison.campaign_facts import CampaignFacts


def told_apart(roots: Sequence[Path]) -> list[str]:
    """Return the name of each directory, with as many of those above it as tell them apart."""
    parts = [root.resolve().parts for root in roots]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(one[-length:]) for one in parts]
        if len(set(names)) == len(names):
            return names
    raise AssertionError("the same directory twice")


def columns_left_out(runs: Sequence[CampaignFacts]) -> list[str]:
    """Say which columns not all campaigns have; one without a sample yet has none."""
    started = [run for run in runs if run.samples]
    notes = [f"{run.name} has no finished samples yet" for run in runs if not run.samples]
    by_owners: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(name for run in started for name in run.columns):
        owners = tuple(run.name for run in started if name in run.columns)
        if len(owners) < len(started):
            by_owners.setdefault(owners, []).append(name)
    for owners, names in by_owners.items():
        what = "the column" if len(names) == 1 else "the columns"
        notes.append(f"only {' and '.join(owners)} {has(owners)} {what} {', '.join(names)}")
    return notes


def has(owners: Sequence[str]) -> str:
    return "has" if len(owners) == 1 else "have"


def shared_columns(runs: Sequence[CampaignFacts]) -> tuple[str, ...]:
    """Return the columns that the datasets of all campaigns with samples have."""
    started = [run for run in runs if run.samples] or list(runs)
    others = [set(run.columns) for run in started[1:]]
    return tuple(name for name in started[0].columns if all(name in one for one in others))
