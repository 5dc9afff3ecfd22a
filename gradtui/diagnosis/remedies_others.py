"""Remedies for recurrent networks, transformers and adversaries."""

from __future__ import annotations

from gradtui.diagnosis.remedies_layers import FLOW
from gradtui.diagnosis.remedy import Assignments, NotHere, Remedy
from gradtui.scenario.meaning import Meaning
from gradtui.scenario.model import Scenario

RECURRENT, ATTENTION, ADVERSARIES = ("rnn",), ("transformer",), ("gan",)
#: Verdicts that come down to a signal that is lost between the time steps.
MEMORY = (*FLOW, "short_memory")


def _lstm(bias: float) -> Assignments:
    return ("network.cell=lstm", "network.activation=tanh", f"network.forget_bias={bias}")


def _gates_open(scenario: Scenario) -> Assignments:
    network = scenario.network
    if network.cell == "rnn":
        raise NotHere("a plain cell has no gates")
    return (f"network.forget_bias={network.forget_bias + 3.0}",)


def _plain(scenario: Scenario, *change: str) -> Assignments:
    if scenario.network.cell != "rnn":
        raise NotHere("it is for plain cells, and these have gates")
    return change


def _identity(scenario: Scenario) -> Assignments:
    return _plain(scenario, "network.activation=relu", "network.recurrent_init=identity", "network.spectral_radius=1.0")


def _truncated(scenario: Scenario) -> Assignments:
    steps = max(2, scenario.task.length // 5)
    if 0 < scenario.network.truncation <= steps:
        raise NotHere(f"the gradient goes back only {scenario.network.truncation} steps already")
    return (f"network.truncation={steps}",)


def _all_the_way(scenario: Scenario) -> Assignments:
    if scenario.network.truncation == 0:
        raise NotHere("the gradient goes back through all time steps already")
    return ("network.truncation=0",)


def _together(scenario: Scenario) -> Assignments:
    if scenario.generator.discriminator_first == 0 and scenario.generator.discriminator_steps == 1:
        raise NotHere("both move in every step already")
    return ("generator.discriminator_first=0", "generator.discriminator_steps=1")


def _slower_discriminator(scenario: Scenario) -> Assignments:
    return (f"optimizer.lr={scenario.optimizer.lr / 20:.6g}",)


def _warm_up(scenario: Scenario) -> Assignments:
    if scenario.optimizer.warmup_steps:
        raise NotHere("the learning rate warms up already")
    return (f"optimizer.warmup_steps={max(1, scenario.steps // 2)}", "optimizer.start_factor=0.005")


REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        "lstm",
        "LSTM, forget bias 1",
        (*MEMORY, "exploding", "nonfinite"),
        RECURRENT,
        _lstm(1.0),
        Meaning(
            "a cell beside the state, scaled by a forget gate and by nothing else: 0.73 a step to begin with",
            "c = f c + i g",
            "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000",
        ),
    ),
    Remedy(
        "lstm_open",
        "LSTM, forget bias 3",
        MEMORY,
        RECURRENT,
        _lstm(3.0),
        Meaning(
            "forget gates that begin open: 0.95 of the cell is kept at every step",
            "sigmoid(3) = 0.953",
            "Jozefowicz, Zaremba & Sutskever 2015",
        ),
    ),
    Remedy(
        "gru",
        "GRU",
        (*MEMORY, "exploding", "nonfinite"),
        RECURRENT,
        ("network.cell=gru", "network.activation=tanh", "network.forget_bias=0.0"),
        Meaning("an update gate decides what of the state stays as it is", "h = (1 - z) n + z h", "Cho et al. 2014"),
    ),
    Remedy(
        "gru_open",
        "GRU, update bias 3",
        MEMORY,
        RECURRENT,
        ("network.cell=gru", "network.activation=tanh", "network.forget_bias=3.0"),
        Meaning("update gates that begin by keeping 0.95 of the state", "sigmoid(3) = 0.953", "Cho et al. 2014"),
    ),
    Remedy(
        "gates_open",
        "forget bias + 3",
        MEMORY,
        RECURRENT,
        _gates_open,
        Meaning(
            "gates that begin open keep 0.95 of the state where they kept a half",
            "sigmoid(b + 3)",
            "Jozefowicz, Zaremba & Sutskever 2015",
        ),
    ),
    Remedy(
        "irnn",
        "IRNN: ReLU, identity",
        MEMORY,
        RECURRENT,
        _identity,
        Meaning(
            "the state is handed on unchanged until something better is learned",
            "U = 1, phi = ReLU",
            "Le, Jaitly & Hinton 2015",
        ),
    ),
    Remedy(
        "orthogonal_state",
        "orthogonal state",
        (*MEMORY, "exploding", "nonfinite"),
        RECURRENT,
        ("network.recurrent_init=orthogonal", "network.spectral_radius=1.0"),
        Meaning(
            "the state is turned at each step and keeps its length", "U^T U = 1", "Saxe, McClelland & Ganguli 2014"
        ),
    ),
    Remedy(
        "smaller_radius",
        "spectral radius 0.9",
        ("exploding", "nonfinite"),
        RECURRENT,
        ("network.recurrent_init=spectral", "network.spectral_radius=0.9"),
        Meaning("no direction of the state grows from step to step", "max |eigenvalue of U| = 0.9", "Jaeger 2001"),
    ),
    Remedy(
        "all_the_way",
        "untruncated",
        ("short_memory", "stalled"),
        RECURRENT,
        _all_the_way,
        Meaning("what lies before the cut can never be learned", "truncation 0", "Werbos 1990"),
    ),
    Remedy(
        "truncation",
        "truncated gradient",
        (*MEMORY, "exploding"),
        RECURRENT,
        _truncated,
        Meaning("the gradient goes back a fifth of the way", "dL/dh_t = 0 before the cut", "Williams & Peng 1990"),
        "it cuts off the very steps that hear nothing",
        MEMORY,
    ),
    Remedy(
        "residual_blocks",
        "residual blocks",
        (*FLOW, "identical", "warm_up"),
        ATTENTION,
        ("network.skip=residual",),
        Meaning(
            "attention and feed-forward half add to their input; without that the rank falls to 1 block by block",
            "x + F(x)",
            "Dong, Cordonnier & Loukas 2021",
        ),
    ),
    Remedy(
        "pre_ln",
        "pre-LN",
        (*FLOW, "identical", "warm_up", "exploding", "nonfinite", "rate_high"),
        ATTENTION,
        ("network.norm=layer", "network.skip=residual", "network.skip_form=pre"),
        Meaning(
            "norms inside the branches: nothing stands in the way of the stream", "x + F(norm(x))", "Xiong et al. 2020"
        ),
    ),
    Remedy(
        "block_norm",
        "layer norm",
        (*FLOW, "identical", "exploding", "nonfinite", "saturated", "small_batch"),
        ATTENTION,
        ("network.norm=layer",),
        Meaning("every time step has mean 0 and variance 1", "g (z - mean) / std + b", "Ba, Kiros & Hinton 2016"),
    ),
    Remedy(
        "block_gelu",
        "GELU",
        ("dying", "saturated"),
        ATTENTION,
        ("network.activation=gelu",),
        Meaning("no unit of the feed-forward layers can die for good", "z Phi(z)", "Hendrycks & Gimpel 2016"),
    ),
    Remedy(
        "warm_up",
        "long warm-up",
        ("warm_up", "identical", "stalled", "rate_high", "nonfinite"),
        (*ATTENTION, "mlp", "cnn"),
        _warm_up,
        Meaning(
            "small steps at first, while the gradients are at their largest and Adam knows them least",
            "lr_t = lr t / steps of warm-up",
            "Vaswani et al. 2017; Xiong et al. 2020",
        ),
    ),
    Remedy(
        "leaky_both",
        "leaky + He, both",
        (*FLOW, "dying", "saturated", "identical"),
        ADVERSARIES,
        (
            "network.activation=leaky_relu",
            "network.negative_slope=0.2",
            "network.init=he_uniform",
            "generator.activation=leaky_relu",
            "generator.init=he_uniform",
        ),
        Meaning(
            "a discriminator that passes on a gradient wherever it looks",
            "max(0.2 z, z)",
            "Radford, Metz & Chintala 2016",
        ),
    ),
    Remedy(
        "non_saturating",
        "non-saturating loss",
        ("starved", "stalled", "vanishing", "identical"),
        ADVERSARIES,
        ("task.loss=non_saturating",),
        Meaning(
            "the generator hears most where its samples look least likely",
            "G: mean -log D(G(z))",
            "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014",
        ),
    ),
    Remedy(
        "least_squares",
        "least squares loss",
        ("starved", "stalled", "vanishing", "identical"),
        ADVERSARIES,
        ("task.loss=least_squares",),
        Meaning(
            "a discriminator whose answer never saturates",
            "G: mean (D(G(z)) - 1)^2 / 2",
            "Mao, Li, Xie, Lau, Wang & Smolley 2017",
        ),
    ),
    Remedy(
        "wasserstein",
        "Wasserstein loss",
        ("starved", "stalled", "identical"),
        ADVERSARIES,
        ("task.loss=wasserstein",),
        Meaning(
            "a critic that measures a distance: the better it is, the more the generator hears",
            "G: mean -f(G(z))",
            "Arjovsky, Chintala & Bottou 2017",
        ),
    ),
    Remedy(
        "together",
        "both from the start",
        ("starved",),
        ADVERSARIES,
        _together,
        Meaning("a discriminator that is not ahead is not sure", "one update each", "Arjovsky & Bottou 2017"),
    ),
    Remedy(
        "slower_discriminator",
        "slower discriminator",
        ("starved", "rate_high", "nonfinite"),
        ADVERSARIES,
        _slower_discriminator,
        Meaning(
            "a smaller learning rate for the discriminator alone",
            "lr / 20",
            "Heusel, Ramsauer, Unterthiner, Nessler & Hochreiter 2017",
        ),
        is_rate=True,
    ),
    Remedy(
        "clipped_game",
        "clip norm 1",
        ("starved",),
        ADVERSARIES,
        ("optimizer.clip_norm=1.0",),
        Meaning(
            "clips the discriminator's gradient to length 1", "g min(1, 1 / |g|)", "Pascanu, Mikolov & Bengio 2013"
        ),
        "it only ever makes a gradient smaller; the generator hears no more",
        ("starved",),
    ),
)
