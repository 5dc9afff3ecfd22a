"""Counter-based random numbers: a draw is a hash of what it is for, not the next of a sequence.

Two networks that differ in one choice still get the same draws, and any step's batch can be drawn again. The hash is
SplitMix64's finaliser (Steele, Lea & Flood 2014) over a key derived from (seed, stream, place).
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.kernel import device

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
SHIFT_11 = np.uint64(11)
ONE = np.uint64(1)


class Stream(IntEnum):
    """What a draw is for. Numbers are part of every run: never reuse one."""

    WEIGHT = 1
    BATCH = 2
    BIAS = 3
    DROPOUT = 4
    GATE = 5
    PROJECTION = 6
    RECURRENT = 7
    RECURRENT_BIAS = 8
    EMBEDDING = 9
    POSITIONS = 10
    GENERATOR_WEIGHT = 11
    GENERATOR_BIAS = 12
    LATENT = 20


@device(exact=True)
def mix(x):
    """Spread 64 bits over 64 bits: every input bit changes every output bit with probability one half."""
    x = (x ^ (x >> SHIFT_30)) * MIX_1
    x = (x ^ (x >> SHIFT_27)) * MIX_2
    return x ^ (x >> SHIFT_31)


@device(exact=True)
def derive_key(seed, stream, place):
    """The key of all draws of one purpose: `place` is a layer, a step or an epoch."""
    key = mix(np.uint64(seed) + GOLDEN)
    key = mix((key ^ np.uint64(stream)) + GOLDEN)
    return mix((key ^ np.uint64(place)) + GOLDEN)


@device(exact=True)
def draw_bits(key, index):
    """64 random bits: number `index` of the key."""
    return mix(key + (np.uint64(index) + ONE) * GOLDEN)


@device(exact=True)
def draw_below(key, index, bound):
    """A whole number in [0, bound), bound < 2**32: the upper 32 bits scaled down."""
    return np.int64(((draw_bits(key, index) >> SHIFT_32) * np.uint64(bound)) >> SHIFT_32)


@device(exact=True)
def derive_step_key(seed, stream, place, step):
    """The key of what is drawn anew for the same place in every step."""
    return mix((derive_key(seed, stream, place) ^ np.uint64(step)) + GOLDEN)


def dropout_keeps(seed: int, place: int, step: int, count: int, rate: float) -> NDArray[np.bool_]:
    """Which of a layer's `count` values dropout keeps in a step: upper 53 bits not below rate 2**53."""
    with np.errstate(over="ignore"):
        key = derive_step_key(seed, int(Stream.DROPOUT), place, step)
        bits = draw_bits(key, np.arange(count, dtype=np.uint64))
    kept: NDArray[np.bool_] = (bits >> SHIFT_11) >= np.uint64(rate * 2.0**53)
    return kept


def uniforms(seed: int, stream: Stream, place: int, count: int) -> NDArray[np.float64]:
    """`count` numbers, evenly spread over the open interval (0, 1): 52 random bits and a half."""
    with np.errstate(over="ignore"):
        key = derive_key(seed, int(stream), place)
    return _uniforms(key, count)


def _uniforms(key: np.uint64, count: int) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        bits = draw_bits(key, np.arange(count, dtype=np.uint64))
    bits >>= np.uint64(12)
    result: NDArray[np.float64] = (bits.astype(np.float64) + 0.5) * 2.0**-52
    return result


#: Draws that are kept for the next network, and the most numbers in one of them: 32 MB at most. A network that is
#: rebuilt, or one that differs in a choice, begins with the same draws, and they are half the work of building it.
DRAWS_KEPT, LARGEST_KEPT = 256, 16_384


def normals(seed: int, stream: Stream, place: int, count: int) -> NDArray[np.float64]:
    """`count` standard normal numbers, read-only (Box & Muller 1958): the cosines first, then the sines."""
    return _kept_normals(seed, stream, place, count) if count <= LARGEST_KEPT else _normals(seed, stream, place, count)


def step_normals(seed: int, stream: Stream, place: int, step: int, count: int) -> NDArray[np.float64]:
    """`count` standard normal numbers that are drawn anew for the same place in every step."""
    with np.errstate(over="ignore"):
        key = derive_step_key(seed, int(stream), place, step)
    return _box_muller(key, count)


@lru_cache(maxsize=DRAWS_KEPT)
def _kept_normals(seed: int, stream: Stream, place: int, count: int) -> NDArray[np.float64]:
    return _normals(seed, stream, place, count)


def _normals(seed: int, stream: Stream, place: int, count: int) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        key = derive_key(seed, int(stream), place)
    return _box_muller(key, count)


def _box_muller(key: np.uint64, count: int) -> NDArray[np.float64]:
    half = (count + 1) // 2
    u = _uniforms(key, 2 * half)
    radius = np.sqrt(-2.0 * np.log(u[:half]))
    angle = 2.0 * np.pi * u[half:]
    draws = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
    draws.flags.writeable = False
    return draws
