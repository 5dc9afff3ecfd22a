"""Programs: what a network does, as a list of instructions that is validated and then linked into a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import blas, compile
from gradtui.engine.kernel import Function, Kernel, Parameter
from gradtui.engine.layout import Arena, Region
from gradtui.engine.machine import ROW

Argument = Region | int


class ProgramError(ValueError):
    """An instruction that would read or write where it must not. A wrong offset is a crash, not an exception."""


@dataclass(frozen=True)
class Instruction:
    """One kernel and its arguments by name, without the addresses of matrix products."""

    kernel: Kernel
    arguments: dict[str, Argument]
    sizes: dict[str, int]


class Program:
    """Instructions in the order in which they run. `dtype` is what `real` means in all of them."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.instructions: list[Instruction] = []

    def add(self, kernel: Kernel, **arguments: Argument) -> None:
        """Append an instruction. Raises ProgramError where arguments, types, shapes or overlaps are wrong."""
        self.instructions.append(Instruction(kernel, arguments, check(kernel, arguments, self.dtype)))

    def routines(self) -> list[str]:
        """The names of all that must be compiled to run this: each kernel once, in the order of first use."""
        kernels = {instruction.kernel.name: instruction.kernel for instruction in self.instructions}
        parameters = [p for kernel in kernels.values() for p in kernel.parameters]
        tiles = [compile.TILES] if any(p.access == "tiles" for p in parameters) else []
        return [compile.WALK, *tiles, *kernels]

    def run_checked(self, arena: Arena) -> None:
        """Run once, uncompiled, on bounds-checked views of the arena (float64 only: `real` is float64 there)."""
        for instruction in self.instructions:
            values: list[object] = []
            for parameter in instruction.kernel.parameters:
                value = instruction.arguments.get(parameter.name, 0)
                values.append(arena.view(value) if isinstance(value, Region) else value)
            interpreted(instruction.kernel)(*values)

    def link(self, arena: Arena, on_compile: compile.OnCompile | None = None) -> LinkedProgram:
        """Look every kernel's address up, compiling what is missing, and write the table."""
        for instruction in self.instructions:
            for value in instruction.arguments.values():
                if isinstance(value, Region) and (value.offset < 0 or value.end > arena.size):
                    raise ProgramError(f"{instruction.kernel.name}: {value.name} lies outside the arena")
        addresses = compile.addresses(self.routines(), self.dtype.name, on_compile)
        table = np.zeros((len(self.instructions), ROW), dtype=np.int64)
        for row, instruction in zip(table, self.instructions, strict=True):
            numbers = [addresses[instruction.kernel.name]]
            for parameter in instruction.kernel.parameters:
                if parameter.is_address:
                    numbers.append(self._product_address(parameter, addresses))
                    continue
                value = instruction.arguments[parameter.name]
                numbers.append(value.offset if isinstance(value, Region) else value)
            numbers += [instruction.sizes[dim] for dim in instruction.kernel.dims]
            row[: len(numbers)] = numbers
        return LinkedProgram(table, arena, compile.walk_function(self.dtype.name))

    def _product_address(self, parameter: Parameter, addresses: dict[str, int]) -> int:
        return blas.gemm_address(self.dtype.name) if parameter.access == "blas" else addresses[compile.TILES]


class LinkedProgram:
    """A program ready to run: its table, the arena it works on, and the machine's loop."""

    def __init__(self, table: NDArray[np.int64], arena: Arena, walk: compile.Walk) -> None:
        self._table = table
        self._arena = arena
        self._walk = walk

    def run(self, repeats: int = 1) -> None:
        """Walk the table `repeats` times. The GIL is not held."""
        if len(self._table):
            self._walk(int(self._table.ctypes.data), len(self._table), self._arena.address, repeats)


def check(kernel: Kernel, arguments: dict[str, Argument], dtype: np.dtype[np.generic]) -> dict[str, int]:
    """The sizes of the instruction; raises ProgramError if it does not hold together."""
    if kernel.operands != arguments.keys():
        wrong = ", ".join(sorted(kernel.operands ^ arguments.keys()))
        raise ProgramError(f"{kernel.name}: missing or unknown arguments: {wrong}")
    sizes = dict(kernel.fixed_sizes)
    regions: list[tuple[Parameter, Region]] = []
    for parameter in kernel.parameters:
        if parameter.is_address:
            continue
        value = arguments[parameter.name]
        if not parameter.is_array:
            if not isinstance(value, int):
                raise ProgramError(f"{kernel.name}: {parameter.name} takes a whole number")
            continue
        if not isinstance(value, Region):
            raise ProgramError(f"{kernel.name}: {parameter.name} takes a region")
        wanted = dtype if parameter.dtype == "real" else np.dtype(parameter.dtype)
        if value.dtype != wanted:
            raise ProgramError(f"{kernel.name}: {parameter.name} is {value.dtype}, not {wanted}")
        _check_shape(kernel, parameter, value, sizes)
        regions.append((parameter, value))
    _check_overlaps(kernel, regions)
    return sizes


def _check_shape(kernel: Kernel, parameter: Parameter, region: Region, sizes: dict[str, int]) -> None:
    if len(region.shape) != len(parameter.dims):
        raise ProgramError(
            f"{kernel.name}: {parameter.name} has {len(parameter.dims)} axes, {region.name} {region.shape}"
        )
    for dim, length in zip(parameter.dims, region.shape, strict=True):
        known = sizes.setdefault(dim, length)
        if known != length:
            raise ProgramError(
                f"{kernel.name}: {dim} is {known} elsewhere, {length} in {parameter.name} ({region.name})"
            )


def _check_overlaps(kernel: Kernel, regions: list[tuple[Parameter, Region]]) -> None:
    """What an instruction writes may touch none of its other arguments."""
    for parameter, region in regions:
        if parameter.access == "in":
            continue
        start, end = region.offset, region.end
        for other, read in regions:
            if start < read.end and read.offset < end and other is not parameter:
                raise ProgramError(
                    f"{kernel.name}: writes {parameter.name} ({region.name}) over {other.name} ({read.name})"
                )


def interpreted(kernel: Kernel) -> Function:
    """The kernel's body as plain Python, with its bindings in place."""
    from types import FunctionType

    body = kernel.body
    assert isinstance(body, FunctionType)
    return FunctionType(body.__code__, {**body.__globals__, **kernel.bindings}, body.__name__)
