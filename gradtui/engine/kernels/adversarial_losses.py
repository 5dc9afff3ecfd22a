"""Losses of two adversaries: the batch mean, and its gradient with respect to the discriminator's output.

A discriminator's batch holds as many examples of the data, first, as generated ones behind them. Each kernel writes
report[0] = loss and report[1] = the share that the discriminator tells rightly; for a generator, the share of its
samples that is taken for data (NaN for a critic, which does not decide).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.engine.kernel import Kernel, device, kernel, real


@device()
def softplus(x, e):
    """log(1 + exp x), given e = exp(-|x|): no logit overflows it."""
    return (0.0 if x < 0.0 else x) + math.log1p(e)


@device()
def logistic(x, e):
    """1 / (1 + exp -x), given e = exp(-|x|): small where x is far below 0, to the last digit."""
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


@kernel(a="in real [both, outputs]", delta="out real [both, outputs]", report="out float64 [2]")
def discriminator_cross_entropy(a, delta, report):
    """mean of -log D(data) + mean of -log(1 - D(G(z))), D = sigmoid(a) (Goodfellow et al. 2014)."""
    half = a.shape[0] // 2
    loss = 0.0
    right = 0
    entries = half * a.shape[1]
    for b in range(a.shape[0]):
        data = b < half
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            wrong = -x if data else x
            e = math.exp(-abs(x))
            loss += softplus(wrong, e)
            p = logistic(wrong, e)
            delta[b, c] = real((-p if data else p) / entries)
            right += 1 if wrong < 0.0 else 0
    report[0] = loss / entries
    report[1] = right / (2 * entries)


@kernel(a="in real [both, outputs]", delta="out real [both, outputs]", report="out float64 [2]")
def discriminator_least_squares(a, delta, report):
    """mean of (D(data) - 1)^2 / 2 + mean of D(G(z))^2 / 2, D = a (Mao et al. 2017)."""
    half = a.shape[0] // 2
    loss = 0.0
    right = 0
    entries = half * a.shape[1]
    for b in range(a.shape[0]):
        data = b < half
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            miss = x - (1.0 if data else 0.0)
            loss += 0.5 * miss * miss
            delta[b, c] = real(miss / entries)
            right += 1 if (x > 0.5 if data else x < 0.5) else 0
    report[0] = loss / entries
    report[1] = right / (2 * entries)


@kernel(a="in real [both, outputs]", delta="out real [both, outputs]", report="out float64 [2]")
def critic(a, delta, report):
    """mean of f(G(z)) - mean of f(data), f = a: minus the estimate of the distance between both (Arjovsky, Chintala &
    Bottou 2017)."""
    half = a.shape[0] // 2
    loss = 0.0
    entries = half * a.shape[1]
    for b in range(a.shape[0]):
        sign = -1.0 if b < half else 1.0
        for c in range(a.shape[1]):
            loss += sign * np.float64(a[b, c])
            delta[b, c] = real(sign / entries)
    report[0] = loss / entries
    report[1] = np.nan


@kernel(a="in real [batch, outputs]", delta="out real [batch, outputs]", report="out float64 [2]")
def generator_minimax(a, delta, report):
    """mean of log(1 - D(G(z))): its gradient is D itself, and gone where the discriminator is sure (Goodfellow et al.
    2014)."""
    loss = 0.0
    fooled = 0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            e = math.exp(-abs(x))
            loss -= softplus(x, e)
            delta[b, c] = real(-logistic(x, e) / entries)
            fooled += 1 if x > 0.0 else 0
    report[0] = loss / entries
    report[1] = fooled / entries


@kernel(a="in real [batch, outputs]", delta="out real [batch, outputs]", report="out float64 [2]")
def generator_non_saturating(a, delta, report):
    """mean of -log D(G(z)): the same fixed point, but the gradient is 1 - D (Goodfellow et al. 2014)."""
    loss = 0.0
    fooled = 0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            e = math.exp(-abs(x))
            loss += softplus(-x, e)
            delta[b, c] = real(-logistic(-x, e) / entries)
            fooled += 1 if x > 0.0 else 0
    report[0] = loss / entries
    report[1] = fooled / entries


@kernel(a="in real [batch, outputs]", delta="out real [batch, outputs]", report="out float64 [2]")
def generator_least_squares(a, delta, report):
    """mean of (D(G(z)) - 1)^2 / 2 (Mao et al. 2017)."""
    loss = 0.0
    fooled = 0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            miss = x - 1.0
            loss += 0.5 * miss * miss
            delta[b, c] = real(miss / entries)
            fooled += 1 if x > 0.5 else 0
    report[0] = loss / entries
    report[1] = fooled / entries


@kernel(a="in real [batch, outputs]", delta="out real [batch, outputs]", report="out float64 [2]")
def against_critic(a, delta, report):
    """-mean of f(G(z)) (Arjovsky, Chintala & Bottou 2017)."""
    loss = 0.0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            loss -= np.float64(a[b, c])
            delta[b, c] = real(-1.0 / entries)
    report[0] = loss / entries
    report[1] = np.nan


@dataclass(frozen=True)
class Game:
    """One row of the table: both sides' losses; whether the discriminator's weights are held in bounds; and above
    which output it takes an example for data (NaN: it does not decide)."""

    discriminator: Kernel
    generator: Kernel
    bounded: bool = False
    boundary: float = 0.0


GAMES: dict[str, Game] = {
    "minimax": Game(discriminator_cross_entropy, generator_minimax),
    "non_saturating": Game(discriminator_cross_entropy, generator_non_saturating),
    "least_squares": Game(discriminator_least_squares, generator_least_squares, boundary=0.5),
    "wasserstein": Game(critic, against_critic, bounded=True, boundary=math.nan),
}
