"""The part of the menu that transformers are built by, and what a transformer cannot be."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.scenario.choice import Choice
from gradtui.scenario.model import Network

_VASWANI = "Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin 2017"

#: Blocks of a transformer, at most.
DEEPEST_TRANSFORMER = 24

TRANSFORMER = Choice(
    "transformer",
    "transformer encoder",
    "blocks of attention and feed-forward layers: every time step looks at all others at once",
    "x = x + attention(norm(x));  x = x + W2 phi(W1 norm(x) + b1) + b2",
    _VASWANI,
    (
        "network.heads",
        "network.feedforward",
        "network.positions",
        "network.causal",
        "network.embedding_scale",
    ),
    (
        ("network.depth", 4),
        ("network.activation", "relu"),
        ("network.norm", "layer"),
        ("network.skip", "residual"),
        ("network.skip_form", "pre"),
    ),
)

POSITIONS = (
    Choice(
        "sinusoidal",
        "sinusoidal",
        "sines and cosines of the time step, slower from pair to pair of units; nothing to learn",
        "p[t, 2i] = sin(t / 10000^(2i / width)), p[t, 2i + 1] = cos of the same",
        _VASWANI,
    ),
    Choice(
        "learned",
        "learned",
        "a vector for each time step, drawn from N(0, 1) and trained",
        paper="Gehring, Auli, Grangier, Yarats & Dauphin 2017",
    ),
    Choice("none", "none", "without a mask the net cannot tell one order of the time steps from another"),
)

#: Keys of `[network]` that a transformer reads; of those that stand for another kind it knows nothing.
READ_BY_TRANSFORMER = frozenset(
    {
        *("kind", "depth", "width", "dtype"),
        *("heads", "feedforward", "positions", "causal", "embedding_scale"),
        *("activation", "negative_slope", "alpha", "beta"),
        *("init", "init_std", "init_bound", "init_gain", "init_fan", "init_bias_kind", "init_bias"),
        *("norm", "norm_eps", "skip", "skip_form", "skip_scale", "dropout"),
    }
)

#: What a transformer may choose where the menu offers more, and why not the rest.
_ALLOWED = {
    "norm": (("layer", "none"), "normalises each time step by itself"),
    "skip": (("residual", "none"), "adds the input of each half of a block to what it makes"),
}


def transformer_problems(network: Network) -> Iterator[str]:
    """What a transformer cannot be, a sentence each."""
    if not 1 <= network.depth <= DEEPEST_TRANSFORMER:
        yield (f"network.depth is {network.depth}, but a transformer has 1 to {DEEPEST_TRANSFORMER} blocks")
    if network.width % network.heads:
        divisors = ", ".join(str(each) for each in range(1, network.width + 1) if network.width % each == 0)
        yield (
            f"network.heads is {network.heads}, which does not divide network.width = {network.width}: "
            f"take one of {divisors}"
        )
    for key, (names, why) in _ALLOWED.items():
        chosen = getattr(network, key)
        if chosen not in names:
            yield f'network.{key} is "{chosen}", but a transformer {why}: take {" or ".join(names)}'
    if network.norm == "layer" and network.width == 1:
        yield 'network.norm = "layer" on the only unit of network.width = 1 leaves nothing: take more width'
    if network.activation == "prelu":
        yield 'network.activation is "prelu", but the slopes of a transformer are not trained: take leaky_relu or gelu'
    if network.init == "lsuv":
        yield (
            'network.init is "lsuv", which scales one layer after another to the data, but a transformer\'s layers '
            "stand side by side: take orthogonal, which it begins with"
        )
    if network.layer:
        yield "network.layer lists layers one by one, but a transformer is made of network.depth equal blocks"
