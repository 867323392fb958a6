"""Runners of the Dask tests. Runs on workers: standard library alone, but for psutil, which every
Dask worker has.
"""

from __future__ import annotations

import os
import signal
import time


class Deadly:
    """Kills the Dask worker under which it runs if its sample says so, the first `times` times."""

    def __init__(self, log="deaths.log", times=1000, **config):
        self.log = os.path.abspath(log)
        self.times = times

    def single_code_run(self, run_dir, params):
        import psutil

        # fails in a directory that somebody else has used
        with open(os.path.join(run_dir, "mine"), "x"):
            pass
        if params["kills"]:
            with open(self.log, "a") as file:
                file.write(os.path.basename(run_dir) + "\n")
            with open(self.log) as file:
                if sum(line.strip() == os.path.basename(run_dir) for line in file) <= self.times:
                    # above reaper and fork server
                    os.kill(psutil.Process().parents()[2].pid, signal.SIGKILL)
                    time.sleep(60)
        return {"output": float(params["kills"]), "success": True}


class Gauge:
    """Says how many samples run at the same time."""

    def __init__(self, place="running", seconds=0.1, **config):
        self.place = os.path.abspath(place)
        self.seconds = seconds

    def single_code_run(self, run_dir, params):
        os.makedirs(self.place, exist_ok=True)
        mark = os.path.join(self.place, os.path.basename(run_dir))
        with open(mark, "x"):
            pass
        time.sleep(self.seconds)
        count = len(os.listdir(self.place))
        os.unlink(mark)
        return {"output": count, "success": True}
