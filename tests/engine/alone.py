"""One kernel, run alone: compiled through a program of one instruction, or uncompiled on bounds-checked views."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import Kernel
from gradtui.engine.layout import Arena, Layout, Region
from gradtui.engine.program import Program

DTYPES = ("float32", "float64")
#: What every byte holds that belongs to no array.
GUARD = 0xA5
#: What another order of summation may change, as a share of the largest entry.
ORDER = 1e-10


def run(kernel: Kernel, dtype: str, *, checked: bool = False, sizes: dict[str, int] | None = None, **arguments):
    """What the kernel leaves in its `out` and `inout` arrays, by name.

    `arguments` are arrays for `in` and `inout` and whole numbers; `out` arrays are made here, full of NaN (-1 for
    integers), so that an entry the kernel forgets to write shows. `sizes` names dimensions that only outputs have.
    What the kernel may only read, and every byte around the arrays, must be the same afterwards.
    """
    layout, regions = _lay_out(kernel, dtype, arguments, sizes or {})
    arena = Arena(layout)
    everything = arena.view(Region("everything", np.dtype(np.uint8), (arena.size,), 0))
    everything[:] = GUARD
    outside = np.ones(arena.size, dtype=bool)
    for parameter in kernel.parameters:
        if parameter.is_array:
            region = regions[parameter.name]
            outside[region.offset : region.end] = False
            nothing = -1 if parameter.dtype == "int64" else np.nan
            arena.view(region)[:] = nothing if parameter.access == "out" else arguments[parameter.name]
    before = {name: arena.view(region).copy() for name, region in regions.items()}

    program = Program(dtype)
    numbers = {p.name: int(arguments[p.name]) for p in kernel.parameters if p.access == "int"}
    program.add(kernel, **regions, **numbers)
    if checked:
        with np.errstate(all="ignore"):
            program.run_checked(arena)
    else:
        program.link(arena).run()

    assert (everything[outside] == GUARD).all(), f"{kernel.name} wrote outside its arrays"
    results = {}
    for parameter in kernel.parameters:
        if parameter.access == "in":
            after = arena.view(regions[parameter.name])
            assert after.tobytes() == before[parameter.name].tobytes(), f"{kernel.name} changed {parameter.name}"
        elif parameter.is_array:
            results[parameter.name] = arena.view(regions[parameter.name]).copy()
    return results


def _lay_out(kernel, dtype, arguments, sizes):
    """A region for each array of the kernel; sizes of outputs follow from the inputs."""
    sizes = dict(sizes)
    for parameter in kernel.parameters:
        if parameter.access in ("in", "inout"):
            shape = np.shape(arguments[parameter.name])
            sizes.update({d: n for d, n in zip(parameter.dims, shape, strict=True) if not d.isdigit()})
    layout = Layout()
    layout.region("before", "uint8", 1)
    regions = {}
    for parameter in kernel.parameters:
        if parameter.is_array:
            shape = [int(d) if d.isdigit() else sizes[d] for d in parameter.dims]
            kind = dtype if parameter.dtype == "real" else parameter.dtype
            regions[parameter.name] = layout.region(parameter.name, kind, *shape)
            layout.region("behind", "uint8", 1)
    return layout, regions


def both_ways(kernel: Kernel, dtype: str, **arguments):
    """`run`, compiled; in float64 also uncompiled, and both must agree but for the order of their sums."""
    found = run(kernel, dtype, **arguments)
    if dtype == "float64":
        for name, plain in run(kernel, dtype, checked=True, **arguments).items():
            finite = np.abs(plain[np.isfinite(plain)])
            close(found[name], plain, ORDER, finite.max() if finite.size else 0.0)
    return found


def close(found, wanted, tolerance, scale=None) -> None:
    """Assert |found - wanted| <= tolerance * scale, entry by entry; NaN equals NaN, inf equals inf.

    `scale` is |wanted| unless given: then the tolerance is relative to each entry.
    """
    found, wanted = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert found.shape == wanted.shape
    scale = np.abs(wanted) if scale is None else np.asarray(scale, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        near = np.abs(found - wanted) <= tolerance * scale
    wrong = ~(same | near)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(f"at {at}: {found[at]!r}, wanted {wanted[at]!r}; {wrong.sum()} of {wrong.size} wrong")


def resolution(dtype: str) -> float:
    """The distance from 1 to the next number."""
    return float(np.finfo(dtype).eps)
