"""The part of the menu that a single layer is made of: activations, initial weights, initial biases."""

from __future__ import annotations

from gradtui.scenario.choice import Choice

ACTIVATIONS = (
    Choice(
        "sigmoid",
        "sigmoid",
        "squashes into 0..1; its slope is never above 1/4, so the signal shrinks at every layer",
        "phi(x) = 1 / (1 + exp(-x))",
        "Rumelhart, Hinton & Williams 1986",
    ),
    Choice(
        "tanh",
        "tanh",
        "squashes into -1..1 around zero; slope 1 at the origin, less everywhere else",
        "phi(x) = tanh(x)",
        "LeCun, Bottou, Orr & Müller 1998",
    ),
    Choice(
        "relu",
        "ReLU",
        "passes what is positive with slope 1 and silences the rest with slope 0",
        "phi(x) = max(0, x)",
        "Nair & Hinton 2010",
    ),
    Choice(
        "leaky_relu",
        "leaky ReLU",
        "a ReLU that lets a little through on the left, so that no unit can die",
        "phi(x) = x for x > 0, negative_slope x otherwise",
        "Maas, Hannun & Ng 2013",
        ("network.negative_slope",),
    ),
    Choice(
        "prelu",
        "PReLU",
        "a leaky ReLU whose slope on the left is trained along with the weights",
        "phi(x) = x for x > 0, a x otherwise, with a learned a",
        "He, Zhang, Ren & Sun 2015",
        ("network.prelu_init", "network.prelu_share"),
    ),
    Choice(
        "elu",
        "ELU",
        "bends smoothly towards -alpha on the left, which brings mean activations close to zero",
        "phi(x) = x for x > 0, alpha (exp(x) - 1) otherwise",
        "Clevert, Unterthiner & Hochreiter 2016",
        ("network.alpha",),
    ),
    Choice(
        "selu",
        "SELU",
        "an ELU scaled so that mean 0 and variance 1 hold themselves up from layer to layer",
        "phi(x) = 1.0507 (x for x > 0, 1.6733 (exp(x) - 1) otherwise)",
        "Klambauer, Unterthiner, Mayr & Hochreiter 2017",
    ),
    Choice(
        "celu",
        "CELU",
        "an ELU whose slope has no jump, whatever alpha is",
        "phi(x) = x for x > 0, alpha (exp(x / alpha) - 1) otherwise",
        "Barron 2017",
        ("network.alpha",),
    ),
    Choice(
        "gelu",
        "GELU",
        "weighs x by how likely a normal number is below it; its slope goes up to 1.129 and below 0",
        "phi(x) = x Phi(x), Phi the normal distribution",
        "Hendrycks & Gimpel 2016",
    ),
    Choice(
        "gelu_tanh",
        "GELU (tanh)",
        "GELU by the quick formula that many language models were trained with",
        "phi(x) = x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2",
        "Hendrycks & Gimpel 2016",
    ),
    Choice(
        "silu",
        "SiLU (Swish)",
        "x times its own sigmoid: smooth, dips below 0, slope up to 1.100",
        "phi(x) = x / (1 + exp(-x))",
        "Ramachandran, Zoph & Le 2018",
    ),
    Choice(
        "mish",
        "Mish",
        "like SiLU with a somewhat steeper middle: slope 0.6 at the origin, up to 1.088",
        "phi(x) = x tanh(log(1 + exp(x)))",
        "Misra 2020",
    ),
    Choice(
        "softplus",
        "softplus",
        "a smooth ReLU that is never flat: its slope is the sigmoid",
        "phi(x) = log(1 + exp(beta x)) / beta",
        "Dugas, Bengio, Bélisle, Nadeau & Garcia 2001",
        ("network.beta",),
    ),
    Choice(
        "softsign",
        "softsign",
        "squashes into -1..1 more gently than tanh: its slope falls with the square of x only",
        "phi(x) = x / (1 + |x|)",
        "Bergstra, Desjardins, Lamblin & Bengio 2009",
    ),
    Choice(
        "hard_sigmoid",
        "hard sigmoid",
        "a straight line of slope 1/6 between two flat ends: where it is flat, the gradient is exactly 0",
        "phi(x) = (x + 3) / 6, cut at 0 and 1",
        "Courbariaux, Bengio & David 2015",
    ),
    Choice(
        "hard_tanh",
        "hard tanh",
        "the identity, cut at -1 and 1: slope 1 in between and exactly 0 outside",
        "phi(x) = x, cut at -1 and 1",
        "Collobert 2004",
    ),
    Choice(
        "identity",
        "identity",
        "no activation: the layers are linear, and only the weights shrink or grow the signal",
        "phi(x) = x",
        "Saxe, McClelland & Ganguli 2014",
    ),
)

SHARES = (
    Choice("layer", "one a layer", "all units of a layer share one learned slope"),
    Choice("unit", "one a unit", "every unit learns a slope of its own"),
)

_GAIN = ("network.init_gain",)
_GAIN_AND_FAN = ("network.init_gain", "network.init_fan")

INITS = (
    Choice(
        "normal",
        "normal",
        "small random Gaussian weights of a standard deviation you choose, whatever the layer's size",
        "W ~ N(0, init_std^2)",
        "Krizhevsky, Sutskever & Hinton 2012",
        ("network.init_std", *_GAIN),
    ),
    Choice(
        "truncated_normal",
        "truncated normal",
        "Gaussian weights without the rare large ones: cut at two standard deviations",
        "W ~ N(0, init_std^2), cut at +-2 init_std",
        "Abadi et al. 2016",
        ("network.init_std", *_GAIN),
    ),
    Choice(
        "uniform",
        "uniform",
        "uniform weights within a bound you choose; without one, 1/sqrt(fan_in), which is PyTorch's Linear",
        "W ~ U(-a, a), a = init_bound or 1 / sqrt(fan_in)",
        "LeCun, Bottou, Orr & Müller 1998",
        ("network.init_bound", *_GAIN),
    ),
    Choice(
        "torch_default",
        "PyTorch's default",
        "what nn.Linear does when nobody chooses: a third of LeCun's variance, and random biases too",
        "W, b ~ U(-a, a), a = 1 / sqrt(fan_in)",
        "Paszke et al. 2019",
    ),
    Choice(
        "lecun_normal",
        "LeCun normal",
        "keeps the size of the signal in a linear net; what SELU asks for",
        "W ~ N(0, 1 / fan_in)",
        "LeCun, Bottou, Orr & Müller 1998",
        _GAIN,
    ),
    Choice(
        "lecun_uniform",
        "LeCun uniform",
        "the same variance as LeCun normal, drawn from a uniform distribution",
        "W ~ U(-a, a), a = sqrt(3 / fan_in)",
        "LeCun, Bottou, Orr & Müller 1998",
        _GAIN,
    ),
    Choice(
        "xavier_normal",
        "Xavier normal",
        "keeps the variance of signal and gradient in a linear net, by the mean of fan_in and fan_out",
        "W ~ N(0, 2 / (fan_in + fan_out))",
        "Glorot & Bengio 2010",
        _GAIN,
    ),
    Choice(
        "xavier_uniform",
        "Xavier uniform",
        "the same variance as Xavier normal, drawn from a uniform distribution",
        "W ~ U(-a, a), a = sqrt(6 / (fan_in + fan_out))",
        "Glorot & Bengio 2010",
        _GAIN,
    ),
    Choice(
        "he_normal",
        "He normal",
        "twice the variance, because ReLU silences half of its inputs",
        "W ~ N(0, 2 / fan_in)",
        "He, Zhang, Ren & Sun 2015",
        _GAIN_AND_FAN,
    ),
    Choice(
        "he_uniform",
        "He uniform",
        "the same variance as He normal, drawn from a uniform distribution",
        "W ~ U(-a, a), a = sqrt(6 / fan_in)",
        "He, Zhang, Ren & Sun 2015",
        _GAIN_AND_FAN,
    ),
    Choice(
        "orthogonal",
        "orthogonal",
        "a random rotation: a linear net keeps the length of every signal exactly, at any depth",
        "W W^T = 1 or W^T W = 1, from the QR decomposition of normal numbers",
        "Saxe, McClelland & Ganguli 2014",
        _GAIN,
    ),
    Choice(
        "lsuv",
        "LSUV",
        "orthogonal, then each layer scaled until its output has variance 1 on the first batches",
        "W orthogonal, then W = W / std(W x + b), layer by layer",
        "Mishkin & Matas 2016",
    ),
    Choice(
        "identity",
        "identity",
        "each unit begins by passing one input on: a deep linear net begins as no net at all",
        "W = 1",
        "Le, Jaitly & Hinton 2015",
        _GAIN,
    ),
    Choice(
        "zeros",
        "zeros",
        "all weights equal, so all units stay alike, and no gradient passes: why weights must be random",
        "W = 0",
        "Rumelhart, Hinton & Williams 1986",
    ),
)

FANS = (
    Choice("in", "fan_in", "keeps the size of the signal on its way forward"),
    Choice("out", "fan_out", "keeps the size of the gradient on its way back"),
)

BIASES = (
    Choice(
        "auto",
        "auto",
        "what belongs to the weights: PyTorch's way with torch_default, a constant with all others",
        reads=("network.init_bias",),
    ),
    Choice("zero", "zero", "every bias begins at 0", "b = 0"),
    Choice(
        "constant",
        "constant",
        "every hidden bias begins at a value you choose; the output's begin at 0",
        "b = init_bias",
        reads=("network.init_bias",),
    ),
    Choice(
        "torch",
        "PyTorch's",
        "random biases within the bound of PyTorch's Linear, in the output layer too",
        "b ~ U(-a, a), a = 1 / sqrt(fan_in)",
        "Paszke et al. 2019",
    ),
)
