"""The program as users install it: built into sdist and wheel, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[3]
_BUILD = (
    "import sys; from setuptools import build_meta; print(getattr(build_meta,"
    " sys.argv[1])(sys.argv[2]))"
)
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "runs", "data_dir", "build", "dist", "*.egg-info", "__pycache__"
)


def _build(hook: str, source: Path, target: Path, setuptools: Path) -> Path:
    """Build `source` as the build system does, without fetching what the running environment
    has.
    """
    command = [sys.executable, "-c", _BUILD, hook, str(target)]
    environment = {**os.environ, "PYTHONPATH": str(setuptools)}
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target / done.stdout.split()[-1]


def build_all(top: Path) -> dict[str, Path]:
    """Build below a directory; give the source, the sdist unpacked, and the wheel that is made from
    that.
    """
    tools, source = top / "tools", top / "source"
    # too old for the licence as it is declared; fetch it, as pip does
    if int(version("setuptools").partition(".")[0]) < 77:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(tools),
            "setuptools>=77",
        ]
        subprocess.run(command, check=True, timeout=300)
    shutil.copytree(ROOT, source, ignore=_LEFT_OUT)
    sdist = _build("build_sdist", source, top, tools)
    with tarfile.open(sdist) as archive:
        archive.extractall(top / "unpacked", filter="data")
    [unpacked] = (top / "unpacked").iterdir()
    return {
        "source": source,
        "unpacked": unpacked,
        "wheel": _build("build_wheel", unpacked, top, tools),
    }


def install(wheel: Path) -> Path:
    """Make a fresh environment beside a wheel and install that; it sees the dependencies of the
    running one, and nothing is fetched. Give its directory.
    """
    place = wheel.with_name("environment")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(place)], check=True, timeout=120
    )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(place / "bin" / "python"),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run(
        [*pip, str(wheel)], check=True, timeout=120, env={**os.environ, "PYTHONPATH": ""}
    )
    [packages] = place.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(
        "".join(f"{path}\n" for path in sys.path if path.endswith("-packages"))
    )
    return place
