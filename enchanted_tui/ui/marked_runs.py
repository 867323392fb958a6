"""What can be done to several runs at once, or to the one under the cursor where none is marked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from enchanted_tui.campaign_status import Phase
from enchanted_tui.commands import command_line
from enchanted_tui.errors import UserError
from enchanted_tui.operations.removing import move_aside, put_back
from enchanted_tui.storage.labels import words_of
from enchanted_tui.ui import remembered
from enchanted_tui.ui.app_interface import Steer
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.launching import Launch
from enchanted_tui.ui.run_marks import RunMarks
from enchanted_tui.ui.steering import SteeringScreen
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.views.known_runs import RunEntry

_SAID = 3  #: sentences about runs with which something was not possible
_NAMED = 8  #: runs in a dialog, each with a line; of the others it is said how many


class MarkedRuns(SteeringScreen):
    """A list of runs, some of which may be marked."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[Path, RunEntry] = {}
        self._marks = RunMarks()
        #: what has been moved aside, the latest last: where it is now
        self._removed: list[list[Path]] = []
        self._labelled: list[RunEntry] = []  #: those about which a question is open

    @property
    def entry(self) -> RunEntry | None:
        """The run under the cursor."""
        raise NotImplementedError

    def look(self) -> None:
        """Look at all runs again soon."""
        raise NotImplementedError

    @property
    def marked(self) -> list[RunEntry]:
        """The runs that are marked, in the order in which that was done."""
        return [self.entries[root] for root in self._marks.roots if root in self.entries]

    @property
    def chosen(self) -> list[RunEntry]:
        """The runs to act on: those marked, else the one under the cursor."""
        return self.marked or ([self.entry] if self.entry is not None else [])

    # -- steering ----------------------------------------------------------------------------------

    def action_campaign_pause(self) -> None:
        """Pause those at work; or continue them, if all are paused."""
        if not self.marked:
            super().action_campaign_pause()
        elif at_work := self._at_work():
            is_on = any(entry.phase is not Phase.PAUSED for entry in at_work)
            self.app.perform(self._steer_all(at_work, "pause" if is_on else "continue"))

    def action_campaign_stop(self) -> None:
        if not self.marked:
            super().action_campaign_stop()
        elif at_work := self._at_work():
            self.app.perform(self._stop_all(at_work))

    def action_campaign_resume(self) -> None:
        stopped = [entry for entry in self.marked if entry.phase is Phase.STOPPED]
        if not self.marked:
            super().action_campaign_resume()
        elif stopped:
            self.app.perform(self._resume_all(stopped))
        else:
            self.app.notify("None of the marked runs has stopped before its end.")

    def _at_work(self) -> list[RunEntry]:
        found = [entry for entry in self.marked if entry.phase.at_work]
        if not found:
            self.app.notify("None of the marked runs is at work.")
        return found

    async def _steer_all(self, entries: Sequence[RunEntry], action: Steer) -> None:
        from enchanted_tui.operations import actions

        done = await self._each(entries, lambda entry: in_thread(actions.steer, entry.root, action))
        if done:
            self.app.notify(f"Asked {_named(done)} to {action}.", markup=False)
        self.app.refresh_view()
        self.look()

    async def _stop_all(self, entries: Sequence[RunEntry]) -> None:
        answer = await self.app.ask(
            self,
            Dialog(
                f"Stop {_count(entries)}",
                f"{_lines(entries)}\n\nDrain: nothing new is begun, running tasks finish and are"
                " recorded.\nAbort: running tasks are killed; they run again on resume.\n"
                "Either way nothing that has finished is lost.",
                [
                    Choice("stay", "Let them run"),
                    Choice("drain", "Drain", "d"),
                    Choice("abort", "Abort", "a", destroys=True),
                ],
            ),
        )
        if answer in ("drain", "abort"):
            await self._steer_all(entries, "drain" if answer == "drain" else "abort")

    async def _resume_all(self, entries: Sequence[RunEntry]) -> None:
        launches = {entry.root: Launch(entry.root, "resume", detached=True) for entry in entries}
        answer = await self.app.ask(
            self,
            Dialog(
                f"Resume {_count(entries)}",
                f"{_lines(entries)}\n\nEach goes on in the background, in a process of its own, as"
                f" by {command_line('RUN_DIR', '--detach')}. What has a result is not run again.",
                [Choice("leave", "Leave them"), Choice("resume", "Resume all", "r")],
            ),
        )
        if answer == "resume":
            await self._each(entries, lambda entry: self.app.launch(launches[entry.root]))
            self.look()

    # -- what people call them ---------------------------------------------------------------------

    def action_runs_tag(self) -> None:
        if self.chosen:
            self._labelled = self.chosen
            known = dict.fromkeys(tag for entry in self.chosen for tag in entry.tags)
            hint = f"now: {' '.join(known)}; old- takes one away" if known else "words"
            self.query_one(AskLine).ask("tag", f"Tags for {_named(self.chosen)}:", "", hint)

    def action_runs_note(self) -> None:
        if self.chosen:
            self._labelled = self.chosen
            notes = {entry.note for entry in self.chosen}
            before = notes.pop() if len(notes) == 1 else ""
            self.query_one(AskLine).ask("note", f"Note for {_named(self.chosen)}:", before)

    async def label(self, purpose: str, text: str) -> None:
        """Give the runs that were chosen when it was asked the tags, or the note, of an answer."""
        from enchanted_tui.operations.labelling import label

        words, note = (words_of(text), None) if purpose == "tag" else ([], text)
        await self._each(
            self._labelled, lambda entry: in_thread(label, entry.root, tags=words, note=note)
        )
        self.look()

    # -- removing ----------------------------------------------------------------------------------

    def action_runs_remove(self) -> None:
        if self.chosen:
            self.app.perform(self._remove(self.chosen))

    async def _remove(self, entries: Sequence[RunEntry]) -> None:
        one = entries[0]
        title = f"Remove {one.name if len(entries) == 1 else _count(entries)}"
        body = (
            f"{one.root} with the record of {one.done} tasks is moved to a hidden name"
            " beside it. Nothing is deleted; u brings it back."
            if len(entries) == 1
            else f"{_lines(entries)}\n\nEach directory is moved to a hidden name beside it. Nothing"
            " is deleted; u brings all of them back."
        )
        choices = [Choice("leave", "Leave it" if len(entries) == 1 else "Leave them")]
        choices += [Choice("remove", "Move aside", "m", destroys=True)]
        if await self.app.ask(self, Dialog(title, body, choices)) != "remove":
            return
        aside: list[Path] = []

        async def move(entry: RunEntry) -> None:
            aside.append(await in_thread(move_aside, entry.root))
            self.app.close_run(entry.root)

        await self._each(entries, move)
        if aside:
            self._removed.append(aside)
            where = str(aside[0]) if len(aside) == 1 else f"{len(aside)} hidden names"
            pronoun = "it" if len(aside) == 1 else "them"
            self.app.notify(f"Moved to {where}; u brings {pronoun} back.", markup=False)
        self.look()

    def action_runs_undo(self) -> None:
        if self._removed:
            self.app.perform(self._undo())
        else:
            self.app.notify("Nothing has been removed since the app was started.")

    async def _undo(self) -> None:
        if not self._removed:
            return
        left = self._removed.pop()  # at once: the key may have been pressed twice
        try:
            while left:
                root = await in_thread(put_back, left[0])
                del left[0]
                remembered.update(seen=root)
                self.app.notify(f"{root} is back.", markup=False)
        finally:
            if left:
                self._removed.append(left)
            self.look()

    # -- how ---------------------------------------------------------------------------------------

    async def _each(
        self, entries: Sequence[RunEntry], act: Callable[[RunEntry], Awaitable[object]]
    ) -> list[RunEntry]:
        """Do something to one run after the other; say of which it was not possible, and why.
        Return the others.
        """
        done, problems = [], []
        for entry in entries:
            try:
                await act(entry)
                done.append(entry)
            except (UserError, OSError) as error:  # whatever is wrong with one of them
                problems.append(sentence(error)[0])
        for said in problems[:_SAID]:
            self.app.notify(said, severity="warning", timeout=10, markup=False)
        if len(problems) > _SAID:
            self.app.notify(f"The same with {len(problems) - _SAID} more.", severity="warning")
        return done


def _count(entries: Sequence[RunEntry]) -> str:
    return f"{len(entries)} campaign{'' if len(entries) == 1 else 's'}"


def _named(entries: Sequence[RunEntry]) -> str:
    names = ", ".join(entry.name for entry in entries[:_SAID])
    others = len(entries) - _SAID
    return f"{names} and {others} more" if others > 0 else names


def _lines(entries: Sequence[RunEntry]) -> str:
    """Return a line for each run: where it is and how far."""
    lines = [
        f"  {entry.root}: {entry.phase}, {entry.done:,} of {entry.expected:,} tasks"
        + (f", {entry.failed:,} failed" if entry.failed else "")
        for entry in entries[:_NAMED]
    ]
    if len(entries) > _NAMED:
        lines.append(f"  and {len(entries) - _NAMED} more")
    return "\n".join(lines)
