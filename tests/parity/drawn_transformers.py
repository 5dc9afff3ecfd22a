"""Transformers as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from gradtui import Scenario

#: Tokens and numbers, an answer at the end and one at every step, classes and a regression.
TASKS = {
    "recall": lambda length: {"name": "recall", "length": length, "symbols": 5, "examples": 40},
    "copy": lambda length: {"name": "copy", "length": length, "symbols": 3, "copied": 2, "examples": 40},
    "adding": lambda length: {"name": "adding", "length": max(length, 2), "examples": 40},
    "latch": lambda length: {"name": "latch", "length": length, "examples": 40},
    "row-digits": lambda length: {"name": "row-digits"},
}


@st.composite
def transformers(draw) -> Scenario:
    """Any of them in float64, without dropout."""
    heads = draw(st.integers(1, 4))
    return Scenario.from_dict(
        {
            "seed": draw(st.integers(0, 2**32)),
            "task": {
                **TASKS[draw(st.sampled_from(sorted(TASKS)))](draw(st.integers(1, 20))),
                "batch": draw(st.integers(1, 9)),
            },
            "network": {
                "kind": "transformer",
                "depth": draw(st.integers(1, 4)),
                "heads": heads,
                "width": heads * draw(st.integers(2, 9)),
                "feedforward": draw(st.sampled_from([0, 1, 7, 16])),
                "positions": draw(st.sampled_from(["sinusoidal", "learned", "none"])),
                "causal": draw(st.booleans()),
                "embedding_scale": draw(st.sampled_from([1.0, 0.7071, 3.0])),
                "activation": draw(st.sampled_from(["relu", "gelu", "tanh"])),
                "skip_form": draw(st.sampled_from(["pre", "post"])),
                "init": draw(st.sampled_from(["xavier_uniform", "he_normal", "torch_default"])),
                "init_gain": draw(st.sampled_from([0.5, 1.0])),
                "dtype": "float64",
            },
            "optimizer": {"name": "momentum", "lr": 0.01},
        }
    )
