"""The table of all knobs, and which of them a scenario reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gradtui.scenario import architecture, menu, recurrent_choices
from gradtui.scenario.attention_choices import READ_BY_TRANSFORMER
from gradtui.tui.knobs import Knob, Value

if TYPE_CHECKING:
    from gradtui.scenario.model import LayerChoice, Network, Scenario


def _rungs(first: int, last: int) -> tuple[float, ...]:
    """1, 2 and 5 times every power of ten from 10**first to 10**last."""
    return (*(float(f"{digit}e{decade}") for decade in range(first, last) for digit in (1, 2, 5)), 10.0**last)


_OFF: Mapping[Value, str] = {0.0: "off"}
_TWOS = tuple(2**power for power in range(13))
_DEPTHS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
_GAINS = (0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 5.0 / 3.0, 2.0, 5.0, 10.0)
_SLOPES = (-1.0, -0.5, -0.25, 0.0, 0.01, 0.1, 0.25, 0.5, 1.0)
_DECAYS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
_SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
_BIASES = (-10.0, -5.0, -2.0, -1.0, -0.5, -0.2, -0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_EXAMPLES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_LENGTHS = (1, 2, 3, 5, 8, 9, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 700, 1000)

KNOBS: tuple[Knob, ...] = (
    Knob("network.depth", "depth", "NETWORK", _DEPTHS),
    Knob("network.width", "width", "NETWORK", _TWOS),
    Knob("network.activation", "activation", "NETWORK"),
    Knob("network.negative_slope", "slope", "NETWORK", _rungs(-4, 1)),
    Knob("network.prelu_init", "slope at 0", "NETWORK", _SLOPES),
    Knob("network.prelu_share", "slopes", "NETWORK"),
    Knob("network.alpha", "alpha", "NETWORK", _rungs(-2, 1)),
    Knob("network.beta", "beta", "NETWORK", _rungs(-2, 2)),
    Knob("network.init", "init", "NETWORK"),
    Knob("network.init_std", "std", "NETWORK", _rungs(-6, 2)),
    Knob("network.init_bound", "bound", "NETWORK", (0.0, *_rungs(-6, 2)), {0.0: "1/√fan_in"}),
    Knob("network.init_gain", "gain", "NETWORK", _GAINS),
    Knob("network.init_fan", "fan", "NETWORK"),
    Knob("network.init_bias_kind", "biases", "NETWORK"),
    Knob("network.init_bias", "bias at 0", "NETWORK", _BIASES),
    Knob("network.norm", "norm", "NETWORK"),
    Knob("network.norm_groups", "groups", "NETWORK", _TWOS),
    Knob("network.norm_place", "norm place", "NETWORK"),
    Knob("network.norm_eps", "norm eps", "NETWORK", (0.0, *_rungs(-12, 0)), {0.0: "PyTorch's"}),
    Knob("network.norm_momentum", "running", "NETWORK", (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)),
    Knob("network.skip", "skip", "NETWORK"),
    Knob("network.skip_every", "block", "NETWORK", (1, 2, 3, 4, 5, 6, 8, 10)),
    Knob("network.skip_form", "sum", "NETWORK"),
    Knob("network.skip_scale", "branch x", "NETWORK", (0.0, 0.1, 0.2, 0.5, 0.7, 1.0, 2.0)),
    Knob("network.rezero_init", "branch at 0", "NETWORK", (0.0, 0.01, 0.1, 0.5, 1.0)),
    Knob("network.highway_bias", "gate bias", "NETWORK", (-10.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0)),
    Knob("network.growth_rate", "growth", "NETWORK", _TWOS),
    Knob("network.dropout", "dropout", "NETWORK", _SHARES, _OFF),
    Knob("network.kind", "kind", "NETWORK"),
    Knob("network.kernel", "kernel", "NETWORK", (1, 2, 3, 5, 7)),
    Knob("network.stride", "stride", "NETWORK", (1, 2, 3, 4)),
    Knob("network.padding", "padding", "NETWORK", (-1, 0, 1, 2, 3, 4), {-1: "same"}),
    Knob("network.stages", "stages", "NETWORK", (1, 2, 3, 4)),
    Knob("network.stage_growth", "channels x", "NETWORK", (1, 2, 3, 4)),
    Knob("network.downsample", "smaller by", "NETWORK"),
    Knob("network.head", "head", "NETWORK"),
    Knob("network.cell", "cell", "NETWORK"),
    Knob("network.recurrent_init", "recurrent", "NETWORK"),
    Knob("network.spectral_radius", "radius", "NETWORK", (0.0, 0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.5, 2.0)),
    Knob("network.forget_bias", "forget b.", "NETWORK", _BIASES),
    Knob("network.truncation", "truncation", "NETWORK", (0, *_COUNTS[:10]), _OFF),
    Knob("network.heads", "heads", "NETWORK", (1, 2, 3, 4, 6, 8, 12, 16)),
    Knob("network.feedforward", "feed-fwd", "NETWORK", (0, *_TWOS), {0: "4 x width"}),
    Knob("network.positions", "positions", "NETWORK"),
    Knob("network.causal", "causal", "NETWORK"),
    Knob("network.embedding_scale", "embed x", "NETWORK", (0.1, 0.2, 0.5, 0.7, 1.0, 2.0, 5.0, 10.0)),
    Knob("network.dtype", "dtype", "NETWORK"),
    Knob("optimizer.name", "optimizer", "TRAINING"),
    Knob("optimizer.lr", "lr", "TRAINING", _rungs(-8, 3)),
    Knob("optimizer.momentum", "momentum", "TRAINING", _DECAYS),
    Knob("optimizer.dampening", "dampening", "TRAINING", (0.0, 0.1, 0.2, 0.5, 0.8, 0.9, 1.0)),
    Knob("optimizer.nesterov", "nesterov", "TRAINING"),
    Knob("optimizer.ns_steps", "NS rounds", "TRAINING", (0, 1, 2, 3, 4, 5, 6, 8, 10)),
    Knob("optimizer.ns_a", "NS a", "TRAINING", (1.0, 1.5, 2.0, 3.0, 3.4445, 4.0, 5.0)),
    Knob("optimizer.ns_b", "NS b", "TRAINING", (-8.0, -6.0, -4.775, -4.0, -3.0, -2.0, -1.0, -0.5, 0.0)),
    Knob("optimizer.ns_c", "NS c", "TRAINING", (0.0, 0.5, 1.0, 2.0, 2.0315, 3.0, 4.0)),
    Knob("optimizer.ns_eps", "NS eps", "TRAINING", _rungs(-16, 0)),
    Knob("optimizer.adjust_lr", "lr by shape", "TRAINING"),
    Knob("optimizer.adamw_lr", "lr of rest", "TRAINING", _rungs(-8, 3)),
    Knob("optimizer.beta1", "beta1", "TRAINING", _DECAYS),
    Knob("optimizer.beta2", "beta2", "TRAINING", _DECAYS),
    Knob("optimizer.rho", "rho", "TRAINING", _DECAYS),
    Knob("optimizer.alpha", "alpha", "TRAINING", _DECAYS),
    Knob("optimizer.centered", "centered", "TRAINING"),
    Knob("optimizer.eps", "eps", "TRAINING", (0.0, *_rungs(-16, 0))),
    Knob("optimizer.momentum_decay", "mom. decay", "TRAINING", (0.0, *_rungs(-4, 1))),
    Knob("optimizer.lr_decay", "lr decay", "TRAINING", (0.0, *_rungs(-6, 1)), _OFF),
    Knob("optimizer.initial_accumulator_value", "sum at 0", "TRAINING", (0.0, *_rungs(-8, 2))),
    Knob("optimizer.eta_minus", "shrink", "TRAINING", (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)),
    Knob("optimizer.eta_plus", "grow", "TRAINING", (1.01, 1.05, 1.1, 1.2, 1.5, 2.0)),
    Knob("optimizer.step_min", "least step", "TRAINING", _rungs(-12, 0)),
    Knob("optimizer.step_max", "most step", "TRAINING", _rungs(-3, 3)),
    Knob("optimizer.weight_decay", "decay", "TRAINING", (0.0, *_rungs(-6, 0)), _OFF),
    Knob("optimizer.clip_norm", "clip", "TRAINING", (0.0, *_rungs(-6, 3)), _OFF),
    Knob("optimizer.clip_value", "clip entry", "TRAINING", (0.0, *_rungs(-6, 3)), _OFF),
    Knob("optimizer.clip_agc", "clip AGC", "TRAINING", (0.0, *_rungs(-4, 1)), _OFF),
    Knob("optimizer.schedule", "schedule", "TRAINING"),
    Knob("optimizer.step_size", "every", "TRAINING", _COUNTS),
    Knob("optimizer.gamma", "times", "TRAINING", (0.01, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)),
    Knob("optimizer.schedule_steps", "down at", "TRAINING", (0, *_COUNTS[3:]), {0: "the end"}),
    Knob("optimizer.eta_min", "lowest lr", "TRAINING", (0.0, *_rungs(-8, 3))),
    Knob("optimizer.warmup_steps", "warm-up", "TRAINING", (0, *_COUNTS), {0: "off"}),
    Knob("optimizer.start_factor", "from lr x", "TRAINING", (0.001, 0.01, 0.1, 0.2, 1 / 3, 0.5, 0.8, 1.0)),
    Knob("task.batch", "batch", "TRAINING", (0, *_TWOS), {0: "all"}),
    Knob("seed", "seed", "TRAINING", tuple(range(100))),
    Knob("generator.depth", "depth", "GENERATOR", _DEPTHS),
    Knob("generator.width", "width", "GENERATOR", _TWOS),
    Knob("generator.activation", "activation", "GENERATOR"),
    Knob("generator.init", "init", "GENERATOR"),
    Knob("generator.norm", "norm", "GENERATOR"),
    Knob("generator.latent", "latent", "GENERATOR", _TWOS),
    Knob("generator.output", "output", "GENERATOR"),
    Knob("generator.optimizer", "optimizer", "GENERATOR"),
    Knob("generator.lr", "lr", "GENERATOR", (0.0, *_rungs(-8, 3)), {0.0: "frozen"}),
    Knob("generator.momentum", "momentum", "GENERATOR", _DECAYS),
    Knob("generator.beta1", "beta1", "GENERATOR", _DECAYS),
    Knob("generator.beta2", "beta2", "GENERATOR", _DECAYS),
    Knob("generator.discriminator_steps", "D steps", "GENERATOR", (1, 2, 3, 4, 5, 8, 10, 20, 50, 100)),
    Knob("generator.discriminator_first", "D first", "GENERATOR", (0, *_COUNTS), {0: "no"}),
    Knob("task.name", "task", "TASK"),
    Knob("task.path", "file", "TASK"),
    Knob("task.target", "target", "TASK"),
    Knob("task.loss", "loss", "TASK"),
    Knob("task.label_smoothing", "smoothing", "TASK", _SHARES, _OFF),
    Knob("task.weight_bound", "D bound", "TASK", _rungs(-4, 1)),
    Knob("task.noise", "noise", "TASK", (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
    Knob("task.length", "length", "TASK", _LENGTHS),
    Knob("task.symbols", "symbols", "TASK", _TWOS[1:9]),
    Knob("task.copied", "to copy", "TASK", (1, 2, 3, 5, 8, 10, 15, 20, 50, 100)),
    Knob("task.examples", "examples", "TASK", _EXAMPLES),
    Knob("task.held_out", "held out", "TASK", (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9)),
)

BY_KEY = {knob.key: knob for knob in KNOBS}

#: What stages are made of; listed layers are not made of stages.
_STAGES = ("depth", "stages", "stage_growth", "downsample", "head")
_WINDOW = ("kernel", "stride", "padding")
#: What the output layer reads too.
_FIRST_WEIGHTS = ("init", "init_std", "init_bound", "init_gain", "init_fan", "init_bias_kind")


def in_use(scenario: Scenario) -> list[Knob]:
    """The knobs that have an effect: with something to choose, and read by what is chosen elsewhere."""
    return [knob for knob in KNOBS if (knob.is_text or len(knob.options()) > 1) and _is_read(knob.key, scenario)]


def _is_read(key: str, scenario: Scenario) -> bool:
    table, _, name = key.rpartition(".")
    if table == "network":
        if name in recurrent_choices.unread(scenario.network):
            return False
        if scenario.network.kind == "transformer" and name not in READ_BY_TRANSFORMER:
            return False
        read = any(_is_read_by_layer(name, *layer) for layer in _layers(scenario.network, name))
        return read or _is_read_by_generator(key, scenario)
    optimizer = scenario.optimizer
    if name == "start_factor":
        return optimizer.warmup_steps > 0 or optimizer.schedule == "warmup"
    if name == "dampening" and optimizer.momentum == 0.0:
        return False
    return menu.has_effect(key, lambda menu_key: BY_KEY[menu_key].value(scenario))


def _is_read_by_generator(key: str, scenario: Scenario) -> bool:
    """Whether a key of the network bends the generator's activation, or says how its weights begin."""
    if scenario.network.kind != "gan":
        return False
    readers = [(menu_key, row) for menu_key, row in menu.readers(key) if menu_key.startswith("generator.")]
    return any(BY_KEY[menu_key].value(scenario) == row.name for menu_key, row in readers)


def _is_read_by_layer(name: str, listed: LayerChoice | None, own: Network) -> bool:
    """Whether a key of the network has an effect on a layer with these choices of its own."""
    if listed is not None:
        if name in _STAGES or getattr(listed, name, None) is not None:
            return False
        if name in _WINDOW and listed.kind == "dense":
            return False
    elif name in ("stage_growth", "downsample") and own.stages == 1:
        return False
    readers = [found for found in menu.readers(f"network.{name}") if found[0].startswith("network.")]
    return not readers or any(getattr(own, key.partition(".")[2]) == row.name for key, row in readers)


def _layers(network: Network, name: str) -> Iterator[tuple[LayerChoice | None, Network]]:
    """Every layer with weights that is listed, with its choices; without a list, the one that all are like."""
    if not network.layer or name in _FIRST_WEIGHTS:
        yield None, network
    for listed in network.layer:
        if not listed.kind.endswith("pool"):
            yield listed, architecture.own(network, listed)
