"""The knobs: which there are, how they step, what may be typed, and that no turn of any of them ends in a traceback."""

from __future__ import annotations

from itertools import pairwise

import pytest
from fake_runner import scenario
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.scenario import menu
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.meanings import MEANINGS
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import Optimizer
from gradtui.scenario.ranges import RANGES
from gradtui.tui.knob_table import BY_KEY, KNOBS, in_use
from gradtui.tui.knobs import Knob, NotAllowed, Value

NUMBERS = [knob for knob in KNOBS if knob.is_number]

#: Scenarios that read, between them, most knobs.
VARIED = (
    {},
    {"network": {"activation": "prelu", "norm": "group", "skip": "residual", "init": "normal", "dropout": 0.2}},
    {"network": {"kind": "cnn", "depth": 5, "width": 4, "stages": 2, "norm": "batch", "activation": "leaky_relu"}},
    {"network": {"skip": "highway", "init": "uniform"}, "optimizer": {"name": "muon", "schedule": "cosine"}},
    {"task": {"name": "moons", "batch": 0}, "optimizer": {"name": "rprop", "schedule": "step", "warmup_steps": 3}},
    {"network": {"layer": [{"width": 8, "activation": "elu"}, {"init": "orthogonal"}]}, "optimizer": {"name": "nadam"}},
    {"network": {"skip": "dense", "activation": "softplus"}, "optimizer": {"name": "rmsprop", "momentum": 0.5}},
)


def keys_in_use(**tables: dict[str, object]) -> set[str]:
    return {knob.key for knob in in_use(Scenario.from_dict(tables))}


def test_every_key_that_means_something_has_a_knob() -> None:
    assert {knob.key for knob in KNOBS} == set(MEANINGS)
    assert set(RANGES) - {"steps", "expect.at", "lesson.answer", "network.layer.repeat", "variant.steps"} <= {
        knob.key for knob in KNOBS
    }


def check(base: Scenario, knob: Knob, value: Value) -> None:
    """A turn is accepted as it is, or refused in the words that are said before it is sent."""
    assert knob.effect(base, value)
    try:
        after = base.replace(knob.assignment(value))
    except ScenarioError as error:
        refused = str(error)
        assert knob.objection(base, value) == refused
        assert refused.startswith(("task.", "network.", "optimizer."))
    else:
        assert knob.value(after) == value


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.key)
def test_every_value_of_every_knob(knob: Knob) -> None:
    for option in knob.options():
        check(scenario(1), knob, option.value)


@pytest.mark.parametrize("table", VARIED)
def test_every_knob_in_use_at_its_ends_and_every_choice(table: dict[str, object]) -> None:
    base = Scenario.from_dict(table)
    for knob in in_use(base):
        if knob.is_number:
            ends = (RANGES[knob.key].low, RANGES[knob.key].high)
            values = {*knob.ladder[::12], knob.ladder[-1], *(end for end in ends if RANGES[knob.key].holds(end))}
        else:
            values = {option.value for option in knob.options()}
        for value in values:
            check(base, knob, value)


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.key)
def test_a_number_is_accepted_up_to_the_ends_of_its_range_and_not_beyond(knob: Knob) -> None:
    allowed = RANGES[knob.key]
    for end, direction in ((allowed.low, -1), (allowed.high, 1)):
        beyond = end + direction * (1 if allowed.whole else max(abs(end), 1e-3))
        with pytest.raises(NotAllowed, match="is not allowed; it must be a"):
            knob.read(repr(beyond))
        end = max(-1e300, min(end, 1e300))
        if allowed.holds(end):
            read = knob.read(repr(end))
            assert read == end
            base = scenario(2)
            assert knob.value(knob.turned(base, read)) == end
            assert 0.0 <= knob.place(read) <= 1.0
            assert knob.next(base, read, direction) == read, "a step beyond the end of the ladder stays"


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("optimizer.lr", "3e-4", 3e-4),
        ("optimizer.lr", " 1/8 ", 0.125),
        ("optimizer.clip_norm", "Off", 0.0),
        ("network.depth", "1e2", 100),
        ("task.batch", "all", 0),
        ("seed", "9223372036854775807", 2**63 - 1),
        ("task.path", " my flowers.csv ", "my flowers.csv"),
    ],
)
def test_typed_values(key: str, typed: str, value: object) -> None:
    read = BY_KEY[key].read(typed)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("optimizer.lr", "fast", "fast is no number; it must be a number above 0, not inf"),
        ("optimizer.lr", "", "nothing is no number"),
        ("optimizer.lr", "1/0", "1/0 is no number"),
        ("optimizer.momentum", "1", "1 is not allowed; it must be a number from 0 to below 1"),
        ("network.depth", "2.5", "2.5 is not allowed; it must be a whole number from 0 to 1,000"),
        ("network.depth", "inf", "inf is not allowed"),
    ],
)
def test_what_may_not_be_typed_is_said(key: str, typed: str, words: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        BY_KEY[key].read(typed)
    assert words in str(caught.value)


@given(st.sampled_from(NUMBERS), st.data())
def test_what_is_written_reads_back(knob: Knob, data: st.DataObject) -> None:
    allowed = RANGES[knob.key]
    low, high = max(allowed.low, -1e300), min(allowed.high, 1e300)
    numbers = st.integers(int(low), int(high)) if allowed.whole else st.floats(low, high)
    value = data.draw(numbers.filter(allowed.holds))
    assert knob.read(knob.written(value)) == value
    place = knob.place(value)
    assert 0.0 <= place <= 1.0
    if value in knob.ladder:
        assert knob.nearest(place) == value


@given(st.sampled_from(NUMBERS), st.floats(0, 1e4), st.sampled_from([-1, 1]))
def test_a_step_goes_to_the_next_rung_or_stays_at_the_end(knob: Knob, value: float, direction: int) -> None:
    rungs = [float(rung) for rung in knob.ladder]
    there = float(knob.next(scenario(), value, direction))
    beyond = [rung for rung in rungs if (rung > value if direction > 0 else rung < value)]
    assert there == (min(beyond) if direction > 0 else max(beyond)) if beyond else there == value


def test_sliders_of_rates_are_on_a_log_scale() -> None:
    knob = BY_KEY["optimizer.lr"]
    decades = [knob.place(10.0**power) for power in range(-8, 4)]
    steps = [b - a for a, b in pairwise(decades)]
    assert steps == pytest.approx([1 / 11] * 11)
    assert knob.place(0.02 * 2.5**0.5) == pytest.approx((knob.place(0.02) + knob.place(0.05)) / 2)


def test_choices_go_round_and_past_what_needs_something_else_first() -> None:
    base = scenario()
    for key, skipped in (("network.activation", set()), ("optimizer.name", {"rprop"}), ("task.name", {"file", "text"})):
        knob, seen = BY_KEY[key], []
        value = knob.value(base)
        for _ in MENU[key]:
            if value not in seen:
                seen.append(value)
            value = knob.next(base, value, 1)
        assert {row.name for row in menu.choices(key)} - set(map(str, seen)) == skipped


def test_learning_rates_are_1_2_5() -> None:
    knob, base = BY_KEY["optimizer.lr"], scenario()
    assert [knob.next(base, value, 1) for value in (0.1, 0.2, 0.3, 0.5)] == [0.2, 0.5, 0.5, 1.0]
    assert [knob.next(base, value, -1) for value in (0.1, 0.2, 0.3, 0.5)] == [0.05, 0.1, 0.2, 0.2]


def test_the_generators_knobs_are_there_where_there_is_one() -> None:
    assert not {key for key in keys_in_use() if key.startswith("generator.")}
    pair = {"network": {"kind": "gan", "activation": "relu"}, "generator": {"activation": "leaky_relu"}}
    found = keys_in_use(task={"name": "gan-ring"}, **pair)
    assert {"generator.lr", "generator.beta1", "generator.latent", "generator.discriminator_first"} <= found
    assert "network.negative_slope" in found
    assert "generator.momentum" not in found
    assert "task.weight_bound" not in found
    assert "task.weight_bound" in keys_in_use(task={"name": "gan-ring", "loss": "wasserstein"}, **pair)
    assert {knob.group for knob in KNOBS if knob.key.startswith("generator.")} == {"GENERATOR"}


def test_a_knob_that_nothing_reads_is_not_there() -> None:
    plain = keys_in_use()
    for name in Optimizer.__struct_fields__:
        read = not menu.readers(f"optimizer.{name}") and name != "start_factor"
        assert (f"optimizer.{name}" in plain) == (read or name == "weight_decay")
    for row in menu.choices("optimizer"):
        batch = {"batch": 0} if row.name == "rprop" else {}
        there = keys_in_use(optimizer={"name": row.name, "momentum": 0.5}, task=batch)
        assert set(row.reads) <= there
        others = {key for other in menu.choices("optimizer") for key in other.reads} - set(row.reads)
        assert not others & there
    assert "optimizer.start_factor" in keys_in_use(optimizer={"warmup_steps": 10})
    assert "optimizer.dampening" not in keys_in_use(optimizer={"name": "momentum", "momentum": 0.0})
    assert "network.downsample" not in keys_in_use(network={"kind": "cnn"})
    assert "network.downsample" in keys_in_use(network={"kind": "cnn", "depth": 5, "stages": 2})


def test_with_listed_layers_only_what_one_of_them_leaves_out_is_there() -> None:
    layers = [{"width": 8, "activation": "elu", "norm": "group"}, {"width": 4, "init": "zeros", "alpha": 2.0}]
    there = keys_in_use(network={"layer": layers, "activation": "relu"})
    assert {"network.activation", "network.alpha", "network.norm_groups", "network.init"} <= there
    assert not {"network.depth", "network.width", "network.stages", "network.beta"} & there
    pools = [{"kind": "dense", "activation": "relu"}, {"kind": "max_pool"}]
    assert not {"network.kernel", "network.activation"} & keys_in_use(network={"kind": "cnn", "layer": pools})


def test_what_a_turn_will_do_is_known_before() -> None:
    base = scenario()
    assert BY_KEY["optimizer.lr"].effect(base, 0.5) == "live, the run goes on"
    assert BY_KEY["network.activation"].effect(base, "relu") == "another program, the weights go on"
    assert BY_KEY["network.depth"].effect(base, 5) == "starts again at step 0, seed kept"
    assert BY_KEY["seed"].effect(base, 5) == "starts again at step 0, with another seed"
    assert not BY_KEY["network.dropout"].restarts(base)
    assert BY_KEY["task.path"].restarts(base)
