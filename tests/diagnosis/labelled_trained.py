"""Cases whose label is the outcome of a run."""

from __future__ import annotations

from dataclasses import replace

from labelled import (
    VARIANCES,
    alike,
    at_chance,
    blown_up,
    both,
    broken,
    case,
    document,
    high_loss,
    learned,
    low_loss,
    not_learned,
    one_class,
    silent,
    way_back,
)
from labelled_static import MATCHED, recurrent

# Sick


def dying(rng):
    """ReLU units thrown out by steps that are too long (Maas, Hannun & Ng 2013)."""
    network = {"depth": rng.choice([3, 4, 6]), "width": rng.choice([32, 64]), "activation": "relu", "init": "he_normal"}
    optimizer = {"name": rng.choice(["adam", "adamw", "rmsprop"]), "lr": rng.choice([0.2, 0.5, 1.0])}
    made = document(rng, network, optimizer=optimizer)
    outcome = both(silent(0.85), not_learned)
    return case("dying", made, rng.choice([200, 400]), "most units answer no example any more", outcome=outcome)


def exploding_clipped(rng):
    """A state that grows by 1.15 to 1.2 a step, a thousandfold in fifty, held by clipped steps: its answers stay far
    worse than those of who always says 1."""
    keys = {"activation": "relu", "recurrent_init": "identity", "spectral_radius": rng.choice([1.15, 1.18, 1.2])}
    made = recurrent(rng, {"name": "adding", "length": 50, "batch": 64}, width=rng.choice([32, 64]), **keys)
    made["optimizer"] = {"name": "sgd", "lr": rng.choice([1e-3, 1e-2]), "clip_norm": 1.0}
    return case("exploding", made, rng.choice([0, 20, 40]), "1.15 a time step and more", outcome=high_loss(10.0))


def nonfinite(rng):
    """Steps so long that the weights leave the number format."""
    activation = rng.choice(["identity", "leaky_relu", "elu", "gelu", "silu", "prelu", "selu"])
    network = {"depth": rng.choice([2, 3, 5, 8]), "width": rng.choice([32, 64]), "activation": activation}
    network["init"] = MATCHED[activation]
    optimizer = rng.choice([{"lr": 1e2}, {"lr": 1e4}, {"lr": 30.0}, {"name": "momentum", "lr": 50.0}])
    if rng.random() < 0.2:
        network |= {"kind": "cnn", "depth": 3, "width": 6}
        optimizer = {"lr": 1e4}
    return case("nonfinite", document(rng, network, optimizer=optimizer), rng.choice([20, 60]), "lr", outcome=broken)


def masked(rng):
    """What the first layer hears is a thousandth and less, what it is moved by is not: Adam divides by the gradient's
    own size. Both verdicts are true of it, and both must be said."""
    optimizer = {"name": rng.choice(["adam", "adam", "adamw", "nadam", "rmsprop"]), "lr": rng.choice([5e-4, 1e-3])}
    network = {"depth": rng.choice([7, 8, 9]), "width": 64, "activation": "sigmoid", "init": "xavier_normal"}
    made = document(rng, network, optimizer=optimizer)
    why = "gradients 5,000 fold apart, updates 1.4 fold"
    right = ("masked", "vanishing")
    return case("masked", made, rng.choice([10, 25, 40]), why, right=right, outcome=at_chance, also="masked")


def rate_high_at_once(rng):
    """The first step is many times as long as the weights are; up to it nothing was wrong."""
    activation = rng.choice(["tanh", "leaky_relu", "elu", "gelu", "softsign", "identity"])
    network = {"depth": rng.choice([1, 2, 3, 5]), "width": rng.choice([32, 64]), "activation": activation}
    network["init"] = MATCHED[activation]
    optimizer = rng.choice([{"lr": 200.0}, {"lr": 1e3}, {"name": "adam", "lr": 1.0}, {"name": "adam", "lr": 3.0}])
    return case("rate_high", document(rng, network, optimizer=optimizer), 1, "lr", outcome=blown_up)


def rate_high(rng):
    """No function here can overflow or die: what is left is a loss far above that of who guesses. The units of a
    squashing function end where it is flat, which is as true."""
    if rng.random() < 0.5:
        activation = rng.choice(["tanh", "softsign", "sigmoid"])
        optimizer = rng.choice([{"lr": 1e3}, {"lr": 1e4}, {"name": "adam", "lr": 1.0}])
        right = ("rate_high", "saturated")
    else:
        activation = rng.choice(["leaky_relu", "elu", "prelu"])
        optimizer = {"name": rng.choice(["adam", "amsgrad"]), "lr": rng.choice([0.5, 1.0])}
        right = ("rate_high",)
    network = {"depth": rng.choice([1, 2]), "width": rng.choice([32, 64]), "activation": activation}
    network["init"] = MATCHED.get(activation, "xavier_normal")
    made = document(rng, network, optimizer=optimizer)
    outcome = both(blown_up, not_learned)
    return case("rate_high", made, rng.choice([5, 20, 50]), "loss far above its start", right=right, outcome=outcome)


def rate_low(rng):
    """A network in good health that is moved by a hundred-millionth of its weights a step."""
    activation = rng.choice(["relu", "tanh", "elu", "gelu", "leaky_relu", "selu", "silu"])
    network = {"depth": rng.choice([1, 2, 3, 5]), "width": rng.choice([32, 64]), "activation": activation}
    network["init"] = MATCHED[activation]
    names = [("sgd", 1e-7), ("sgd", 1e-6), ("momentum", 1e-7), ("adam", 1e-8), ("adam", 1e-7), ("rmsprop", 1e-8)]
    name, lr = rng.choice(names)
    if rng.random() < 0.2:
        network |= {"kind": "cnn", "depth": 3, "width": 6}
    made = document(rng, network, optimizer={"name": name, "lr": lr})
    if rng.random() < 0.2:
        made = recurrent(rng, {"name": "row-digits"}, "lstm", forget_bias=1.0)
        made["optimizer"] |= {"name": name, "lr": lr}
    return case("rate_low", made, rng.choice([100, 200, 400]), "lr", outcome=not_learned)


def stalled(rng):
    """No line parts these classes, and a linear network draws lines only: it can do no better than guess."""
    network = {"depth": rng.choice([0, 1, 2, 4]), "width": rng.choice([8, 16, 32]), "activation": "identity"}
    network["init"] = "orthogonal"
    task = {"name": rng.choice(["xor", "circles"]), "loss": rng.choice(["auto", "bce", "cross_entropy"])}
    optimizer = rng.choice([{"lr": 0.05}, {"name": "adam", "lr": 0.003}, {"name": "momentum", "lr": 0.01}])
    made = document(rng, network, task, optimizer)
    return case("stalled", made, rng.choice([400, 800]), "Minsky & Papert 1969", outcome=at_chance)


def identical(rng):
    """All inputs have become one by the last hidden layer, a hundredth of the signal still comes back, and nothing is
    learned. Softplus, whose mean drowns what differs: 0.54 a layer with LeCun's weights, 0.84 to 0.89 with He's."""
    init, depth, lr, steps = rng.choice(
        [
            ("lecun_normal", 7, 0.01, 250),
            ("he_normal", 28, 0.003, 160),
            ("he_normal", 30, 0.003, 160),
        ]
    )
    network = {"depth": depth, "width": rng.choice([48, 64]), "activation": "softplus", "init": init}
    made = document(rng, network, optimizer={"lr": lr})
    # What 0.54 a layer leaves of the signal after seven is a hundredth: one may as well say that it vanishes.
    right = ("identical", "vanishing") if depth < 20 else ()
    outcome = both(alike("softplus"), at_chance)
    return case("identical", made, steps, "one answer for all", right=right, outcome=outcome, also="identical")


def collapsed(rng):
    """Attention without a way past it averages averages (Dong, Cordonnier & Loukas 2021). By then little of the signal
    comes back either, and both are true."""
    made = encoder(rng, 8, skip="none", skip_form="pre")()
    outcome = both(not_learned, one_class)
    return case(
        "identical", made, 60, "rank collapse", right=("identical", "vanishing"), outcome=outcome, also="identical"
    )


def depth_wall(rng):
    """F2: five sigmoid layers hear 0.002 of the loss at layer 1, which is the cause; the fifth says the same to all,
    and the loss stays at chance, which is what one sees. All three are true."""
    network = {"depth": 5, "width": 64, "activation": "sigmoid", "init": "xavier_uniform"}
    made = document(rng, network, {"batch": 64}, {"lr": 0.1})
    right = ("stalled", "vanishing", "identical")
    return case("stalled", made, rng.choice([400, 600]), "F2", right=right, outcome=at_chance)


def game(rng, loss, **generator):
    """Two adversaries on the digits."""
    width = rng.choice([32, 64])
    network = {"kind": "gan", "depth": 2, "width": width, "activation": "leaky_relu", "negative_slope": 0.2}
    network["init"] = "he_uniform"
    tables = {"depth": 2, "width": width, "optimizer": "sgd", "lr": 0.01, **generator}
    task = {"name": "gan-digits", "loss": loss}
    return document(rng, network, task, {"name": "adam", "lr": 0.002, "beta1": 0.5}, generator=tables)


def starved(rng):
    """Minimax, after the discriminator has had time alone (Arjovsky & Bottou 2017; M3, M4)."""
    first = rng.choice([150, 200, 250])
    made = game(rng, "minimax", discriminator_first=first, lr=rng.choice([0.0, 0.01]))
    sure = both(low_loss(0.02), learned(0.99))
    return case("starved", made, first + rng.choice([0, 60]), "every sample is known for one", outcome=sure)


def encoder(rng, depth, **network):
    shape = {"kind": "transformer", "depth": depth, "width": 32, "heads": 4, "activation": "relu", "norm": "layer"}
    shape |= {"init": "xavier_uniform", "positions": "learned", "embedding_scale": 0.7071, "skip": "residual"}
    task = {"name": "recall", "batch": 32, "length": rng.choice([8, 9]), "examples": 4000}
    return lambda **optimizer: document(rng, {**shape, **network}, task, {"name": "adam", "lr": 0.005, **optimizer})


def warm_up(rng):
    """Post-LN, eight blocks, full rate from the first step (Xiong et al. 2020; M1)."""
    depth, lr = rng.choice([(8, 0.005), (8, 0.005), (6, 0.01)])
    made = encoder(rng, depth, skip_form="post")(lr=lr)
    return case("warm_up", made, rng.choice([100, 150]), "M1: stays at chance", outcome=not_learned)


def anything(rng):
    """Any network for the digits: whether it learns them, breaks down, or never hears of them is seen at the end."""
    activation = rng.choice([*MATCHED, "sigmoid", "softplus", "hard_sigmoid"])
    init = rng.choice([*VARIANCES, "torch_default", "orthogonal", MATCHED.get(activation, "xavier_normal")])
    network = {
        "depth": rng.randint(1, 24),
        "width": rng.choice([24, 32, 48, 64]),
        "activation": activation,
        "init": init,
    }
    network["norm"] = rng.choice(["none", "none", "none", "batch", "layer", "rms"])
    network["skip"] = rng.choice(["none", "none", "none", "residual", "rezero", "highway", "dense"])
    network["skip_form"] = rng.choice(["pre", "post"])
    network["dropout"] = rng.choice([0.0, 0.0, 0.1])
    network["dtype"] = rng.choice(["float32", "float32", "float64"])
    names = [
        ("sgd", (0.01, 0.05, 0.2)),
        ("momentum", (0.003, 0.02)),
        ("adam", (3e-4, 2e-3, 0.01)),
        ("rmsprop", (1e-3,)),
    ]
    name, rates = rng.choice(names)
    optimizer = {"name": name, "lr": rng.choice(rates), "clip_norm": rng.choice([0.0, 0.0, 1.0])}
    plain = network["norm"] == "none" and network["skip"] == "none" and init in VARIANCES
    gone = plain and name in ("sgd", "momentum") and way_back(activation, VARIANCES[init], network["depth"]) < -5.0

    def decide(simulation):
        if broken(simulation):
            return "nonfinite"
        if learned(0.9)(simulation):
            return "healthy"
        return "vanishing" if gone and at_chance(simulation) else ""

    made = document(rng, network, optimizer=optimizer)
    return replace(case("anything", made, rng.choice([100, 200, 400]), "seen at the end"), decide=decide)


# Healthy


def learners(rng):
    """Plain networks that have learned the digits."""
    activation = rng.choice(["relu", "leaky_relu", "prelu", "tanh", "elu", "selu", "gelu", "silu", "mish", "softsign"])
    network = {"depth": rng.choice([1, 2, 3, 4, 6]), "width": rng.choice([48, 64]), "activation": activation}
    network |= {"init": MATCHED[activation], "dtype": rng.choice(["float32", "float64"])}
    names = [("sgd", 0.05), ("momentum", 0.01), ("nag", 0.01), ("adam", 1e-3), ("adamw", 2e-3), ("rmsprop", 1e-3)]
    name, lr = rng.choice([*names, ("adagrad", 0.02), ("nadam", 1e-3), ("lion", 2e-4)])
    made = document(rng, network, optimizer={"name": name, "lr": lr})
    return case("healthy", made, rng.choice([300, 600, 1000]), "learned", outcome=learned(0.9))


def shallow_sigmoid(rng):
    """F2: one sigmoid layer learns; F4: with Adam, or AdaGrad, five."""
    depth, name, lr, steps = rng.choice([(1, "sgd", 0.3, 800), (1, "adam", 3e-3, 400), (2, "adam", 3e-3, 800)])
    network = {"depth": depth, "width": 64, "activation": "sigmoid", "init": "xavier_uniform"}
    made = document(rng, network, optimizer={"name": name, "lr": lr})
    return case("healthy", made, steps, "F2", outcome=learned(0.9))


def converged(rng):
    """Nothing is left to learn, and so every gradient is small."""
    activation = rng.choice(["relu", "tanh", "elu", "gelu"])
    network = {"depth": rng.choice([1, 2, 3]), "width": 32, "activation": activation, "init": MATCHED[activation]}
    optimizer = rng.choice([{"name": "adam", "lr": 3e-3}, {"name": "momentum", "lr": 0.02}, {"lr": 0.2}])
    return case("healthy", document(rng, network, optimizer=optimizer), 3000, "converged", outcome=learned(0.9))


def regression(rng):
    """The squared error on digits, or numbers to add."""
    if rng.random() < 0.5:
        activation = rng.choice(["relu", "tanh"])
        network = {"depth": 2, "width": 64, "activation": activation, "init": MATCHED[activation]}
        made = document(rng, network, {"loss": "mse"}, {"name": "adam", "lr": 2e-3})
        return case("healthy", made, 600, "learned", outcome=learned(0.9))
    cell = rng.choice(["lstm", "gru"])
    made = recurrent(rng, {"name": "adding", "length": 12, "batch": 64, "examples": 4000}, cell, forget_bias=2.0)
    made["network"]["width"] = 24
    made["optimizer"]["lr"] = 0.005
    return case("healthy", made, 600, "S4, short", outcome=low_loss(0.08))


def let_through(rng):
    """F17: one layer's biases at -10, and a function that lets a little through: it recovers."""
    activation = rng.choice(["leaky_relu", "elu", "prelu"])
    layers = [{}, {"init_bias": -10.0}, {"repeat": 2}]
    network = {"width": 64, "activation": activation, "init": "he_normal", "layer": layers}
    made = document(rng, network, {"batch": 64}, {"name": "adam", "lr": 0.003})
    return case("healthy", made, 600, "F17", outcome=learned(0.9))


def planes(rng):
    """Two classes in the plane."""
    task = {"name": rng.choice(["moons", "circles", "xor"])}
    network = {
        "depth": rng.choice([2, 3]),
        "width": rng.choice([16, 32]),
        "activation": rng.choice(["tanh", "relu", "elu"]),
    }
    network["init"] = MATCHED[network["activation"]]
    optimizer = rng.choice([{"name": "adam", "lr": 0.01}, {"lr": 0.1}])
    return case("healthy", document(rng, network, task, optimizer), 800, "learned", outcome=learned(0.9))


def normalised(rng):
    """Batch norm cures depth (F3), though it multiplies by 1.02 to 1.2 a layer."""
    activation = rng.choice(["sigmoid", "tanh", "relu"])
    network = {"depth": rng.choice([5, 10, 20]), "width": 64, "activation": activation, "norm": "batch"}
    network["init"] = "he_normal" if activation == "relu" else "xavier_uniform"
    made = document(rng, network, {"batch": 64}, {"lr": rng.choice([0.05, 0.1])})
    return case("healthy", made, rng.choice([150, 300]), "F3", outcome=learned(0.9))


def with_a_way_past(rng):
    """Residual, ReZero, highway (gate bias -3), dense: F6 to F9."""
    made = rng.choice(
        [
            {"depth": 21, "activation": "relu", "init": "he_normal", "skip": "residual", "norm": "batch"},
            {"depth": 41, "activation": "relu", "init": "he_normal", "skip": "residual", "norm": "batch"},
            {"depth": 31, "activation": "relu", "init": "he_normal", "skip": "rezero", "skip_form": "pre"},
            {"depth": 21, "activation": "sigmoid", "init": "xavier_uniform", "skip": "highway", "highway_bias": -3.0},
            {"depth": 16, "activation": "relu", "init": "uniform", "skip": "dense", "growth_rate": 16},
        ]
    )
    lr = 0.1 if made["skip"] == "highway" else 0.05 if made["skip"] == "dense" else 0.02
    steps = 500 if made["skip"] in ("highway", "dense") else 200
    return case(
        "healthy",
        document(rng, {**made, "width": 64}, {"batch": 64}, {"lr": lr}),
        steps,
        "F6 to F9",
        outcome=learned(0.85),
    )


def images(rng):
    """Convolutions: shallow, or residual with batch norm (F19)."""
    made = rng.choice(
        [
            {"depth": 3, "activation": "relu"},
            {"depth": 13, "activation": "relu", "skip": "residual", "norm": "batch"},
            {"depth": 5, "activation": "elu", "norm": "batch"},
        ]
    )
    network = {"kind": "cnn", "width": 8, "init": "he_normal", "head": "flatten", **made}
    return case("healthy", document(rng, network, {"batch": 32}, {"lr": 0.05}), 200, "F19", outcome=learned(0.8))


def memories(rng):
    """LSTM with a forget bias of 3, GRU of 3, orthogonal and identity states: T = 30 to 100 (S1)."""
    way = rng.choice(
        [
            ("lstm", {"forget_bias": 3.0}, 100),
            ("lstm", {"forget_bias": 3.0}, 60),
            ("gru", {"forget_bias": 3.0}, 60),
            ("rnn", {"recurrent_init": "orthogonal"}, 60),
            ("rnn", {"recurrent_init": "identity", "activation": "relu"}, 50),
            ("rnn", {}, 8),
        ]
    )
    cell, keys, length = way
    made = recurrent(rng, {"name": "latch", "length": length}, cell, **keys)
    return case("healthy", made, 300, "S1", outcome=learned(0.95))


def attention(rng):
    """Pre-LN, no warm-up needed; or post-LN, warmed up."""
    if rng.random() < 0.6:
        made = encoder(rng, rng.choice([2, 3]), skip_form="pre")()
        return case("healthy", made, rng.choice([100, 150]), "M1", outcome=learned(0.9))
    made = encoder(rng, 3, skip_form="post")(lr=0.003, warmup_steps=120)
    return case("healthy", made, 250, "M1: warmed up", outcome=learned(0.9))


def deep_states(rng):
    """Two or three recurrent layers, and digits read row by row."""
    cell = rng.choice(["lstm", "gru", "rnn"])
    made = recurrent(rng, {"name": "row-digits", "batch": 64}, cell, depth=rng.choice([1, 2, 3]), width=24)
    made["optimizer"] |= {"lr": 0.01}
    return case("healthy", made, 400, "learned", outcome=learned(0.85))


def first_moves(rng):
    """The beginning of a game: nobody is sure of anything."""
    made = game(rng, rng.choice(["minimax", "non_saturating", "least_squares"]))
    return case("healthy", made, 0, "D answers about a half")


def games(rng):
    """A game that is going on: neither side is sure, or its loss cannot starve the other."""
    made = game(rng, "non_saturating", optimizer="adam", lr=5e-4)
    return case("healthy", made, rng.choice([0, 200, 400]), "M4")
