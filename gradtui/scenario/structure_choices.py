"""The part of the menu that networks are built by: kinds, normalisation, skip connections, images."""

from __future__ import annotations

from gradtui.scenario import recurrent_choices
from gradtui.scenario.choice import Choice

KINDS = (
    Choice(
        "mlp",
        "multilayer perceptron",
        "one fully connected layer after another",
        "h = phi(W h_below + b)",
        "Rumelhart, Hinton & Williams 1986",
    ),
    Choice(
        "cnn",
        "convolutional network",
        "each layer looks at an image through a small window, the same weights at every place",
        "h[y, x] = phi(sum over the window of W h_below[y + dy, x + dx] + b)",
        "LeCun, Bottou, Bengio & Haffner 1998",
        (
            "network.kernel",
            "network.stride",
            "network.padding",
            "network.stages",
            "network.stage_growth",
            "network.downsample",
            "network.head",
        ),
    ),
    recurrent_choices.KIND,
)

LAYER_KINDS = (
    Choice("auto", "as the network", "conv in a convolutional network, dense otherwise"),
    Choice("dense", "dense", "fully connected; an image is read as one row"),
    Choice("conv", "convolution", "a convolution; `width` is the number of its channels"),
    Choice("max_pool", "max pool", "the largest of each window of the image; kernel 2, stride as the kernel"),
    Choice("average_pool", "average pool", "the mean of each window of the image; kernel 2, stride as the kernel"),
    Choice("global_max_pool", "global max pool", "the largest of each whole channel"),
    Choice("global_average_pool", "global average pool", "the mean of each whole channel", paper="Lin et al. 2014"),
)

DOWNSAMPLES = (
    Choice("stride", "stride 2", "the first convolution of a stage moves by two", paper="He et al. 2016a"),
    Choice("max", "max pool", "a 2 x 2 max pool ends a stage", paper="Simonyan & Zisserman 2015"),
    Choice("average", "average pool", "a 2 x 2 average pool ends a stage", paper="LeCun et al. 1998"),
)

HEADS = (
    Choice("average", "global average", "the mean of every channel", paper="Lin, Chen & Yan 2014"),
    Choice("max", "global maximum", "the largest number of every channel", paper="Oquab et al. 2015"),
    Choice("flatten", "all numbers", "every number of the images in one row", paper="LeCun et al. 1998"),
)

_NORM_KEYS = ("network.norm_place", "network.norm_eps")

NORMS = (
    Choice("none", "none", "no normalisation"),
    Choice(
        "batch",
        "batch norm",
        "gives each unit mean 0 and deviation 1 over the batch: the signal keeps its size whatever the weights are",
        "y = gamma (z - mean_batch) / sqrt(var_batch + eps) + beta",
        "Ioffe & Szegedy 2015",
        (*_NORM_KEYS, "network.norm_momentum"),
    ),
    Choice(
        "layer",
        "layer norm",
        "gives each example mean 0 and deviation 1 over its units, or its whole image; cures no deep sigmoid net",
        "y = gamma (z - mean_units) / sqrt(var_units + eps) + beta",
        "Ba, Kiros & Hinton 2016",
        _NORM_KEYS,
    ),
    Choice(
        "rms",
        "RMS norm",
        "divides each example by its root mean square over the units, or over the channels at each place",
        "y = gamma z / sqrt(mean_units(z^2) + eps)",
        "Zhang & Sennrich 2019",
        _NORM_KEYS,
    ),
    Choice(
        "group",
        "group norm",
        "gives each group of units, or of channels, of each example mean 0 and deviation 1: needs no large batch",
        "y = gamma (z - mean_group) / sqrt(var_group + eps) + beta",
        "Wu & He 2018",
        (*_NORM_KEYS, "network.norm_groups"),
    ),
    Choice(
        "weight",
        "weight norm",
        "trains length and direction of each unit's weights apart; normalises no signal",
        "W = g v / |v|, row by row",
        "Salimans & Kingma 2016",
    ),
)

NORM_PLACES = (
    Choice("before", "before", "linear, norm, activation: as batch norm was published"),
    Choice("after", "after", "linear, activation, norm"),
)

SKIPS = (
    Choice("none", "none", "no skip connections: every signal passes through every layer"),
    Choice(
        "residual",
        "residual blocks",
        "each block adds its input to its output: the gradient has a direct route past every block",
        "h = phi(x + scale F(x)), or h = x + scale F(x) in the pre form",
        "He, Zhang, Ren & Sun 2016",
        ("network.skip_every", "network.skip_form", "network.skip_scale"),
    ),
    Choice(
        "rezero",
        "ReZero",
        "residual blocks whose branches are scaled by a learned number that begins at 0: the net begins as no net",
        "h = x + alpha F(x), alpha trained, at first 0",
        "Bachlechner, Majumder, Mao, Cottrell & McAuley 2021",
        ("network.skip_every", "network.skip_form", "network.rezero_init"),
    ),
    Choice(
        "highway",
        "highway",
        "a learned gate in every layer decides what is transformed and what is carried on unchanged",
        "h = t H(x) + (1 - t) x, t = sigmoid(W_t x + b_t)",
        "Srivastava, Greff & Schmidhuber 2015",
        ("network.highway_bias",),
    ),
    Choice(
        "dense",
        "dense connections",
        "every layer reads what all layers before it have made, and adds a few units of its own",
        "x_next = [x, H(x)]",
        "Huang, Liu, van der Maaten & Weinberger 2017",
        ("network.growth_rate",),
    ),
)

SKIP_FORMS = (
    Choice("post", "post-activation", "the sum stands before the activation", paper="He et al. 2016a"),
    Choice("pre", "pre-activation", "the sum stands before norm and activation", paper="He et al. 2016b"),
)
