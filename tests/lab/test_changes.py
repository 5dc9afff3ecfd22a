"""Which change is live, which carries the weights over, and which starts again."""

import pytest

from gradtui import Scenario
from gradtui.lab.changes import Effect, effect_of, sentence
from gradtui.scenario.model import Network, Task


@pytest.mark.parametrize(
    ("assignments", "effect"),
    [
        ((), Effect.NOTHING),
        (("title='another'", "steps=5"), Effect.NOTHING),
        (("optimizer.lr=0.05",), Effect.LIVE),
        (("optimizer.clip_norm=1.0", "optimizer.momentum=0.5"), Effect.LIVE),
        (("network.activation=relu",), Effect.CARRIED),
        (("network.negative_slope=0.2",), Effect.LIVE),
        (("network.alpha=0.5", "network.beta=2.0"), Effect.LIVE),
        (("network.prelu_share=unit",), Effect.CARRIED),
        (("network.prelu_init=0.1",), Effect.RESTART),
        (("network.init_gain=2.0",), Effect.RESTART),
        (("network.init_bias_kind=torch",), Effect.RESTART),
        (("optimizer.name=adam", "optimizer.lr=0.001"), Effect.CARRIED),
        (("task.batch=16",), Effect.CARRIED),
        (("network.depth=3",), Effect.RESTART),
        (("network.dtype=float64",), Effect.RESTART),
        (("network.init=he_normal", "network.activation=relu"), Effect.RESTART),
        (("seed=3",), Effect.RESTART),
        (("task.name=moons",), Effect.RESTART),
    ],
)
def test_the_heaviest_key_decides(assignments, effect):
    before = Scenario.from_dict({})
    after = before.replace(*assignments) if assignments else before
    assert effect_of(before, after) is effect


@pytest.mark.parametrize(
    ("network", "effect"),
    [
        ({"kind": "mlp"}, Effect.RESTART),
        ({"kind": "rnn"}, Effect.CARRIED),
        ({"kind": "transformer", "positions": "sinusoidal"}, Effect.CARRIED),
        ({"kind": "transformer", "positions": "none"}, Effect.CARRIED),
        ({"kind": "transformer", "positions": "learned"}, Effect.RESTART),
    ],
)
def test_another_length_goes_on_where_the_weights_are_those_of_every_step(network, effect):
    before, after = (
        Scenario(task=Task(name="adding", length=length), network=Network(**network)) for length in (20, 50)
    )
    assert effect_of(before, after) is effect


def test_the_sentence_says_what_and_why():
    before = Scenario.from_dict({"seed": 7})
    live = before.replace("optimizer.lr=0.05")
    assert sentence(before, live, Effect.LIVE, 1240) == "lr 0.1 → 0.05: changed live at step 1,240"
    deep = before.replace("network.depth=3")
    told = sentence(before, deep, Effect.RESTART, 0)
    assert "depth 30 → 3" in told
    assert "restarted at step 0 with seed 7" in told


@pytest.mark.parametrize(
    "assignment",
    ["optimizer.weight_decay=0.1", "optimizer.schedule=cosine", "optimizer.clip_agc=0.1", "task.label_smoothing=0.1"],
)
def test_all_the_numbers_of_training_are_live(assignment):
    before = Scenario.from_dict({})
    assert effect_of(before, before.replace(assignment)) is Effect.LIVE


def test_steps_matter_to_a_schedule():
    before = Scenario.from_dict({"optimizer": {"schedule": "cosine"}})
    assert effect_of(before, before.replace("steps=10")) is Effect.LIVE
