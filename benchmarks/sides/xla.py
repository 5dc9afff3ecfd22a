"""JAX: whole training steps compiled by XLA, a bundle of them in one `lax.scan`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.one_core import stay_on_one_core
from benchmarks.sides import Steps
from benchmarks.sides.scanned import adam, at_first, bundled
from gradtui import Simulation

#: Products of the steps in one bundle, in flops, and the longest bundle: some 10 ms, so that the call costs nothing.
BUNDLE_FLOPS, LONGEST_BUNDLE = 1e9, 100


def jax(case: Case) -> Steps:
    """Forward, backward, the root mean square of each weight gradient and Adam, layers written out one by one.

    XLA makes as many threads as it finds cores when it starts, so it is held on one core before it is imported.
    """
    stay_on_one_core()
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    from jax import lax
    from jax import numpy as jnp

    source = Simulation(case.scenario)
    drawn = source.parameters()
    phi: Any = {
        "relu": jax.nn.relu,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    }[case.activation]
    inputs = jnp.asarray(source.dataset.train_inputs, dtype="float32")
    targets = jnp.asarray(source.dataset.train_targets)

    names = [f"hidden.{index}" for index in range(case.depth)] + ["output"]
    # Weights lie (fan_in, fan_out), as JAX's own examples have them.
    layers = [{"w": jnp.asarray(drawn[f"{n}.weight"].T), "b": jnp.asarray(drawn[f"{n}.bias"])} for n in names]
    running = [(jnp.zeros(case.width), jnp.ones(case.width)) for _ in range(case.depth if case.normed else 0)]
    if case.normed:
        for layer in layers[:-1]:
            layer |= {"gamma": jnp.ones(case.width), "beta": jnp.zeros(case.width)}

    def forward(layers: Any, running: Any, x: Any) -> Any:
        kept = []
        stream = x
        for index, layer in enumerate(layers[:-1]):
            z = x @ layer["w"] + layer["b"]
            if case.normed:
                mean, variance = z.mean(0), z.var(0)
                z = layer["gamma"] * (z - mean) * lax.rsqrt(variance + 1e-5) + layer["beta"]
                unbiased = variance * (case.batch / max(case.batch - 1, 1))
                old_mean, old_variance = running[index]
                kept.append((0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * unbiased))
            joins = case.residual and index > 0 and index % 2 == 0
            x = phi(stream + z if joins else z)
            if index % 2 == 0:
                stream = x
        return x @ layers[-1]["w"] + layers[-1]["b"], kept

    def loss(layers: Any, running: Any, x: Any, labels: Any) -> Any:
        logits, kept = forward(layers, running, x)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean(), kept

    def step(state: Any, chosen: Any) -> Any:
        layers, first, second, running, t = state
        (_, running), gradients = jax.value_and_grad(loss, has_aux=True)(
            layers, running, inputs[chosen], targets[chosen]
        )
        layers, first, second, t = adam(layers, first, second, t, gradients)
        sizes = jnp.stack([jnp.sqrt(jnp.mean(layer["w"] ** 2)) for layer in gradients])
        return (layers, first, second, running, t), sizes

    bundle = int(np.clip(BUNDLE_FLOPS / (6 * case.depth * case.width**2 * case.batch), 4, LONGEST_BUNDLE))
    layers, first, second, t = at_first(layers)
    return bundled(step, (layers, first, second, running, t), len(inputs), case.batch, bundle)
