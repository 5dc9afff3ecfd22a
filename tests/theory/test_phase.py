"""Order and chaos: the published table of factors to four digits, the critical line, the phase plane."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.theory.activations import ACTIVATIONS, Activation
from gradtui.theory.moments import Normal, moments
from gradtui.theory.phase import Wide, critical_line, plane, settled

#: Weight variances n Var W of the columns: U(+-1/sqrt n), Xavier, He, N(0, 0.01^2) at n = 64.
COLUMNS = (1.0 / 3.0, 1.0, 2.0, 64e-4)
#: (activation, bend) -> for each column: factor of the signal far up, mean over layers 1-10, over 11-30.
FACTORS = {
    ("identity", 0.0): ((0.5774,) * 3, (1.0,) * 3, (1.4142,) * 3, (0.08,) * 3),
    ("sigmoid", 0.0): (
        (0.1414, 0.1407, 0.1414),
        (0.2361, 0.2334, 0.2361),
        (0.3178, 0.3125, 0.3178),
        (0.02, 0.02, 0.02),
    ),
    ("hard_sigmoid", 0.0): (
        (0.0962, 0.0962, 0.0962),
        (0.1667, 0.1666, 0.1667),
        (0.2357, 0.2353, 0.2357),
        (0.0133, 0.0133, 0.0133),
    ),
    ("tanh", 0.0): (
        (0.5774, 0.5607, 0.5774),
        (0.9999, 0.8763, 0.9731),
        (1.0514, 1.0081, 1.0514),
        (0.08, 0.0799, 0.08),
    ),
    ("erf", 0.0): (
        (0.6515, 0.6298, 0.6515),
        (1.0084, 0.9361, 1.0064),
        (1.0942, 1.0649, 1.0942),
        (0.0903, 0.0902, 0.0903),
    ),
    ("lecun_tanh", 0.0): (
        (0.6605, 0.6479, 0.6604),
        (1.0096, 0.9717, 1.0083),
        (1.0902, 1.0971, 1.0902),
        (0.0915, 0.0915, 0.0915),
    ),
    ("softsign", 0.0): (
        (0.5774, 0.5208, 0.5773),
        (0.9997, 0.7734, 0.9476),
        (1.0210, 0.8949, 1.0194),
        (0.08, 0.0790, 0.08),
    ),
    ("hard_tanh", 0.0): (
        (0.5774, 0.5748, 0.5774),
        (1.0, 0.9529, 0.9949),
        (1.1579, 1.1368, 1.1579),
        (0.08, 0.08, 0.08),
    ),
    ("relu", 0.0): ((0.4082,) * 3, (0.7071,) * 3, (1.0,) * 3, (0.0566,) * 3),
    ("leaky_relu", 0.01): ((0.4083,) * 3, (0.7071,) * 3, (1.0,) * 3, (0.0566,) * 3),
    ("leaky_relu", 0.2): ((0.4163,) * 3, (0.7211,) * 3, (1.0198,) * 3, (0.0577,) * 3),
    ("prelu", 0.25): ((0.4208,) * 3, (0.7289,) * 3, (1.0308,) * 3, (0.0583,) * 3),
    ("elu", 1.0): (
        (0.5774, 0.5568, 0.5773),
        (0.9997, 0.8755, 0.9508),
        (1.0032, 1.0926, 1.0538),
        (0.08, 0.0797, 0.08),
    ),
    ("selu", 0.0): (
        (0.8362, 0.7623, 0.8311),
        (1.0352, 1.0352, 1.0352),
        (math.nan, 1.2261, 1.1043),
        (0.1159, 0.1153, 0.1159),
    ),
    ("gelu", 0.0): (
        (0.2887, 0.2961, 0.2887),
        (0.5, 0.5382, 0.5),
        (0.7071, 0.9640, 0.7456),
        (0.04, 0.04, 0.04),
    ),
    ("silu", 0.0): (
        (0.2887, 0.2924, 0.2887),
        (0.5, 0.52, 0.5),
        (0.7071, 0.8179, 0.7079),
        (0.04, 0.04, 0.04),
    ),
    ("mish", 0.0): (
        (0.3464, 0.3504, 0.3464),
        (0.6, 0.6223, 0.6),
        (0.8485, 0.9929, 0.9135),
        (0.048, 0.048, 0.048),
    ),
    ("softplus", 1.0): (
        (0.2948, 0.2953, 0.2948),
        (0.5373, 0.5381, 0.5373),
        (0.9822, 0.8427, 0.8934),
        (0.04, 0.04, 0.04),
    ),
}
#: What creeps towards 1 for ever stands in the table as it is at this layer. SELU with He's weights grows without end,
#: which the table has no number for: its slopes tend to lambda / 2 on either side of 0 at last.
FAR_UP = 4000
CREEPING = {("tanh", 1.0), ("softsign", 1.0), ("elu", 1.0), ("elu", 2.0), ("softplus", 2.0)}
GROWING = {("selu", 2.0): 1.0507}
#: Behind a norm: factor in a large batch, factor behind layer or RMS norm, E phi, E phi^2, E phi'^2.
NORMED = {
    ("identity", 0.0): (1.0, 1.0, 0.0, 1.0, 1.0),
    ("sigmoid", 0.0): (1.0167, 0.3909, 0.5, 0.29338, 0.04484),
    ("hard_sigmoid", 0.0): (1.0012, 0.3159, 0.5, 0.27764, 0.02770),
    ("tanh", 0.0): (1.0853, 1.0853, 0.0, 0.39429, 0.46440),
    ("lecun_tanh", 0.0): (1.0351, 1.0351, 0.0, 0.75043, 0.80399),
    ("erf", 0.0): (1.1071, 1.1071, 0.0, 0.46456, 0.56941),
    ("softsign", 0.0): (1.1154, 1.1154, 0.0, 0.18301, 0.22767),
    ("hard_tanh", 0.0): (1.1502, 1.1502, 0.0, 0.51606, 0.68269),
    ("relu", 0.0): (1.2112, 1.0, 0.39894, 0.5, 0.5),
    ("leaky_relu", 0.01): (1.2056, 1.0, 0.39495, 0.50005, 0.50005),
    ("leaky_relu", 0.2): (1.1152, 1.0, 0.31915, 0.52, 0.52),
    ("prelu", 0.25): (1.0967, 1.0, 0.29921, 0.53125, 0.53125),
    ("elu", 1.0): (1.0388, 1.0178, 0.16052, 0.64495, 0.66810),
    ("selu", 0.0): (1.0352, 1.0352, 0.0, 1.0, 1.07157),
    ("gelu", 0.0): (1.1484, 1.0354, 0.28209, 0.42522, 0.45585),
    ("silu", 0.0): (1.1009, 1.0328, 0.20662, 0.35578, 0.37948),
    ("mish", 0.0): (1.1019, 1.0291, 0.24040, 0.45234, 0.47908),
    ("softplus", 1.0): (1.0395, 0.5643, 0.80606, 0.92125, 0.29338),
}
DIGITS = 5.1e-5


def _lecun_tanh(x, _):
    """1.7159 tanh(2x / 3) (LeCun et al. 1998)."""
    inner = np.tanh(x * 2.0 / 3.0)
    return 1.7159 * inner, 1.7159 * 2.0 / 3.0 * (1.0 - inner**2)


def _erf(x, _):
    return np.vectorize(math.erf)(x), 2.0 / math.sqrt(math.pi) * np.exp(-(x**2))


@pytest.fixture
def more(monkeypatch):
    """Two activations of the tables that are on no menu."""
    for name, function in (("erf", _erf), ("lecun_tanh", _lecun_tanh)):
        monkeypatch.setitem(ACTIVATIONS, name, Activation(function))


def _climbed(net, layers):
    """ln of each layer's factor."""
    q, factors = net.weights, []
    for _ in range(layers):
        factors.append(math.log(net.weights * moments(net.at(q)).slope_square) / 2.0)
        q = net.next(q)
    return factors


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize("of", FACTORS, ids=str)
def test_the_table_of_factors(of):
    for weights, (limit, near, far) in zip(COLUMNS, FACTORS[of], strict=True):
        net = Wide(*of, weights, 0.0)
        factors = _climbed(net, 30)
        assert math.exp(np.mean(factors[:10])) == pytest.approx(near, abs=DIGITS)
        assert math.exp(np.mean(factors[10:])) == pytest.approx(far, abs=DIGITS)
        where = (of[0], weights)
        assert math.isnan(limit) == (where in GROWING)
        wanted = 1.0 if where in CREEPING else GROWING.get(where, limit)
        assert math.sqrt(settled(net, weights).chi) == pytest.approx(wanted, abs=DIGITS)


@pytest.mark.long
@pytest.mark.parametrize(("name", "weights"), sorted(CREEPING))
def test_what_creeps_stands_in_the_table_as_far_up_as_it_was_followed(name, weights):
    of = next(key for key in FACTORS if key[0] == name)
    limit = FACTORS[of][COLUMNS.index(weights)][0]
    assert math.exp(_climbed(Wide(*of, weights, 0.0), FAR_UP)[-1]) == pytest.approx(limit, abs=DIGITS)


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize("of", NORMED, ids=str)
def test_the_table_of_normalised_networks(of):
    found = moments(Normal(*of, 0.0, 1.0))
    over_batch, over_units, *means = NORMED[of]
    assert math.sqrt(found.slope_square / (found.square - found.value**2)) == pytest.approx(over_batch, abs=DIGITS)
    assert math.sqrt(found.slope_square / found.square) == pytest.approx(over_units, abs=DIGITS)
    assert found[:3] == pytest.approx(means, abs=5.1e-6)


def test_where_sizes_settle():
    """A fixed point is one; from either side the same; nothing and everything have words of their own."""
    for net in (Wide("tanh", 0.0, 2.25, 0.04), Wide("sigmoid", 0.0, 1.0, 0.0), Wide("gelu", 0.0, 1.0, 0.3)):
        q = settled(net, 0.1).q
        assert net.next(q) == pytest.approx(q, rel=1e-9)
        assert settled(net, 5.0).q == pytest.approx(q, rel=1e-9)
    assert settled(Wide("tanh", 0.0, 0.9, 0.0), 1.0).q == 0.0
    assert settled(Wide("relu", 0.0, 2.2, 0.0), 1.0).q == math.inf
    assert settled(Wide("relu", 0.0, 2.0, 0.0), 0.7).q == pytest.approx(0.7)


def test_how_far_a_signal_reaches():
    found = settled(Wide("relu", 0.0, 1.0, 0.1), 1.0)
    assert found.depth == pytest.approx(1.0 / math.log(2.0))
    assert found.cosine == 1.0
    assert settled(Wide("relu", 0.0, 2.0, 0.0), 1.0).depth == math.inf
    # In order inputs become alike as fast as the gradient vanishes; in chaos they part (Schoenholz et al. 2017).
    ordered = settled(Wide("tanh", 0.0, 1.0, 0.05), 1.0)
    assert ordered.cosine == 1.0
    assert ordered.cosine_depth == pytest.approx(ordered.depth, rel=1e-3)
    chaotic = settled(Wide("tanh", 0.0, 4.0, 0.05), 1.0)
    assert chaotic.chi > 1.0
    assert 0.0 < chaotic.cosine < 0.6
    assert chaotic.cosine_depth < 10.0
    # Without biases SELU's outputs have mean 0 (Klambauer et al. 2017): what is at right angles stays so.
    assert settled(Wide("selu", 0.0, 1.0, 0.0), 1.0).cosine < 0.03


@pytest.mark.parametrize("of", [("tanh", 0.0), ("hard_tanh", 0.0), ("elu", 1.0), ("relu", 0.0), ("selu", 0.0)])
def test_the_critical_line_is_where_chi_is_one(of):
    sigma_b = np.array([0.05, 0.2, 0.6, 1.5])
    for b, w in zip(sigma_b, critical_line(*of, 0.0, sigma_b), strict=True):
        assert settled(Wide(*of, w**2, b**2), 1.0).chi == pytest.approx(1.0, abs=5e-3)
        assert settled(Wide(*of, (0.9 * w) ** 2, b**2), 1.0).chi < 0.99
        assert settled(Wide(*of, (1.1 * w) ** 2, b**2), 1.0).chi > 1.01


def test_known_lines():
    """tanh's begins at 1 and rises (Poole et al. 2016); ReLU's is He's sqrt(2) whatever the biases; GELU's jumps from
    one settled size to another; a sigmoid has none among weights that anybody draws."""
    sigma_b = np.array([0.0, 0.1, 0.3, 1.0])
    tanh = critical_line("tanh", 0.0, 0.0, sigma_b)
    assert tanh[0] == pytest.approx(1.0, abs=0.03)
    assert tanh[2] == pytest.approx(1.395, abs=0.02)
    assert (np.diff(tanh) > 0.0).all()
    np.testing.assert_allclose(critical_line("relu", 0.0, 0.0, sigma_b), math.sqrt(2.0), rtol=1e-3)
    gelu = critical_line("gelu", 0.0, 0.0, np.array([0.0]))[0]
    assert settled(Wide("gelu", 0.0, (gelu * 0.99) ** 2, 0.0), gelu**2).q == 0.0
    assert settled(Wide("gelu", 0.0, (gelu * 1.01) ** 2, 0.0), gelu**2).q == math.inf
    assert critical_line("sigmoid", 0.0, 0.0, np.array([0.1]))[0] > 4.0


def test_the_plane_is_what_settles():
    sigma_b, sigma_w = np.linspace(0.05, 2.0, 4), np.linspace(0.3, 3.0, 5)
    for name in ("tanh", "sigmoid", "relu"):
        chi = plane(name, 0.0, 0.0, sigma_b, sigma_w)
        for row, w in enumerate(sigma_w):
            for column, b in enumerate(sigma_b):
                wanted = settled(Wide(name, 0.0, w**2, b**2), 1.0).chi
                assert chi[row, column] == pytest.approx(wanted, rel=5e-3)
