"""Remedies for networks of layers: activations with first weights that fit them, norms, and ways past the layers."""

from __future__ import annotations

from gradtui.diagnosis.remedy import Assignments, NotHere, Remedy
from gradtui.scenario.meaning import Meaning
from gradtui.scenario.model import Scenario

LAYERED = ("mlp", "cnn")
#: Verdicts that come down to a signal that is lost between the layers.
FLOW = ("vanishing", "underflow", "masked", "stalled")


def _with_init(init: str, *more: str) -> Assignments:
    """Other first weights at the scheme's own size."""
    return (f"network.init={init}", "network.init_gain=1.0", *more)


def _shallower(scenario: Scenario) -> Assignments:
    network = scenario.network
    if network.layer:
        raise NotHere("the layers are listed one by one in its file")
    if network.depth <= 2:
        raise NotHere("there are no more than two layers")
    return ("network.depth=2",)


def _hidden_layers(scenario: Scenario) -> Assignments:
    if scenario.network.depth or scenario.network.layer:
        raise NotHere("there are hidden layers already")
    return ("network.depth=2",)


def _no_bias(scenario: Scenario) -> Assignments:
    if scenario.network.init_bias == 0.0:
        raise NotHere("the hidden biases begin at 0 already")
    return ("network.init_bias=0.0",)


def _larger_batch(scenario: Scenario) -> Assignments:
    if scenario.task.batch == 0 or scenario.task.batch >= 64:
        raise NotHere("the batch has 64 examples or more already")
    return ("task.batch=64",)


def _no_norm(scenario: Scenario) -> Assignments:
    if scenario.network.norm == "none":
        raise NotHere("there is no norm")
    return ("network.norm=none",)


_RELU = "max(0, z), Var W = 2 / fan_in"

REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        "relu_he",
        "ReLU + He init",
        (*FLOW, "saturated", "identical"),
        LAYERED,
        _with_init("he_normal", "network.activation=relu"),
        Meaning(
            "a slope of 1 on half of the inputs, and weights twice as large to make up for the other half",
            _RELU,
            "He, Zhang, Ren & Sun 2015",
        ),
    ),
    Remedy(
        "leaky_he",
        "leaky ReLU + He init",
        (*FLOW, "saturated", "dying"),
        LAYERED,
        _with_init("he_normal", "network.activation=leaky_relu"),
        Meaning("no unit can die: below 0 a small slope is left", "max(a z, z), a = 0.01", "Maas, Hannun & Ng 2013"),
    ),
    Remedy(
        "prelu_he",
        "PReLU + He init",
        (*FLOW, "dying"),
        LAYERED,
        _with_init("he_normal", "network.activation=prelu"),
        Meaning("the slope below 0 is learned", "max(0, z) + a min(0, z)", "He, Zhang, Ren & Sun 2015"),
    ),
    Remedy(
        "elu_lecun",
        "ELU + LeCun init",
        (*FLOW, "dying"),
        LAYERED,
        _with_init("lecun_normal", "network.activation=elu"),
        Meaning(
            "smooth below 0, so that outputs have a mean near 0",
            "z, or e^z - 1 below 0",
            "Clevert, Unterthiner & Hochreiter 2016",
        ),
    ),
    Remedy(
        "selu_lecun",
        "SELU + LeCun init",
        (*FLOW, "identical", "exploding", "nonfinite"),
        LAYERED,
        _with_init("lecun_normal", "network.activation=selu"),
        Meaning(
            "layer after layer the outputs are drawn towards mean 0 and variance 1",
            "1.0507 z, or 1.7581 (e^z - 1) below 0;  Var W = 1 / fan_in",
            "Klambauer, Unterthiner, Mayr & Hochreiter 2017",
        ),
    ),
    Remedy(
        "tanh_xavier",
        "tanh + Xavier init",
        (*FLOW, "saturated", "identical"),
        LAYERED,
        _with_init("xavier_normal", "network.activation=tanh"),
        Meaning("symmetric about 0, with slope 1 there", "Var W = 2 / (fan_in + fan_out)", "Glorot & Bengio 2010"),
    ),
    Remedy(
        "gelu_he",
        "GELU + He init",
        (*FLOW, "dying"),
        LAYERED,
        _with_init("he_normal", "network.activation=gelu"),
        Meaning(
            "a smooth ReLU; deep down its slope comes to 1/2, so that with He weights the signal still shrinks",
            "z Phi(z)",
            "Hendrycks & Gimpel 2016",
        ),
    ),
    Remedy(
        "mish_he",
        "Mish + He init",
        FLOW,
        LAYERED,
        _with_init("he_normal", "network.activation=mish"),
        Meaning("a smooth ReLU with slope 0.6 at 0", "z tanh(log(1 + e^z))", "Misra 2020"),
    ),
    Remedy(
        "he",
        "He init",
        ("symmetric", "exploding", "nonfinite", "dying"),
        (*LAYERED, "transformer", "gan"),
        _with_init("he_normal"),
        Meaning(
            "weights of the size that keeps the signal of rectified units",
            "Var W = 2 / fan_in",
            "He, Zhang, Ren & Sun 2015",
        ),
    ),
    Remedy(
        "xavier",
        "Xavier init",
        ("symmetric", "exploding", "nonfinite", "saturated"),
        (*LAYERED, "rnn", "transformer", "gan"),
        _with_init("xavier_normal"),
        Meaning(
            "weights of a size between what the signal wants on its way up and on its way down",
            "Var W = 2 / (fan_in + fan_out)",
            "Glorot & Bengio 2010",
        ),
    ),
    Remedy(
        "orthogonal",
        "orthogonal init",
        (*FLOW, "symmetric", "exploding", "nonfinite", "identical"),
        (*LAYERED, "rnn"),
        _with_init("orthogonal"),
        Meaning(
            "each matrix turns a signal and keeps its length; what the activation takes away it cannot give back",
            "W^T W = 1",
            "Saxe, McClelland & Ganguli 2014",
        ),
    ),
    Remedy(
        "no_bias",
        "biases at 0",
        ("dying", "saturated"),
        LAYERED,
        _no_bias,
        Meaning(
            "units begin where their activation bends, not far out where it is flat",
            "b = 0",
            "He, Zhang, Ren & Sun 2015",
        ),
    ),
    Remedy(
        "batch_norm",
        "batch norm",
        (*FLOW, "exploding", "nonfinite", "dying", "saturated", "identical", "rate_high"),
        LAYERED,
        ("network.norm=batch",),
        Meaning(
            "every unit has mean 0 and variance 1 over the batch, whatever came before",
            "g (z - mean) / std + b",
            "Ioffe & Szegedy 2015",
        ),
    ),
    Remedy(
        "layer_norm",
        "layer norm",
        (*FLOW, "exploding", "nonfinite", "saturated", "identical", "small_batch"),
        LAYERED,
        ("network.norm=layer",),
        Meaning(
            "the units of a layer have mean 0 and variance 1 for each example; a deep sigmoid net still loses "
            "three fifths a layer",
            "g (z - mean) / std + b",
            "Ba, Kiros & Hinton 2016",
        ),
    ),
    Remedy(
        "rms_norm",
        "RMS norm",
        (*FLOW, "exploding", "nonfinite", "small_batch"),
        LAYERED,
        ("network.norm=rms",),
        Meaning("layer norm without taking off the mean", "g z / rms(z)", "Zhang & Sennrich 2019"),
    ),
    Remedy(
        "no_norm",
        "no norm",
        ("small_batch",),
        LAYERED,
        _no_norm,
        Meaning("without statistics of a batch its size does not matter", "", "Ioffe & Szegedy 2015"),
    ),
    Remedy(
        "larger_batch",
        "batch of 64",
        ("small_batch",),
        (*LAYERED, "gan"),
        _larger_batch,
        Meaning(
            "means over 64 examples are worth the name",
            "error of a batch's mean: std / sqrt(batch)",
            "Ioffe & Szegedy 2015",
        ),
    ),
    Remedy(
        "residual",
        "residual (pre-act)",
        (*FLOW, "identical"),
        LAYERED,
        ("network.skip=residual", "network.skip_form=pre"),
        Meaning(
            "each block adds to its input: the signal has a direct way past every layer",
            "x + F(x)",
            "He, Zhang, Ren & Sun 2016",
        ),
    ),
    Remedy(
        "highway",
        "highway, bias -3",
        (*FLOW, "identical"),
        LAYERED,
        ("network.skip=highway", "network.highway_bias=-3.0"),
        Meaning(
            "gates that begin almost closed carry what a layer reads past it",
            "t H(x) + (1 - t) x,  t = sigmoid(W x - 3)",
            "Srivastava, Greff & Schmidhuber 2015",
        ),
    ),
    Remedy(
        "dense",
        "dense connections",
        (*FLOW, "identical"),
        LAYERED,
        ("network.skip=dense",),
        Meaning(
            "every layer reads all layers before it, and the loss speaks to each of them",
            "[x, H(x)]",
            "Huang, Liu, van der Maaten & Weinberger 2017",
        ),
    ),
    Remedy(
        "rezero",
        "ReZero (pre-act)",
        (*FLOW, "identical"),
        LAYERED,
        ("network.skip=rezero", "network.skip_form=pre"),
        Meaning(
            "blocks begin as the identity: each branch has a learned factor that begins at 0",
            "x + a F(x), a = 0",
            "Bachlechner, Majumder, Mao, Cottrell & McAuley 2021",
        ),
    ),
    Remedy(
        "shallower",
        "2 layers",
        (*FLOW, "exploding", "nonfinite", "identical", "dying"),
        (*LAYERED, "gan"),
        _shallower,
        Meaning("a factor a layer does little harm over two layers", "factor^2", "Glorot & Bengio 2010"),
    ),
    Remedy(
        "hidden_layers",
        "2 hidden layers",
        ("stalled",),
        ("mlp",),
        _hidden_layers,
        Meaning(
            "without a hidden layer only a straight line can be drawn between the answers",
            "W2 phi(W1 x)",
            "Minsky & Papert 1969; Rumelhart, Hinton & Williams 1986",
        ),
    ),
    Remedy(
        "dropout",
        "dropout 0.2",
        ("vanishing", "stalled"),
        LAYERED,
        ("network.dropout=0.2",),
        Meaning(
            "leaves out units at random, against overfitting",
            "h m / p,  P(m = 1) = p = 0.8",
            "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014",
        ),
        "it is meant against overfitting: what it leaves is scaled up, which adds noise and no signal",
        ("vanishing", "stalled"),
    ),
)
