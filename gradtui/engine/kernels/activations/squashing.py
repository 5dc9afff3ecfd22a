"""Activations with two finite limits: everything large is squashed into a small range."""

from __future__ import annotations

from gradtui.engine.kernel import WIDE, device, real
from gradtui.engine.kernels.elementary import decay, smaller


@device()
def sigmoid(x):
    """phi(x) = 1 / (1 + e^-x), phi' = phi (1 - phi), at most 1/4; both from e^-|x|, so no digit is lost."""
    e, _ = decay(-abs(x))
    q = real(1.0) / (real(1.0) + e)
    value = q if x >= real(0.0) else e * q
    # NaN fails every comparison and would come out as e * q: NaN as well.
    return value, e * q * q


@device()
def tanh(x):
    """phi(x) = tanh x, phi' = 1 / cosh^2 x; from e^-2|x| and e^-2|x| - 1, so no digit is lost at either end."""
    e, expm1 = decay(real(-2.0) * abs(x))
    q = real(1.0) / (real(2.0) + expm1)
    size = -expm1 * q
    value = size if x >= real(0.0) else -size
    return value, real(4.0) * e * q * q


@device(exact=True)
def softsign(x):
    """phi(x) = x / (1 + |x|), phi' = 1 / (1 + |x|)^2 (Bergstra et al. 2009)."""
    size = smaller(abs(x), real(1e300 if WIDE else 1e37))  # inf / inf would be NaN
    q = real(1.0) / (real(1.0) + size)
    value = size * q
    return value if x >= real(0.0) else -value, q * q


@device(exact=True)
def hard_sigmoid(x):
    """phi(x) = (x + 3) / 6 within 0..1, phi' = 1/6 for -3 < x < 3 and 0 elsewhere (Courbariaux et al. 2015)."""
    value = (x + real(3.0)) * real(1.0 / 6.0)
    value = real(0.0) if x <= real(-3.0) else value
    value = real(1.0) if x >= real(3.0) else value
    slope = real(0.0) if x <= real(-3.0) else real(1.0 / 6.0)
    slope = real(0.0) if x >= real(3.0) else slope
    return value, slope


@device()
def hard_tanh(x):
    """phi(x) = x within -1..1, phi' = 1 for -1 < x < 1 and 0 elsewhere (Collobert 2004)."""
    value = real(-1.0) if x <= real(-1.0) else x
    value = real(1.0) if x >= real(1.0) else value
    slope = real(0.0) if x <= real(-1.0) else real(1.0)
    slope = real(0.0) if x >= real(1.0) else slope
    return value, slope
