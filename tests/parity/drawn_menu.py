"""Scenarios drawn over the whole menu.

Networks of dense layers learn digits and points of the plane, convolutional ones digits and images of another shape.

Every row of the menu is drawn as often as any other, and with it a number for each key that it reads: a new row is
drawn without a word here, a new number needs a line in NUMBERS. What does not go together is taken back until it does,
so that nothing that is drawn is thrown away.
"""

from __future__ import annotations

from random import Random

import numpy as np

from gradtui import Scenario, tasks
from gradtui.engine.plan import inputs_of
from gradtui.scenario import architecture
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.menu import MENU, choices


def reals(low, high):
    """Numbers in a range, now and then one of its ends."""

    def draw(random):
        return random.choice([low, high]) if random.random() < 0.1 else random.uniform(low, high)

    return draw


def wholes(low, high):
    """Whole numbers from `low` to `high`."""
    return lambda random: random.randint(low, high)


def among(values):
    """One of these, each as often as the others."""
    return lambda random: random.choice(values)


def often(value, others):
    """Half of the time this value."""
    return lambda random: value if random.random() < 0.5 else others(random)


KINDS = ("mlp", "cnn")
#: What these kinds can learn, and by which losses.
ALONE = {
    "task.name": ("digits", "moons", "circles", "spirals", "xor", "file"),
    "task.loss": ("auto", "cross_entropy", "bce", "mse"),
    "network.kind": KINDS,
}
#: Dotted key -> what is drawn for it. Bounds keep ten steps from being a lottery, not from being hard.
NUMBERS = {
    "task.label_smoothing": reals(0.0, 0.9),
    "task.examples": wholes(80, 160),
    "task.noise": reals(0.0, 0.5),
    "task.held_out": among([0.2]),
    "network.negative_slope": reals(0.01, 0.9),
    "network.prelu_init": reals(-0.3, 0.6),
    "network.alpha": reals(0.3, 2.0),
    "network.beta": reals(0.5, 4.0),
    "network.init_std": reals(0.05, 0.4),
    "network.init_bound": reals(0.05, 0.6),
    "network.init_gain": reals(0.3, 1.3),
    "network.init_bias": reals(-0.3, 0.3),
    "network.norm_eps": often(0.0, reals(1e-6, 0.1)),
    "network.norm_momentum": reals(0.0, 1.0),
    "network.norm_groups": among([1, 2, 3]),
    "network.skip_every": wholes(1, 3),
    "network.skip_scale": often(1.0, reals(-1.0, 1.0)),
    "network.rezero_init": often(0.0, reals(-0.5, 1.0)),
    "network.highway_bias": reals(-3.0, 2.0),
    "network.growth_rate": among([2, 3, 4, 6]),
    "network.kernel": among([1, 2, 3, 3, 5]),
    "network.stride": among([1, 1, 1, 2]),
    "network.padding": among([-1, -1, -1, 0, 1]),
    "network.stages": wholes(1, 3),
    "network.stage_growth": wholes(1, 2),
    "optimizer.momentum": reals(0.0, 0.95),
    "optimizer.dampening": reals(0.0, 0.9),
    "optimizer.beta1": reals(0.0, 0.95),
    "optimizer.beta2": reals(0.8, 0.9995),
    "optimizer.eps": reals(1e-8, 1e-3),
    "optimizer.rho": reals(0.5, 0.95),
    "optimizer.alpha": reals(0.5, 0.99),
    "optimizer.centered": among([False, True]),
    "optimizer.lr_decay": reals(0.0, 1.0),
    "optimizer.initial_accumulator_value": reals(0.0, 0.5),
    "optimizer.momentum_decay": reals(0.0, 0.1),
    "optimizer.eta_minus": reals(0.2, 0.9),
    "optimizer.eta_plus": reals(1.05, 1.6),
    "optimizer.step_min": reals(1e-6, 1e-4),
    "optimizer.step_max": reals(0.01, 1.0),
    "optimizer.nesterov": among([False, True]),
    "optimizer.ns_steps": wholes(0, 5),
    "optimizer.ns_a": reals(3.3, 3.5),  # near the usual ones: with others the weights can explode
    "optimizer.ns_b": reals(-4.85, -4.7),
    "optimizer.ns_c": reals(1.95, 2.1),
    "optimizer.ns_eps": reals(1e-8, 1e-3),
    "optimizer.adamw_lr": reals(1e-4, 1e-2),
    "optimizer.weight_decay": often(0.0, reals(0.0, 0.1)),
    "optimizer.step_size": wholes(1, 5),
    "optimizer.gamma": reals(0.3, 1.2),
    "optimizer.schedule_steps": wholes(0, 12),
    "optimizer.eta_min": reals(0.0, 1e-4),
}

#: Numbers that belong to no row: they are always drawn.
ALWAYS = {
    "optimizer.clip_norm": often(0.0, reals(1e-3, 5.0)),
    "optimizer.clip_value": often(0.0, reals(1e-4, 0.5)),
    "optimizer.clip_agc": often(0.0, reals(1e-3, 0.5)),
    "optimizer.warmup_steps": often(0, wholes(0, 12)),
    "optimizer.start_factor": reals(0.01, 1.0),
    "network.dropout": often(0.0, reals(0.05, 0.8)),
}

#: Learning rates of rules that do not follow the gradient's size.
RATES = {"adadelta": (0.1, 1.0), "rprop": (1e-4, 1e-2), "lion": (1e-5, 1e-3), "muon": (1e-4, 1e-2)}
ADAPTIVE = ("adagrad", "rmsprop", "adam", "amsgrad", "adamw", "adamax", "nadam")
WIDTHS = (2, 3, 4, 6, 6, 9, 12)

#: What is taken back, one after another, from a network whose sizes do not fit.
SIMPLER = (
    {"norm_groups": 1},
    {"kernel": 3, "stride": 1, "padding": -1},
    {"stages": 1},
    {"layer": []},
    {"growth_rate": 4, "width": 4},
    {"skip": "none"},
    {"norm": "none"},
)


def scenario(kind, number, images):
    """Scenario `number` with a network of this kind; `images` is a file of some (`write_images`)."""
    random = Random(f"{kind} {number}")
    task = _task(random, kind, images)
    network = {
        **_table(random, "network", skipped=("network.kind", "network.layer.kind")),
        "kind": kind,
        "depth": random.randint(0, 6 if kind == "mlp" else 5),
        "width": random.choice(WIDTHS),
    }
    if random.random() < 0.25:
        network["layer"] = [_layer(random, kind) for _ in range(random.randint(1, 4))]
    optimizer = _optimizer(random)
    if optimizer["name"] == "rprop":  # it wants all examples: not all digits
        task |= {"batch": 0, "name": "xor", "examples": 80} if kind == "mlp" else {"batch": 0, **_file(images)}
    if task["loss"] not in ("auto", "cross_entropy") or task["name"] not in ("digits", "file"):
        task.pop("label_smoothing", None)
    if task["name"] != "file":
        task.pop("path", None)
        task.pop("target", None)
    document = {"seed": random.randrange(2**63), "steps": 10, "task": task, "network": network, "optimizer": optimizer}
    return _fitting(document)


def drawn_rows():
    """The menu without what only networks in time and adversaries have: those are drawn by tests of their own."""
    others = {read for row in choices("kind") if row.name not in KINDS for read in row.reads}
    return {
        key: [row for row in rows if key not in ALONE or row.name in ALONE[key]]
        for key, rows in MENU.items()
        if key not in others and not key.startswith("generator.")
    }


def _table(random, table, skipped=()):
    """A choice for every menu of a table, the numbers that the chosen rows read, and those that are always drawn."""
    found = {}
    for key, rows in drawn_rows().items():
        if not key.startswith(f"{table}.") or key in skipped:
            continue
        row = random.choice(rows)
        found[key] = row.name
        found.update({read: NUMBERS[read](random) for read in row.reads if read in NUMBERS})
    found.update({key: numbers(random) for key, numbers in ALWAYS.items() if key.startswith(f"{table}.")})
    return {key.removeprefix(f"{table}."): value for key, value in found.items()}


def _task(random, kind, images):
    names = [row.name for row in drawn_rows()["task.name"] if row.name != "file"]
    name = random.choice(["digits", "file"] if kind == "cnn" else ["digits", *names])
    losses = [row.name for row in drawn_rows()["task.loss"] if row.name != "bce" or name not in ("digits", "file")]
    loss = random.choice(losses)
    found = {"name": name, "loss": loss, "batch": random.randint(3, 20 if kind == "mlp" else 9)}
    reads = next(row.reads for row in choices("task") if row.name == name)
    found.update({key.removeprefix("task."): NUMBERS[key](random) for key in reads if key in NUMBERS})
    if name == "file":
        found |= _file(images)
    if random.random() < 0.5:
        found["label_smoothing"] = NUMBERS["task.label_smoothing"](random)
    return found


def write_images(path):
    """A file of images that are neither square nor of one channel, of three classes."""
    random = np.random.default_rng(0)
    x = random.standard_normal((60, 7, 5, 2))
    np.savez(path, x=x, y=x[:, 1:4, 2, 0].argmax(axis=1))


def _file(images):
    return {"name": "file", "path": str(images), "target": "y"}


def _optimizer(random):
    found = _table(random, "optimizer")
    name = found["name"]
    low, high = RATES.get(name, (1e-4, 5e-3) if name in ADAPTIVE else (1e-3, 0.05))
    return {**found, "lr": random.uniform(low, high)}


def _layer(random, kind):
    """One `[[network.layer]]`."""
    chosen = random.choice(["auto", "dense"] if kind == "mlp" else [row.name for row in choices("layer_kind")])
    found = {"kind": chosen, "repeat": random.randint(1, 2)}
    if chosen.endswith("pool"):
        if not chosen.startswith("global") and random.random() < 0.5:
            found |= {"kernel": random.randint(1, 3), "stride": random.randint(1, 2)}
        return found
    own = {
        "width": among(WIDTHS),
        "activation": among([row.name for row in choices("activation")]),
        "norm": among([row.name for row in choices("norm")]),
        "norm_place": among([row.name for row in choices("norm_place")]),
        "init": among([row.name for row in choices("init") if row.name != "lsuv"]),
        "dropout": ALWAYS["network.dropout"],
        **{name: NUMBERS[f"network.{name}"] for name in ("negative_slope", "alpha", "beta", "norm_groups")},
    }
    if chosen == "conv" or (chosen == "auto" and kind == "cnn"):
        own |= {name: NUMBERS[f"network.{name}"] for name in ("kernel", "stride", "padding")}
    for name in random.sample(sorted(own), random.randint(0, 4)):
        found[name] = own[name](random)
    return found


def _fitting(document):
    """The document as a scenario, made simpler until its layers fit together."""
    network = document["network"]
    while network.get("layer") and network["layer"][0]["kind"].endswith("pool"):
        network["layer"].pop(0)
    if network["init"] == "torch_default" or network["init_bias_kind"] in ("zero", "torch"):
        network["init_bias"] = 0.0
    parts = [network, *network.get("layer", ())]
    if any(part.get("norm") == "weight" for part in parts):  # a row of zeros has no direction
        for part in parts:
            part.update({"init": "he_normal"} if part.get("init") == "zeros" else {})
    optimizer = document["optimizer"]
    optimizer["eta_min"] = min(optimizer.get("eta_min", 0.0), optimizer["lr"])
    for simpler in ({}, *SIMPLER):
        document = {**document, "network": {**document["network"], **simpler}}
        try:
            scenario = Scenario.from_dict(document)
            dataset = tasks.load(scenario.task, scenario.seed)
            architecture.layers(scenario.network, inputs_of(scenario, dataset), dataset.outputs)
        except ScenarioError as error:
            problem = error
        else:
            return scenario
    raise problem
