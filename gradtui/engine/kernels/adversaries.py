"""What two adversaries need beside their layers: latent noise, a batch handed over, weights held in bounds."""

from __future__ import annotations

import math

import numpy as np

from gradtui.engine.kernel import flat, kernel, real
from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.kernels.gauges import add_square
from gradtui.engine.randomness import Stream, derive_step_key, draw_bits

LATENT = int(Stream.LATENT)
SHIFT_12 = np.uint64(12)
FRACTION = 2.0**-52
TURN = 2.0 * math.pi


@kernel(clock="in int64 [4]", seed="int", place="int", noise="out real [batch, latent]")
def draw_noise(clock, seed, place, noise):
    """noise: standard normal numbers (Box & Muller 1958), drawn for (seed, place, the clock's step): the cosines fill
    the first half of the flat array, the sines the second. The same numbers as `randomness.step_normals` gives.
    """
    values = flat(noise)
    count = values.shape[0]
    half = (count + 1) // 2
    key = derive_step_key(seed, LATENT, place, clock[STEP])
    for i in range(half):
        first = (np.float64(np.int64(draw_bits(key, i) >> SHIFT_12)) + 0.5) * FRACTION
        second = (np.float64(np.int64(draw_bits(key, i + half) >> SHIFT_12)) + 0.5) * FRACTION
        radius = math.sqrt(-2.0 * math.log(first))
        angle = TURN * second
        values[i] = real(radius * math.cos(angle))
        if half + i < count:
            values[half + i] = real(radius * math.sin(angle))


@kernel(clock="in int64 [4]", turns="int", turn="int", feed="inout int64 [4]")
def take_turn(clock, turns, turn, feed):
    """Set the clock by which batches are drawn: update number `turn` of the `turns` of the clock's step."""
    feed[STEP] = clock[STEP] * turns + turn


@kernel(clock="inout int64 [4]")
def tick(clock):
    """One update more."""
    clock[STEP] += 1


@kernel(source="in real [rows, columns]", copied="out real [rows, columns]")
def hand_over(source, copied):
    """copied = source."""
    values, target = flat(source), flat(copied)
    for i in range(values.shape[0]):
        target[i] = values[i]


@kernel(p="inout real [size]", before="in real [size]", bound="in float64 [1]", sums="out float64 [6]")
def hold_in_bounds(p, before, bound, sums):
    """p = min(max(p, -bound), bound), as Wasserstein's critic is kept smooth (Arjovsky, Chintala & Bottou 2017); NaN
    stays. sums: squares of p - before, what the step has changed in all, and of before (three words each)."""
    most = real(bound[0])
    small_c, middle_c, big_c = 0.0, 0.0, 0.0
    small_b, middle_b, big_b = 0.0, 0.0, 0.0
    for i in range(p.shape[0]):
        after = p[i]
        after = most if after > most else after
        after = -most if after < -most else after
        p[i] = after
        small_c, middle_c, big_c = add_square(after - before[i], small_c, middle_c, big_c)
        small_b, middle_b, big_b = add_square(before[i], small_b, middle_b, big_b)
    sums[0] = small_c
    sums[1] = middle_c
    sums[2] = big_c
    sums[3] = small_b
    sums[4] = middle_b
    sums[5] = big_b
