"""Small matrix products as register blocks. Imported only to compile.

A BLAS packs its operands first, which pays from some 300 rows on; below, a block of C held in registers and fed
straight from the cache is faster (measured in float32: 64 x 64 x 64 at 65 GFLOP/s by BLAS, 95 this way; 128 x 256 x 256
at 72 and 88). Only rows that lie far apart are copied together first, since caches hold few lines of equal distance.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import intrinsic

#: Bytes of a vector register, and how many of them make the width of a block of C.
REGISTER, VECTORS = 32, 2
#: Columns of a panel of a matrix that was turned: the width of a block, or of two in float64.
PANEL = 16
#: Bytes from one row of B to the next beyond which a panel of it is copied, and the most rows of such a panel: half a
#: first-level cache.
FAR, DEEPEST = 512, 512
INT32 = ir.IntType(32)


def lanes(wide: bool) -> int:
    """Numbers in a vector register: 8 of float32, 4 of float64."""
    return REGISTER // (8 if wide else 4)


class _Emitter:
    """The vector vocabulary of one number format."""

    def __init__(self, builder: Any, wide: bool) -> None:
        self.builder = builder
        self.element = ir.DoubleType() if wide else ir.FloatType()
        self.item_size = 8 if wide else 4
        self.vector = ir.VectorType(self.element, lanes(wide))

    def pointer(self, address: Any) -> Any:
        return self.builder.inttoptr(address, self.element.as_pointer())

    def load_vector(self, pointer: Any) -> Any:
        return self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()), align=self.item_size)

    def store_vector(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, self.vector.as_pointer()), align=self.item_size)

    def shuffle(self, first: Any, second: Any, picks: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(INT32, len(picks)), [ir.Constant(INT32, p) for p in picks])
        return self.builder.shuffle_vector(first, second, mask)

    def splat(self, scalar: Any) -> Any:
        empty = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(empty, scalar, ir.Constant(INT32, 0))
        return self.shuffle(first, empty, [0] * self.vector.count)


def block(wide: bool, rows: int) -> Any:
    """block(a, a_row, a_k, b, b_row, depth, c, c_row, start): rows x (VECTORS * lanes) numbers of C = A B + start.

    a, b, c are addresses, the steps count elements; A is read by (row, k) steps, so that A and its transpose are the
    same to it. `start` is the address of a row to begin from (the bias), or 0.
    """

    @intrinsic
    def kernel(
        typing_context: Any,
        a: Any,
        a_row: Any,
        a_k: Any,
        b: Any,
        b_row: Any,
        depth: Any,
        c: Any,
        c_row: Any,
        start: Any,
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a, a_row, a_k, b, b_row, depth, c, c_row, start = arguments
            emit = _Emitter(builder, wide)
            count = emit.vector.count
            index = a.type
            sums = [[cgutils.alloca_once(builder, emit.vector) for _ in range(VECTORS)] for _ in range(rows)]
            has_start = builder.icmp_signed("!=", start, ir.Constant(index, 0))
            with builder.if_else(has_start) as (given, absent):
                with given:
                    for v in range(VECTORS):
                        row = emit.load_vector(builder.gep(emit.pointer(start), [ir.Constant(index, v * count)]))
                        for line in sums:
                            builder.store(row, line[v])
                with absent:
                    for line in sums:
                        for slot in line:
                            builder.store(ir.Constant(emit.vector, [0.0] * count), slot)
            a_pointer, b_pointer, c_pointer = (emit.pointer(p) for p in (a, b, c))
            with cgutils.for_range(builder, depth) as loop:
                b_line = builder.gep(b_pointer, [builder.mul(loop.index, b_row)])
                columns = [
                    emit.load_vector(builder.gep(b_line, [ir.Constant(index, v * count)])) for v in range(VECTORS)
                ]
                a_line = builder.gep(a_pointer, [builder.mul(loop.index, a_k)])
                for i, line in enumerate(sums):
                    at = builder.gep(a_line, [builder.mul(a_row, ir.Constant(index, i))])
                    factor = emit.splat(builder.load(at))
                    for column, slot in zip(columns, line, strict=True):
                        product = builder.fmul(factor, column, flags=["contract"])
                        total = builder.fadd(builder.load(slot), product, flags=["contract"])
                        builder.store(total, slot)
            for i, line in enumerate(sums):
                at = builder.gep(c_pointer, [builder.mul(c_row, ir.Constant(index, i))])
                for v, slot in enumerate(line):
                    emit.store_vector(builder.load(slot), builder.gep(at, [ir.Constant(index, v * count)]))
            return context.get_dummy_value()

        return types.none(*[types.int64] * 9), codegen

    return kernel


def transpose_block(wide: bool) -> Any:
    """transpose_block(source, source_row, target, target_row): a lanes x lanes square, by interleaving halves."""

    @intrinsic
    def kernel(typing_context: Any, source: Any, source_row: Any, target: Any, target_row: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, source_row, target, target_row = arguments
            emit = _Emitter(builder, wide)
            count = emit.vector.count
            index = source.type
            lower = [i // 2 + count * (i % 2) for i in range(count)]
            upper = [pick + count // 2 for pick in lower]
            from_, to = emit.pointer(source), emit.pointer(target)
            lines = [
                emit.load_vector(builder.gep(from_, [builder.mul(source_row, ir.Constant(index, i))]))
                for i in range(count)
            ]
            for _ in range(count.bit_length() - 1):
                halves = list(zip(lines[: count // 2], lines[count // 2 :], strict=True))
                lines = [emit.shuffle(x, y, picks) for x, y in halves for picks in (lower, upper)]
            for i, line in enumerate(lines):
                emit.store_vector(line, builder.gep(to, [builder.mul(target_row, ir.Constant(index, i))]))
            return context.get_dummy_value()

        return types.none(*[types.int64] * 4), codegen

    return kernel


def panel_scratch() -> Any:
    """panel_scratch(): the address of room for one panel of DEEPEST rows on the stack."""

    @intrinsic
    def room(typing_context: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            line = ir.VectorType(ir.FloatType(), REGISTER // 4)
            with builder.goto_entry_block():
                slot = builder.alloca(ir.ArrayType(line, VECTORS * DEEPEST))  # `alloca_once` would fill it with zeros
            return builder.ptrtoint(slot, ir.IntType(64))

        return types.int64(), codegen

    return room


def copy_line(wide: bool) -> Any:
    """copy_line(source, target): as many numbers as a block of C is wide."""

    @intrinsic
    def kernel(typing_context: Any, source: Any, target: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            emit = _Emitter(builder, wide)
            from_, to = (emit.pointer(address) for address in arguments)
            for v in range(VECTORS):
                offset = [ir.Constant(arguments[0].type, v * emit.vector.count)]
                emit.store_vector(emit.load_vector(builder.gep(from_, offset)), builder.gep(to, offset))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64), codegen

    return kernel


def tiles_function(wide: bool) -> Any:
    """void tiles(a, a_row, a_k, b, b_row, depth, c, c_row, rows, columns, start): C = A B + start, block by block.

    `columns` is a multiple of a block's width; the other arguments are those of `block`.
    """
    six, four, one = (block(wide, rows) for rows in (6, 4, 1))
    room, copy = panel_scratch(), copy_line(wide)
    width = VECTORS * lanes(wide)
    item = 8 if wide else 4

    def tiles(a, a_row, a_k, b, b_row, depth, c, c_row, rows, columns, start):
        scratch = room()
        far = b_row * item > FAR and depth <= DEEPEST
        # As many blocks of six rows as leave a multiple of four; single rows for what is left of an odd count.
        sixes = rows // 6
        while sixes > 0 and (rows - 6 * sixes) % 4 != 0 and rows % 2 == 0:
            sixes -= 1
        fours = (rows - 6 * sixes) // 4
        for j in range(0, columns, width):
            first = start + j * item if start != 0 else 0
            a_at, b_at, c_at = a, b + j * item, c + j * item
            step = b_row
            if far:
                for k in range(depth):
                    copy(b_at + k * b_row * item, scratch + k * width * item)
                b_at, step = scratch, width
            for _ in range(sixes):
                six(a_at, a_row, a_k, b_at, step, depth, c_at, c_row, first)
                a_at += 6 * a_row * item
                c_at += 6 * c_row * item
            for _ in range(fours):
                four(a_at, a_row, a_k, b_at, step, depth, c_at, c_row, first)
                a_at += 4 * a_row * item
                c_at += 4 * c_row * item
            for _ in range(rows - 6 * sixes - 4 * fours):
                one(a_at, a_row, a_k, b_at, step, depth, c_at, c_row, first)
                a_at += a_row * item
                c_at += c_row * item

    return tiles


def _call_tiles(
    typing_context: Any,
    function: Any,
    a: Any,
    a_row: Any,
    a_k: Any,
    b: Any,
    b_row: Any,
    depth: Any,
    c: Any,
    c_row: Any,
    rows: Any,
    columns: Any,
    start: Any,
) -> Any:
    """Call the compiled `tiles` at an address, by Numba's convention."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        integers = [argument.type for argument in arguments[1:]]
        tiles_type = ir.FunctionType(INT32, [pointer.as_pointer(), pointer.as_pointer(), *integers])
        tiles = builder.inttoptr(arguments[0], tiles_type.as_pointer())
        result = cgutils.alloca_once(builder, pointer)
        exception = cgutils.alloca_once(builder, pointer)
        builder.call(tiles, [result, exception, *arguments[1:]])
        return context.get_dummy_value()

    return types.none(*[types.int64] * 12), codegen


# Typed as Any: Numba's stub counts the typing context as an argument of the call.
call_tiles: Any = intrinsic(_call_tiles)


def products(wide: bool, address: Any) -> dict[str, Any]:
    """block_nn, block_tn and block_nt of `kernels.linear`, block_panels of `kernels.recurrent`; `tiles` is the address
    of the compiled function."""
    square = transpose_block(wide)
    side = lanes(wide)
    item = 8 if wide else 4

    def block_nn(tiles, a, b, out):
        m, n = out.shape
        k = a.shape[1]
        call_tiles(tiles, address(a), k, 1, address(b), n, k, address(out), n, m, n, 0)

    def block_tn(tiles, a, b, out):
        m, n = out.shape
        k = a.shape[0]
        call_tiles(tiles, address(a), 1, m, address(b), n, k, address(out), n, m, n, 0)

    def block_nt(tiles, a, b, bias, turned, out):
        m, n = out.shape
        k = a.shape[1]
        panel = turned.shape[1]
        for j in range(0, n, panel):
            for i in range(0, panel, side):
                for p in range(0, k, side):
                    square(address(b) + ((j + i) * k + p) * item, k, address(turned) + (p * panel + i) * item, panel)
            c, start = address(out) + j * item, address(bias) + j * item
            call_tiles(tiles, address(a), k, 1, address(turned), panel, k, c, n, m, panel, start)

    def block_panels(tiles, a, panels, out):
        m, n = out.shape
        k = a.shape[1]
        for j in range(0, n, PANEL):
            panel, c = address(panels) + j * k * item, address(out) + j * item
            call_tiles(tiles, address(a), k, 1, panel, PANEL, k, c, n, m, PANEL, 0)

    return {"block_nn": block_nn, "block_tn": block_tn, "block_nt": block_nt, "block_panels": block_panels}


def gathered_block(wide: bool, rows: int) -> Any:
    """gathered_block(a, a_rows, a_ks, depth, b, start, c, c_rows): C = A B + start, rows x (VECTORS * lanes) numbers.

    A[i, k] lies at a[a_rows[i] + a_ks[k]], row i of C at c[c_rows[i]]: three tables of int64. So the patches of an
    image are a matrix without being copied out. B is a panel, (depth, VECTORS * lanes). `start` is the address of a
    row to begin from, or 0: then C is added to.
    """

    @intrinsic
    def kernel(
        typing_context: Any, a: Any, a_rows: Any, a_ks: Any, depth: Any, b: Any, start: Any, c: Any, c_rows: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a, a_rows, a_ks, depth, b, start, c, c_rows = arguments
            emit = _Emitter(builder, wide)
            count = emit.vector.count
            index = a.type

            def vectors(line: Any) -> list[Any]:
                return [builder.gep(line, [ir.Constant(index, v * count)]) for v in range(VECTORS)]

            def entry(table: Any, at: Any) -> Any:
                return builder.load(builder.gep(builder.inttoptr(table, index.as_pointer()), [at]))

            def line(array: Any, table: Any, i: int) -> Any:
                return builder.gep(emit.pointer(array), [entry(table, ir.Constant(index, i))])

            factors = [line(a, a_rows, i) for i in range(rows)]
            results = [vectors(line(c, c_rows, i)) for i in range(rows)]
            sums = [[cgutils.alloca_once(builder, emit.vector) for _ in range(VECTORS)] for _ in range(rows)]
            given = builder.icmp_signed("!=", start, ir.Constant(index, 0))
            for i in range(rows):
                for at, other, slot in zip(vectors(emit.pointer(start)), results[i], sums[i], strict=True):
                    builder.store(emit.load_vector(builder.select(given, at, other)), slot)
            with cgutils.for_range(builder, depth) as loop:
                b_line = builder.gep(emit.pointer(b), [builder.mul(loop.index, ir.Constant(index, VECTORS * count))])
                columns = [emit.load_vector(at) for at in vectors(b_line)]
                offset = entry(a_ks, loop.index)
                for i in range(rows):
                    factor = emit.splat(builder.load(builder.gep(factors[i], [offset])))
                    for column, slot in zip(columns, sums[i], strict=True):
                        product = builder.fmul(factor, column, flags=["contract"])
                        builder.store(builder.fadd(builder.load(slot), product, flags=["contract"]), slot)
            for i in range(rows):
                for slot, at in zip(sums[i], results[i], strict=True):
                    emit.store_vector(builder.load(slot), at)
            return context.get_dummy_value()

        return types.none(*[types.int64] * 8), codegen

    return kernel


def gathered_products(wide: bool, address: Any) -> dict[str, Any]:
    """gathered_product and gathered_sum of `kernels.convolution`."""
    six, four, two, one = (gathered_block(wide, rows) for rows in (6, 4, 2, 1))

    def multiply(a, a_rows, a_ks, b, start, c, c_rows):
        rows = a_rows.shape[0]
        depth = a_ks.shape[0]
        a_at, ks_at, b_at, c_at = address(a), address(a_ks), address(b), address(c)
        row, place = address(a_rows), address(c_rows)
        # As many blocks of six rows as leave a multiple of four.
        sixes = rows // 6
        while sixes > 0 and (rows - 6 * sixes) % 4 != 0 and rows % 2 == 0:
            sixes -= 1
        for _ in range(sixes):
            six(a_at, row, ks_at, depth, b_at, start, c_at, place)
            row += 48
            place += 48
        rest = rows - 6 * sixes
        for _ in range(rest // 4):
            four(a_at, row, ks_at, depth, b_at, start, c_at, place)
            row += 32
            place += 32
        if rest & 2 != 0:
            two(a_at, row, ks_at, depth, b_at, start, c_at, place)
            row += 16
            place += 16
        if rest & 1 != 0:
            one(a_at, row, ks_at, depth, b_at, start, c_at, place)

    options: dict[str, Any] = {"forceinline": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}
    compiled: Any = numba.njit(**options)(multiply)

    def gathered_product(a, a_rows, a_ks, b, start, c, c_rows):
        compiled(a, a_rows, a_ks, b, address(start), c, c_rows)

    def gathered_sum(a, a_rows, a_ks, b, c, c_rows):
        compiled(a, a_rows, a_ks, b, 0, c, c_rows)

    return {"gathered_product": gathered_product, "gathered_sum": gathered_sum}
