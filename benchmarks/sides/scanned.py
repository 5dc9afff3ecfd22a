"""What JAX's sides have in common: Adam on a tree of weights, and steps by the bundle. JAX is imported by whoever
calls, once the process is held on one core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.sides import Steps
from benchmarks.sides.batches import batches


def adam(weights: Any, first: Any, second: Any, t: Any, gradients: Any) -> tuple[Any, Any, Any, Any]:
    """All four one step on, with the defaults of Kingma & Ba 2015."""
    import jax
    from jax import numpy as jnp

    t = t + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate, root = 1e-3 / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
    weights = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + 1e-8), weights, first, second)
    return weights, first, second, t


def at_first(weights: Any) -> tuple[Any, Any, Any, Any]:
    """What `adam` begins with."""
    import jax
    from jax import numpy as jnp

    return (weights, *(jax.tree.map(jnp.zeros_like, weights) for _ in range(2)), jnp.float32(0.0))


def bundled(step: Callable[[Any, Any], Any], state: Any, examples: int, batch: int, bundle: int) -> Steps:
    """Steps in one `lax.scan` a bundle, with what each has measured brought to the host."""
    import jax
    from jax import lax

    run = jax.jit(lambda state, chosen: lax.scan(step, state, chosen), donate_argnums=0)
    drawing = batches(examples, batch)

    def steps(count: int) -> int:
        nonlocal state
        made = 0
        while made < count:
            chosen = np.stack([next(drawing) for _ in range(bundle)])
            state, gauges = run(state, chosen)
            jax.tree.map(np.asarray, gauges)
            made += bundle
        jax.block_until_ready(state)
        return made

    return steps
