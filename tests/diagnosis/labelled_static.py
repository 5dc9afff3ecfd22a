"""Cases whose label is known of the weights as drawn, or by construction."""

from __future__ import annotations

import math

from labelled import VARIANCES, at_chance, case, document, flat_share, not_learned, rounded_off, silent, size, way_back

#: What the recursion must leave of the signal: far beyond a thousandth, which a doctor may still hear.
GONE, GROWN = -4.2, 4.5
WIDTHS = (24, 32, 48, 64)
DTYPES = ("float32", "float32", "float64")
MATCHED = {
    "relu": "he_normal",
    "leaky_relu": "he_uniform",
    "prelu": "he_normal",
    "tanh": "xavier_normal",
    "elu": "lecun_normal",
    "selu": "lecun_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
    "mish": "he_uniform",
    "softsign": "xavier_uniform",
    "hard_tanh": "xavier_normal",
    "celu": "lecun_normal",
    "identity": "orthogonal",
}


def any_task(rng):
    """Digits or points of the plane, and a batch of any size; a single example has nothing to be compared with."""
    task = {"name": rng.choice(["digits", "digits", "digits", "moons", "spirals"])}
    return {**task, "batch": rng.choice([1, 8, 32, 64, 128])}


def vanishing(rng):
    """Depth, activation, weights: the product of the factors is gone."""
    while True:
        activation = rng.choice(
            ["sigmoid", "sigmoid", "tanh", "relu", "hard_sigmoid", "gelu", "silu", "softplus", "mish"]
        )
        init = rng.choice([*VARIANCES, "normal"])
        width, depth = rng.choice(WIDTHS), rng.choice([5, 7, 10, 14, 20, 30, 50, 75, 100])
        std = rng.choice([0.001, 0.01, 0.03])
        variance = width * std**2 if init == "normal" else VARIANCES[init]
        lost = way_back(activation, variance, depth)
        if lost < GONE:
            break
    network = {"depth": depth, "width": width, "activation": activation, "init": init, "dtype": rng.choice(DTYPES)}
    if init == "normal":
        network["init_std"] = std
    optimizer = {"name": rng.choice(["sgd", "momentum", "adam", "rmsprop", "nag"]), "lr": 0.01}
    made = document(rng, network, any_task(rng), optimizer)
    return case("vanishing", made, 0, f"the recursion leaves 1e{lost:.1f}")


def vanishing_still(rng):
    """The same after some hundred steps of gradient descent: it has learned nothing."""
    activation, init, depths, lr = rng.choice(
        [
            ("sigmoid", "xavier_uniform", (9, 12, 20, 40), 0.1),
            ("sigmoid", "lecun_normal", (9, 12, 20), 0.3),
            ("relu", "xavier_normal", (45, 60), 0.01),
            ("relu", "uniform", (20, 30), 0.01),
            ("tanh", "uniform", (28, 40), 0.01),
            ("hard_sigmoid", "xavier_normal", (8, 12), 0.1),
        ]
    )
    network = {"depth": rng.choice(depths), "width": 64, "activation": activation, "init": init}
    optimizer = {"name": rng.choice(["sgd", "sgd", "momentum"]), "lr": lr}
    if optimizer["name"] == "momentum":
        optimizer["lr"] = lr / 10.0
    steps = rng.choice([60, 150, 300])
    return case("vanishing", document(rng, network, optimizer=optimizer), steps, "F1, F2", outcome=at_chance)


def vanishing_cured_by_nothing(rng):
    """What is no cure: dropout, clipping, layer norm on sigmoid (0.39 a layer)."""
    network = {"depth": rng.choice([16, 24, 32]), "width": 64, "activation": "sigmoid", "init": "xavier_normal"}
    network |= rng.choice([{"dropout": 0.2}, {"norm": "layer"}, {"norm": "rms"}, {}])
    optimizer = {"clip_norm": rng.choice([0.0, 1.0]), "lr": 0.1}
    return case("vanishing", document(rng, network, optimizer=optimizer), rng.choice([0, 40]), "table of norms; F3")


def vanishing_images(rng):
    """A plain sigmoid stack of convolutions: 0.24 a layer and less, at the borders (F20)."""
    network = {"kind": "cnn", "depth": rng.choice([10, 14]), "width": rng.choice([4, 8]), "activation": "sigmoid"}
    return case("vanishing", document(rng, {**network, "init": "xavier_normal"}), 0, "F20")


def recurrent(rng, task, cell="rnn", **network):
    """A recurrent net as PyTorch makes it, on `task`."""
    shape = {"kind": "rnn", "cell": cell, "depth": 1, "width": rng.choice([8, 12, 16]), "activation": "tanh"}
    shape |= {"init": "torch_default", "init_bias_kind": "zero", **network}
    optimizer = {"name": "adam", "lr": 0.003, "clip_norm": 1.0}
    return document(rng, shape, {"batch": 32, "examples": 600, **task}, optimizer)


def vanishing_in_time(rng):
    """0.58 a time step for tanh, a half for an LSTM and a GRU whose gates begin undecided (S1, S5)."""
    task = {"name": rng.choice(["latch", "temporal-order", "adding"]), "length": rng.choice([50, 70, 100])}
    cell = rng.choice(["rnn", "rnn", "lstm", "gru"])
    steps = rng.choice([0, 40])
    outcome = at_chance if task["name"] == "latch" else None
    return case("vanishing", recurrent(rng, task, cell), steps, "S1: fails from T = 30 on", outcome=outcome)


def exploding(rng):
    """The product of the factors is beyond 10^4, and the signal forward is still a number."""
    while True:
        activation = rng.choice(["relu", "leaky_relu", "identity", "elu", "selu", "prelu", "gelu", "tanh"])
        depth, gain = rng.choice([8, 12, 20, 30, 50, 80]), rng.choice([1.0, 1.2, 1.5, 2.0, 3.0, 5.0])
        init = rng.choice(["xavier_normal", "he_normal", "lecun_uniform"])
        variance = VARIANCES[init] * gain**2
        if activation == "tanh" and gain > 2.0:
            continue
        grown = way_back(activation, variance, depth)
        if grown > GROWN and size(activation, variance, depth) < 1e24:
            break
    network = {"depth": depth, "width": rng.choice([32, 48, 64]), "activation": activation, "init": init}
    network |= {"init_gain": gain, "dtype": rng.choice(DTYPES)}
    return case("exploding", document(rng, network, any_task(rng)), 0, f"the recursion makes 1e{grown:.1f} of it")


def images(rng):
    """Convolutions: a ReLU stack with three times He's weights, or biases that no image overcomes."""
    network = {"kind": "cnn", "width": rng.choice([6, 8]), "activation": "relu", "init": "he_normal"}
    if rng.random() < 0.5:
        network |= {"depth": rng.choice([12, 16, 20]), "init_gain": rng.choice([3.0, 4.0])}
        return case("exploding", document(rng, network), 0, "2.7 a layer and more")
    network |= {"depth": rng.choice([3, 5]), "init_bias": -20.0}
    return case("dying", document(rng, network), rng.choice([0, 40]), "biases of -20")


def lost_generator(rng):
    """A generator of many sigmoid or small tanh layers: it hears of the game in its upper layers alone."""
    network = {"kind": "gan", "depth": 2, "width": 32, "activation": "leaky_relu", "init": "he_uniform"}
    generator = {"depth": rng.choice([12, 16]), "width": 32, "activation": "sigmoid", "init": "xavier_normal"}
    task = {"name": "gan-digits", "loss": rng.choice(["non_saturating", "least_squares", "minimax"])}
    optimizer = {"name": "adam", "lr": 1e-3}
    return case("vanishing", document(rng, network, task, optimizer, generator=generator), 0, "0.24 a layer")


def exploding_by_batch_norm(rng):
    """A ReLU net with batch norm and no way past it: 1.21 a layer, beyond 10^4 from depth 60 on. At
    twenty it still trains, at 56 it does not (F6)."""
    network = {"depth": rng.choice([75, 100]), "width": rng.choice([48, 64]), "activation": "relu", "norm": "batch"}
    return case("exploding", document(rng, {**network, "init": "he_normal"}, {"batch": 64}), 0, "1.2112 a layer")


def exploding_in_time(rng):
    """A linear state with every eigenvalue at 1.3 to 1.6: exactly so much a step; or ReLUs on a grown identity."""
    radius = rng.choice([1.22, 1.35, 1.5, 1.6])
    way = {"activation": "identity", "recurrent_init": "orthogonal"}
    if rng.random() < 0.4:
        way = {"activation": "relu", "recurrent_init": "identity"}
    task = {"name": "adding", "length": rng.choice([40, 50, 60])}
    return case("exploding", recurrent(rng, task, spectral_radius=radius, **way), 0, f"{radius} a time step")


def dying(rng):
    """A bias that no input overcomes: silent from the start."""
    network = {"width": rng.choice(WIDTHS), "activation": "relu", "init": "he_normal"}
    bias = rng.choice([-10.0, -15.0, -30.0])
    if rng.random() < 0.5:
        below, above = rng.choice([0, 1, 2]), rng.choice([1, 2])
        layers = [{"repeat": below}] if below else []
        network["layer"] = [*layers, {"init_bias": bias}, {"repeat": above}]
    else:
        network |= {"depth": rng.choice([2, 4, 6]), "init_bias": bias}
    optimizer = rng.choice([{"name": "adam", "lr": 0.003}, {"lr": 0.05}, {"name": "momentum", "lr": 0.01}])
    steps = rng.choice([0, 0, 30, 200])
    return case("dying", document(rng, network, optimizer=optimizer), steps, "F17", outcome=silent(0.99))


def saturated(rng):
    """Large weights on a squashing function; a few layers, so that the signal itself is still in bounds."""
    while True:
        activation = rng.choice(["sigmoid", "tanh"])
        gain = rng.choice([8.0, 12.0, 20.0, 40.0, 80.0])
        depth = rng.choice([1, 2, 3, 4])
        # The output layer's weights are as large.
        back = way_back(activation, gain**2, depth) + math.log10(0.5 * gain)
        if flat_share(activation, gain) > 0.7 and abs(back) < 2.5:
            break
    network = {"depth": depth, "width": rng.choice([32, 64]), "activation": activation, "init": "xavier_normal"}
    network |= {"init_gain": gain, "dtype": rng.choice(DTYPES)}
    lr = rng.choice([1e-4, 1e-3])
    why = f"{flat_share(activation, gain):.0%} of the units lie where the slope is below a twentieth"
    return case("saturated", document(rng, network, optimizer={"lr": lr}), rng.choice([0, 0, 20]), why)


def saturated_by_bias(rng):
    """One layer, pushed to where it is flat by its biases; the signal that arrives is as it should be."""
    network = {"depth": 1, "width": rng.choice([32, 64]), "activation": rng.choice(["sigmoid", "tanh"])}
    network |= {"init": "xavier_normal", "init_bias": rng.choice([-12.0, -8.0, 8.0, 12.0])}
    return case(
        "saturated", document(rng, network, optimizer={"lr": 0.01}), rng.choice([0, 10]), "biases of 8 and more"
    )


def symmetric(rng):
    """All weights zero: units of a layer stay alike for ever."""
    activation = rng.choice(["sigmoid", "tanh", "relu", "gelu", "softplus", "leaky_relu"])
    network = {"depth": rng.choice([1, 2, 3, 5, 10, 30]), "width": rng.choice(WIDTHS), "activation": activation}
    if rng.random() < 0.2:
        network |= {"kind": "cnn", "width": 4, "depth": 4}
    optimizer = rng.choice([{"lr": 0.1}, {"name": "adam", "lr": 0.003}, {"name": "momentum", "lr": 0.05}])
    steps = rng.choice([0, 0, 30, 100])
    made = document(rng, {**network, "init": "zeros"}, optimizer=optimizer)
    if rng.random() < 0.1:
        made = recurrent(rng, {"name": "latch", "length": 10}, init="zeros", recurrent_init="zeros")
    if rng.random() < 0.15:
        made["network"] |= {"init": "zeros"}
        made["task"] |= {"batch": 1}
    return case("symmetric", made, steps, "weights are 0")


def overflown(rng):
    """Weights so large that the forward pass leaves the number format."""
    dtype, gain = rng.choice([("float32", 1e15), ("float32", 1e20), ("float64", 1e120)])
    network = {"depth": rng.choice([4, 6, 8]), "width": 32, "activation": rng.choice(["relu", "identity", "gelu"])}
    network |= {"init": "he_normal", "init_gain": gain, "dtype": dtype}
    return case("nonfinite", document(rng, network), 0, "gain ** depth is beyond the largest number")


def underflow(rng):
    """Only the first layer is tiny: what passes forward is some 1e-37, and its product with an error signal of ordinary
    size is below the smallest float32."""
    activation = rng.choice(["identity", "leaky_relu", "tanh", "elu", "softsign"])
    init = {"leaky_relu": "he_normal"}.get(activation, "lecun_normal")
    std = rng.choice([3e-38, 4e-38, 5e-38])
    layers = [{"init": "normal", "init_std": std}, {"repeat": rng.choice([2, 4, 6]), "init": init}]
    network = {"width": rng.choice([32, 64]), "activation": activation, "layer": layers}
    made = document(rng, network, optimizer={"lr": 1e-3})
    return case("underflow", made, 0, "1e-37 times 1e-3 has no float32", outcome=rounded_off)


def small_batch(rng):
    """A batch of two before a batch norm: every unit says +1 and -1 whatever comes in, and passes nothing back."""
    activation = rng.choice(["relu", "tanh", "sigmoid", "leaky_relu", "elu"])
    init = "he_normal" if "relu" in activation else "xavier_normal"
    network = {"depth": rng.choice([2, 3, 5, 8, 16]), "width": rng.choice([32, 64]), "activation": activation}
    network |= {"init": init, "norm": "batch"}
    made = document(rng, network, {"batch": 2}, {"lr": rng.choice([1e-3, 0.01])})
    return case("small_batch", made, rng.choice([0, 10, 40]), "a batch of two: gradient 0", outcome=not_learned)


def short_memory(rng):
    """The gradient is cut off long before the step that matters, which the network would pass it to."""
    way = rng.choice([{"recurrent_init": "orthogonal"}, {"cell": "lstm", "forget_bias": 3.0}, {}])
    task = {"name": "latch", "length": rng.choice([40, 60, 100])}
    made = recurrent(rng, task, truncation=rng.choice([4, 6, 8]), **way)
    if way:
        return case("short_memory", made, 0, "the class is told at the first three steps, out of reach")
    return case("short_memory", made, rng.choice([0, 60]), "the same, and it learns nothing", outcome=at_chance)


def healthy(rng):
    """Weights that fit the activation, at a depth at which theory leaves the signal within a factor of twelve."""
    while True:
        activation = rng.choice(list(MATCHED))
        init, depth = MATCHED[activation], rng.choice([1, 2, 3, 5, 8, 10, 15, 20])
        if activation in ("relu", "leaky_relu", "prelu") and depth > 15:
            continue
        if abs(way_back(activation, VARIANCES.get(init, 1.0), depth)) < 1.05:
            break
    network = {"depth": depth, "width": rng.choice([48, 64]), "activation": activation, "init": init}
    network["dtype"] = rng.choice(DTYPES)
    return case("healthy", document(rng, network, any_task(rng)), 0, "the recursion keeps it")


def healthy_structures(rng):
    """What keeps the signal by construction, before the first step: ways past the layers, batch norm at a moderate
    depth, convolutions whose norm has 64 places an example, gates that begin open, rotations, pre-LN and post-LN."""
    residual = {"width": 64, "activation": "relu", "init": "he_normal", "skip": "residual"}
    clock = {"name": "latch", "length": rng.choice([20, 40])}
    block = {"kind": "transformer", "width": 32, "heads": 4, "activation": "relu", "init": "xavier_uniform"}
    block |= {"norm": "layer", "skip": "residual", "depth": rng.choice([2, 4])}
    made = rng.choice(
        [
            document(rng, {**residual, "depth": rng.choice([11, 21]), "norm": "batch"}),
            document(rng, {**residual, "depth": rng.choice([11, 21]), "skip_form": "pre", "skip_scale": 0.3}),
            document(rng, {**residual, "depth": rng.choice([11, 51]), "skip": "rezero", "skip_form": "pre"}),
            document(rng, {"depth": rng.choice([10, 20]), "width": 48, "activation": "tanh", "norm": "batch"}),
            document(rng, {"depth": 20, "width": 64, "activation": "sigmoid", "norm": "batch"}, {"batch": 64}),
            document(rng, {"depth": 20, "activation": "sigmoid", "skip": "highway", "highway_bias": -4.0}),
            document(rng, {"depth": 12, "activation": "relu", "init": "he_normal", "skip": "dense"}),
            document(rng, {"depth": 60, "width": 32, "activation": "identity", "init": "orthogonal"}),
            document(rng, {"depth": 30, "width": 64, "activation": "selu", "init": "lecun_normal"}),
            document(
                rng, {**residual, "kind": "cnn", "depth": 4, "width": 6, "skip": "none", "norm": "batch"}, {"batch": 4}
            ),
            document(rng, {**residual, "kind": "cnn", "depth": 9, "width": 6, "norm": "batch"}, {"batch": 8}),
            recurrent(rng, {**clock, "length": 80}, "lstm", forget_bias=4.0),
            recurrent(rng, clock, "gru", forget_bias=4.0),
            recurrent(rng, clock, recurrent_init="orthogonal"),
            recurrent(rng, clock, recurrent_init="identity", activation="relu"),
            document(rng, {**block, "skip_form": "pre"}, {"name": "recall"}),
            document(rng, {**block, "skip_form": "post"}, {"name": "recall"}),
        ]
    )
    return case("healthy", made, 0, "by construction")
