"""A runner that takes one sample or many, and whose samples fail in every way that there is."""

from __future__ import annotations

import os
import signal
import time

from enchanted_tui.plugins import Runner, SampleFailed, option

#: what becomes of a sample, by its parameter `fate`; all others are well
FATES = ("raises", "bad return", "reports", "nothing", "exits", "crashes", "killed", "hangs")


class ManyRunner(Runner):
    """Runs one sample or many, in the way that `gives` says: all at once, one after another, or as
    columns.
    """

    gives: str = option("list", doc="How results are returned.")
    log: str | None = option(None, doc="File that is told how many samples each call has.")

    def single_code_run(self, run_dir, params):
        result = self._result(params)
        if isinstance(result, BaseException):
            raise result
        return result

    def many_code_run(self, run_dirs, params_list):
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{len(run_dirs)}\n")
        assert [os.listdir(run_dir) for run_dir in run_dirs] == [[]] * len(run_dirs)
        if self.gives == "iterator":
            return map(self._result, params_list)
        results = [self._result(params) for params in params_list]
        if self.gives == "list":
            return results
        for result in results:
            if isinstance(result, BaseException):  # of one, it is one of all
                raise result
        names = {name for result in results for name in result}
        return {name: [result[name] for result in results] for name in names}

    def _result(self, params):
        fate, x = params["fate"], params["x"]
        if fate == "raises":
            return SampleFailed(f"x is {x}", outputs={"output": x})
        if fate == "bad return":
            return {"output": x}
        if fate == "reports":
            return {"output": x, "success": False}
        if fate == "nothing":
            raise ValueError(f"nothing for {x}")
        if fate == "exits":
            os._exit(3)
        if fate in ("crashes", "killed"):
            os.kill(os.getpid(), signal.SIGSEGV if fate == "crashes" else signal.SIGKILL)
        if fate == "hangs":
            time.sleep(1000)
        return {"output": x * x, "success": True}


class OnlyMany(Runner):
    """Has no way to run one sample alone."""

    batch: int = option(8, doc="How many samples one call takes at most.", ge=1)

    def prepare(self, params):
        return 2 * params["x"]

    def many_code_run(self, run_dirs, params_list):
        for run_dir, doubled in zip(run_dirs, self.prepared, strict=True):
            print("ran", os.path.basename(run_dir))
            yield {"output": doubled, "members": len(params_list), "success": True}


def many_config(*, batch=1, gives="list", timeout=None, workers=2, **options):
    """Return a campaign of the samples in ``points.csv``, see `write_points`."""
    return {
        "executors": {
            "here": {"type": "LocalExecutor", "n_workers": workers, "timeout_sec": timeout}
        },
        "samplers": {"s": {"type": "CSVSampler", "path": "points.csv"}},
        "runners": {
            "r": {
                "type": "helpers.parts.many:ManyRunner",
                "batch": batch,
                "gives": gives,
                **options,
            }
        },
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
        },
    }


def write_points(place, points):
    """Write samples, each a number with its fate."""
    lines = "".join(f"{x},{fate}\n" for x, fate in points)
    (place / "points.csv").write_text("x,fate\n" + lines)


def many_campaign(make, points, name, **how):
    """Make a campaign of processes with these samples."""
    made = make(many_config(**how), name)
    write_points(made.root, points)
    return made


def rows_of(made):
    """Return what the dataset says of each sample, but for run times, and kind and reason of each
    failure.
    """
    rows = [
        {name: value for name, value in row.items() if not name.startswith("runtime")}
        for row in made.rows()
    ]
    failures = {row["task"]: (row["kind"], row["message"]) for row in made.failures()}
    return rows, failures
