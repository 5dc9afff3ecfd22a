"""Activations that pass what is positive and bend what is negative.

At 0 they have the slope of their negative side, as PyTorch has it. A comparison with NaN fails: each is written so that
NaN takes the positive side and passes.
"""

from __future__ import annotations

from gradtui.engine.kernel import device, real
from gradtui.engine.kernels.elementary import fused, grown_decay, larger, shrunk, smaller

#: The fixed point of mean 0 and variance 1 (Klambauer et al. 2017), as PyTorch writes it.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@device()
def identity(x):
    """phi(x) = x, phi' = 1."""
    return x, real(1.0)


@device()
def relu(x):
    """phi(x) = max(x, 0), phi' = 1 for x > 0 and 0 otherwise (Nair & Hinton 2010)."""
    value = real(0.0) if x <= real(0.0) else x
    slope = real(0.0) if x <= real(0.0) else real(1.0)
    return value, slope


@device()
def leaky_relu(x, negative_slope):
    """phi(x) = x for x > 0, negative_slope x otherwise (Maas, Hannun & Ng 2013)."""
    slope = negative_slope if x <= real(0.0) else real(1.0)
    return x * slope, slope


@device(exact=True)
def elu(x, alpha):
    """phi(x) = x for x > 0, alpha (e^x - 1) otherwise (Clevert, Unterthiner & Hochreiter 2016)."""
    grown, expm1 = grown_decay(smaller(x, real(0.0)), real(0.0))
    value = alpha * expm1 if x <= real(0.0) else x
    slope = shrunk(alpha * grown) if x <= real(0.0) else real(1.0)
    return value, slope


@device(exact=True)
def selu(x):
    """phi(x) = scale (x for x > 0, alpha (e^x - 1) otherwise): the scaled ELU that keeps mean 0 and variance 1
    (Klambauer, Unterthiner, Mayr & Hochreiter 2017)."""
    grown, expm1 = grown_decay(smaller(x, real(0.0)), real(0.0))
    value = real(SELU_SCALE * SELU_ALPHA) * expm1 if x <= real(0.0) else real(SELU_SCALE) * x
    slope = shrunk(real(SELU_SCALE * SELU_ALPHA) * grown) if x <= real(0.0) else real(SELU_SCALE)
    return value, slope


@device(exact=True)
def celu(x, alpha):
    """phi(x) = x for x > 0, alpha (e^(x / alpha) - 1) otherwise: slope 1 at 0 whatever alpha is (Barron 2017)."""
    negative = smaller(x, real(0.0))
    y = larger(negative / alpha, real(-1e4))
    lost = fused(y, alpha, -negative) / alpha  # the quotient's rounding error matters: e^y multiplies it by y
    grown, expm1 = grown_decay(y, lost)
    value = alpha * expm1 if x <= real(0.0) else x
    slope = shrunk(grown) if x <= real(0.0) else real(1.0)
    return value, slope
