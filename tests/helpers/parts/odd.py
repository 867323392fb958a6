"""A runner that does to its worker whatever its sample says. Runs on workers: standard library
alone, but for what a case needs.
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Any


class OddRunner:
    """The parameter `case` names what to do; anything that starts with "plain" is an ordinary
    sample, which draws a random number.
    """

    def __init__(self, **config):
        pass

    def single_code_run(self, run_dir, params):
        print("begins", params["case"], flush=True)
        name = params["case"].rstrip("0123456789")
        return getattr(self, name)(run_dir)

    def plain(self, run_dir):
        with open(os.path.join(run_dir, "kept.txt"), "x") as file:
            file.write(os.getcwd())
        time.sleep(0.01)
        surroundings = [
            os.environ.get("ODD", ""),
            subprocess.call(["false"]),
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        ]
        return {"output": random.random(), "success": True, "surroundings": str(surroundings)}

    # -- values that are data ----------------------------------------------------------------------

    def numpy_success(self, run_dir):
        import numpy

        return {"output": numpy.float64(1.5), "success": numpy.bool_(True)}

    def nan(self, run_dir):
        return {"output": float("nan"), "success": True}

    def huge(self, run_dir):
        return {"output": 2**70, "success": True}

    def text(self, run_dir):
        return {"output": 'say "yes", or\nno\r\n;\té\x00\u2028', "success": True}

    def mapping(self, run_dir):
        return {"output": {"a": [1, {"b": None}], "c": "d,\n"}, "success": True}

    def array(self, run_dir):
        import numpy

        return {"output": numpy.arange(5000.0), "success": True}

    # -- what is no result -------------------------------------------------------------------------

    def none(self, run_dir):
        return None

    def a_list(self, run_dir):
        return [1, 2]

    def no_success(self, run_dir):
        return {"output": 1.0}

    def success_is_text(self, run_dir):
        return {"output": 1.0, "success": "yes"}

    def contains_itself(self, run_dir):
        result: dict[str, Any] = {"success": True}
        result["output"] = result
        return result

    def says_it_failed(self, run_dir):
        return {"output": 1.0, "success": False, "error": "did not converge"}

    # -- ways to end -------------------------------------------------------------------------------

    def raises(self, run_dir):
        raise ValueError('no "equilibrium",\nnone at all')

    def raises_unprintable(self, run_dir):
        class Unprintable(Exception):
            def __str__(self):
                raise RuntimeError("not even this")

        raise Unprintable

    def raises_interrupt(self, run_dir):
        raise KeyboardInterrupt

    def recurses(self, run_dir):
        return self.recurses(run_dir)

    def runs_out_of_memory(self, run_dir):
        return bytearray(1 << 60)

    def sys_exit(self, run_dir):
        sys.exit("enough")

    def os_exit(self, run_dir):
        os._exit(7)

    def becomes_another_program(self, run_dir):
        os.execv(sys.executable, [sys.executable, "-c", "pass"])

    def segfaults(self, run_dir):
        ctypes.string_at(0)

    def aborts(self, run_dir):
        os.abort()

    def kills_its_group(self, run_dir):
        os.killpg(0, signal.SIGKILL)

    def hangs_with_children(self, run_dir):
        subprocess.Popen(["sleep", "1000"])
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        subprocess.Popen("sleep 1000 & sleep 1000", shell=True, start_new_session=True)
        daemon(lambda: os.execvp("sleep", ["sleep", "1000"]))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(100)

    def stops_itself(self, run_dir):
        os.kill(os.getpid(), signal.SIGSTOP)

    # -- what it leaves behind ---------------------------------------------------------------------

    def leaves_daemons(self, run_dir):
        daemon(lambda: time.sleep(1000))
        daemon(lambda: os.execvp("sleep", ["sleep", "1000"]))
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
        return {"output": 1.0, "success": True}

    def child_comes_back(self, run_dir):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        return {"output": 1.0 if child else 2.0, "success": True}

    def child_raises(self, run_dir):
        child = os.fork()
        if not child:
            raise ValueError("in the child")
        time.sleep(0.05)
        return {"output": 1.0, "success": True}

    def thread_prints_later(self, run_dir):
        def talk():
            for _ in range(20):
                time.sleep(0.02)
                print("still talking", flush=True)

        threading.Thread(target=talk).start()
        return {"output": 1.0, "success": True}

    def changes_directory(self, run_dir):
        os.chdir("/")
        os.environ["ODD"] = "left behind"
        return {"output": 1.0, "success": True}

    def works_in_a_directory_that_goes(self, run_dir):
        gone = os.path.join(run_dir, "gone")
        os.mkdir(gone)
        os.chdir(gone)
        os.rmdir(gone)
        return {"output": 1.0, "success": True}

    def reseeds(self, run_dir):
        random.seed(time.time_ns())
        return {"output": 1.0, "success": True}

    def patches_random(self, run_dir):
        random.random = lambda: 0.5
        random.seed = lambda *given: None
        return {"output": random.random(), "success": True}

    def ignores_its_children(self, run_dir):
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        os.umask(0o777)
        return {"output": 1.0, "success": True}

    def sets_an_alarm(self, run_dir):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        return {"output": 1.0, "success": True}

    # -- descriptors and streams -------------------------------------------------------------------

    def closes_everything(self, run_dir):
        os.closerange(0, 4096)
        return {"output": 1.0, "success": True}

    def closes_its_streams(self, run_dir):
        for stream in (sys.stdout, sys.stderr):
            stream.close()
        os.closerange(0, 3)
        return {"output": 1.0, "success": True}

    def replaces_its_streams(self, run_dir):
        sys.stdout = sys.stderr = None
        target = os.open(os.path.join(run_dir, "own.txt"), os.O_WRONLY | os.O_CREAT)
        os.dup2(target, 1)
        os.dup2(target, 2)
        return {"output": 1.0, "success": True}

    # -- its own directory -------------------------------------------------------------------------

    def deletes_its_directory(self, run_dir):
        shutil.rmtree(run_dir)
        return {"output": 1.0, "success": True}

    def deletes_its_directory_and_raises(self, run_dir):
        shutil.rmtree(run_dir)
        raise ValueError("gone")

    def deletes_its_directory_and_dies(self, run_dir):
        shutil.rmtree(run_dir)
        os._exit(1)

    def puts_a_file_in_its_place(self, run_dir):
        shutil.rmtree(run_dir)
        with open(run_dir, "w") as file:
            file.write("mine")
        return {"output": 1.0, "success": True}

    def takes_the_datapoints_name(self, run_dir):
        for name in ("enchanted_datapoint.csv", "enchanted_datapoint.csv.partial"):
            os.makedirs(os.path.join(run_dir, name, "below"))
        return {"output": 1.0, "success": True}

    def links_its_directory_elsewhere(self, run_dir):
        elsewhere = run_dir + ".elsewhere"
        os.rename(run_dir, elsewhere)
        os.symlink(elsewhere, run_dir)
        return {"output": 1.0, "success": True}


def daemon(work):
    """Run `work` in a process that has left its parent, its session and its group, as daemons
    do.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    work()
    os._exit(0)
