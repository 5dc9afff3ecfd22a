"""The part of the menu that recurrent networks are built by, and what they can be made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradtui.scenario.choice import Choice
from gradtui.scenario.errors import did_you_mean

if TYPE_CHECKING:
    from gradtui.scenario.model import Network

KIND = Choice(
    "rnn",
    "recurrent network",
    "reads one time step after another and keeps a state: the gradient goes back through every step",
    "h_t = phi(W x_t + U h_(t-1) + b)",
    "Elman 1990",
    ("network.cell", "network.recurrent_init", "network.truncation"),
    (("network.depth", 1), ("network.activation", "tanh"), ("network.init", "torch_default")),
)

CELLS = (
    Choice(
        "rnn",
        "plain",
        "one matrix from state to state: the gradient is multiplied by it at every step",
        "h_t = phi(W x_t + U h_(t-1) + b)",
        "Elman 1990",
    ),
    Choice(
        "lstm",
        "LSTM",
        "a cell beside the state that gates write to, keep and read: with open forget gates the gradient passes",
        "c_t = f c_(t-1) + i g;  h_t = o tanh(c_t)",
        "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000",
        ("network.forget_bias",),
    ),
    Choice(
        "gru",
        "GRU",
        "an update gate decides what of the state stays as it is; one state, two gates",
        "h_t = (1 - z) n + z h_(t-1)",
        "Cho et al. 2014",
        ("network.forget_bias",),
    ),
)

RECURRENT_INITS = (
    Choice("same", "as the others", "the recurrent weights are drawn as `init` says"),
    Choice(
        "orthogonal",
        "orthogonal",
        "each gate's recurrent matrix turns the state and keeps its length",
        "U = spectral_radius Q,  Q^T Q = 1",
        "Saxe, McClelland & Ganguli 2014",
        ("network.spectral_radius",),
    ),
    Choice(
        "identity",
        "identity",
        "each gate's recurrent matrix hands the state on; with ReLU units the IRNN",
        "U = spectral_radius 1",
        "Le, Jaitly & Hinton 2015",
        ("network.spectral_radius",),
    ),
    Choice(
        "spectral",
        "spectral radius",
        "normal numbers, scaled so that the largest eigenvalue has the size that is asked for",
        "U = spectral_radius N / max |eigenvalue of N|",
        "Jaeger 2001",
        ("network.spectral_radius",),
    ),
    Choice("zeros", "zeros", "no step hears of the one before it: what is left is a deep network at each step"),
)

#: The plain cell's activations. The others have their own: sigmoid for gates, tanh for what they let through.
ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
#: Stacked layers.
DEEPEST = 4
#: Keys of `[network]` that shape feed-forward networks alone, with the value at which they do nothing.
FEED_FORWARD = {"norm": "none", "skip": "none", "dropout": 0.0, "layer": ()}


def unread(network: Network) -> frozenset[str]:
    """Keys of `[network]` that this recurrent network does not read; empty for any other."""
    if network.kind != "rnn":
        return frozenset()
    return frozenset({*FEED_FORWARD, *(("activation",) if network.cell != "rnn" else ())})


def mistakes(network: Network) -> Iterator[str]:
    """What a recurrent network cannot be, each in a sentence."""
    if network.kind != "rnn":
        return
    if not 1 <= network.depth <= DEEPEST:
        yield f'network.depth is {network.depth}, but network.kind = "rnn" stacks 1 to {DEEPEST} layers'
    if network.cell == "rnn" and network.activation not in ACTIVATIONS:
        close = did_you_mean(network.activation, ACTIVATIONS, '"')
        yield (
            f'network.activation is "{network.activation}", but a plain recurrent cell takes one of '
            f"{', '.join(ACTIVATIONS)}{close}"
        )
    if network.init == "lsuv":
        yield (
            'network.init = "lsuv" goes through a feed-forward network layer by layer; for network.kind = "rnn" take '
            '"orthogonal", which it begins with'
        )
    for key, nothing in FEED_FORWARD.items():
        if getattr(network, key) != nothing:
            yield f'network.{key} means nothing to network.kind = "rnn": leave it out'
