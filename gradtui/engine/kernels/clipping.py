"""Clipping of single entries and of single units. Clipping by the global norm is one factor, which `update` applies."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import kernel, real
from gradtui.engine.kernels.gauges import add_square, root_of
from gradtui.engine.knobs import CLIP_AGC, CLIP_VALUE

#: A unit whose weights are shorter than this is taken to be so long (Brock et al. 2021), or zeros could never move.
SHORTEST = 1e-3


@kernel(
    g="in real [units, inputs]",
    p="in real [units, inputs]",
    knobs="in float64 [knobs]",
    clipped="out real [units, inputs]",
    sums="out float64 [3]",
)
def clip_locally(g, p, knobs, clipped, sums):
    """clipped: g after adaptive clipping, then clipping by value; sums: its squares in three words.

    Adaptive (Brock, De, Smith & Simonyan 2021): a unit's row G_i with |G_i| > clip_agc max(|W_i|, 1e-3) is shortened
    to that length. By value: every entry into -clip_value..clip_value, torch.nn.utils.clip_grad_value_. 0: off. What
    is not a number stays one.
    """
    small, middle, big = 0.0, 0.0, 0.0
    bound = real(knobs[CLIP_VALUE]) if knobs[CLIP_VALUE] > 0.0 else real(np.inf)
    for unit in range(g.shape[0]):
        factor = real(1.0)
        if knobs[CLIP_AGC] > 0.0:
            small_g, middle_g, big_g = 0.0, 0.0, 0.0
            small_p, middle_p, big_p = 0.0, 0.0, 0.0
            for i in range(g.shape[1]):
                small_g, middle_g, big_g = add_square(g[unit, i], small_g, middle_g, big_g)
                small_p, middle_p, big_p = add_square(p[unit, i], small_p, middle_p, big_p)
            length = root_of(small_g, middle_g, big_g)
            weights = root_of(small_p, middle_p, big_p)
            allowed = knobs[CLIP_AGC] * (SHORTEST if weights < SHORTEST else weights)
            factor = real(allowed / length) if length > allowed else real(1.0)
        for i in range(g.shape[1]):
            entry = g[unit, i] * factor
            entry = -bound if entry < -bound else entry
            entry = bound if entry > bound else entry
            clipped[unit, i] = entry
            small, middle, big = add_square(entry, small, middle, big)
    sums[0] = small
    sums[1] = middle
    sums[2] = big
