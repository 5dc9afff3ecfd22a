"""What the keys of `[network]` mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario.meaning import InTorch, Meaning

_HE_2016 = "He, Zhang, Ren & Sun 2016"
_LECUN_1998 = "LeCun, Bottou, Bengio & Haffner 1998"

#: Key of `[network]` -> what it means.
NETWORK: Mapping[str, Meaning] = MappingProxyType(
    {
        "kind": Meaning("what the layers are made of"),
        "depth": Meaning(
            "how many hidden layers the signal goes through; each multiplies the gradient by a factor of its own",
            "gradient of layer 1 ~ factor^depth",
            "Hochreiter 1991; Glorot & Bengio 2010",
        ),
        "width": Meaning(
            "units of a hidden layer, channels of a convolution; wide layers fluctuate less from layer to layer",
            "spread of log |gradient| ~ depth / width",
            "Hanin 2018",
        ),
        "activation": Meaning("the function that bends what each unit has summed up"),
        "negative_slope": Meaning(
            "the slope of a leaky ReLU for negative inputs",
            "phi(x) = negative_slope x for x < 0",
            "Maas, Hannun & Ng 2013",
            (InTorch("LeakyReLU.negative_slope", 0.01),),
        ),
        "prelu_init": Meaning(
            "the slope for negative inputs that training begins with",
            "phi(x) = a x for x < 0, at first a = prelu_init",
            "He, Zhang, Ren & Sun 2015",
            (InTorch("PReLU.init", 0.25),),
        ),
        "prelu_share": Meaning("which units share a learned slope"),
        "alpha": Meaning(
            "how far below 0 the activation goes",
            "phi(x) -> -alpha for x -> -infinity",
            "Clevert, Unterthiner & Hochreiter 2016",
            (InTorch("ELU.alpha", 1.0, ("elu",)), InTorch("CELU.alpha", 1.0, ("celu",))),
        ),
        "beta": Meaning(
            "how sharply softplus bends at 0; the larger, the closer to a ReLU",
            "phi(x) = log(1 + exp(beta x)) / beta",
            torch=(InTorch("Softplus.beta", 1.0),),
        ),
        "init": Meaning("the distribution that the first weights are drawn from"),
        "init_std": Meaning(
            "the standard deviation of the first weights, whatever the layer's size",
            "W ~ N(0, init_std^2); 1 / sqrt(fan_in) keeps the signal of a linear layer",
            torch=(InTorch("init.normal_.std", 1.0, ("normal",)), InTorch("init.trunc_normal_.std", 1.0)),
        ),
        "init_bound": Meaning(
            "the largest first weight; 0: 1 / sqrt(fan_in), as in PyTorch's Linear",
            "W ~ U(-init_bound, init_bound)",
            torch=(InTorch("init.uniform_.b", 1.0),),
        ),
        "init_gain": Meaning(
            "multiplies the scheme's first weights; makes up for what the activation takes off the signal",
            "W = init_gain W_scheme; tanh 5/3, ReLU with Xavier sqrt(2)",
            "Glorot & Bengio 2010",
            (InTorch("init.xavier_normal_.gain", 1.0, ("xavier_normal", "xavier_uniform")),),
        ),
        "init_fan": Meaning(
            "whose size He's weights keep: the signal's on its way up, or the gradient's on its way down",
            "var W = 2 / fan",
            "He, Zhang, Ren & Sun 2015",
        ),
        "init_bias_kind": Meaning("how the biases begin"),
        "init_bias": Meaning(
            "the first value of every hidden bias; it moves all units along their activation at once",
            "b = init_bias",
        ),
        "norm": Meaning("what sets the size of each layer's signal, whatever its weights are"),
        "norm_place": Meaning("where the norm stands: on the sums or on what the activation makes of them"),
        "norm_eps": Meaning(
            "added to the variance before its root is taken; 0: PyTorch's own (RMS norm: the number format's)",
            "y = (z - mean) / sqrt(var + norm_eps)",
            "Ioffe & Szegedy 2015",
            (
                InTorch("BatchNorm1d.eps", 1e-5, ("batch",)),
                InTorch("LayerNorm.eps", 1e-5, ("layer",)),
                InTorch("GroupNorm.eps", 1e-5, ("group",)),
            ),
        ),
        "norm_momentum": Meaning(
            "how far the running mean and variance move towards each batch's; only evaluation uses them",
            "running = (1 - norm_momentum) running + norm_momentum batch",
            "Ioffe & Szegedy 2015",
            (InTorch("BatchNorm1d.momentum", 0.1),),
        ),
        "norm_groups": Meaning(
            "so many groups of units or channels are normalised apart; must divide their number",
            paper="Wu & He 2018",
        ),
        "skip": Meaning("ways past the layers, on which the gradient meets neither weights nor slopes"),
        "skip_every": Meaning(
            "how many hidden layers a block has; the first layer belongs to none",
            "x_next = x + F(x), F of skip_every layers",
            _HE_2016,
        ),
        "skip_form": Meaning("whether the sum passes through an activation or stays as it is", paper=_HE_2016),
        "skip_scale": Meaning(
            "multiplies each block's branch before it is added; 0 leaves the shortcut alone",
            "x_next = x + skip_scale F(x)",
            "Szegedy, Ioffe, Vanhoucke & Alemi 2017",
        ),
        "rezero_init": Meaning(
            "what the learned factor of each branch begins with; 0: the net begins as no net",
            "x_next = x + a F(x), at first a = rezero_init",
            "Bachlechner, Majumder, Mao, Cottrell & McAuley 2021",
        ),
        "highway_bias": Meaning(
            "the first bias of the gates; the lower, the more of the input is carried past each layer",
            "t = sigmoid(W_t x + highway_bias);  h = t H(x) + (1 - t) x",
            "Srivastava, Greff & Schmidhuber 2015",
        ),
        "growth_rate": Meaning(
            "how many units or channels each layer adds to what the layers before it have made",
            paper="Huang, Liu, van der Maaten & Weinberger 2017",
        ),
        "dropout": Meaning(
            "the share of each hidden layer's outputs that a training step sets to 0; in a transformer also of the "
            "attention weights and of what each half of a block makes",
            "h = mask h / (1 - dropout)",
            "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014",
            (InTorch("Dropout.p", 0.5),),
        ),
        "kernel": Meaning("the side of the window that a convolution looks through", paper=_LECUN_1998),
        "stride": Meaning(
            "how far the window moves from one place to the next",
            "side = (side + 2 padding - kernel) / stride + 1",
            torch=(InTorch("Conv2d.stride", 1.0),),
        ),
        "padding": Meaning(
            "zeros around the image; -1: half the kernel, so that an odd one keeps the image's size",
            "side = (side + 2 padding - kernel) / stride + 1",
            torch=(InTorch("Conv2d.padding", 0.0),),
        ),
        "stages": Meaning(
            "the layers fall into so many stages, each at half the height and width of the one before", paper=_HE_2016
        ),
        "stage_growth": Meaning("how many times the channels of the stage before a stage has", paper=_HE_2016),
        "downsample": Meaning("how images become smaller from stage to stage"),
        "head": Meaning("what the output layer reads of the last images"),
        "dtype": Meaning("how many digits a number has, and how small it may be before it is 0"),
    }
)
