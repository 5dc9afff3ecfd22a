"""The few things that Numba has no word for, written as LLVM instructions. Imported only when something is compiled."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

ADDRESS = types.intp
INT32, INT64 = ir.IntType(32), ir.IntType(64)
POINTER = ir.IntType(8).as_pointer()


def array_view(dtype: Any, ndim: int) -> Any:
    """view(address, (n0, n1, ...)): an array over memory that somebody else owns."""
    array_type = types.Array(dtype, ndim, "C")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(array_type)(context, builder)
        item_size = context.get_constant(types.intp, dtype.bitwidth // 8)
        shape = cgutils.unpack_tuple(builder, arguments[1], ndim)
        strides = [item_size]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        populate_array(
            array,
            data=builder.inttoptr(arguments[0], context.get_value_type(types.CPointer(dtype))),
            shape=cgutils.pack_array(builder, shape),
            strides=cgutils.pack_array(builder, strides),
            itemsize=item_size,
            meminfo=None,
        )
        return array._getvalue()

    @intrinsic
    def view(typing_context: Any, address: Any, shape: Any) -> Any:
        return array_type(types.intp, types.UniTuple(types.intp, ndim)), codegen

    return view


@intrinsic
def row_item(typing_context: Any, row: Any, column: Any) -> Any:
    """row_item(address of a row, column): the int64 there."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.add(arguments[0], builder.mul(arguments[1], ir.Constant(INT64, 8)))
        return builder.load(builder.inttoptr(address, INT64.as_pointer()))

    return types.int64(types.intp, types.int64), codegen


@intrinsic
def call_kernel(typing_context: Any, row: Any, arena: Any) -> Any:
    """Numba's own calling convention: status f(result*, exception**, arguments...); kernels use neither of the two."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row_address, arena_address = arguments
        kernel_type = ir.FunctionType(INT32, [POINTER.as_pointer(), POINTER.as_pointer(), INT64, INT64])
        address = builder.load(builder.inttoptr(row_address, INT64.as_pointer()))
        function = builder.inttoptr(address, kernel_type.as_pointer())
        result = cgutils.alloca_once(builder, POINTER)
        exception = cgutils.alloca_once(builder, POINTER)
        builder.call(function, [result, exception, row_address, arena_address])
        return context.get_dummy_value()

    return types.none(types.intp, types.intp), codegen


def _matrix_product(transpose_a: bool, transpose_b: bool, keep: float) -> Any:
    """out = op(a) op(b) + keep * out for C-ordered arrays by a Fortran gemm: the same memory read as columns is the
    transpose, so the arguments change places: out' = op(b)' op(a)'."""

    @intrinsic
    def matmul(typing_context: Any, blas: Any, a: Any, b: Any, out: Any) -> Any:
        dtype = out.dtype
        element = ir.FloatType() if dtype is types.float32 else ir.DoubleType()

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            arrays = [
                make_array(array_type)(context, builder, value=value)
                for array_type, value in zip(signature.args[1:], arguments[1:], strict=True)
            ]
            (a_rows, a_columns), (_, b_columns), (m, n) = [
                cgutils.unpack_tuple(builder, array.shape, 2) for array in arrays
            ]
            k = a_rows if transpose_a else a_columns

            def by_reference(value: Any) -> Any:
                slot = cgutils.alloca_once(builder, value.type)
                builder.store(value, slot)
                return slot

            def size(value: Any) -> Any:
                return by_reference(builder.trunc(value, INT32))

            def flag(transposed: bool) -> Any:
                return by_reference(ir.Constant(ir.IntType(8), ord("T" if transposed else "N")))

            def constant(value: float) -> Any:
                return by_reference(ir.Constant(element, value))

            call = [
                flag(transpose_b),
                flag(transpose_a),
                size(n),
                size(m),
                size(k),
                constant(1.0),
                arrays[1].data,
                size(b_columns),
                arrays[0].data,
                size(a_columns),
                constant(keep),
                arrays[2].data,
                size(n),
            ]
            gemm_type = ir.FunctionType(ir.VoidType(), [argument.type for argument in call])
            builder.call(builder.inttoptr(arguments[0], gemm_type.as_pointer()), call)
            return context.get_dummy_value()

        return types.none(types.intp, a, b, out), codegen

    return matmul


def _power_of_two(wide: bool) -> Any:
    """2**k out of k + 1.5 * 2**mantissa: the low bits hold k; biased and shifted they are the exponent."""
    float_type, int_type = (types.float64, INT64) if wide else (types.float32, INT32)
    bias, mantissa = (1023, 52) if wide else (127, 23)

    @intrinsic
    def power_of_two(typing_context: Any, shifted: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            bits = builder.bitcast(arguments[0], int_type)
            exponent = builder.shl(builder.add(bits, ir.Constant(int_type, bias)), ir.Constant(int_type, mantissa))
            return builder.bitcast(exponent, context.get_value_type(float_type))

        return float_type(float_type), codegen

    return power_of_two


def _root(wide: bool) -> Any:
    float_type = types.float64 if wide else types.float32

    @intrinsic
    def root(typing_context: Any, x: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            function = builder.module.declare_intrinsic("llvm.sqrt", [arguments[0].type])
            return builder.call(function, arguments)

        return float_type(float_type), codegen

    return root


def _fused(wide: bool) -> Any:
    """One instruction wherever there is one (x86 since 2013, every 64-bit Arm); elsewhere a slow call, and right."""
    float_type = types.float64 if wide else types.float32

    @intrinsic
    def fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.fma(*arguments)

        return float_type(float_type, float_type, float_type), codegen

    return fused


@intrinsic
def flat(typing_context: Any, array: Any) -> Any:
    """The same memory seen as one row."""
    array_type = types.Array(array.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = make_array(array)(context, builder, value=arguments[0])
        target = make_array(array_type)(context, builder)
        size = context.get_constant(types.intp, 1)
        for length in cgutils.unpack_tuple(builder, source.shape, array.ndim):
            size = builder.mul(size, length)
        populate_array(
            target,
            data=source.data,
            shape=cgutils.pack_array(builder, [size]),
            strides=cgutils.pack_array(builder, [source.itemsize]),
            itemsize=source.itemsize,
            meminfo=None,
        )
        return target._getvalue()

    return array_type(array), codegen


@intrinsic
def stretch(typing_context: Any, array: Any, start: Any, length: Any) -> Any:
    """`length` entries of a row from `start` on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = make_array(array)(context, builder, value=arguments[0])
        target = make_array(array)(context, builder)
        populate_array(
            target,
            data=builder.gep(source.data, [arguments[1]]),
            shape=cgutils.pack_array(builder, [arguments[2]]),
            strides=cgutils.pack_array(builder, [source.itemsize]),
            itemsize=source.itemsize,
            meminfo=None,
        )
        return target._getvalue()

    return array(array, types.int64, types.int64), codegen


@intrinsic
def address(typing_context: Any, array: Any) -> Any:
    """Where the array's first element lies."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, value=arguments[0]).data
        return builder.ptrtoint(data, INT64)

    return types.int64(array), codegen


X86, ARM = ("x86_64", "AMD64", "i686"), ("aarch64", "arm64")
# Flush results to zero (bit 15) and read denormal inputs as zero (bit 6); Arm has one bit for both.
MXCSR_FLUSH, FPCR_FLUSH = 0x8040, 1 << 24


@intrinsic
def flush_denormals(typing_context: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        machine = platform.machine()
        if machine in X86:
            slot = cgutils.alloca_once(builder, INT32)
            pointer = builder.bitcast(slot, POINTER)
            store = _x86_control(builder, "llvm.x86.sse.stmxcsr")
            load = _x86_control(builder, "llvm.x86.sse.ldmxcsr")
            builder.call(store, [pointer])
            before = builder.load(slot)
            builder.store(builder.or_(before, ir.Constant(INT32, MXCSR_FLUSH)), slot)
            builder.call(load, [pointer])
            return builder.zext(before, INT64)
        if machine in ARM:
            read = ir.InlineAsm(ir.FunctionType(INT64, []), "mrs $0, fpcr", "=r", side_effect=True)
            write = ir.InlineAsm(ir.FunctionType(ir.VoidType(), [INT64]), "msr fpcr, $0", "r", side_effect=True)
            before = builder.call(read, [])
            builder.call(write, [builder.or_(before, ir.Constant(INT64, FPCR_FLUSH))])
            return before
        return ir.Constant(INT64, 0)

    return types.int64(), codegen


@intrinsic
def restore_denormals(typing_context: Any, mode: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        machine = platform.machine()
        if machine in X86:
            slot = cgutils.alloca_once(builder, INT32)
            builder.store(builder.trunc(arguments[0], INT32), slot)
            load = _x86_control(builder, "llvm.x86.sse.ldmxcsr")
            builder.call(load, [builder.bitcast(slot, POINTER)])
        elif machine in ARM:
            write = ir.InlineAsm(ir.FunctionType(ir.VoidType(), [INT64]), "msr fpcr, $0", "r", side_effect=True)
            builder.call(write, [arguments[0]])
        return context.get_dummy_value()

    return types.none(types.int64), codegen


def _x86_control(builder: Any, name: str) -> Any:
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [POINTER]), name)


def by_name(wide: bool) -> dict[str, Callable[..., Any]]:
    """What stands in for each `@device(intrinsic=...)` function."""
    return {
        "blas_nt": _matrix_product(False, True, keep=1.0),
        "blas_nn": _matrix_product(False, False, keep=0.0),
        "blas_tn": _matrix_product(True, False, keep=0.0),
        "flat": flat,
        "stretch": stretch,
        "power_of_two": _power_of_two(wide),
        "root": _root(wide),
        "fused": _fused(wide),
        "call_kernel": call_kernel,
        "flush_denormals": flush_denormals,
        "restore_denormals": restore_denormals,
    }
