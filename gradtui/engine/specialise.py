"""From a kernel's description to machine code for one number format, by Numba. Imported only to compile.

Each kernel becomes one function `(row, arena)` in Numba's calling convention, without wrappers and without references
to Python: what comes out is an object file that stands alone, so that it can be kept and loaded without Numba.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from numba import types

from gradtui.engine import blocks, intrinsics
from gradtui.engine.kernel import Device, Kernel
from gradtui.engine.machine import walk

#: Reordering and contraction are welcome; "nnan" and "ninf" are not, since NaN and inf must be seen.
FAST = {"contract", "afn", "arcp", "nsz", "reassoc"}
EXACT = {"contract"}
#: Axes of the largest arrays: images are (batch, height, width, channels).
MOST_AXES = 4
OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

Function = Callable[..., Any]

# A loop over float32 that sums into float64 is otherwise made as narrow as its float64: half the lanes for the rest.
llvm.set_option("", "-vectorizer-maximize-bandwidth")


class Specialiser:
    """Compiles kernels for one number format, "float32" or "float64"."""

    def __init__(self, dtype: str) -> None:
        self._wide = dtype == "float64"
        self._real = np.dtype(dtype).type
        self._numba_real = types.float64 if self._wide else types.float32
        self._intrinsics = {
            **intrinsics.by_name(self._wide),
            **{
                name: inlined(product, EXACT)
                for products in (blocks.products, blocks.gathered_products)
                for name, product in products(self._wide, intrinsics.address).items()
            },
        }
        self._constants = {
            "real": self._real,
            "WIDE": self._wide,
            "LARGEST": float(np.finfo(dtype).max),
        }
        self._devices: dict[Function, Any] = {}

    def compile(self, kernel: Kernel, symbol: str) -> tuple[str, bytes]:
        """The linker's name of the kernel's entry and the object file that holds it."""
        body = inlined(self._copy(kernel.body, kernel.bindings), FAST)
        namespace: dict[str, Any] = {"body": body, "item": intrinsics.row_item}
        for name in ("real", "float64", "int64"):
            numba_type = self._numba_real if name == "real" else getattr(types, name)
            for ndim in range(1, MOST_AXES + 1):
                namespace[f"{name}_{ndim}"] = intrinsics.array_view(numba_type, ndim)
        exec(entry_source(kernel, symbol), namespace)
        return self._object_code(namespace[symbol], types.void(types.intp, types.intp))

    def compile_walk(self) -> tuple[str, bytes]:
        """The machine's loop: void(table, rows, arena, repeats)."""
        return self._object_code(self._copy(walk, {}), types.void(*[types.int64] * 4))

    def compile_tiles(self) -> tuple[str, bytes]:
        """The small matrix product: void(eleven integers), see `blocks.tiles_function`."""
        function = blocks.tiles_function(self._wide)
        return self._object_code(function, types.void(*[types.int64] * 11))

    @staticmethod
    def _object_code(function: Function, signature: Any) -> tuple[str, bytes]:
        dispatcher = numba.njit(signature, fastmath=EXACT, **OPTIONS)(function)
        (result,) = dispatcher.overloads.values()
        _, _, (code, _) = result.library.serialize_using_object_code()
        return result.fndesc.llvm_func_name, code

    def _copy(self, function: Function, bindings: Mapping[str, Any]) -> Function:
        """The function with `real` and its like, its bindings and its device functions put in place."""
        assert isinstance(function, FunctionType)
        names = {**function.__globals__, **self._constants, **bindings}
        for name in function.__code__.co_names:
            if isinstance(getattr(names.get(name), "device", None), Device):
                names[name] = self._device(names[name])
        return FunctionType(function.__code__, names, function.__name__, function.__defaults__)

    def _device(self, function: Function) -> Any:
        if function not in self._devices:
            how: Device = function.device  # type: ignore[attr-defined]
            if how.intrinsic:
                self._devices[function] = self._intrinsics[how.intrinsic]
            else:
                fastmath = EXACT if how.exact else FAST
                copy = self._copy(function, {})
                self._devices[function] = inlined(copy, fastmath)
        return self._devices[function]


def inlined(function: Function, fastmath: set[str]) -> Any:
    """A function for kernels to call: LLVM inlines it, whatever its size, or the loop around it would not vectorise."""
    return numba.njit(fastmath=fastmath, forceinline=True, **OPTIONS)(function)


def entry_source(kernel: Kernel, symbol: str) -> str:
    """The entry's source: it reads offsets, sizes and whole numbers from the row and calls the body with views.

    A row holds the kernel's address, one number for each parameter, then one for each size, in that order.
    """
    size_column = {dim: 1 + len(kernel.parameters) + i for i, dim in enumerate(kernel.dims)}
    arguments = []
    for column, parameter in enumerate(kernel.parameters, start=1):
        value = f"item(row, {column})"
        if parameter.is_array:
            sizes = [dim if dim.isdigit() else f"item(row, {size_column[dim]})" for dim in parameter.dims]
            value = f"{parameter.dtype}_{len(sizes)}(arena + {value}, ({', '.join(sizes)},))"
        arguments.append(value)
    return f"def {symbol}(row, arena):\n    body({', '.join(arguments)})\n"
