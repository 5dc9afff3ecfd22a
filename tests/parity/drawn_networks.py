"""Networks drawn across the whole menu, at scales where twenty steps are no lottery.

What is kept in bounds is what makes a comparison meaningless, not what makes it hard: learning rates that throw the
weights about, where any two roundings part company within a few steps; weights that make the answer certain at once,
since the error p - 1 of a certain answer has no digits left in torch, and neither has its slope y (1 - y) of a
saturated unit.
"""

from __future__ import annotations

import math

from hypothesis import strategies as st

from gradtui import Scenario

WIDTHS = st.one_of(st.integers(1, 70), st.sampled_from([16, 32, 48, 64]))
PLANES = ("moons", "xor", "circles", "spirals")


@st.composite
def scenarios(draw, dtype):
    """A scenario; its learning rate is a pace, to be divided by the size of the first gradient (`paced`)."""
    width = draw(WIDTHS)
    activation = draw(st.sampled_from(["identity", "sigmoid", "tanh", "relu"]))
    init = draw(_inits(width, activation))
    explosive = activation == "identity" and init["init"].startswith("he")
    return Scenario.from_dict(
        {
            "seed": draw(st.integers(0, 2**63 - 1)),
            "task": draw(_tasks()),
            "network": {
                "depth": draw(st.integers(0, 4 if explosive else 12)),
                "width": width,
                "activation": activation,
                **init,
                "dtype": dtype,
            },
            "optimizer": draw(_optimizers(dtype)),
        }
    )


@st.composite
def _tasks(draw):
    name = draw(st.sampled_from(["digits", "digits", *PLANES]))
    if name == "digits":
        return {
            "name": name,
            "batch": draw(st.one_of(st.integers(1, 70), st.just(64))),
            "loss": draw(st.sampled_from(["auto", "cross_entropy", "mse"])),
        }
    return {
        "name": name,
        "examples": draw(st.integers(90, 300)),
        "noise": draw(st.floats(0.0, 0.5)),
        "batch": draw(st.one_of(st.integers(1, 70), st.just(0))),
        "loss": draw(st.sampled_from(["auto", "bce", "cross_entropy", "mse"])),
    }


@st.composite
def _inits(draw, width, activation):
    name = draw(st.sampled_from(["normal", "uniform", "xavier_normal", "xavier_uniform", "he_normal", "he_uniform"]))
    gain = draw(st.floats(0.3, 1.0 if activation == "identity" else 1.4))
    chosen = {"init": name, "init_bias": draw(st.one_of(st.just(0.0), st.floats(-0.5, 0.5)))}
    if name == "normal":
        # One spread for all layers: 64 pixels come into the first, whatever the width.
        chosen["init_std"] = gain / math.sqrt(max(width, 64))
    if name == "uniform":
        chosen["init_bound"] = draw(st.one_of(st.just(0.0), st.just(gain * math.sqrt(3.0 / width))))
    return chosen


@st.composite
def _optimizers(draw, dtype):
    name = draw(st.sampled_from(["sgd", "momentum", "adam"]))
    clip_norm = draw(st.one_of(st.just(0.0), st.floats(1e-3, 10.0)))
    chosen = {"name": name, "clip_norm": clip_norm, "lr": draw(st.floats(1e-3, 0.05))}
    if name == "momentum":
        chosen["momentum"] = draw(st.floats(0.0, 0.95))
    if name == "adam":
        chosen["beta1"] = draw(st.floats(0.0, 0.95))
        chosen["beta2"] = draw(st.floats(0.9, 0.9999))
        # Adam divides by the gradient's size: what is rounding noise beside eps stays noise, above it becomes a step.
        chosen["eps"] = draw(st.floats(1e-7, 1e-4) if dtype == "float64" else st.floats(0.03, 0.3))
    return chosen


def paced(scenario, gradient_norm):
    """The scenario with a learning rate that suits its first gradient; Adam moves by about its rate whatever it is."""
    divisor = 20.0 if scenario.optimizer.name == "adam" else max(1.0, gradient_norm)
    return scenario.replace(f"optimizer.lr={scenario.optimizer.lr / divisor!r}")
