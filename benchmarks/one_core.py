"""Holding a process on one core, the same for all sides."""

from __future__ import annotations

import os
from pathlib import Path


def stay_on_one_core() -> None:
    """Every thread of this process, and those it will start, on the last core that it may use. Linux only: elsewhere
    the libraries are told to use one thread, and the system chooses the core."""
    if not hasattr(os, "sched_setaffinity"):
        return
    core = {max(os.sched_getaffinity(0))}
    threads = Path("/proc/self/task")
    for thread in os.listdir(threads) if threads.is_dir() else ["0"]:
        try:
            os.sched_setaffinity(int(thread), core)
        except ProcessLookupError:
            continue  # it has ended meanwhile
