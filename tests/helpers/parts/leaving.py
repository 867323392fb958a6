"""A runner whose samples leave processes behind, and look whether those of earlier samples live.
Standard library alone.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import time

_pool = None


class Leaving:
    """The parameter `how` says what is left; each process left notes its number in the file
    `log`.
    """

    def __init__(self, log, **config):
        self.log = log

    def single_code_run(self, run_dir, params):
        global _pool
        before = self._living()
        how = params["how"]
        if how == "a daemon":
            self._daemon(lambda: time.sleep(1000))
        elif how == "a daemon of another program":
            self._daemon(lambda: os.execvp("sleep", ["sleep", "1000"]))
        elif how == "a daemon without an environment":
            self._daemon(lambda: os.execve("/bin/sleep", ["sleep", "1000"], {}))
        elif how == "a child in a session of its own":
            self._note(subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
        elif how == "a child of a shell":
            subprocess.run(
                f"nohup sleep 1000 > /dev/null 2>&1 & echo $! >> {self.log}", shell=True, check=True
            )
        elif how == "a daemon that does not listen":
            script = (
                f"trap '' TERM HUP; echo $$ >> {self.log}.new; mv {self.log}.new {self.log}; while"
                " :; do sleep 5; done"
            )
            subprocess.run(["setsid", "-f", "sh", "-c", script], check=True)
            while not os.path.exists(self.log):
                time.sleep(0.01)
        elif how.startswith("a pool"):
            _pool = _pool or multiprocessing.get_context("fork").Pool(1)
            return {"output": before, "helper": _pool.apply(os.getpid), "success": True}
        return {"output": before, "success": True}

    def _living(self):
        if not os.path.exists(self.log):
            return 0
        with open(self.log) as file:
            pids = file.read().split()
        os.unlink(self.log)
        return sum(_lives(pid) for pid in pids)

    def _note(self, pid):
        with open(self.log, "a") as file:
            file.write(f"{pid}\n")

    def _daemon(self, work):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                self._note(os.getpid())
                work()
            os._exit(0)
        os.wait()
        while not os.path.exists(self.log) or not os.path.getsize(self.log):
            time.sleep(0.01)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


HOW = (
    "a daemon",
    "a daemon of another program",
    "a daemon without an environment",
    "a child in a session of its own",
    "a child of a shell",
    "a daemon that does not listen",
    "a pool",
    "a pool again",
    "nothing",
)
