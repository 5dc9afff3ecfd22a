"""JAX's side of recurrent networks: `lax.scan` over time within a compiled training step."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.cases import Case
from benchmarks.one_core import stay_on_one_core
from benchmarks.sides import Steps
from benchmarks.sides.scanned import adam, at_first, bundled
from gradtui import Simulation

#: Steps in one call.
BUNDLE = 4


def jax(case: Case) -> Steps:
    """Forward and backward through a scan, Adam. The gauges are those of the other sides: what is added to each state,
    0, has dL/dh_t as its gradient, and gates leave their means."""
    stay_on_one_core()
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    from jax import lax
    from jax import numpy as jnp

    source = Simulation(case.scenario)
    data, cell = source.dataset, case.scenario.network.cell
    drawn = source.parameters()
    inputs = jnp.asarray(data.train_inputs.reshape(-1, data.steps, data.features), dtype="float32")
    targets = jnp.asarray(data.train_targets, dtype="float32")
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    layers = [{name: jnp.asarray(drawn[f"recurrent.{name}_l{index}"]) for name in names} for index in range(case.depth)]
    parameters = {
        "layers": layers,
        "w": jnp.asarray(drawn["output.weight"]),
        "b": jnp.asarray(drawn["output.bias"]),
    }
    nothing = jnp.zeros((2, case.depth, data.steps, case.batch, case.width))

    def through(layer: Any, x: Any, added: Any) -> Any:
        said = x @ layer["weight_ih"].T + layer["bias_ih"]

        def step(state: Any, given: Any) -> Any:
            h, c = state
            pre, add_h, add_c = given
            recalled = h @ layer["weight_hh"].T + layer["bias_hh"]
            if cell == "lstm":
                i, f, g, o = jnp.split(pre + recalled, 4, 1)
                i, f, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jax.nn.sigmoid(o)
                c = f * c + i * jnp.tanh(g) + add_c
                h = o * jnp.tanh(c) + add_h
                means = jnp.stack([i.mean(), f.mean(), o.mean()])
            elif cell == "gru":
                (r, z, n), (r_said, z_said, n_said) = jnp.split(pre, 3, 1), jnp.split(recalled, 3, 1)
                r, z = jax.nn.sigmoid(r + r_said), jax.nn.sigmoid(z + z_said)
                n = jnp.tanh(n + r * n_said)
                h = (1 - z) * n + z * h + add_h
                means = jnp.stack([r.mean(), z.mean()])
            else:
                h = jnp.tanh(pre + recalled) + add_h
                means = jnp.zeros(0)
            return (h, c), (h, means)

        start = jnp.zeros((case.batch, case.width))
        _, (states, means) = lax.scan(step, (start, start), (said, added[0], added[1]))
        return states, means

    def loss(parameters: Any, added: Any, x: Any, wanted: Any) -> Any:
        x, means = x.transpose(1, 0, 2), []
        for index, layer in enumerate(parameters["layers"]):
            x, mean = through(layer, x, added[:, index])
            means.append(mean)
        answers = x[-1] @ parameters["w"].T + parameters["b"]
        return jnp.mean((answers - wanted) ** 2), means

    def step(state: Any, chosen: Any) -> Any:
        parameters, first, second, t = state
        found = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)
        (_, means), (gradients, signals) = found(parameters, nothing, inputs[chosen], targets[chosen])
        parameters, first, second, t = adam(parameters, first, second, t, gradients)
        sizes = jnp.stack([jnp.sqrt(jnp.mean(g**2)) for g in jax.tree.leaves(gradients)])
        seen = signals if cell == "lstm" else signals[:1]
        return (parameters, first, second, t), (sizes, jnp.sqrt(jnp.mean(seen**2, (3, 4))), means)

    return bundled(step, at_first(parameters), len(inputs), case.batch, BUNDLE)
