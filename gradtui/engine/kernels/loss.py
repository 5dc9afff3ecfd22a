"""Losses: the batch mean, and its gradient with respect to the network's output.

Each writes report[0] = loss and report[1] = share of right answers (NaN where there is nothing to count).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.engine.kernel import Kernel, device, kernel, real


@device()
def softmax_example(logits, label, delta, scale, smoothing):
    """One example: -log softmax(logits)[label] and whether the label won; delta = (softmax - wanted) * scale, where
    `smoothing` is spread over all classes and the label gets the rest.

    The largest logit is subtracted first, so that no exponential overflows; a NaN logit makes the loss NaN.
    """
    largest = logits[0]
    winner = 0
    for c in range(1, logits.shape[0]):
        if logits[c] > largest:
            largest = logits[c]
            winner = c
    total = 0.0
    spread = smoothing / logits.shape[0]
    sure = 1.0 - smoothing + spread
    for c in range(logits.shape[0]):
        e = math.exp(np.float64(logits[c] - largest))
        total += e
        delta[c] = real(e)
    for c in range(logits.shape[0]):
        p = np.float64(delta[c]) / total
        delta[c] = real((p - (sure if c == label else spread)) * scale)
    loss = math.log(total) - np.float64(logits[label] - largest)
    if smoothing > 0.0:
        mean = 0.0
        for c in range(logits.shape[0]):
            mean += np.float64(logits[c] - largest)
        loss += smoothing * (np.float64(logits[label] - largest) - mean / logits.shape[0])
    return loss, winner == label and not math.isnan(total)


@kernel(
    a="in real [batch, outputs]",
    labels="in int64 [batch]",
    smoothing="in float64 [1]",
    delta="out real [batch, outputs]",
    report="out float64 [2]",
)
def cross_entropy(a, labels, smoothing, delta, report):
    """Softmax cross-entropy, mean over the batch; torch.nn.functional.cross_entropy with its label_smoothing (Szegedy
    et al. 2016)."""
    loss = 0.0
    right = 0
    for b in range(a.shape[0]):
        example, correct = softmax_example(a[b], labels[b], delta[b], 1.0 / a.shape[0], smoothing[0])
        loss += example
        right += correct
    report[0] = loss / a.shape[0]
    report[1] = right / a.shape[0]


@kernel(
    a="in real [batch, outputs]",
    targets="in real [batch, outputs]",
    delta="out real [batch, outputs]",
    report="out float64 [2]",
)
def binary_cross_entropy(a, targets, delta, report):
    """Binary cross-entropy on logits, mean over all entries; torch.nn.functional.binary_cross_entropy_with_logits.

    loss = max(a, 0) - a t + log(1 + e^-|a|): no logit overflows it. dL/da = (sigmoid(a) - t) / entries.
    """
    loss = 0.0
    right = 0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            x = np.float64(a[b, c])
            t = np.float64(targets[b, c])
            e = math.exp(-abs(x))
            loss += (0.0 if x < 0.0 else x) - x * t + math.log1p(e)
            p = 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
            delta[b, c] = real((p - t) / entries)
            right += (x > 0.0) == (t > 0.5) and not math.isnan(x)
    report[0] = loss / entries
    report[1] = right / entries


@kernel(
    a="in real [batch, outputs]",
    targets="in real [batch, outputs]",
    delta="out real [batch, outputs]",
    report="out float64 [2]",
)
def mean_squared_error(a, targets, delta, report):
    """Mean of (a - t)^2 over all entries; torch.nn.functional.mse_loss. dL/da = 2 (a - t) / entries."""
    loss = 0.0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        for c in range(a.shape[1]):
            miss = np.float64(a[b, c]) - np.float64(targets[b, c])
            loss += miss * miss
            delta[b, c] = real(2.0 * miss / entries)
    report[0] = loss / entries
    report[1] = np.nan


@kernel(
    a="in real [batch, outputs]",
    targets="in real [batch, outputs]",
    delta="out real [batch, outputs]",
    report="out float64 [2]",
)
def one_hot_squared_error(a, targets, delta, report):
    """Mean squared error against targets that stand for classes, so that accuracy can be counted as well."""
    loss = 0.0
    right = 0
    entries = a.shape[0] * a.shape[1]
    for b in range(a.shape[0]):
        example = 0.0
        largest = 0
        wanted = 0
        for c in range(a.shape[1]):
            miss = np.float64(a[b, c]) - np.float64(targets[b, c])
            example += miss * miss
            delta[b, c] = real(2.0 * miss / entries)
            largest = c if a[b, c] > a[b, largest] else largest
            wanted = c if targets[b, c] > targets[b, wanted] else wanted
        loss += example
        right += largest == wanted and not math.isnan(example)
    report[0] = loss / entries
    report[1] = right / a.shape[0]


@dataclass(frozen=True)
class Loss:
    """One row of the table: the kernel, and whether its targets are class labels or reals."""

    kernel: Kernel
    labels: bool


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(cross_entropy, labels=True),
    "bce": Loss(binary_cross_entropy, labels=False),
    "mse": Loss(mean_squared_error, labels=False),
    "mse_one_hot": Loss(one_hot_squared_error, labels=False),
}
