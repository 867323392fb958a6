"""Textual's driver for Linux, for a terminal that may disappear."""

from __future__ import annotations

import contextlib

from textual.drivers.linux_driver import LinuxDriver


class PatientDriver(LinuxDriver):
    """Takes a terminal that cannot be read any more for no reason to panic: whoever watches the
    terminal ends the app in order.
    """

    def run_input_thread(self) -> None:
        with contextlib.suppress(OSError):
            super().run_input_thread()
