"""Transformers: finite differences, gauges, dropout, live knobs, and what they refuse."""

from __future__ import annotations

import itertools

import naive_attention
import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.engine.attention.reading import sinusoids
from gradtui.gauges import GAUGES
from gradtui.lab.changes import Effect
from gradtui.lab.inspecting import inspect
from gradtui.scenario.errors import ScenarioError

TASKS = {
    "recall": {"name": "recall", "length": 4, "symbols": 4, "examples": 60, "batch": 5},
    "copy": {"name": "copy", "length": 2, "symbols": 3, "copied": 2, "examples": 60, "batch": 5},
    "adding": {"name": "adding", "length": 5, "examples": 60, "batch": 5},
}


def _scenario(task="recall", optimizer=None, **network) -> Scenario:
    return Scenario.from_dict(
        {
            "seed": 3,
            "task": TASKS[task],
            "network": {
                "kind": "transformer",
                "depth": 2,
                "width": 6,
                "heads": 2,
                "feedforward": 5,
                "activation": "tanh",
                "init": "xavier_uniform",
                "dtype": "float64",
                **network,
            },
            "optimizer": optimizer or {"name": "momentum", "lr": 0.05},
        }
    )


KINDS = {
    "pre": {},
    "post, causal": {"skip_form": "post", "causal": True},
    "no residual": {"skip": "none"},
    "no residual, post": {"skip": "none", "skip_form": "post"},
    "no norm": {"norm": "none", "skip_scale": 0.5},
    "nothing": {"norm": "none", "skip": "none", "positions": "none"},
    "learned, scaled": {"positions": "learned", "embedding_scale": 0.7, "skip_scale": 0.3, "skip_form": "post"},
    "dropout": {"dropout": 0.3, "activation": "relu"},
}


@pytest.mark.parametrize(("name", "task"), list(zip(KINDS, itertools.cycle(TASKS), strict=False)))
def test_every_gradient_is_the_slope_of_the_loss(name, task):
    """Of every parameter at a few drawn entries. Masks stay where they are under a small shift."""
    simulation = Simulation(_scenario(task, **KINDS[name]))
    simulation.step(2)
    fresh = Simulation(simulation.scenario)
    parameters = simulation.parameters()
    fresh.load_parameters(parameters)
    gradients = fresh.gradients()
    assert set(parameters) == set(gradients)
    random = np.random.default_rng(0)

    def loss(key, index, shift):
        moved = {each: value.copy() for each, value in parameters.items()}
        moved[key][index] += shift
        fresh.load_parameters(moved)
        return fresh.loss

    for key, gradient in gradients.items():
        assert gradient.shape == parameters[key].shape
        for flat in random.integers(0, gradient.size, 3):
            index = np.unravel_index(flat, gradient.shape)
            slope = (loss(key, index, 1e-5) - loss(key, index, -1e-5)) / 2e-5
            assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-9), (key, index)


def test_sinusoids():
    assert np.abs(sinusoids(7, 5) - naive_attention.sinusoids(7, 5)).max() < 1e-13


@pytest.mark.parametrize("form", ["pre", "post"])
def test_taps_stand_in_the_order_of_the_forward_pass(form):
    taps = Simulation(_scenario(skip_form=form)).taps
    block = ["norm1", "q", "k", "v", "o", "norm2", "ff1", "ff2"]
    if form == "post":
        block = ["q", "k", "v", "o", "norm1", "ff1", "ff2", "norm2"]
    end = ["norm", "out"] if form == "pre" else ["out"]
    assert list(taps) == ["embed", *(f"{number}.{name}" for number in (1, 2) for name in block), *end]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("task", TASKS)
def test_every_gauge_of_every_tap(name, task):
    simulation = Simulation(_scenario(task, **KINDS[name]))
    for _ in range(2):
        profile = simulation.profile()
        assert set(profile.gauges) == set(GAUGES)
        parts = sum(profile[f"gain_{part}"] for part in ("weight", "slope", "norm", "skip"))
        known = ~np.isnan(profile["gain"])
        beside = np.array([name == "embed" or name.endswith((".q", ".k")) for name in simulation.taps])
        assert (known == ~beside).all()
        way = np.log10(profile["delta_rms"][0] / profile["delta_rms"][-1])
        assert np.nansum(profile["gain"]) == pytest.approx(way, abs=1e-12)
        assert np.allclose(parts[known], profile["gain"][known], atol=1e-12)
        assert (profile["underflow"] == 0.0).all()
        assert (profile["nonfinite"] == 0.0).all()
        assert ((profile["dead"] >= 0.0) & (profile["dead"] < 1.0)).all()
        simulation.step(3)
    gradients = simulation.gradients()
    width = simulation.scenario.network.width
    whole = gradients["layers.1.self_attn.in_proj_weight"]
    for part, letter in enumerate("qkv"):
        at = simulation.taps.index(f"2.{letter}")
        wanted = np.linalg.norm(whole[part * width : (part + 1) * width])
        assert profile["grad_norm"][at] != wanted  # an earlier step
        assert simulation.profile()["grad_norm"][at] == pytest.approx(wanted, rel=1e-12)
    ranks = simulation.effective_rank()
    assert ((ranks > 0.0) & (ranks <= 1.0 + 1e-12)).all()


def test_the_gain_of_a_norm_is_the_norms_own():
    """Behind the sum nothing else stands between o and norm1."""
    profile = Simulation(_scenario(skip_form="post")).profile()
    at = profile.taps.index("1.norm1")
    assert profile["gain_norm"][at] == pytest.approx(profile["gain"][at], abs=1e-12)
    assert profile["gain_skip"][profile.taps.index("2.v")] != 0.0


def test_a_closed_branch_and_a_single_step_explain_their_zeros():
    profile = Simulation(_scenario(skip_scale=0.0)).profile()
    at = [profile.taps.index(name) for name in ("1.q", "1.o", "2.ff1", "2.norm2")]
    assert (profile["grad_rms"][at] == 0.0).all()
    assert (profile["underflow"] == 0.0).all()
    task = {**TASKS["recall"], "length": 1}
    alone = Simulation(_scenario().replace("task.length=1"))
    assert task["length"] == alone.dataset.steps
    profile = alone.profile()
    assert profile["grad_rms"][profile.taps.index("1.q")] == 0.0
    assert (profile["underflow"] == 0.0).all()


def test_underflow_is_seen():
    """Weights of 1e-30 everywhere: in float32 the first gradients are exactly 0, and nothing explains it."""
    scenario = _scenario(norm="none", skip="none", init="normal", init_std=1e-30, dtype="float32")
    profile = Simulation(scenario).profile()
    assert profile["underflow"][profile.taps.index("1.v")] == 1.0


def test_dropout_drops_in_training_alone_and_the_same_again():
    simulation = Simulation(_scenario(dropout=0.5))
    again = Simulation(_scenario(dropout=0.5))
    plain = Simulation(_scenario())
    assert simulation.loss != plain.loss
    inputs = simulation.dataset.test_inputs[:7]
    assert (simulation.outputs(inputs) == plain.outputs(inputs)).all()
    for each in (simulation, again):
        each.step(5)
    assert all((a == b).all() for a, b in zip(*(s.parameters().values() for s in (simulation, again)), strict=True))


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        ("optimizer.lr=0.2", Effect.LIVE),
        ("network.skip_scale=0.5", Effect.LIVE),
        ("network.embedding_scale=2.0", Effect.LIVE),
        ("network.activation=relu", Effect.CARRIED),
        ("network.causal=true", Effect.CARRIED),
        ("network.dropout=0.1", Effect.CARRIED),
        ("optimizer.clip_norm=0.1", Effect.LIVE),
        ("optimizer.clip_value=0.01", Effect.LIVE),
        ("network.heads=3", Effect.RESTART),
        ("network.skip_form=post", Effect.RESTART),
    ],
)
def test_knobs(change, effect):
    """A change under way ends where a network ends that was so from the start, or that starts again."""
    scenario = _scenario(optimizer={"name": "sgd", "lr": 0.05})
    changed = scenario.replace(change)
    simulation = Simulation(scenario)
    simulation.step(3)
    before = simulation.parameters()
    assert simulation.change(changed) is effect
    other = Simulation(changed)
    if effect is not Effect.RESTART:
        other.load_parameters(before)
        assert simulation.step_count == 3
    assert (
        simulation.outputs(simulation.dataset.test_inputs[:5]) == other.outputs(simulation.dataset.test_inputs[:5])
    ).all()
    simulation.step(2)
    assert np.isfinite(simulation.loss)


@pytest.mark.parametrize("task", TASKS)
def test_a_held_out_set_in_chunks(task):
    """As if it were one batch."""
    simulation = Simulation(_scenario(task))
    data = simulation.dataset
    found = simulation.evaluate()
    answers = simulation.outputs(data.test_inputs).reshape(-1, data.outputs)
    if data.loss == "mse":
        assert found["loss"] == pytest.approx(((answers - data.test_targets) ** 2).mean(), rel=1e-12)
        return
    labels = data.test_targets.ravel()
    logs = answers - np.log(np.exp(answers).sum(axis=1, keepdims=True))
    assert found["loss"] == pytest.approx(-logs[np.arange(len(labels)), labels].mean(), rel=1e-12)
    assert found["accuracy"] == pytest.approx((answers.argmax(axis=1) == labels).mean())


def test_a_close_up_reads_every_tap():
    simulation = Simulation(_scenario(activation="sigmoid", dropout=0.2))
    simulation.step(2)
    before, profile = simulation.parameters(), simulation.profile()
    for index, tap in enumerate(simulation.taps):
        seen = inspect(simulation, index)
        assert seen.tap == tap
        near = simulation.close_up(index).activity(simulation.measured_step)
        assert near.z.shape == near.a.shape == near.slope.shape
        if tap.endswith("ff1"):
            kept = near.a != 0.0
            assert np.allclose(near.a[kept], 1.0 / (1.0 + np.exp(-near.z[kept])) / 0.8)
            assert np.allclose(near.slope, np.exp(-near.z) / (1.0 + np.exp(-near.z)) ** 2)
    assert all((before[name] == value).all() for name, value in simulation.parameters().items())
    after = simulation.profile()
    assert all(np.array_equal(profile[name], after[name], equal_nan=True) for name in GAUGES)


def test_attention_weights_are_those_of_the_formula():
    simulation = Simulation(_scenario("copy", causal=True, norm="none"))
    weights = simulation._network.attention_weights(0)
    seen = dict(zip(simulation.taps, simulation._network.activations(), strict=True))
    qkv = np.concatenate([seen[f"1.{letter}"] for letter in "qkv"], axis=1).reshape(5, -1, 18)
    assert np.abs(weights - naive_attention.attention(qkv, 2, True)[0]).max() < 1e-12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["network.heads=4"], "network.heads is 4, which does not divide network.width = 6: take one of 1, 2, 3, 6"),
        (
            ["network.width=4080", "network.feedforward=9"],
            "network.depth 2, network.width 4,080 and network.feedforward 9",
        ),
        (["network.depth=25"], "network.depth is 25, but a transformer has 1 to 24 blocks"),
        (["network.norm=batch"], 'network.norm is "batch", but a transformer normalises each time step by itself'),
        (["network.skip=highway"], 'network.skip is "highway", but a transformer adds'),
        (["network.init=lsuv"], "take orthogonal"),
        (["network.activation=prelu"], "take leaky_relu or gelu"),
        (["task.name=moons"], "transformer"),
        (["task.length=1000", "network.depth=24"], "take a smaller task.length, depth, width or fewer heads"),
        (["network.embedding_scale=inf"], "network.embedding_scale"),
    ],
)
def test_what_it_refuses(changes, words):
    with pytest.raises(ScenarioError, match=words.replace("(", r"\(")):
        Simulation(_scenario().replace(*changes))


def test_choosing_the_kind_brings_its_own_defaults():
    network = Scenario.from_dict({}).replace("network.kind=transformer", "task.name=recall").network
    assert (network.depth, network.norm, network.skip, network.skip_form) == (4, "layer", "residual", "pre")
    assert network.activation == "relu"
