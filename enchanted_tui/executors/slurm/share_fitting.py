"""Which samples a job that stays may be given."""

from __future__ import annotations

from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.job_options import JobOptions, are_alike
from enchanted_tui.resources import Resources


class Fitting:
    """Knows it for the jobs of one executor."""

    def __init__(self, options: JobOptions) -> None:
        self._options = options
        self._by_size: dict[Resources | None, JobOptions] = {}
        self._kinds: dict[Resources | None, str | None] = {}

    def options_for(self, wanted: Resources | None) -> JobOptions:
        """Return the options of jobs for samples that need so much."""
        if wanted not in self._by_size:
            options = self._by_size[wanted] = self._options.for_samples([wanted])
            self._kinds[wanted] = options.stays
        return self._by_size[wanted]

    def takes(self, element: Element, wanted: Resources | None) -> bool:
        """Tell whether a job may be given samples that need so much: one that was submitted with
        the same options, or, where `sbatch` says how many CPUs jobs have, one that has room.
        """
        if wanted not in self._kinds:
            self.options_for(wanted)
        kind, theirs = self._kinds[wanted], element.submission.stays
        if kind is None or theirs is None:
            return False
        if kind == theirs:
            return True
        if not self._options.takes_any or not are_alike(kind, theirs):
            return False
        return wanted in element.sizes or (wanted is not None and element.has_room_for(wanted))
