"""Where SciPy's BLAS lives: the addresses of its matrix products, without importing the whole of scipy.linalg."""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import threading
from functools import cache
from pathlib import Path

from gradtui.scenario.errors import ScenarioError


class BlasError(ScenarioError):
    """SciPy's BLAS could not be found or has an interface that the kernels do not speak."""


# An extension module that two threads load at once comes out of it half made.
_lock = threading.Lock()


@cache
def _extension() -> dict[str, object]:
    """The C functions of scipy.linalg.cython_blas. Loaded by path: importing its package costs 0.2 s."""
    package = importlib.util.find_spec("scipy")
    if package is None or package.origin is None:
        raise BlasError("SciPy is not installed: its BLAS is needed for matrix products")
    folder = Path(package.origin).parent / "linalg"
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = folder / f"cython_blas{suffix}"
        if path.exists():
            spec = importlib.util.spec_from_file_location("scipy.linalg.cython_blas", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            _use_one_thread(path)
            functions: dict[str, object] = module.__pyx_capi__
            return functions
    raise BlasError(f"no cython_blas extension in {folder}: reinstall SciPy")


def _use_one_thread(path: Path) -> None:
    """One thread a product: the sums then have one order, so a run is the same on any number of cores."""
    library = ctypes.CDLL(str(path))
    for name in ("scipy_openblas_set_num_threads", "openblas_set_num_threads"):
        set_threads = getattr(library, name, None)
        if set_threads is not None:
            set_threads(1)
            return


@cache
def gemm_address(dtype: str) -> int:
    """Address of Fortran sgemm ("float32") or dgemm ("float64")."""
    with _lock:
        functions = _extension()
    capsule = functions[{"float32": "sgemm", "float64": "dgemm"}[dtype]]
    pythonapi = ctypes.pythonapi
    pythonapi.PyCapsule_GetName.restype = ctypes.c_char_p
    pythonapi.PyCapsule_GetName.argtypes = [ctypes.py_object]
    pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
    pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    signature: bytes = pythonapi.PyCapsule_GetName(capsule)
    if b"int *" not in signature:
        raise BlasError("SciPy's BLAS takes 64-bit sizes, the kernels pass 32-bit ones")
    return int(pythonapi.PyCapsule_GetPointer(capsule, signature))
