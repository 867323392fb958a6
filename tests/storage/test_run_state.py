"""The file by which the older program resumes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from enchanted_tui.storage.run_state import RunState, read_run_state, write_run_state


def test_it_is_what_the_older_program_writes(tmp_path: Path) -> None:
    """Same keys, same order, same bytes as its YAML library gives; and it reads back."""
    path = tmp_path / "enchanted_run.yaml"
    state = RunState(batch_number=2, depth=1, submitted_samples=30)
    write_run_state(path, state)
    assert path.read_text() == yaml.safe_dump(
        {"submitted_samples": 30, "batch_number": 2, "depth": 1}
    )
    assert read_run_state(path) == state


def test_harmless_differences_are_accepted(tmp_path: Path) -> None:
    """Hand-edited files: numbers as text, other keys, other order."""
    path = tmp_path / "enchanted_run.yaml"
    path.write_text("submitted_samples: '30'\nextra: [1]\ndepth: 1.0\nbatch_number: 2\n")
    assert read_run_state(path) == RunState(2, 1, 30)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "empty"),
        ("- 1", "no mapping"),
        ("batch_number: 0\ndepth: 0\n", "'submitted_samples' is missing"),
        (
            "batch_number: -5\ndepth: 0\nsubmitted_samples: 1\n",
            "batch_number must be a whole number from 0 up, found -5",
        ),
        ("batch_number: true\ndepth: 0\nsubmitted_samples: 1\n", "found True"),
        ("batch_number: [\n", "not YAML"),
        ("a: !!python/name:os.system\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: str, complaint: str) -> None:
    """A damaged file must not silently resume from batch -5, as it once did."""
    path = tmp_path / "enchanted_run.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match=complaint):
        read_run_state(path)
