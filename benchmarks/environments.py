"""What the contenders need: compiled programs, and peers in environments of their own below a cache
directory.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: where results and environments are kept
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "enchanted-tui-benchmarks"
_INSTALL_TIMEOUT = 600.0


class Unavailable(Exception):
    """A contender cannot take part here; the text says why."""


class Environments:
    """Makes on demand, and keeps, what is below `cache`."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self.program = functools.cache(self._program)
        self.python = functools.cache(self._python)
        self.parallel = functools.cache(self._parallel)

    def _program(self, name: str) -> Path:
        """Give the compiled C program `name`."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise Unavailable("there is no C compiler")
        target = self._cache / "bin" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _call([compiler, "-O2", "-o", str(target), str(HERE / "programs" / f"{name}.c"), "-lm"])
        return target

    def _python(self, *packages: str) -> Path:
        """Give the Python of an environment that has `packages`; the standard library alone needs
        none of its own.
        """
        if not packages:
            return Path(sys.executable)
        directory = (
            self._cache
            / "environments"
            / "-".join(package.partition("[")[0] for package in packages)
        )
        python = directory / "bin" / "python"
        complete = directory / "complete"
        if not complete.exists():
            shutil.rmtree(directory, ignore_errors=True)
            _call([sys.executable, "-m", "venv", str(directory)])
            _call(
                [
                    str(python),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    *packages,
                ]
            )
            complete.touch()
        return python

    def _parallel(self) -> Path:
        """Give GNU parallel: the system's, or Debian's package unpacked below the cache."""
        found = shutil.which("parallel")
        if found is not None:
            return Path(found)
        directory = self._cache / "environments" / "parallel"
        unpacked = directory / "usr" / "bin" / "parallel"
        if not unpacked.exists():
            if shutil.which("apt-get") is None:
                raise Unavailable("GNU parallel is not installed")
            directory.mkdir(parents=True, exist_ok=True)
            _call(["apt-get", "download", "parallel"], cwd=directory)
            for package in directory.glob("parallel_*.deb"):
                _call(["dpkg-deb", "-x", str(package), str(directory)])
        return unpacked

    def version(self, package: str) -> str:
        """Give the installed version of a peer's package."""
        name = package.partition("[")[0]
        code = f"from importlib.metadata import version; print(version({name!r}))"
        return subprocess.run(
            [self.python(package), "-c", code], capture_output=True, text=True, check=False
        ).stdout.strip()


def environment_of(python: Path) -> dict[str, str]:
    """Give the variables with which a peer's scripts find their modules and tools."""
    return {
        "PYTHONPATH": str(HERE / "peers"),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }


def _call(command: list[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command[:4])}: {error}") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "failed").splitlines()[-1]
        raise Unavailable(f"could not be installed: {last:.200}")
