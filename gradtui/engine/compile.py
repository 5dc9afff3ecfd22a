"""Machine code of the kernels: compiled once on a machine, kept on disk, loaded without Numba ever after."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from gradtui import locations
from gradtui.engine.kernel import KERNELS

#: Called as kernels become ready with (how many are, how many were missing, the name of one still being compiled), and
#: a last time when all are. Not called when everything is at hand. What it raises ends the compiling.
OnCompile = Callable[[int, int, str], None]

Walk = Callable[[int, int, int, int], None]

#: The two routines that are no kernels: the machine's loop and the small matrix product.
WALK, TILES = "walk", "tiles"
DTYPES = ("float32", "float64")

_lock = threading.RLock()
_addresses: dict[tuple[str, str], int] = {}
_engines: list[Any] = []  # they own the code that the addresses point to


def addresses(names: Sequence[str], dtype: str, on_compile: OnCompile | None = None) -> dict[str, int]:
    """The entry address of each routine for "float32" or "float64"; compiles what this machine lacks."""
    with _lock:
        missing = [name for name in names if (name, dtype) not in _addresses and not _load_kept(name, dtype)]
        if missing:
            _make(missing, dtype, on_compile or (lambda done, total, name: None))
        return {name: _addresses[name, dtype] for name in names}


def walk_function(dtype: str) -> Walk:
    """The machine's loop as a Python callable (table, rows, arena, repeats); the GIL is released while it runs."""
    # Numba's convention: a status, and two pointers for a result and an exception that never come.
    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_ssize_t] * 4)
    native = prototype(addresses([WALK], dtype)[WALK])

    def call(table: int, rows: int, arena: int, repeats: int) -> None:
        unused = (ctypes.c_void_p * 2)()
        at = ctypes.addressof(unused)
        native(at, at + ctypes.sizeof(ctypes.c_void_p), table, rows, arena, repeats)

    return call


def routines() -> list[str]:
    """Everything there is to compile for one number format."""
    _import_kernels()
    return [WALK, TILES, *(name for name, kernel in KERNELS.items() if kernel.is_complete)]


def warm_up(on_compile: OnCompile | None = None) -> int:
    """Compile every kernel for both number formats; returns how many routines are at hand."""
    count = 0
    for dtype in DTYPES:
        count += len(addresses(routines(), dtype, on_compile))
    return count


# Compiling


def _make(missing: Sequence[str], dtype: str, report: OnCompile) -> None:
    """Compile in other processes where there are cores for it: quicker, and a screen in this one stays lively."""
    total = len(missing)
    report(0, total, missing[0])
    waiting = list(missing)
    workers = _start_workers(waiting, dtype)
    try:
        while workers:
            finished = all(worker.poll() is not None for worker in workers)
            waiting = [name for name in waiting if not _load_kept(name, dtype)]
            if finished or not waiting:
                break
            report(total - len(waiting), total, waiting[0])
            time.sleep(0.03)
    finally:
        # Also when `report` raises: who does not want to wait any longer stops the compilers that way.
        for worker in workers:
            worker.terminate()
            worker.wait()
    for name in list(waiting):
        report(total - len(waiting), total, name)
        symbol, code = _compiled(name, dtype)
        _keep(name, dtype, symbol, code)
        _addresses[name, dtype] = _load(symbol, code)
        waiting.remove(name)
    report(total, total, "")


def _start_workers(names: Sequence[str], dtype: str) -> list[subprocess.Popen[bytes]]:
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 4)
    if cores < 2 or len(names) < 4 or not _can_keep():
        return []
    environment = {**os.environ, locations.CACHE_VARIABLE: str(locations.cache_folder())}
    return [
        subprocess.Popen(
            [sys.executable, "-m", __name__, dtype, *names[first::cores]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for first in range(cores)
    ]


@cache
def _specialiser(dtype: str) -> Any:
    from gradtui.engine.specialise import Specialiser

    return Specialiser(dtype)


def _compiled(name: str, dtype: str) -> tuple[str, bytes]:
    specialiser = _specialiser(dtype)
    if name == WALK:
        symbol, code = specialiser.compile_walk()
    elif name == TILES:
        symbol, code = specialiser.compile_tiles()
    else:
        symbol, code = specialiser.compile(KERNELS[name], f"kernel_{name}_{dtype}")
    return str(symbol), bytes(code)


def _import_kernels() -> None:
    for path in sorted((Path(__file__).parent / "kernels").glob("[a-z]*.py")):
        import_module(f"gradtui.engine.kernels.{path.stem}")


# Loading


@cache
def _initialise_llvm() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _load(symbol: str, code: bytes) -> int:
    """Link one object file into the process, with an engine of its own: Numba's names for inner functions repeat."""
    _initialise_llvm()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(symbol))


# Keeping


@cache
def cache_folder() -> Path:
    """Where this machine's kernels are kept: named by everything that their code depends on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    for part in (
        version("numba"),
        version("llvmlite"),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    ):
        digest.update(part.encode() + b"\0")
    return locations.cache_folder() / f"kernels-{digest.hexdigest()[:16]}"


def _file(name: str, dtype: str) -> Path:
    return cache_folder() / f"{name}.{dtype}.kernel"


def _can_keep() -> bool:
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache_folder(), os.W_OK)


def _keep(name: str, dtype: str, symbol: str, code: bytes) -> None:
    """Write by way of a temporary file, so that no reader sees half of one. A read-only disk costs time, no more."""
    if not _can_keep():
        return
    content = symbol.encode() + b"\n" + code
    try:
        with tempfile.NamedTemporaryFile(dir=cache_folder(), delete=False) as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(file.name, _file(name, dtype))
    except OSError:
        return


def _load_kept(name: str, dtype: str) -> bool:
    """Load a routine from disk; False if it is not there or was damaged."""
    try:
        content = _file(name, dtype).read_bytes()
    except OSError:
        return False
    checksum, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != checksum:
        return False
    symbol, _, code = rest.partition(b"\n")
    _addresses[name, dtype] = _load(symbol.decode(), code)
    return True


def _work(dtype: str, names: Sequence[str]) -> None:
    """What a compiling process does: make its share, keep it, say nothing."""
    _import_kernels()
    parent = os.getppid()
    for name in names:
        if os.getppid() != parent:
            return  # nobody waits for the rest
        if not _file(name, dtype).exists():
            _keep(name, dtype, *_compiled(name, dtype))


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2:])
