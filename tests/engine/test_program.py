"""What is refused when a program is built: a wrong offset would be a crash, not an exception."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine import compile
from gradtui.engine.kernel import KERNELS, kernel
from gradtui.engine.kernels.feeding import choose_batch, gather
from gradtui.engine.kernels.gauges import square_sum
from gradtui.engine.kernels.linear import linear_forward
from gradtui.engine.layout import ALIGNMENT, Arena, Layout, Region
from gradtui.engine.program import Program, ProgramError


def _regions(dtype="float32", batch=4, fan_in=3, fan_out=2):
    """A layout and the arguments of a forward product."""
    layout = Layout()
    return layout, {
        "x": layout.region("x", dtype, batch, fan_in),
        "weight": layout.region("weight", dtype, fan_out, fan_in),
        "bias": layout.region("bias", dtype, fan_out),
        "turned": layout.region("turned", dtype, fan_in, 16),
        "z": layout.region("z", dtype, batch, fan_out),
    }


def _refused(message, kernel=linear_forward, dtype="float32", **arguments):
    program = Program(dtype)
    with pytest.raises(ProgramError, match=message):
        program.add(kernel, **arguments)
    assert program.instructions == []


def test_missing_and_unknown_arguments_are_named():
    _, arguments = _regions()
    del arguments["bias"]
    _refused(r"linear_forward: missing or unknown arguments: bias$", **arguments)
    _refused("missing or unknown arguments: bias, slope$", **arguments, slope=arguments["x"])


def test_wrong_types_are_named():
    layout, arguments = _regions()
    wide = layout.region("wide", "float64", 2)
    _refused("bias is float64, not float32", **{**arguments, "bias": wide})
    _refused("x is float32, not float64", dtype="float64", **arguments)
    _refused("bias takes a region", **{**arguments, "bias": 3})
    clock, order = layout.region("clock", "int64", 4), layout.region("order", "int64", 9)
    chosen = layout.region("chosen", "int64", 2)
    _refused("seed takes a whole number", choose_batch, clock=clock, seed=clock, order=order, chosen=chosen)
    _refused("seed takes a whole number", choose_batch, clock=clock, seed=1.5, order=order, chosen=chosen)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("bias", (3,), r"fan_out is 2 elsewhere, 3 in bias \(wrong\)"),
        ("z", (5, 2), r"batch is 4 elsewhere, 5 in z \(wrong\)"),
        ("weight", (2, 4), r"fan_in is 3 elsewhere, 4 in weight \(wrong\)"),
        ("turned", (2, 16), r"fan_in is 3 elsewhere, 2 in turned \(wrong\)"),
        ("x", (12,), r"x has 2 axes, wrong \(12,\)"),
    ],
)
def test_shapes_that_disagree_are_named(name, shape, message):
    layout, arguments = _regions()
    _refused(message, **{**arguments, name: layout.region("wrong", "float32", *shape)})


def test_a_fixed_size_must_be_met():
    layout = Layout()
    clock, order = layout.region("clock", "int64", 3), layout.region("order", "int64", 9)
    chosen = layout.region("chosen", "int64", 2)
    _refused(r"4 is 4 elsewhere, 3 in clock", choose_batch, clock=clock, seed=1, order=order, chosen=chosen)


@pytest.mark.parametrize("written", ["turned", "z"])
@pytest.mark.parametrize("touched", ["x", "weight", "bias", "z", "turned"])
@given(share=st.floats(0.0, 1.0))
def test_what_is_written_touches_no_other_argument(written, touched, share):
    """Any overlap by one element or more, from either end."""
    if written == touched:
        return
    _, arguments = _regions()
    other, moved = arguments[touched], arguments[written]
    span = other.size + moved.size - 1
    offset = other.offset + (round(share * (span - 1)) - moved.size + 1) * 4
    if offset < 0:
        return
    moved = Region(written, moved.dtype, moved.shape, offset)
    program = Program("float32")
    with pytest.raises(ProgramError, match=r"writes \w+ \(\w+\) over \w+ \(\w+\)"):
        program.add(linear_forward, **{**arguments, written: moved})


def _fitting(kernel):
    """A layout and arguments that the kernel takes, each size another small number."""
    layout = Layout()
    sizes = {dim: 2 + number for number, dim in enumerate(kernel.dims)}
    arguments = {}
    for parameter in kernel.parameters:
        if parameter.is_array:
            shape = [int(dim) if dim.isdigit() else sizes[dim] for dim in parameter.dims]
            kind = "float32" if parameter.dtype == "real" else parameter.dtype
            arguments[parameter.name] = layout.region(parameter.name, kind, *shape)
        elif not parameter.is_address:
            arguments[parameter.name] = 1
    return layout, arguments


@pytest.mark.parametrize("name", [name for name in compile.routines() if name in KERNELS])
def test_every_kernel_refuses_what_does_not_fit(name):
    """Each array argument in turn: left out, of another type, with an axis more, laid over another argument."""
    made = KERNELS[name]
    layout, arguments = _fitting(made)
    Program("float32").add(made, **arguments)
    regions = {key: value for key, value in arguments.items() if isinstance(value, Region)}
    for key, region in regions.items():
        others = {other: value for other, value in arguments.items() if other != key}
        _refused("missing or unknown", made, **others)
        kind = "float32" if region.dtype == np.float64 else "float64"
        _refused(f"{key} is {kind}, not", made, **others, **{key: layout.region("other", kind, *region.shape)})
        deeper = layout.region("deeper", region.dtype.name, 1, *region.shape)
        _refused(f"{key} has {len(region.shape)} axes", made, **others, **{key: deeper})
        written = next(p for p in made.parameters if p.name == key).access in ("out", "inout")
        for other in others.values():
            if isinstance(other, Region) and written:
                over = Region("over", region.dtype, region.shape, other.offset)
                _refused("writes", made, **others, **{key: over})


def test_two_arguments_may_be_read_from_the_same_place():
    _, arguments = _regions(fan_in=2, fan_out=2)
    Program("float32").add(linear_forward, **{**arguments, "bias": arguments["weight"].part(0, (2,))})


@pytest.mark.parametrize("offset", [-4, 10_000, 64])
def test_a_region_outside_the_arena_is_refused_when_linked(offset):
    layout, _ = _regions()
    arena = Arena(layout)
    size = arena.size // 4
    stray = Region("stray", np.dtype("float32"), (size,), offset)
    program = Program("float32")
    program.add(square_sum, g=stray, sums=Region("sums", np.dtype("float64"), (3,), 10**9))
    with pytest.raises(ProgramError, match=r"square_sum: stray lies outside the arena"):
        program.link(arena)
    with pytest.raises(IndexError, match="stray lies outside the arena"):
        arena.view(stray)


def test_the_checking_mode_catches_an_index_that_is_none():
    """Compiled, an example number beyond the data would read foreign memory; uncompiled it raises."""
    layout = Layout()
    chosen, source = layout.region("chosen", "int64", 2), layout.region("source", "float64", 3, 2)
    picked = layout.region("picked", "float64", 2, 2)
    arena = Arena(layout)
    arena.view(chosen)[:] = [1, 3]
    program = Program("float64")
    program.add(gather, chosen=chosen, source=source, picked=picked)
    with pytest.raises(IndexError):
        program.run_checked(arena)


def test_an_empty_program_does_nothing():
    layout, _ = _regions()
    arena = Arena(layout)
    Program("float32").link(arena).run(5)
    assert not arena.view(layout.regions[0]).any()


def test_regions_lie_apart_and_aligned():
    layout = Layout()
    regions = [layout.region(str(n), dtype, n) for n in range(1, 40) for dtype in ("float32", "float64", "int64")]
    for before, after in pairwise(regions):
        assert before.end <= after.offset
    assert all(region.offset % ALIGNMENT == 0 for region in regions)
    arena = Arena(layout)
    assert arena.address % ALIGNMENT == 0
    assert arena.address == arena.view(regions[0]).ctypes.data


def test_parts_of_a_region():
    layout = Layout()
    whole = layout.region("whole", "float64", 4, 5)
    view = Arena(layout)
    view.view(whole)[:] = np.arange(20.0).reshape(4, 5)
    assert view.view(whole[2]).tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]
    assert view.view(whole.part(7, (2, 3))).tolist() == [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]
    assert view.view(whole.reshaped(20))[19] == 19.0
    for wrong in (lambda: whole[4], lambda: whole[-1], lambda: whole.part(16, (5,)), lambda: whole.part(-1, (2,))):
        with pytest.raises(IndexError, match="whole has"):
            wrong()
    with pytest.raises(ValueError, match=re.escape("whole has 20 elements, (3, 7) has 21")):
        whole.reshaped(3, 7)


def test_a_kernel_declares_what_it_takes():
    with pytest.raises(TypeError, match="declared"):
        kernel(a="in real [n]")(lambda b: None)
    with pytest.raises(TypeError, match="cannot read the declaration of a"):
        kernel(a="read real [n]")(lambda a: None)
    assert "<lambda>" not in KERNELS


def test_two_kernels_cannot_share_a_name():
    with pytest.raises(ValueError, match="two kernels named gather"):
        gather.bind("gather", something=1)
