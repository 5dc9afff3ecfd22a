"""The machine: a short loop that walks a program, without the GIL and with denormals flushed to zero."""

from __future__ import annotations

from gradtui.engine.kernel import device

#: Width of a program's row: the kernel's address, then its offsets, sizes and whole numbers.
ROW = 24


@device(intrinsic="call_kernel")
def call_kernel(row, arena):
    """Call the kernel whose address stands first in the row at this address."""
    raise RuntimeError("addresses can only be called from compiled code")


@device(intrinsic="flush_denormals")
def flush_denormals():
    """Let this thread treat numbers below the smallest normal as zero; returns the mode before.

    x86: bits 15 and 6 of MXCSR; Arm: bit 24 of FPCR; elsewhere nothing. A matrix product on denormals ran 57 times
    slower than on ordinary numbers.
    """
    return 0


@device(intrinsic="restore_denormals")
def restore_denormals(mode):
    """Put the mode back that `flush_denormals` found."""


def walk(table, rows, arena, repeats):
    """Run the program `repeats` times: `table` is the address of `rows` x ROW int64 numbers."""
    mode = flush_denormals()
    for _ in range(repeats):
        for row in range(rows):
            call_kernel(table + row * (ROW * 8), arena)
    restore_denormals(mode)
