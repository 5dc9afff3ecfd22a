"""The counter-based draws: against Python's whole numbers, and against the distributions they stand for."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.initial import initial_weight
from gradtui.engine.randomness import Stream, derive_key, draw_below, draw_bits, mix, normals, uniforms
from gradtui.scenario.model import Network
from gradtui.scenario.weights import NORMAL, UNIFORM

WORDS = st.integers(0, 2**64 - 1)
SEEDS = st.integers(0, 2**63 - 1)
PLACES = st.integers(0, 2**40)
COUNT = 200_000


@pytest.fixture(autouse=True)
def _wrapping_words():
    with np.errstate(over="ignore"):
        yield


@given(x=WORDS)
def test_mix(x):
    assert int(mix(np.uint64(x))) == naive.mix(x)


def test_mix_is_splitmix64():
    """The published first outputs of SplitMix64 from state 1234567."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [int(draw_bits(np.uint64(1234567), i)) for i in range(4)] == published
    assert [naive.draw_bits(1234567, i) for i in range(4)] == published


@given(seed=SEEDS, stream=st.integers(0, 9), place=PLACES, index=PLACES, bound=st.integers(1, 2**32 - 1))
def test_keys_and_draws(seed, stream, place, index, bound):
    key = derive_key(seed, stream, place)
    assert int(key) == naive.derive_key(seed, stream, place)
    assert int(draw_bits(key, index)) == naive.draw_bits(int(key), index)
    drawn = int(draw_below(key, index, bound))
    assert drawn == naive.draw_below(int(key), index, bound)
    assert 0 <= drawn < bound


@given(seed=SEEDS, place=PLACES, count=st.integers(1, 33))
def test_uniforms_and_normals(seed, place, count):
    key = naive.derive_key(seed, int(Stream.WEIGHT), place)
    drawn = uniforms(seed, Stream.WEIGHT, place, count)
    assert drawn.tolist() == [naive.uniform(key, i) for i in range(count)]
    np.testing.assert_allclose(normals(seed, Stream.WEIGHT, place, count), naive.normals(key, count), rtol=1e-13)


def _distance(sample, distribution):
    """Kolmogorov & Smirnov's: the largest gap between the sample's steps and the distribution."""
    exact = distribution(np.sort(sample))
    steps = np.arange(len(sample) + 1) / len(sample)
    return max(np.abs(exact - steps[1:]).max(), np.abs(exact - steps[:-1]).max())


@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_uniforms_are_uniform(seed):
    """Mean, variance and the whole distribution, at one chance in a million each; ends are never reached."""
    u = uniforms(seed, Stream.WEIGHT, 3, COUNT)
    assert u.min() > 0.0
    assert u.max() < 1.0
    assert abs(u.mean() - 0.5) < 5 * math.sqrt(1 / 12 / COUNT)
    assert abs(u.var() - 1 / 12) < 5 * math.sqrt(1 / 180 / COUNT)
    assert _distance(u, lambda x: x) < 2.7 / math.sqrt(COUNT)


@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_normals_are_normal(seed):
    n = normals(seed, Stream.WEIGHT, 3, COUNT)
    assert abs(n.mean()) < 5 / math.sqrt(COUNT)
    assert abs(n.var() - 1.0) < 5 * math.sqrt(2 / COUNT)
    assert abs((n**4).mean() - 3.0) < 5 * math.sqrt(96 / COUNT)
    half = np.vectorize(math.erf)
    assert _distance(n, lambda x: 0.5 + 0.5 * half(x / math.sqrt(2.0))) < 2.7 / math.sqrt(COUNT)
    assert np.isfinite(n).all()


def test_neighbours_have_nothing_in_common():
    """Draws of neighbouring indices, places, seeds and streams are uncorrelated."""
    base = normals(0, Stream.WEIGHT, 1, COUNT)
    others = {
        "index": np.roll(base, 1),
        "place": normals(0, Stream.WEIGHT, 2, COUNT),
        "seed": normals(1, Stream.WEIGHT, 1, COUNT),
        "stream": normals(0, Stream.BATCH, 1, COUNT),
        "swapped": normals(1, Stream.WEIGHT, 0, COUNT),
    }
    for what, other in others.items():
        assert abs((base * other).mean()) < 5 / math.sqrt(COUNT), what


@pytest.mark.parametrize("init", [*NORMAL, *UNIFORM])
def test_initial_weights_have_the_spread_of_their_scheme(init):
    """Standard deviation within five of its own; uniform ones stay within their bound and come near it."""
    fan_in, fan_out = 300, 200
    deviation = {
        "normal": 0.03,
        "lecun_normal": math.sqrt(1 / 300),
        "lecun_uniform": math.sqrt(1 / 300),
        "xavier_normal": math.sqrt(2 / 500),
        "xavier_uniform": math.sqrt(2 / 500),
        "he_normal": math.sqrt(2 / 300),
        "he_uniform": math.sqrt(2 / 300),
        "uniform": math.sqrt(1 / 900),
    }[init]
    weights = initial_weight(Network(init=init, init_std=0.03), 5, 1, (fan_out, fan_in))
    assert weights.shape == (fan_out, fan_in)
    count = weights.size
    assert abs(weights.mean()) < 5 * deviation / math.sqrt(count)
    if init in NORMAL:
        assert weights.std() == pytest.approx(deviation, rel=5 * math.sqrt(0.5 / count))
        assert np.abs(weights).max() > 3.5 * deviation
    else:
        bound = math.sqrt(3.0) * deviation
        assert weights.std() == pytest.approx(deviation, rel=5 * math.sqrt(0.2 / count))
        assert 0.999 * bound < np.abs(weights).max() < bound


def test_a_bound_of_your_own():
    weights = initial_weight(Network(init="uniform", init_bound=0.25), 5, 1, (100, 100))
    assert 0.249 < np.abs(weights).max() < 0.25
