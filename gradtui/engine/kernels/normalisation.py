"""Normalisation: batch, layer and root-mean-square, forward and backward side by side.

Each forward pass leaves the normalised values in `x_hat` and 1 / deviation in `inverse`; the backward pass needs
nothing else. The shift and scale (beta, gamma) are trained; formulas, eps and defaults are PyTorch's.
"""

from __future__ import annotations

from gradtui.engine.kernel import device, kernel, real
from gradtui.engine.kernels.adaptive import root
from gradtui.engine.kernels.gauges import add_square

#: Where the numbers of a normalisation stand in its settings.
EPS, MOMENTUM = 0, 1


@kernel(
    z="inout real [batch, units]",
    gamma="in real [units]",
    beta="in real [units]",
    settings="in float64 [2]",
    running_mean="inout real [units]",
    running_variance="inout real [units]",
    mean="out real [units]",
    inverse="out real [units]",
    x_hat="out real [batch, units]",
)
def batch_norm_forward(z, gamma, beta, settings, running_mean, running_variance, mean, inverse, x_hat):
    """z becomes gamma (z - mean) / sqrt(variance + eps) + beta, mean and variance of each unit over the batch.

    The running statistics move by `momentum` towards the batch's, the variance with batch - 1 below the line, as
    torch.nn.BatchNorm1d keeps them (Ioffe & Szegedy 2015).
    """
    batch, units = z.shape
    for u in range(units):
        mean[u] = real(0.0)
        inverse[u] = real(0.0)
    for b in range(batch):
        for u in range(units):
            mean[u] += z[b, u]
    for u in range(units):
        mean[u] = mean[u] / real(batch)
    for b in range(batch):
        for u in range(units):
            centred = z[b, u] - mean[u]
            x_hat[b, u] = centred
            inverse[u] += centred * centred
    eps, momentum = real(settings[EPS]), real(settings[MOMENTUM])
    unbiased = real(batch) / real(max(batch - 1, 1))
    for u in range(units):
        variance = inverse[u] / real(batch)
        running_mean[u] += momentum * (mean[u] - running_mean[u])
        running_variance[u] += momentum * (variance * unbiased - running_variance[u])
        inverse[u] = real(1.0) / root(variance + eps)
    for b in range(batch):
        for u in range(units):
            normal = x_hat[b, u] * inverse[u]
            x_hat[b, u] = normal
            z[b, u] = gamma[u] * normal + beta[u]


@kernel(
    delta="inout real [batch, units]",
    x_hat="in real [batch, units]",
    gamma="in real [units]",
    inverse="in real [units]",
    gamma_gradient="out real [units]",
    beta_gradient="out real [units]",
    sums="out float64 [6]",
)
def batch_norm_backward(delta, x_hat, gamma, inverse, gamma_gradient, beta_gradient, sums):
    """delta (dL/dy) becomes dL/dz = gamma inverse (dL/dy - mean(dL/dy) - x_hat mean(dL/dy x_hat)), means over the
    batch. sums: squares of dL/dy and of dL/dz, three words each."""
    batch, units = delta.shape
    for u in range(units):
        gamma_gradient[u] = real(0.0)
        beta_gradient[u] = real(0.0)
    for b in range(batch):
        for u in range(units):
            beta_gradient[u] += delta[b, u]
            gamma_gradient[u] += delta[b, u] * x_hat[b, u]
    share = real(1.0) / real(batch)
    small_y, middle_y, big_y = 0.0, 0.0, 0.0
    small, middle, big = 0.0, 0.0, 0.0
    for b in range(batch):
        for u in range(units):
            small_y, middle_y, big_y = add_square(delta[b, u], small_y, middle_y, big_y)
            centred = delta[b, u] - share * beta_gradient[u] - x_hat[b, u] * (share * gamma_gradient[u])
            below = gamma[u] * inverse[u] * centred
            delta[b, u] = below
            small, middle, big = add_square(below, small, middle, big)
    sums[0] = small_y
    sums[1] = middle_y
    sums[2] = big_y
    sums[3] = small
    sums[4] = middle
    sums[5] = big


@kernel(
    z="inout real [batch, units]",
    gamma="in real [units]",
    beta="in real [units]",
    settings="in float64 [2]",
    running_mean="in real [units]",
    running_variance="in real [units]",
)
def batch_norm_evaluate(z, gamma, beta, settings, running_mean, running_variance):
    """The forward pass of evaluation: by the running statistics, example by example."""
    for b in range(z.shape[0]):
        for u in range(z.shape[1]):
            inverse = real(1.0) / root(running_variance[u] + real(settings[EPS]))
            z[b, u] = gamma[u] * ((z[b, u] - running_mean[u]) * inverse) + beta[u]


@device()
def mean_of(row):
    """Mean of a row."""
    total = real(0.0)
    for u in range(row.shape[0]):
        total += row[u]
    return total / real(row.shape[0])


#: Bound by layer norm and by root-mean-square norm: whether the mean is taken out.
CENTRED: bool


@kernel(
    z="inout real [batch, units]",
    gamma="in real [units]",
    beta="in real [units]",
    settings="in float64 [2]",
    inverse="out real [batch]",
    x_hat="out real [batch, units]",
)
def row_norm_forward(z, gamma, beta, settings, inverse, x_hat):
    """z becomes gamma (z - mean) / sqrt(mean square + eps) + beta, over the units of each example (Ba, Kiros & Hinton
    2016); without the mean it is the root-mean-square norm (Zhang & Sennrich 2019), whose beta stays 0."""
    units = z.shape[1]
    eps = real(settings[EPS])
    for b in range(z.shape[0]):
        mean = mean_of(z[b]) if CENTRED else real(0.0)
        squares = real(0.0)
        for u in range(units):
            centred = z[b, u] - mean
            x_hat[b, u] = centred
            squares += centred * centred
        scale = real(1.0) / root(squares / real(units) + eps)
        inverse[b] = scale
        for u in range(units):
            normal = x_hat[b, u] * scale
            x_hat[b, u] = normal
            z[b, u] = gamma[u] * normal + beta[u]


@kernel(
    delta="inout real [batch, units]",
    x_hat="in real [batch, units]",
    gamma="in real [units]",
    inverse="in real [batch]",
    gamma_gradient="out real [units]",
    beta_gradient="out real [units]",
    sums="out float64 [6]",
)
def row_norm_backward(delta, x_hat, gamma, inverse, gamma_gradient, beta_gradient, sums):
    """delta (dL/dy) becomes dL/dz = inverse (g - mean(g) - x_hat mean(g x_hat)) with g = gamma dL/dy, means over the
    units; without the mean(g) where the forward pass took no mean out. sums: squares of dL/dy and dL/dz."""
    batch, units = delta.shape
    for u in range(units):
        gamma_gradient[u] = real(0.0)
        beta_gradient[u] = real(0.0)
    small_y, middle_y, big_y = 0.0, 0.0, 0.0
    small, middle, big = 0.0, 0.0, 0.0
    for b in range(batch):
        along_ones = real(0.0)
        along_x = real(0.0)
        for u in range(units):
            dy = delta[b, u]
            small_y, middle_y, big_y = add_square(dy, small_y, middle_y, big_y)
            if CENTRED:
                beta_gradient[u] += dy
            gamma_gradient[u] += dy * x_hat[b, u]
            g = gamma[u] * dy
            delta[b, u] = g
            along_ones += g
            along_x += g * x_hat[b, u]
        along_ones = along_ones / real(units) if CENTRED else real(0.0)
        along_x = along_x / real(units)
        for u in range(units):
            below = inverse[b] * (delta[b, u] - along_ones - x_hat[b, u] * along_x)
            delta[b, u] = below
            small, middle, big = add_square(below, small, middle, big)
    sums[0] = small_y
    sums[1] = middle_y
    sums[2] = big_y
    sums[3] = small
    sums[4] = middle
    sums[5] = big


LAYER_NORM = (
    row_norm_forward.bind("layer_norm_forward", CENTRED=True),
    row_norm_backward.bind("layer_norm_backward", CENTRED=True),
)
RMS_NORM = (
    row_norm_forward.bind("rms_norm_forward", CENTRED=False),
    row_norm_backward.bind("rms_norm_backward", CENTRED=False),
)
