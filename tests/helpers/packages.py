"""Programs of Debian packages that some tests run."""

from __future__ import annotations

import os
import shutil
import subprocess

INSTALL_LIMIT = 600  #: seconds


def installed(program: str, package: str) -> str | None:
    """Return the path of a program; as root, install its package where it is missing. None if it
    cannot be had.
    """
    if shutil.which(program) is None and os.geteuid() == 0 and shutil.which("apt-get") is not None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", package],
        ):
            subprocess.run(
                command, env=environment, capture_output=True, timeout=INSTALL_LIMIT, check=False
            )
    return shutil.which(program)
