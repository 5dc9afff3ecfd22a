"""The part of the menu that two adversaries need: what they play for, and what a generator ends in and moves by."""

from __future__ import annotations

from dataclasses import replace

from gradtui.scenario.choice import Choice
from gradtui.scenario.optimizer_menu import OPTIMIZERS

#: What a generator's own optimizer can be told; the rest is at its rule's defaults.
_OWN = ("lr", "momentum", "beta1", "beta2")

KIND = Choice(
    "gan",
    "generative adversarial network",
    "a generator makes samples out of noise, a discriminator tells them from data; [network] is the discriminator",
    "min over G, max over D of  mean log D(x) + mean log(1 - D(G(z)))",
    "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014",
    tuple(
        f"generator.{name}"
        for name in (
            "depth",
            "width",
            "activation",
            "init",
            "norm",
            "latent",
            "output",
            "optimizer",
            "lr",
            "discriminator_steps",
            "discriminator_first",
        )
    ),
    # The discriminator is as its generator by default: thirty sigmoid layers would tell it nothing.
    (("network.depth", 2), ("network.activation", "leaky_relu"), ("network.init", "he_uniform")),
)

GAMES = (
    Choice(
        "minimax",
        "minimax",
        "adversaries: both play for one number; the generator's gradient dies where the discriminator is sure",
        "D: mean -log D(x) - log(1 - D(G(z)));  G: mean log(1 - D(G(z)))",
        "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014; Arjovsky & Bottou 2017",
    ),
    Choice(
        "non_saturating",
        "non-saturating",
        "adversaries: the generator makes its samples look likely, and hears most where it is worst",
        "D as in minimax;  G: mean -log D(G(z))",
        "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014",
    ),
    Choice(
        "least_squares",
        "least squares",
        "adversaries: the discriminator's output is pulled to 1 for data and 0 for samples, and never saturates",
        "D: mean (D(x) - 1)^2 / 2 + D(G(z))^2 / 2;  G: mean (D(G(z)) - 1)^2 / 2",
        "Mao, Li, Xie, Lau, Wang & Smolley 2017",
    ),
    Choice(
        "wasserstein",
        "Wasserstein",
        "adversaries: a critic with weights held in bounds measures how far samples are from the data",
        "D: mean f(G(z)) - f(x), weights in +-weight_bound;  G: mean -f(G(z))",
        "Arjovsky, Chintala & Bottou 2017",
        ("task.weight_bound",),
    ),
)

TASKS = (
    Choice(
        "gan-ring",
        "ring of 8 Gaussians",
        "points around 8 places of a circle of radius 2, to be imitated; the noise is each place's deviation",
        paper="Metz, Poole, Pfau & Sohl-Dickstein 2017",
        reads=("task.examples", "task.noise", "task.held_out"),
        defaults=(("task.examples", 10_000), ("task.noise", 0.02)),
    ),
    Choice(
        "gan-digits",
        "digits, -1 to 1",
        "the handwritten digits of 8 x 8 pixels with black at -1 and white at 1, to be imitated",
        paper="Alpaydin & Kaynak 1998",
    ),
)

OUTPUTS = (
    Choice("tanh", "tanh", "samples between -1 and 1, as images are scaled", "x = tanh(W h + b)"),
    Choice("identity", "identity", "samples of any size", "x = W h + b"),
)


def _own_row(row: Choice) -> Choice:
    """An optimizer as the generator has it."""
    reads = (key.partition(".")[2] for key in row.reads)
    defaults = ((key.partition(".")[2], value) for key, value in row.defaults)
    # What a whole network begins with when nothing is said is another learning rate than a generator's.
    own = {"lr": 0.1, **dict(defaults)}
    return replace(
        row,
        reads=tuple(f"generator.{name}" for name in reads if name in _OWN),
        defaults=tuple((f"generator.{name}", value) for name, value in own.items() if name in _OWN),
    )


#: Rprop follows the signs of one gradient over many steps, and noise is drawn anew in each.
OPTIMIZERS_OF_GENERATORS = tuple(_own_row(row) for row in OPTIMIZERS if row.name != "rprop")
