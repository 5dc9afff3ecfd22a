"""What is measured of a recurrent layer when somebody looks: which units are silent, and which zeros in the gradient of
its weights nothing explains."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import kernel, real
from gradtui.engine.kernels.recurrent import cut_before


@kernel(slope="in real [rows, units]", answered="out real [units]", count="out float64 [1]")
def count_silent_units(slope, answered, count):
    """count: units whose slope is exactly 0 on every row; `answered` is scratch."""
    for u in range(slope.shape[1]):
        answered[u] = real(0.0)
    for b in range(slope.shape[0]):
        for u in range(slope.shape[1]):
            answered[u] = real(1.0) if slope[b, u] != real(0.0) else answered[u]
    silent = 0
    for u in range(slope.shape[1]):
        silent += answered[u] == real(0.0)
    count[0] = np.float64(silent)


@kernel(
    above="in int64 [steps, batch]",
    slope="in real [steps, batch, units]",
    flat_slopes="int",
    truncation="in int64 [1]",
    through="out int64 [steps, batch]",
)
def follow_signal(above, slope, flat_slopes, truncation, through):
    """through[t, b]: whether a signal from the loss goes through the layer at step t of example b. `above` says where
    one comes from the layer above; others come from later steps. Where slopes cannot be 0 by construction
    (`flat_slopes` is 0), a 0 found there is itself an underflow and stops nothing."""
    steps = above.shape[0]
    for t in range(steps - 1, -1, -1):
        for b in range(above.shape[1]):
            comes = above[t, b] != 0
            if t + 1 < steps and not cut_before(t + 1, steps, truncation[0]):
                comes = comes or through[t + 1, b] != 0
            if comes and flat_slopes != 0:
                comes = False
                for u in range(slope.shape[2]):
                    if slope[t, b, u] != real(0.0):
                        comes = True
                        break
            through[t, b] = 1 if comes else 0


@kernel(
    g="in real [gates, fan_in]",
    slope="in real [steps, batch, units]",
    x="in real [steps, batch, fan_in]",
    through="in int64 [steps, batch]",
    flat_slopes="int",
    late="int",
    count="out float64 [1]",
)
def explain_zeros_over_time(g, slope, x, through, flat_slopes, late, count):
    """count: entries of g that are exactly 0 although at some step of some example a signal met a slope and an input.

    g[o, i] sums dL/dz[t, b, o] x[t, b, i] over steps and examples; row o belongs to unit o modulo the units.
    Gate number `late` (-1: none) says nothing at the first step, by construction: there is no state yet that it could
    keep or let through.
    """
    units = slope.shape[2]
    unexplained = 0
    for o in range(g.shape[0]):
        for i in range(g.shape[1]):
            if g[o, i] == real(0.0):
                found = False
                first = 1 if o // units == late else 0
                for t in range(x.shape[0] - 1, first - 1, -1):
                    for b in range(x.shape[1]):
                        sends = through[t, b] != 0 and (flat_slopes == 0 or slope[t, b, o % units] != real(0.0))
                        if sends and x[t, b, i] != real(0.0):
                            found = True
                            break
                    if found:
                        break
                unexplained += found
    count[0] = np.float64(unexplained)
