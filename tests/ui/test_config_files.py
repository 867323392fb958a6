"""The file side of the editor: bytes, atomic saving, other people's changes, recovery."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.geometry import Offset
from textual.widgets.text_area import Document, WrappedDocument

from enchanted_tui.ui.editor import config_file
from enchanted_tui.ui.editor.buffer import Buffer, read_file
from enchanted_tui.ui.editor.document import LosslessDocument, UnwrappedDocument
from enchanted_tui.ui.editor.recovery import Recovery

_PIECES = [
    "a",
    "b",
    ":",
    " ",
    "\t",
    "#",
    "-",
    "\u00e9",
    "\U0001f600",
    "\n",
    "\r\n",
    "\r",
    "\x85",
    "\x0c",
    "\u2028",
    "\ufeff",
]
_TEXT = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)
# on a machine that others use
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(_TEXT)
@_PATIENT
def test_a_text_that_is_not_edited_comes_back_as_it_was(text: str) -> None:
    """Protects files with mixed or unusual line ends: opening and saving changes no byte."""
    assert LosslessDocument(text).text == text


@given(_TEXT, _TEXT.filter(lambda text: len(text.splitlines()) < 2), st.data())
@_PATIENT
def test_editing_changes_nothing_else(text: str, inserted: str, data: st.DataObject) -> None:
    """Protects every byte that was not edited: before and after a replaced range, the text is what
    it was.
    """
    document = LosslessDocument(text)
    places = sorted(data.draw(st.lists(_place_in(document), min_size=2, max_size=2)))
    offsets = [_offset(text, place) for place in places]
    removed = document.replace_range(places[0], places[1], inserted).replaced_text
    after = document.text
    assert removed == text[offsets[0] : offsets[1]]
    assert after.startswith(text[: offsets[0]])
    assert after.endswith(text[offsets[1] :])
    middle = after[offsets[0] : len(after) - len(text) + offsets[1]]
    assert middle.splitlines() == inserted.splitlines() or not inserted


@given(_TEXT, st.data())
@_PATIENT
def test_taking_back_an_edit_gives_the_bytes_back(text: str, data: st.DataObject) -> None:
    """Protects undo: what was cut out comes back with the line ends that it had."""
    document = LosslessDocument(text)
    places = sorted(data.draw(st.lists(_place_in(document), min_size=2, max_size=2)))
    result = document.replace_range(places[0], places[1], "")
    document.replace_range(places[0], places[0], result.replaced_text)
    assert document.text == text


@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=3), st.data())
@_PATIENT
def test_sizes_are_those_that_textual_counts(
    text: str, edits: list[str], data: st.DataObject
) -> None:
    """Protects scrolling: the width of the longest line, which is kept up to date rather than
    counted at each key, is what counting gives.
    """
    document = LosslessDocument(text)
    assert document.get_size(4) == Document.get_size(document, 4)
    for edit in edits:
        places = sorted(data.draw(st.lists(_place_in(document), min_size=2, max_size=2)))
        document.replace_range(places[0], places[1], edit)
        assert document.get_size(4) == Document.get_size(document, 4)


@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=3), st.data())
@_PATIENT
def test_places_on_the_screen_are_those_of_textual(
    text: str, edits: list[str], data: st.DataObject
) -> None:
    """Protects cursor and mouse: lines that are never wrapped need no list of where they are, and
    stand where Textual's lists have them.
    """
    document = LosslessDocument(text)
    ours, theirs = UnwrappedDocument(document), WrappedDocument(document)
    for edit in ("", *edits):
        start, end = sorted(data.draw(st.lists(_place_in(document), min_size=2, max_size=2)))
        result = document.replace_range(start, end, edit)
        ours.wrap_range(start, end, result.end_location)
        theirs.wrap(0)
        assert ours.height == theirs.height and ours.lines == theirs.lines
        assert [*ours._offset_to_line_info] == theirs._offset_to_line_info
        for line in range(document.line_count):
            assert ours.get_offsets(line) == theirs.get_offsets(line)
            assert ours.get_sections(line) == theirs.get_sections(line)
            assert ours.get_tab_widths(line) == theirs.get_tab_widths(line)
        place = data.draw(_place_in(document))
        shown = ours.location_to_offset(place)
        assert shown == theirs.location_to_offset(place)
        for offset in (shown, shown + Offset(3, 1), shown - Offset(1, 1)):
            assert ours.offset_to_location(offset) == theirs.offset_to_location(offset)


def test_a_key_in_a_long_text_touches_a_part_of_it() -> None:
    """Protects keys in megabytes: size and text after an edit look at lines near by, not at all."""
    document = LosslessDocument("a: [1, 2]\n" * 50_000)
    assert len(document.text) == 500_000 and document.get_size(4).width == 9
    cells: list[str] = []

    def counted(line: str) -> int:
        cells.append(line)
        return 1

    document._cells = counted  # type: ignore[method-assign]
    document.replace_range((30_000, 0), (30_000, 0), "\u00e9\n")
    document.get_size(4)
    assert 0 < len(cells) < 2_000
    assert document.text == "a: [1, 2]\n" * 30_000 + "\u00e9\n" + "a: [1, 2]\n" * 20_000


def _place_in(document: LosslessDocument) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(0, document.line_count - 1).flatmap(
        lambda row: st.tuples(st.just(row), st.integers(0, len(document.get_line(row))))
    )


def _offset(text: str, place: tuple[int, int]) -> int:
    rows = text.splitlines(keepends=True)
    return sum(map(len, rows[: place[0]])) + place[1]


# -- saving ----------------------------------------------------------------------------------------


def test_saving_keeps_permissions_links_and_bom(tmp_path: Path) -> None:
    """Protects what belongs to the file and not to its text."""
    target = tmp_path / "real.yaml"
    target.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    target.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(target.name)
    buffer = Buffer()
    assert buffer.open(read_file(link)) == "a: 1\r\n"
    buffer.save("a: 2\r\n", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"\xef\xbb\xbfa: 2\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    """Protects colleagues who read each other's configurations: a new file is as readable as any
    other.
    """
    before = os.umask(0o027)
    try:
        Buffer().save("a: 1\n", tmp_path / "new" / "config.yaml")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "config.yaml").stat().st_mode) == 0o640


def test_a_failed_save_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the old content when the disk is full: it stays, no fragment lies beside it, and the
    message says what to do.
    """
    path = tmp_path / "only" / "config.yaml"
    path.parent.mkdir()
    path.write_text("old: 1\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(config_file.FileProblem, match=r"was not saved: .*No space left"):
        config_file.save(path, "new: 1\n")
    assert path.read_text() == "old: 1\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(
    ("content", "message"), [(b"a: \xff\n", "not UTF-8"), (None, "No such file")]
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: bytes | None, message: str) -> None:
    """Protects other encodings: such a file is refused with the remedy and never written back
    mangled.
    """
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    buffer = Buffer()
    with pytest.raises(config_file.FileProblem, match=message):
        buffer.open(read_file(path))
    assert buffer.path is None


def test_other_peoples_changes_are_noticed(tmp_path: Path) -> None:
    """Protects a colleague's edit: the same content is no change, another one is, also when size
    and time are the same.
    """
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    buffer = Buffer()
    buffer.open(read_file(path))
    path.touch()
    assert not buffer.changed_on_disk() and not buffer.would_overwrite(path)
    path.write_text("a: 2\n")
    assert buffer.changed_on_disk() and buffer.would_overwrite(path)
    buffer.save("a: 3\n", path)
    assert not buffer.changed_on_disk() and not buffer.would_overwrite(path)
    path.unlink()
    assert buffer.changed_on_disk() and not buffer.would_overwrite(path)


def test_a_template_s_files_never_replace_others(tmp_path: Path) -> None:
    """Protects a person's own points.csv."""
    (tmp_path / "points.csv").write_text("mine\n")
    buffer = Buffer()
    buffer.begin({"points.csv": "theirs\n", "model.py": "x = 1\n"})
    text = "runner: model:run\ntable: points.csv\n"
    assert buffer.save(text, tmp_path / "config.yaml") == ["model.py"]
    assert (tmp_path / "points.csv").read_text() == "mine\n"


# -- recovery --------------------------------------------------------------------------------------


def test_recovery_files_are_private_and_belong_to_the_living(tmp_path: Path) -> None:
    """Protects secrets in a text, and another window of the same person: only the texts of apps
    that are gone are offered.
    """
    mine = Recovery(tmp_path)
    mine.keep("a: 1\n", tmp_path / "config.yaml", "digest")
    (kept,) = (tmp_path / "recovery").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert not Recovery(tmp_path).left_behind()
    code = (
        "import os, signal, sys; from pathlib import Path; from enchanted_tui.ui.editor.recovery"
        " import Recovery\nRecovery(Path(sys.argv[1])).keep('b: \\u00e9\\r\\n', None, None);"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    ((path, unsaved),) = mine.left_behind()
    assert unsaved.text == "b: \u00e9\r\n" and unsaved.path is None
    mine.forget()
    assert [path] == list((tmp_path / "recovery").iterdir())


@pytest.mark.parametrize("seen_coming", [True, False])
def test_a_text_is_offered_though_the_process_of_its_app_lives_on(
    tmp_path: Path, seen_coming: bool
) -> None:
    """Protects a text whose app has ended but whose process sees a campaign through: it is offered,
    and no late writing takes it back.
    """
    mine = Recovery(tmp_path)
    mine.keep("a: 1\n", tmp_path / "config.yaml", "digest")
    mine.leave("a: 12\n", tmp_path / "config.yaml", "digest") if seen_coming else mine.release()
    mine.release()
    mine.keep("late\n", tmp_path / "config.yaml", "digest")
    ((_, unsaved),) = Recovery(tmp_path).left_behind()
    assert unsaved.text == ("a: 12\n" if seen_coming else "a: 1\n")
    assert unsaved.path == str(tmp_path / "config.yaml") and unsaved.digest == "digest"


def test_a_damaged_recovery_file_is_passed_over(tmp_path: Path) -> None:
    """Protects the start of the app: whatever lies in that directory, it starts."""
    directory = tmp_path / "recovery"
    directory.mkdir()
    for name, content in {
        "a.json": "{",
        "b.json": "[]",
        "c.json": '{"text": 1}',
        "d.json": "null",
    }.items():
        (directory / name).write_text(content)
    assert Recovery(tmp_path).left_behind() == []
