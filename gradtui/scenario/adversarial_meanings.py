"""What the keys of `[generator]` mean, and the one of `[task]` that its game reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario.meaning import InTorch, Meaning

_GOODFELLOW = "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014"

#: Key of `[generator]` -> what it means.
GENERATOR: Mapping[str, Meaning] = MappingProxyType(
    {
        "depth": Meaning("how many hidden layers the generator has"),
        "width": Meaning("units of each of the generator's hidden layers"),
        "activation": Meaning("the function behind each of the generator's hidden layers"),
        "init": Meaning("the distribution that the generator's first weights are drawn from"),
        "norm": Meaning("what sets the size of the signal in the generator's hidden layers"),
        "latent": Meaning("how many normal numbers a sample is made of", "x = G(z), z ~ N(0, 1)^latent", _GOODFELLOW),
        "output": Meaning("the function behind the generator's output layer"),
        "optimizer": Meaning("the rule by which the generator moves"),
        "lr": Meaning(
            "the generator's learning rate; at 0 it stays as it is, and its gradient is measured all the same",
            "w = w - lr g",
            "Arjovsky & Bottou 2017",
            (InTorch("SGD.lr", 1e-3, ("sgd", "momentum", "nag")), InTorch("Adam.lr", 1e-3, ("adam", "amsgrad"))),
        ),
        "momentum": Meaning(
            "how much of the generator's last velocity the next step keeps",
            "v = momentum v + g",
            "Polyak 1964",
            (InTorch("SGD.momentum", 0.0, ("sgd", "momentum", "nag")),),
        ),
        "beta1": Meaning(
            "how slowly the generator's running mean of gradients forgets; adversaries often take 0.5",
            "m = beta1 m + (1 - beta1) g",
            "Radford, Metz & Chintala 2016",
            (InTorch("Adam.betas[0]", 0.9, ("adam", "amsgrad")),),
        ),
        "beta2": Meaning(
            "how slowly the generator's running mean of squared gradients forgets",
            "v = beta2 v + (1 - beta2) g^2",
            "Kingma & Ba 2015",
            (InTorch("Adam.betas[1]", 0.999, ("adam", "amsgrad")),),
        ),
        "discriminator_steps": Meaning(
            "updates of the discriminator before each of the generator, every one with fresh data and noise",
            paper=_GOODFELLOW,
        ),
        "discriminator_first": Meaning(
            "steps at the beginning that move the discriminator alone: the surer it is, the less minimax tells the "
            "generator",
            paper="Arjovsky & Bottou 2017",
        ),
    }
)

WEIGHT_BOUND = Meaning(
    "the discriminator's weights and biases are cut to this size after each of its updates",
    "w = min(max(w, -weight_bound), weight_bound)",
    "Arjovsky, Chintala & Bottou 2017",
)
