"""Runners of the durability tests. They run on workers, so they import the standard library
alone.
"""

from __future__ import annotations

import errno
import os
import random
import subprocess
import time


def note(log: str, run_dir: str) -> None:
    """Say that a task begins, in a file outside of the run directory: session and task, one
    line.
    """
    session = os.environ["ENCHANTED_WORKER"].split(":")[1]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(descriptor, f"{session} {os.path.basename(run_dir)}\n".encode())
    os.close(descriptor)


class ProbeRunner:
    """Leaves a note of every run; its result depends on the parameters, the inherited output and
    the seeded generator.

    `sleep`: seconds, or a range that the parameters choose from. `mischief`: some samples raise,
    report a failure, add a column or kill their worker. `children`: some samples leave a process in
    a session of its own behind.
    """

    def __init__(self, log="runs.log", sleep=0.0, mischief=False, children=False, **config):
        self.log = os.path.abspath(log)
        self.sleep = sleep if isinstance(sleep, list) else [sleep, sleep]
        self.mischief = mischief
        self.children = children

    def single_code_run(self, run_dir, params):
        note(self.log, run_dir)
        total = sum(params[name] for name in ("x", "y") if name in params)
        choice = int(total * 1e6) % 10
        # fails in a directory that somebody else has used
        with open(os.path.join(run_dir, "result.txt"), "x") as file:
            file.write(repr(total))
        if self.children and choice < 5:
            subprocess.Popen(["sleep", "300"], start_new_session=True)
        time.sleep(self.sleep[0] + (self.sleep[1] - self.sleep[0]) * choice / 9)
        outputs = {"output": total + params.get("output", 0.0) + random.random(), "success": True}
        return self.misbehave(choice, outputs) if self.mischief else outputs

    def misbehave(self, choice, outputs):
        if choice == 0:
            raise ValueError(f'choice, {choice}\n"quoted"')
        if choice == 1:
            return {**outputs, "success": False, "error": "the probe reports a failure"}
        if choice == 2:
            return {**outputs, "extra": 'only now, "and" then'}
        if choice == 3:
            os._exit(3)
        return outputs


class FragileRunner:
    """Raises the error of the file system that a file beside the campaign names, as long as there
    is such a file.

    `wrapped`: raised from within, as libraries do that give their own error instead.
    """

    def __init__(self, log="runs.log", wrapped=False, **config):
        self.log = os.path.abspath(log)
        self.fault = os.path.abspath("fault")
        self.wrapped = wrapped

    def single_code_run(self, run_dir, params):
        note(self.log, run_dir)
        time.sleep(0.02)
        if os.path.exists(self.fault):
            with open(self.fault) as file:
                number = getattr(errno, file.read())
            try:
                raise OSError(number, os.strerror(number))
            except OSError as error:
                if self.wrapped:
                    raise RuntimeError("cannot write the mesh") from error
                raise
        return {"output": params["x"], "success": True}


class PrintingRunner:
    """Prints `size` characters."""

    def __init__(self, size, **config):
        self.size = size

    def single_code_run(self, run_dir, params):
        print("x" * (self.size - 1), flush=True)
        return {"output": params["x"], "success": True}
