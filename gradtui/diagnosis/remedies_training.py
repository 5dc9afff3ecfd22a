"""Remedies that leave the network as it is: other optimizers, rates, clipping, number formats."""

from __future__ import annotations

from functools import partial

from gradtui.diagnosis.remedies_layers import FLOW, LAYERED
from gradtui.diagnosis.remedy import Assignments, NotHere, Remedy
from gradtui.scenario.meaning import Meaning
from gradtui.scenario.model import Scenario

TRAINED = (*LAYERED, "rnn", "transformer")
ALL = (*TRAINED, "gan")
#: What clipping is advised against although it cannot help there.
NOT_BY_CLIPPING = (*FLOW, "short_memory")
#: Verdicts under which a gradient is as good as nothing.
_LOST = ("vanishing", "underflow", "masked")
_SMALLER = "it only ever makes a gradient smaller"


def _optimizer(name: str, rate: float, scenario: Scenario) -> Assignments:
    if scenario.optimizer.name == name:
        raise NotHere(f"{name} is what it trains with")
    return (f"optimizer.name={name}", f"optimizer.lr={rate}")


def _sgd_like(name: str, scenario: Scenario) -> Assignments:
    """Momentum and NAG take plain descent's rate; after another rule they take 0.01."""
    rate = scenario.optimizer.lr if scenario.optimizer.name in ("sgd", "momentum", "nag") else 0.01
    return _optimizer(name, rate, scenario)


def _rate(times: float, scenario: Scenario) -> Assignments:
    return (f"optimizer.lr={scenario.optimizer.lr * times:.6g}",)


def _clipped(key: str, value: float, scenario: Scenario) -> Assignments:
    if 0.0 < getattr(scenario.optimizer, key) <= value:
        raise NotHere("it is clipped so already")
    return (f"optimizer.{key}={value}",)


def _smaller_eps(scenario: Scenario) -> Assignments:
    if "adam" not in scenario.optimizer.name and scenario.optimizer.name not in ("amsgrad", "rmsprop"):
        raise NotHere(f"{scenario.optimizer.name} divides by no root of a mean square")
    return ("optimizer.eps=1e-16",)


def _whole_batch(scenario: Scenario) -> Assignments:
    return (*_optimizer("rprop", 0.01, scenario), "task.batch=0")


REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        "adam",
        "Adam, lr 0.003",
        (*FLOW, "rate_low"),
        TRAINED,
        partial(_optimizer, "adam", 0.003),
        Meaning(
            "divides each gradient by its own size: small ones count as much as large ones, down to eps",
            "p -= lr m / (sqrt(v) + eps)",
            "Kingma & Ba 2015",
        ),
    ),
    Remedy(
        "rmsprop",
        "RMSprop, lr 0.001",
        (*FLOW, "rate_low"),
        LAYERED,
        partial(_optimizer, "rmsprop", 0.001),
        Meaning("divides by a running root mean square", "p -= lr g / (sqrt(v) + eps)", "Tieleman & Hinton 2012"),
    ),
    Remedy(
        "adagrad",
        "AdaGrad, lr 0.05",
        (*FLOW, "rate_low"),
        LAYERED,
        partial(_optimizer, "adagrad", 0.05),
        Meaning(
            "divides by the root of all squares so far",
            "p -= lr g / (sqrt(sum g^2) + eps)",
            "Duchi, Hazan & Singer 2011",
        ),
    ),
    Remedy(
        "rprop",
        "Rprop, all examples",
        FLOW,
        LAYERED,
        _whole_batch,
        Meaning(
            "follows the sign of the gradient alone, over all examples in each step",
            "p -= step sign(g)",
            "Riedmiller & Braun 1993",
        ),
    ),
    Remedy(
        "momentum",
        "momentum 0.9",
        (*FLOW, "rate_low"),
        LAYERED,
        partial(_sgd_like, "momentum"),
        Meaning("adds up past gradients, ten times as far at most", "v = 0.9 v + g;  p -= lr v", "Polyak 1964"),
        "ten times next to nothing is next to nothing",
        _LOST,
    ),
    Remedy(
        "nag",
        "Nesterov momentum",
        (*FLOW, "rate_low"),
        LAYERED,
        partial(_sgd_like, "nag"),
        Meaning("momentum with a look ahead; it is no adaptive rate", "p -= lr (g + 0.9 v)", "Nesterov 1983"),
        "ten times next to nothing is next to nothing",
        _LOST,
    ),
    Remedy(
        "clip_norm",
        "clip norm 1",
        (*FLOW, "short_memory", "exploding", "nonfinite", "rate_high", "warm_up"),
        TRAINED,
        partial(_clipped, "clip_norm", 1.0),
        Meaning("a gradient longer than 1 is shortened to 1", "g min(1, 1 / |g|)", "Pascanu, Mikolov & Bengio 2013"),
        _SMALLER,
        NOT_BY_CLIPPING,
    ),
    Remedy(
        "clip_value",
        "clip values at 0.01",
        (*FLOW, "short_memory", "exploding", "nonfinite", "rate_high"),
        TRAINED,
        partial(_clipped, "clip_value", 0.01),
        Meaning("no entry of the gradient is larger than 0.01", "max(-0.01, min(g, 0.01))", "Mikolov 2012"),
        _SMALLER,
        NOT_BY_CLIPPING,
    ),
    Remedy(
        "faster",
        "learning rate x 10",
        ("vanishing", "stalled", "rate_low", "short_memory"),
        ALL,
        partial(_rate, 10.0),
        Meaning("steps ten times as large", "10 lr", "Bengio 2012"),
        "every layer gets ten times as much, the deaf ones too: what they lack beside the others stays the same",
        ("vanishing",),
        is_rate=True,
    ),
    Remedy(
        "much_faster",
        "learning rate x 100",
        ("rate_low",),
        ALL,
        partial(_rate, 100.0),
        Meaning("steps a hundred times as large", "100 lr", "Bengio 2012"),
        is_rate=True,
    ),
    Remedy(
        "slower",
        "learning rate / 10",
        ("exploding", "nonfinite", "dying", "rate_high", "warm_up", *FLOW, "saturated", "identical", "small_batch"),
        ALL,
        partial(_rate, 0.1),
        Meaning("steps a tenth as large", "lr / 10", "Bengio 2012"),
        is_rate=True,
    ),
    Remedy(
        "much_slower",
        "learning rate / 100",
        ("exploding", "nonfinite", "dying", "rate_high", "warm_up"),
        ALL,
        partial(_rate, 0.01),
        Meaning("steps a hundredth as large", "lr / 100", "Bengio 2012"),
        is_rate=True,
    ),
    Remedy(
        "smaller_eps",
        "eps 1e-16",
        ("masked", "vanishing"),
        ALL,
        _smaller_eps,
        Meaning(
            "the smaller eps, the smaller a gradient may be before its step shrinks with it",
            "lr g / (|g| + eps)",
            "Kingma & Ba 2015",
        ),
    ),
    Remedy(
        "float64",
        "float64",
        ("underflow", "vanishing", "nonfinite"),
        TRAINED,
        ("network.dtype=float64",),
        Meaning(
            "16 digits, and gradients down to 1e-308: what was 0 has a size, and the size is what it was",
            "smallest normal number 2.23e-308",
            "IEEE 754",
        ),
        "a small gradient that is known to more digits is as small",
        ("underflow", "vanishing"),
    ),
)
