"""What a kernel is: an operation on arena regions, written as a plain Python function.

`@kernel` states what each argument is, so that one description serves three readers: the compiler makes the
one C signature `(row, arena)` out of it, the program checks shapes and overlaps against it, and the checking mode
runs the very same function on bounds-checked NumPy views. `@device` marks the small functions that kernels call.

Nothing here imports Numba: a machine that has compiled its kernels once never loads it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

Function = Callable[..., Any]

#: The floating-point type of the arrays of a network. In the functions of this package `real` stands for it;
#: the compiler puts float32 or float64 in its place. Uncompiled it is float64.
real = np.float64
#: Whether `real` is float64, and its largest finite number; replaced like `real`.
WIDE = True
LARGEST = float(np.finfo(np.float64).max)

_ARRAY = re.compile(r"(in|out|inout) (real|float64|int64) \[([\w, ]*)\]")


@dataclass(frozen=True)
class Parameter:
    """One argument of a kernel: an array in the arena, a whole number in the row, or the address of a matrix product
    (`blas`: SciPy's gemm, `tiles`: our own for small sizes)."""

    name: str
    access: Literal["in", "out", "inout", "int", "blas", "tiles"]
    dtype: str = ""
    dims: tuple[str, ...] = ()

    @cached_property
    def is_array(self) -> bool:
        return self.access in ("in", "out", "inout")

    @cached_property
    def is_address(self) -> bool:
        return self.access in ("blas", "tiles")


@dataclass(frozen=True)
class Kernel:
    """One operation. `bindings` are the globals that this member of a family of kernels fills in."""

    name: str
    body: Function
    parameters: tuple[Parameter, ...]
    bindings: Mapping[str, Any] = field(default_factory=dict)

    def bind(self, name: str, **bindings: Any) -> Kernel:
        """The same operation with some of its globals filled in, as activation functions are."""
        return _registered(Kernel(name, self.body, self.parameters, {**self.bindings, **bindings}))

    @property
    def is_complete(self) -> bool:
        """Whether every name that the body uses has a value: False for the bare form of a family."""
        names = {**self.body.__globals__, **self.bindings}
        annotated = self.body.__globals__.get("__annotations__", {})
        used = set(self.body.__code__.co_names) & set(annotated)
        return all(name in names for name in used)

    @cached_property
    def operands(self) -> frozenset[str]:
        """The names of what an instruction must bring along: all but the addresses of matrix products."""
        return frozenset(p.name for p in self.parameters if not p.is_address)

    @cached_property
    def fixed_sizes(self) -> dict[str, int]:
        """The sizes that are stated as numbers, by themselves: {"6": 6}."""
        return {dim: int(dim) for parameter in self.parameters for dim in parameter.dims if dim.isdigit()}

    @cached_property
    def dims(self) -> tuple[str, ...]:
        """The names of the sizes that the row must carry, in order of first appearance."""
        seen: dict[str, None] = {}
        for parameter in self.parameters:
            for dim in parameter.dims:
                if not dim.isdigit():
                    seen.setdefault(dim)
        return tuple(seen)

    def __hash__(self) -> int:
        return hash(self.name)


def kernel(**declared: str) -> Callable[[Function], Kernel]:
    """Declare a kernel: `z="inout real [batch, units]"`, `chunk="int"`, `blas="blas"` for each argument.

    `in` is only read, `out` is wholly overwritten, `inout` both; sizes of the same name must agree.
    """

    def make(body: Function) -> Kernel:
        names = body.__code__.co_varnames[: body.__code__.co_argcount]
        if list(names) != list(declared):
            raise TypeError(f"{body.__name__}: declared {list(declared)}, takes {list(names)}")
        parameters = tuple(_parameter(n, text) for n, text in declared.items())
        return _registered(Kernel(body.__name__, body, parameters))

    return make


#: Every kernel by name, as the modules that define them are imported.
KERNELS: dict[str, Kernel] = {}


def _registered(made: Kernel) -> Kernel:
    if KERNELS.setdefault(made.name, made) != made:
        raise ValueError(f"there are two kernels named {made.name}")
    return made


def _parameter(name: str, text: str) -> Parameter:
    if text in ("int", "blas", "tiles"):
        return Parameter(name, text)  # type: ignore[arg-type]
    match = _ARRAY.fullmatch(text)
    if match is None:
        raise TypeError(f"cannot read the declaration of {name}: {text!r}")
    access, dtype, dims = match.groups()
    sizes = tuple(dim.strip() for dim in dims.split(",") if dim.strip())
    return Parameter(name, access, dtype, sizes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Device:
    """How a device function is compiled.

    `exact` functions keep the order of their operations: a two-word subtraction or a rounding trick means
    nothing once the compiler may reassociate it. `intrinsic` names a machine instruction that replaces the body.
    """

    exact: bool = False
    intrinsic: str = ""


def device(exact: bool = False, intrinsic: str = "") -> Callable[[Function], Function]:
    """Mark a function as callable from kernels."""

    def mark(function: Function) -> Function:
        function.device = Device(exact, intrinsic)  # type: ignore[attr-defined]
        return function

    return mark


@device(intrinsic="flat")
def flat(array):
    """The same memory seen as one row: one long loop vectorises better than many short ones."""
    return array.reshape(-1)


@device(intrinsic="stretch")
def stretch(row, start, length):
    """`length` entries of a one-dimensional array from `start` on: a slice, but what lies outside is a mistake and not
    cut off, and the rules for it are not compiled into every kernel."""
    if not 0 <= start <= start + length <= row.shape[0]:
        raise IndexError(f"{start}+{length} is outside of {row.shape[0]}")
    return row[start : start + length]
