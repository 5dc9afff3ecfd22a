"""Whole races of shipped scenarios: what cures them stands above what is only advised. They take minutes."""

import pytest

from gradtui import Scenario
from gradtui.diagnosis.race import Race

pytestmark = pytest.mark.long

NO_CURES = ("dropout", "clip_norm", "clip_value", "momentum", "nag", "float64", "slower", "faster", "")


def raced(name, steps, seed=0):
    standing = Race(Scenario.load(name).replace(f"seed={seed}"), steps=steps).run()
    assert not standing.problem
    return {row.remedy: row for row in standing.rows}, [row.remedy for row in standing.rows]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_thirty_sigmoid_layers(seed):
    rows, order = raced("sigmoid-deep", 250, seed)
    assert len(rows) >= 25
    for cure in ("batch_norm", "residual", "highway", "selu_lecun", "relu_he"):
        assert rows[cure].cure
        assert rows[cure].moved > 0.01
        assert rows[cure].factor_before > 0.75
        for none in NO_CURES:
            assert order.index(cure) < order.index(none)
    for none in NO_CURES:
        assert not rows[none].cure
        assert rows[none].moved < 1e-6
        assert rows[none].factor_after < 0.3
    # Layer norm does not cure a deep sigmoid net (0.39 a layer).
    assert not rows["layer_norm"].cure
    assert 0.36 < rows["layer_norm"].factor_before < 0.43


def test_fifty_time_steps():
    rows, order = raced("rnn-long", 700)
    assert rows["gru_open"].cure or rows["gru"].cure
    assert rows["irnn"].cure
    for none in ("clip_value", "float64", ""):
        assert not rows[none].cure
        assert order.index("irnn") < order.index(none)


def test_a_generator_that_hears_nothing():
    rows, order = raced("gan-minimax", 900)
    assert rows["non_saturating"].cure
    assert not rows["clipped_game"].cure
    assert order.index("non_saturating") < order.index("")


def test_weights_that_are_too_large():
    rows, _ = raced("exploding-init", 300)
    assert rows[""].diverged
    assert rows["selu_lecun"].cure
    assert rows["he"].cure


def test_units_that_die():
    rows, _ = raced("dying-relu", 1000)
    assert rows["leaky_he"].cure
    assert rows["slower"].cure
