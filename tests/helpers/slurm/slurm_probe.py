"""Runners of the tests on a cluster: they note each of their runs, and fail in many ways."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

from enchanted_tui.config.options import option
from enchanted_tui.runners.base import Runner


class Probe(Runner):
    """Fails as the sample's column `how` says."""

    seconds: float = option(0.0, doc="How long a sample takes.")
    kilobytes: int = option(0, doc="How much a sample writes into its directory.")
    text_megabytes: int = option(0, doc="How much text a sample returns.")
    log: str = option(doc="File that takes a line for each run.")
    alone: str = option("", doc="Directory of a lock for each sample, which it has to have alone.")

    def single_code_run(self, run_dir: str, params: dict) -> dict:
        with open(self.log, "a") as log:
            log.write(os.path.basename(run_dir) + "\n")
        if self.alone:
            lock = open(os.path.join(self.alone, os.path.basename(run_dir)), "w")  # noqa: SIM115
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        how = params.get("how", 0)
        time.sleep(params.get("seconds", self.seconds))
        if how == 1:
            raise ValueError("this sample does not work")
        if how == 2:
            os._exit(3)
        if how == 3:
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == 4:
            time.sleep(600)
        if how == 6:
            return {"success": True, "size": len(hold(400))}
        if self.kilobytes:
            (Path(run_dir) / "written").write_bytes(bytes(self.kilobytes << 10))
        if how == 5:
            return {"success": False, "error": "it says so itself"}
        if self.text_megabytes:
            return {"success": True, "text": "x" * (self.text_megabytes << 20)}
        print("done")
        return {
            "success": True,
            "value": params.get("x", 0.0) * 2.0,
            "node": os.environ.get("SLURMD_NODENAME", ""),
        }


def hold(megabytes: int) -> bytearray:
    """Take memory and keep it for a while, so that whoever watches memory now and then sees it."""
    held = bytearray(os.urandom(1 << 20)) * megabytes
    time.sleep(5)
    return held
