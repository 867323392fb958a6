"""Small MPI programs, made for each of the two MPIs, and what they need."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MPIS = ("openmpi", "mpich")
#: Their sources, beside this file.
SOURCES = ("rank", "long_ranks", "placed")
#: OpenMPI refuses to run as root otherwise.
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl": "self,tcp",
}


def what_is_missing_for_mpi() -> str:
    """Say what to install, or nothing if everything is there."""
    names = [f"{program}.{mpi}" for mpi in MPIS for program in ("mpicc", "mpirun")]
    missing = [name for name in names if shutil.which(name) is None]
    return (
        f"needs {', '.join(missing)}: apt-get install --no-install-recommends libopenmpi-dev"
        " openmpi-bin libmpich-dev mpich"
        if missing
        else ""
    )


def make_programs(directory: Path) -> None:
    """Compile each program for each MPI."""
    for source in SOURCES:
        path = str(Path(__file__).with_name(f"{source}.c"))
        for mpi in MPIS:
            to = str(program(directory, source, mpi))
            subprocess.run([f"mpicc.{mpi}", "-O1", "-o", to, path], check=True)


def program(directory: Path, source: str, mpi: str) -> Path:
    """Return the path of one of the programs."""
    return directory / f"{source}-{mpi}"


def environment() -> dict[str, str]:
    """Return what the programs need in their environment, with a directory of temporary files whose
    path is short.
    """
    return {**ENVIRONMENT, "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
