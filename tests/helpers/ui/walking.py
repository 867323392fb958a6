"""Somebody new who walks through the whole app in a real terminal by mouse alone: whatever is done
is clicked, and nothing is typed but the text that belongs into fields and texts.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from helpers.ui.tmux import PATIENCE, Tmux

#: somebody's own code, which fails for a fifth of its space
KESSEL = '''"""Ein Kessel, der nicht jeden Druck aushält."""

import time


def heizen(druck, menge, dauer=1.0):
    time.sleep(dauer)
    if druck > 0.8:
        raise ValueError(f"der Kessel hält {druck:.3f} bar nicht aus")
    return {"waerme": druck * menge, "verlust": druck**2 + 0.1 * menge}
'''

_LABEL = 16  #: columns that the title of a field takes

#: the same as a program that prints what it has found
PROGRAM = """import sys

druck, menge = map(float, sys.argv[1:])
if druck > 0.8:
    sys.exit(f"der Kessel hält {druck:.3f} bar nicht aus")
print(f"waerme = {druck * menge}")
"""


class Newcomer(Tmux):
    """Keeps what was seen in the directory `seen`, as ANSI text, a file a screen."""

    def __init__(
        self, command: Path, cwd: Path, size: tuple[int, int], seen: Path, **environment: str
    ) -> None:
        super().__init__(cwd, size, **environment)
        self._command, self._seen = command, seen
        seen.mkdir(parents=True, exist_ok=True)

    @property
    def middle(self) -> tuple[int, int]:
        return self.size[0] // 2, self.size[1] // 2

    def look(self, name: str) -> None:
        """Keep what is on the screen."""
        number = len(list(self._seen.iterdir()))
        columns, rows = self.size
        (self._seen / f"{number:02}-{name}-{columns}x{rows}.txt").write_text(self.coloured)

    def start(self) -> None:
        self.run(str(self._command))

    def leaves(self) -> None:
        """Leave the app, by its foot, and come to the shell's prompt."""
        self.click("Quit")
        self.wait_until(self._is_at_prompt, "the shell did not come back", PATIENCE)

    def _is_at_prompt(self) -> bool:
        return self.text.strip().split("\n")[-1].strip() == "$"

    def goes_to(self, number: int, name: str) -> None:
        """Go to a screen by its number in the line above."""
        head = self.text.split("\n", 1)[0]
        if f"[{number} {name}]" not in head:
            place = re.search(rf" {number}(?= )", f"{head} ")
            assert place is not None, head
            self.click_at((place.start() + 1, 0))
        self.sees(f"[{number} {name}]")

    def chooses_from_menu(self, text: str, entry: str, *, on: str = "") -> None:
        """Take an action of the menu that a click with the right button opens on a text."""
        _, row = self.place(text, on=on)
        self.click_right(text, on=on)
        self.scroll_to(f" {entry} ", (self.place("╮")[0] - 4, row))
        self.click(f" {entry} ")

    # -- the walk ----------------------------------------------------------------------------------

    def writes_configuration(self, run_dir: str) -> None:
        """From the empty list of runs to a valid text that is not saved yet."""
        self.sees("No runs yet")
        self.look("runs-empty")
        self.click("New", last=True)
        self.sees("A new configuration from a template")
        self.look("templates")
        self.scroll_to("PythonRunner", self.middle)
        self.click("PythonRunner")
        self.sees("[2 Config]", "Call a function with the sample's parameters")
        self.look("config-new")
        for old, new, before in (
            ("x, y", "druck, menge", "parameters: ["),
            ("100", "60", "budget: "),
            ("my_model:solve", "kessel:heizen", "function: "),
            ("runs/python_runner", run_dir, "base_run_dir: "),
        ):
            self.replaces(old, new, before)
        self.sees("valid")
        self.look("config-filled")

    def replaces(self, old: str, new: str, before: str) -> None:
        """Change a value in the text of the editor; `before` is what stands before it."""
        place = (20, 6)
        if before + old not in self.text:
            self.scroll_to_top(place)
            self.scroll_to(before + old, place)
        self.select(old, on=before + old)
        self.type(new)
        self.sees(before + new)

    def breaks_and_repairs(self) -> None:
        """A value that is none, the sentence about it, and the way from there to its place."""
        self.replaces("60", "viele", "budget: ")
        self.sees("1 error", "expected an integer")
        self.look("config-broken")
        self.wheel((20, 6), notches=60)
        self.click("expected an integer")
        self.sees("viele")
        self.replaces("viele", "60", "budget: ")
        self.sees("valid")
        self.lacks("expected an integer")

    def launches(self, name: str = "") -> None:
        """From editor or form to a campaign that runs; with a name, the text is saved by it
        first.
        """
        self.click("Launch…", last=True)
        if name:
            self.sees("Save as")
            self.look("save-as")
            self.select("config.yaml")
            self.type(name)
            self.click("Save", on="Cancel")
        self.sees("Start a campaign", "60 samples")
        self.look("launch")
        self.click("Start", on="Cancel")
        self.sees("[3 Monitor]", "RUNNING")

    def watches_and_drains(self, run: str) -> None:
        """What runs, a failed sample with its traceback and its source, and a stop in good order."""
        self.wait_until(
            lambda: bool(re.search(r"✗ ([2-9]|\d\d) failed", self.text)), "two have not failed"
        )
        self.sees("ValueError")
        self.look("monitor")
        self.goes_to(4, "Failures")
        self.click("der Kessel hält", on=" exception ", times=2)
        self.sees("FAILED AT")
        self.look("failures-tasks")
        self.click("d0_b0_s", times=2)
        self.sees("Traceback (most recent call last)", "raise ValueError")
        self.look("task")
        self.click("Traceback", times=2)
        self.sees("[2 Config]", "def heizen")
        self.look("source")
        self.goes_to(3, "Monitor")
        self.click("Stop…", last=True)
        self.sees("Drain")
        self.look("stop")
        self.click("Drain (d)")
        self.sees("STOPPED")
        self.look("drained")

    def resumes_to_the_end(self) -> None:
        """In the next session of the app, which shows the run that was left."""
        self.start()
        self.sees("STOPPED")
        self.click("Resume…", last=True)
        self.sees("Resume:", "left to run")
        self.look("resume")
        self.click("Start", on="Cancel")
        self.sees("● RUNNING")
        self.sees("✓ FINISHED", timeout=3 * PATIENCE)
        self.look("finished")

    def plots_two_columns(self) -> None:
        """Two columns that were chosen, in a scatter plot."""
        self.goes_to(5, "Results")
        self.sees("60 rows", "TASK")
        self.look("results")
        self.click("s Scatter")
        self.click("x druck")
        self.sees("Along the bottom")
        self.look("choose-column")
        self.click("menge", on="│")
        self.sees("x menge")
        self.lacks("Along the bottom")
        self.click("y waerme")
        self.sees("On the left")
        self.click("verlust", on="│")
        self.sees("x menge", "y verlust")
        self.look("scatter")

    def runs_another(self, run: str, other: str) -> None:
        """The same configuration with another seed, into another directory."""
        self.goes_to(1, "Runs")
        self.chooses_from_menu(Path(run).name, "Edit config", on="100%")
        self.sees("[2 Config]", "valid")
        self.replaces(run, other, "base_run_dir: ")
        self.replaces("1", "2", "seed: ")
        self.sees("valid")
        self.launches()
        self.sees("✓ FINISHED", timeout=3 * PATIENCE)

    def compares(self, one: str, other: str) -> None:
        """Both runs side by side: numbers, points, configurations."""
        self.goes_to(1, "Runs")
        for name in (one, other):
            self.chooses_from_menu(name, "Mark", on="100%")
        self.sees("2 marked")
        self.look("marked")
        self.chooses_from_menu(other, "Compare", on="100%")
        self.sees("compare 2 runs", "60 of 60")
        self.look("compare")
        self.click("s Scatter")
        self.click("x druck")
        self.click("menge", on="│")
        self.sees("x menge", "y waerme")
        self.look("compare-scatter")
        self.click("c Configuration")
        self.sees("seed")
        self.look("compare-configuration")
        self.click("t Table")
        self.chooses_from_menu("60 of 60", "Back")
        self.sees("2 marked")

    # -- without YAML ------------------------------------------------------------------------------

    def begins_form(self, kind: str) -> None:
        """From the list of runs to an empty form, of a function or of a program."""
        self.sees("[1 Runs]", "New")
        self.click("New", last=True)
        self.sees("A new configuration from a template")
        self.click(kind)
        self.sees("Form of", "What runs")
        self.look("form-new")

    def fills_line(self, title: str, text: str) -> None:
        """Fill in a field of one line."""
        label = f" {title:<{_LABEL}}"  # the text beside the form has the word too
        self._goes_to_field(label)
        _, row = self.place(label)
        self.click_at((60, row))
        self.erase(60)
        self.type(text)
        self.sees(f" {text}")

    def _goes_to_field(self, text: str) -> None:
        self.wait_until(self._is_judged, "what is filled in has not been judged")
        place = (30, 5)
        if text not in self.text:
            self.scroll_to_top(place)
            self.scroll_to(text, place)

    def _is_judged(self) -> bool:
        """Tell whether the form has said what is wrong: sentences move what stands below them."""
        time.sleep(0.5)  # for what has just been typed to be taken
        return bool(re.search(r"Form of .*(complete|mend)", self.text))

    def fills_parameters(self, *names: str) -> None:
        """Give the parameters of the form names and the range from 0 to 1."""
        for number, name in enumerate(names):
            if number:
                self._goes_to_field("name, kind, from")
                self.click("+ add", on="name, kind, from")
                time.sleep(1.0)
            self._fills_row("[range]", (-6, name), (15, "0"), (26, "1"))
        self.look("form-parameters")

    def _fills_row(self, marked: str, *cells: tuple[int, str]) -> None:
        """Fill in cells of the last row with a mark, each named by where it is clicked: columns
        from the middle of that.
        """
        for column, text in cells:
            self._goes_to_field(marked)
            middle, row = self.place(marked, last=True)
            self.click_at((middle + column, row))
            self.erase(30)
            self.type(text)
            self.sees(text)

    def names_program(self, *words: str, copied: str, output: str, pattern: str) -> None:
        """The command of a program that is copied to where each sample runs, and what to read."""
        self._goes_to_field(" copy ")
        self.click("+ add", on=" copy ")
        self.wait_until(lambda: self.text.count(" copy ") > 1, "there is no row to fill in")
        self.click(" copy ", last=True)
        self.type(copied)
        self.sees(copied)
        self.fills_line("command", " ".join(words))
        self._goes_to_field("read by")
        self.click("+ add", on="read by")
        time.sleep(1.0)
        self._fills_row("[regex]", (-6, output), (38, pattern))
        self.look("form-program")

    def breaks_and_repairs_form(self) -> None:
        """A value that is none, the sentence about it beside its field, and a value that is one."""
        self.fills_line("budget", "viele")
        self.sees("✗ ", "to fill in or mend")
        self.look("form-broken")
        self.fills_line("budget", "60")
        self.sees("complete")

    def looks_at_a_sample(self) -> None:
        """What the first sample would be given."""
        self.sees("complete")
        self.look("form-complete")
        self.click("Sample 1")
        self.sees("= 0.")
        self.look("form-sample")
