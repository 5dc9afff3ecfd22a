"""Group normalisation: each example by itself, over all its positions and the channels of a group.

One group is layer normalisation of a whole image, one channel to a group is instance normalisation. A dense network has
one position and kernels of its own: what is summed channel by channel for an image is a single number there. As in
`normalisation`, the forward pass leaves x_hat and 1 / deviation for the backward pass.
"""

from __future__ import annotations

from gradtui.engine.kernel import device, kernel, real, stretch
from gradtui.engine.kernels.adaptive import root
from gradtui.engine.kernels.gauges import add_square
from gradtui.engine.kernels.normalisation import EPS, mean_of


@device()
def average_in_groups(columns, groups, count):
    """Every channel's number becomes the sum over its group, divided by `count`."""
    width = columns.shape[0] // groups
    for g in range(groups):
        group = stretch(columns, g * width, width)
        total = real(0.0)
        for u in range(width):
            total += group[u]
        total = total / count
        for u in range(width):
            group[u] = total


@kernel(
    z="inout real [batch, positions, units]",
    gamma="in real [units]",
    beta="in real [units]",
    settings="in float64 [2]",
    scratch="out real [2, units]",
    inverse="out real [batch, groups]",
    x_hat="out real [batch, positions, units]",
)
def group_norm_forward(z, gamma, beta, settings, scratch, inverse, x_hat):
    """z becomes gamma (z - mean) / sqrt(variance + eps) + beta, mean and variance over positions and the consecutive
    channels of a group: torch.nn.GroupNorm (Wu & He 2018). `groups` divides `units`."""
    positions, units = z.shape[1], z.shape[2]
    groups = inverse.shape[1]
    width = units // groups
    count = real(positions * width)
    eps = real(settings[EPS])
    mean, scale = scratch[0], scratch[1]
    for b in range(z.shape[0]):
        for u in range(units):
            mean[u] = real(0.0)
            scale[u] = real(0.0)
        for p in range(positions):
            for u in range(units):
                mean[u] += z[b, p, u]
        average_in_groups(mean, groups, count)
        for p in range(positions):
            for u in range(units):
                centred = z[b, p, u] - mean[u]
                x_hat[b, p, u] = centred
                scale[u] += centred * centred
        average_in_groups(scale, groups, count)
        for g in range(groups):
            inverse[b, g] = real(1.0) / root(scale[g * width] + eps)
            share = stretch(scale, g * width, width)
            for u in range(width):
                share[u] = inverse[b, g]
        for p in range(positions):
            for u in range(units):
                normal = x_hat[b, p, u] * scale[u]
                x_hat[b, p, u] = normal
                z[b, p, u] = gamma[u] * normal + beta[u]


@kernel(
    delta="inout real [batch, positions, units]",
    x_hat="in real [batch, positions, units]",
    gamma="in real [units]",
    inverse="in real [batch, groups]",
    scratch="out real [3, units]",
    gamma_gradient="out real [units]",
    beta_gradient="out real [units]",
    sums="out float64 [6]",
)
def group_norm_backward(delta, x_hat, gamma, inverse, scratch, gamma_gradient, beta_gradient, sums):
    """delta (dL/dy) becomes dL/dz = inverse (g - mean(g) - x_hat mean(g x_hat)) with g = gamma dL/dy, means over
    positions and channels of the group. sums: squares of dL/dy and of dL/dz, three words each."""
    batch, positions, units = delta.shape
    groups = inverse.shape[1]
    width = units // groups
    count = real(positions * width)
    along_ones, along_x, scale = scratch[0], scratch[1], scratch[2]
    for u in range(units):
        gamma_gradient[u] = real(0.0)
        beta_gradient[u] = real(0.0)
    small_y, middle_y, big_y = 0.0, 0.0, 0.0
    small, middle, big = 0.0, 0.0, 0.0
    for b in range(batch):
        for u in range(units):
            along_ones[u] = real(0.0)
            along_x[u] = real(0.0)
        for g in range(groups):
            share = stretch(scale, g * width, width)
            for u in range(width):
                share[u] = inverse[b, g]
        for p in range(positions):
            for u in range(units):
                along_ones[u] += delta[b, p, u]
                along_x[u] += delta[b, p, u] * x_hat[b, p, u]
        for u in range(units):
            beta_gradient[u] += along_ones[u]
            gamma_gradient[u] += along_x[u]
            along_ones[u] = gamma[u] * along_ones[u]
            along_x[u] = gamma[u] * along_x[u]
        average_in_groups(along_ones, groups, count)
        average_in_groups(along_x, groups, count)
        for p in range(positions):
            for u in range(units):
                above = delta[b, p, u]
                below = scale[u] * (gamma[u] * above - along_ones[u] - x_hat[b, p, u] * along_x[u])
                delta[b, p, u] = below
                small_y, middle_y, big_y = add_square(above, small_y, middle_y, big_y)
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
    inverse="out real [batch, groups]",
    x_hat="out real [batch, units]",
)
def dense_group_norm_forward(z, gamma, beta, settings, inverse, x_hat):
    """`group_norm_forward` of one position."""
    width = z.shape[1] // inverse.shape[1]
    eps = real(settings[EPS])
    for b in range(z.shape[0]):
        for g in range(inverse.shape[1]):
            row, normal = stretch(z[b], g * width, width), stretch(x_hat[b], g * width, width)
            mean = mean_of(row)
            squares = real(0.0)
            for u in range(width):
                centred = row[u] - mean
                normal[u] = centred
                squares += centred * centred
            scale = real(1.0) / root(squares / real(width) + eps)
            inverse[b, g] = scale
            for u in range(width):
                normal[u] = normal[u] * scale
        for u in range(z.shape[1]):
            z[b, u] = gamma[u] * x_hat[b, u] + beta[u]


@kernel(
    delta="inout real [batch, units]",
    x_hat="in real [batch, units]",
    gamma="in real [units]",
    inverse="in real [batch, groups]",
    gamma_gradient="out real [units]",
    beta_gradient="out real [units]",
    sums="out float64 [6]",
)
def dense_group_norm_backward(delta, x_hat, gamma, inverse, gamma_gradient, beta_gradient, sums):
    """`group_norm_backward` of one position."""
    width = delta.shape[1] // inverse.shape[1]
    for u in range(delta.shape[1]):
        gamma_gradient[u] = real(0.0)
        beta_gradient[u] = real(0.0)
    small_y, middle_y, big_y = 0.0, 0.0, 0.0
    small, middle, big = 0.0, 0.0, 0.0
    for b in range(delta.shape[0]):
        for u in range(delta.shape[1]):
            above = delta[b, u]
            small_y, middle_y, big_y = add_square(above, small_y, middle_y, big_y)
            beta_gradient[u] += above
            gamma_gradient[u] += above * x_hat[b, u]
            delta[b, u] = gamma[u] * above
        for g in range(inverse.shape[1]):
            row, normal = stretch(delta[b], g * width, width), stretch(x_hat[b], g * width, width)
            along_ones, along_x = real(0.0), real(0.0)
            for u in range(width):
                along_ones += row[u]
                along_x += row[u] * normal[u]
            along_ones = along_ones / real(width)
            along_x = along_x / real(width)
            scale = inverse[b, g]
            for u in range(width):
                row[u] = scale * (row[u] - along_ones - normal[u] * along_x)
        for u in range(delta.shape[1]):
            small, middle, big = add_square(delta[b, u], small, middle, big)
    sums[0] = small_y
    sums[1] = middle_y
    sums[2] = big_y
    sums[3] = small
    sums[4] = middle
    sums[5] = big
