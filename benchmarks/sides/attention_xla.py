"""JAX's side of transformers: whole training steps compiled by XLA, a bundle of them in one `lax.scan`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.one_core import stay_on_one_core
from benchmarks.sides import Steps
from benchmarks.sides.scanned import adam, at_first, bundled
from gradtui import Simulation

#: Steps in one call.
BUNDLE = 4


def jax(case: Case) -> Steps:
    """Forward, backward, the root mean square of each weight's gradient and Adam."""
    stay_on_one_core()
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    from jax import lax
    from jax import numpy as jnp

    source = Simulation(case.scenario)
    heads, columns = case.scenario.network.heads, case.width // case.scenario.network.heads
    weights = {name: jnp.asarray(values) for name, values in source.parameters().items()}
    inputs = jnp.asarray(source.dataset.train_inputs)
    targets = jnp.asarray(source.dataset.train_targets)

    def linear(w: Any, name: str, x: Any) -> Any:
        return x @ w[f"{name}weight"].T + w[f"{name}bias"]

    def norm(w: Any, name: str, x: Any) -> Any:
        x = (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    def attention(w: Any, name: str, x: Any) -> Any:
        batch, steps, _ = x.shape
        made = linear(w, f"{name}.in_proj_", x).reshape(batch, steps, 3, heads, columns)
        q, k, v = (made[:, :, part] for part in range(3))
        scores = jnp.einsum("bthc,bshc->bhts", q, k) / np.sqrt(columns)
        mixed = jnp.einsum("bhts,bshc->bthc", jax.nn.softmax(scores), v)
        return linear(w, f"{name}.out_proj.", mixed.reshape(batch, steps, -1))

    def loss(w: Any, x: Any, labels: Any) -> Any:
        x = w["embedding.weight"][x] + w["positions.weight"]
        for index in range(case.depth):
            name = f"layers.{index}"
            x = x + attention(w, f"{name}.self_attn", norm(w, f"{name}.norm1", x))
            hidden = jax.nn.relu(linear(w, f"{name}.linear1.", norm(w, f"{name}.norm2", x)))
            x = x + linear(w, f"{name}.linear2.", hidden)
        logits = linear(w, "output.", norm(w, "norm", x[:, -1]))
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    def step(state: Any, chosen: Any) -> Any:
        w, first, second, t = state
        gradients = jax.grad(loss)(w, inputs[chosen], targets[chosen])
        w, first, second, t = adam(w, first, second, t, gradients)
        sizes = [jnp.sqrt(jnp.mean(g**2)) for name, g in gradients.items() if not name.endswith("bias")]
        return (w, first, second, t), jnp.stack(sizes)

    return bundled(step, at_first(weights), len(inputs), case.batch, BUNDLE)
