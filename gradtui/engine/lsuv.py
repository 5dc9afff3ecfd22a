"""Layer-sequential unit variance: weights scaled, layer by layer, until what they make of real data has variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.layout import Arena
from gradtui.engine.plan import Plan
from gradtui.engine.program import Program

#: How near to 1 the standard deviation must come, and how often at most a layer is scaled.
NEAR, ATTEMPTS = 1e-5, 10


def scale_to_unit_variance(plan: Plan, arena: Arena, inputs: NDArray[Any]) -> None:
    """Divide each layer's weights by the standard deviation, over examples and units, of x W^T + b on `inputs`
    (rows, features), from the first layer up (Mishkin & Matas 2016).

    A layer whose output is the same everywhere is left as it is: no factor would spread it.
    """
    rows, at = len(inputs), plan.regions
    x = at["pass_x"].part(0, inputs.shape)
    arena.view(x)[:] = inputs
    here, there = at["pass_a"], at["pass_b"]
    for layer in plan.layers:
        z, a = (region.part(0, (rows, layer.fan_out)) for region in (at["pass_z"], here))
        before = Program(plan.dtype)
        layer.preactivation(before, x, z)
        linked = before.link(arena)
        for _ in range(ATTEMPTS):
            linked.run()
            spread = float(np.std(arena.view(z).astype(np.float64)))
            if not 0.0 < spread < np.inf or abs(spread - 1.0) < NEAR:
                break
            weight = arena.view(layer.weight)
            weight[:] = weight.astype(np.float64) / spread
        whole = Program(plan.dtype)
        scratch, stream = (at[name].part(0, (rows, layer.fan_out)) for name in ("pass_scratch", "pass_stream"))
        layer.evaluate(whole, x, z, a, scratch, at["pass_inverse"].part(0, (rows,)), stream)
        whole.link(arena).run()
        x = a
        here, there = there, here
