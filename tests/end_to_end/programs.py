"""Programs of this system that a journey needs, installed where that may be done from here."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

#: Where systems keep what only administrators start.
_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin"


class Missing(Exception):
    """A program is not here; the sentence says why."""


def find(name: str, *packages: str) -> str:
    """The path of a program, its packages installed now if this is a Debian and we are root. Raises Missing."""
    if found := shutil.which(name, path=_PATH):
        return found
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing(f"there is no {name}, and only root on a Debian may install it from here")
    with open(Path(tempfile.gettempdir(), f"gradtui-installs-{os.geteuid()}"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes of the suite install theirs at the same moment
        if found := shutil.which(name, path=_PATH):
            return found
        return _install(name, packages)


def _install(name: str, packages: tuple[str, ...]) -> str:
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (install, ["apt-get", "update"], install):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=quiet)
        except subprocess.TimeoutExpired:
            raise Missing(f"there is no {name}, and apt-get takes too long to install it") from None
        if found := shutil.which(name, path=_PATH):
            return found
    raise Missing(f"there is no {name}, and apt-get could not install it: {done.stderr.strip()[-200:]}")
