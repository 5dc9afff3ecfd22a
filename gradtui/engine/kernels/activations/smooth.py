"""Smooth relatives of ReLU: they come close to x on the right and to 0 on the left.

On the left everything is a multiple of some e^-y. Where y is a product, its rounding error is kept as a second word:
e^-y multiplies it by y, and y goes up to 745.
"""

from __future__ import annotations

from gradtui.engine.kernel import WIDE, device, real
from gradtui.engine.kernels.elementary import (
    fused,
    grown_decay,
    log1p_share,
    normal_tail,
    shrunk,
    smaller,
)

#: 1 / sqrt(2 pi): the height of the normal density.
DENSITY = 0.3989422804014327
#: 2 sqrt(2 / pi) and 0.044715 times that, each in two words.
LINEAR_32, LINEAR_REST_32 = 1.5957691669464111, -4.534068054340423e-08
CUBIC_32, CUBIC_REST_32 = 0.07135481387376785, 2.3988324659995897e-09
LINEAR_64, LINEAR_REST_64 = 1.5957691216057308, -9.96930880911092e-17
CUBIC_64, CUBIC_REST_64 = 0.07135481627260025, -6.175149918155315e-19


@device(exact=True)
def softplus(x, beta):
    """phi(x) = log(1 + e^(beta x)) / beta, phi' = sigmoid(beta x) (Dugas et al. 2001).

    max(x, 0) + log(1 + e^-|beta x|) / beta: exact also where PyTorch goes over to x, beyond beta x = 20.
    """
    size = smaller(abs(x), real(1e30))
    y = beta * size
    grown, _ = grown_decay(-y, fused(beta, size, -y))
    e = shrunk(grown)
    both = real(1.0) / ((real(1.0) + e) * (real(2.0) + e))  # one division serves for both denominators
    q = (real(1.0) + e) * both
    tail = shrunk(grown * q * log1p_share(e * q) * (real(1.0) / beta))
    part = (real(2.0) + e) * both
    positive = x > real(0.0)
    value = x + tail if positive else tail
    slope = part if positive else shrunk(grown * part)
    return value, slope


@device(exact=True)
def silu(x):
    """phi(x) = x sigmoid(x), phi' = sigmoid(x) (1 + x (1 - sigmoid(x))) (Hendrycks & Gimpel 2016; Swish,
    Ramachandran, Zoph & Le 2018)."""
    size = smaller(abs(x), real(1e30))
    grown, _ = grown_decay(-size, real(0.0))
    return gated(x, size, size, grown)


@device(exact=True)
def gelu_tanh(x):
    """phi(x) = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the quick form of GELU (Hendrycks & Gimpel 2016).

    Half of 1 + tanh is a sigmoid: phi(x) = x sigmoid(y), y = 2 sqrt(2 / pi) (x + 0.044715 x^3).
    """
    size = smaller(abs(x), real(21.5 if WIDE else 10.5))
    square = size * size
    square_rest = fused(size, size, -square)
    cubic = real(CUBIC_64 if WIDE else CUBIC_32)
    linear = real(LINEAR_64 if WIDE else LINEAR_32)
    part = cubic * square
    part_rest = fused(cubic, square, -part)
    part_rest += cubic * square_rest + real(CUBIC_REST_64 if WIDE else CUBIC_REST_32) * square
    factor = part + linear
    added = factor - part
    factor_rest = (part - (factor - added)) + (linear - added)  # what the sum has lost (Knuth 1969)
    factor_rest += part_rest + real(LINEAR_REST_64 if WIDE else LINEAR_REST_32)
    y = size * factor
    y_rest = fused(size, factor, -y) + size * factor_rest
    grown, _ = grown_decay(-y, y_rest)
    rise = size * (linear + real(3.0) * part)
    return gated(x, size, rise, grown)


@device(exact=True)
def gated(x, size, rise, grown):
    """Value and slope of x sigmoid(y) for an odd y: `size` is |x|, bounded; `rise` x y'; `grown` 2^G e^-|y|."""
    e = shrunk(grown)
    q = real(1.0) / (real(1.0) + e)
    positive = x > real(0.0)
    value = x * q if positive else shrunk(-size * q * grown)
    slope = q + rise * e * (q * q) if positive else shrunk(((real(1.0) + e) - rise) * (q * q) * grown)
    return value, slope


@device(exact=True)
def gelu(x):
    """phi(x) = x Phi(x) with the normal distribution Phi, phi' = Phi(x) + x phi_normal(x) (Hendrycks & Gimpel 2016).

    With a = |x| and Q the distribution's upper tail, Phi is Q(a) on the left and 1 - Q(a) on the right.
    """
    size = smaller(abs(x), real(39.5 if WIDE else 14.0))
    square = size * size
    square_rest = fused(size, size, -square)
    grown, _ = grown_decay(real(-0.5) * square, real(0.5) * square_rest)
    tail = normal_tail(size)
    bend = tail - real(DENSITY) * size
    e = shrunk(grown)
    positive = x > real(0.0)
    value = x * (real(1.0) - e * tail) if positive else shrunk(-size * tail * grown)
    slope = real(1.0) - e * bend if positive else shrunk(bend * grown)
    return value, slope


@device(exact=True)
def mish(x):
    """phi(x) = x tanh(softplus(x)) (Misra 2020).

    With e = e^-|x|, tanh(softplus(x)) is (1 + 2e) / (1 + 2e + 2e^2) on the right and e (e + 2) / (e^2 + 2e + 2) on
    the left.
    """
    size = smaller(abs(x), real(1e30))
    grown, _ = grown_decay(-size, real(0.0))
    e = shrunk(grown)
    positive = x > real(0.0)
    twice = e + e
    right, left = real(1.0) + twice + twice * e, e * e + twice + real(2.0)
    q = real(1.0) / (right if positive else left)
    above = x * ((real(1.0) + twice) * q)
    below = shrunk(-size * ((e + real(2.0)) * q) * grown)
    slope_above = (real(1.0) + twice) * q + real(4.0) * (size * e * e) * ((real(1.0) + e) * (q * q))
    bend = (e + real(2.0)) * left - real(4.0) * (size * (e + real(1.0)))
    slope_below = shrunk(bend * (q * q) * grown)
    return above if positive else below, slope_above if positive else slope_below
