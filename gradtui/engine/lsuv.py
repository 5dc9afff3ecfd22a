"""Layer-sequential unit variance: weights scaled, layer by layer, until what they make of real data has variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.layout import Arena
from gradtui.engine.plan import Plan
from gradtui.engine.products import Product
from gradtui.engine.program import Program

#: How near to 1 the standard deviation must come, and how often at most a layer is scaled.
NEAR, ATTEMPTS = 1e-5, 10


def scale_to_unit_variance(plan: Plan, arena: Arena, inputs: NDArray[Any]) -> None:
    """Divide each layer's weights by the standard deviation, over examples and units, of x W^T + b on `inputs`
    (rows, numbers), from the first layer up (Mishkin & Matas 2016).

    A layer whose output is the same everywhere is left as it is: no factor would spread it. So are layers that have
    another scheme of their own.
    """
    spare, first = plan.spare(len(inputs)), plan.specs[0].image
    x = plan.regions["pass_x"].part(0, (len(inputs) * first.positions, first.channels))
    arena.view(x)[:] = inputs.reshape(x.shape)
    for layer in plan.layers:
        before = Program(plan.dtype)
        z = layer.preactivation(before, x, spare)
        linked = before.link(arena)
        for _ in range(ATTEMPTS if layer.spec.own.init == "lsuv" else 0):
            linked.run()
            with np.errstate(invalid="ignore", over="ignore"):  # an output that is not finite has no spread
                spread = float(np.std(arena.view(z).astype(np.float64)))
            if not 0.0 < spread < np.inf or abs(spread - 1.0) < NEAR:
                break
            _divide(layer.product, arena, spread)
        spare.hold_only(x)
        whole = Program(plan.dtype)
        x, _ = layer.evaluate(whole, x, spare)
        whole.link(arena).run()
        spare.hold_only(x)


def _divide(product: Product, arena: Arena, spread: float) -> None:
    """Make the product's weights smaller; under weight norm, its directions and their lengths."""
    weight = arena.view(product.matrix.values)
    weight[:] = weight.astype(np.float64) / spread
    if product.reparametrised:
        arena.view(product.reparametrised.magnitude)[:] = np.linalg.norm(weight, axis=1)
