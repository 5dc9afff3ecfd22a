"""Feeding: the batch of a step, drawn without replacement, and the clock."""

from __future__ import annotations

from gradtui.engine.kernel import kernel, real
from gradtui.engine.randomness import Stream, derive_key, draw_below

BATCH = int(Stream.BATCH)
#: Where the clock holds the step, the epoch whose order is kept (plus 1), and the step at which the optimizer's memory
#: was empty.
STEP, EPOCH, BEGAN = 0, 1, 2


@kernel(clock="inout int64 [4]", seed="int", order="inout int64 [examples]", chosen="out int64 [batch]")
def choose_batch(clock, seed, order, chosen):
    """chosen: the examples of the clock's step. Each epoch is a shuffle (Fisher & Yates) of its own; what is left over
    at its end, fewer than a batch, is skipped. The order is kept until the epoch changes; any step can be asked for.
    """
    examples = order.shape[0]
    batch = chosen.shape[0]
    batches = examples // batch
    epoch = clock[STEP] // batches
    if clock[EPOCH] != epoch + 1:
        key = derive_key(seed, BATCH, epoch)
        for i in range(examples):
            order[i] = i
        for i in range(examples - 1, 0, -1):
            j = draw_below(key, i, i + 1)
            kept = order[i]
            order[i] = order[j]
            order[j] = kept
        clock[EPOCH] = epoch + 1
    start = (clock[STEP] - epoch * batches) * batch
    for b in range(batch):
        chosen[b] = order[start + b]


@kernel(chosen="in int64 [batch]", source="in real [examples, columns]", picked="out real [batch, columns]")
def gather(chosen, source, picked):
    """picked[b] = source[chosen[b]]."""
    for b in range(chosen.shape[0]):
        for c in range(source.shape[1]):
            picked[b, c] = source[chosen[b], c]


@kernel(chosen="in int64 [batch]", source="in int64 [examples]", picked="out int64 [batch]")
def gather_labels(chosen, source, picked):
    """picked[b] = source[chosen[b]]."""
    for b in range(chosen.shape[0]):
        picked[b] = source[chosen[b]]


@kernel(
    chosen="in int64 [batch]",
    source="in real [examples, steps, features]",
    picked="out real [steps, batch, features]",
)
def gather_over_time(chosen, source, picked):
    """picked[t, b] = source[chosen[b], t]: a time step of all examples lies together."""
    for t in range(source.shape[1]):
        for b in range(chosen.shape[0]):
            for c in range(source.shape[2]):
                picked[t, b, c] = source[chosen[b], t, c]


@kernel(chosen="in int64 [batch]", source="in int64 [examples, steps]", picked="out int64 [batch, steps]")
def gather_tokens(chosen, source, picked):
    """picked[b] = source[chosen[b]]: tokens, or one label a step."""
    for b in range(chosen.shape[0]):
        for t in range(source.shape[1]):
            picked[b, t] = source[chosen[b], t]


@kernel(chosen="in int64 [batch]", source="in int64 [examples, steps]", picked="out int64 [steps, batch]")
def gather_tokens_over_time(chosen, source, picked):
    """picked[t, b] = source[chosen[b], t]: tokens, or one label a step."""
    for t in range(source.shape[1]):
        for b in range(chosen.shape[0]):
            picked[t, b] = source[chosen[b], t]


@kernel(chosen="in int64 [batch]", source="in int64 [examples, steps]", picked="out real [steps, batch, tokens]")
def gather_one_hot_over_time(chosen, source, picked):
    """picked[t, b] = 1 at source[chosen[b], t] and 0 elsewhere: tokens as numbers."""
    for t in range(source.shape[1]):
        for b in range(chosen.shape[0]):
            for c in range(picked.shape[2]):
                picked[t, b, c] = real(0.0)
            picked[t, b, source[chosen[b], t]] = real(1.0)


@kernel(report="in float64 [2]", history="inout float64 [window, 2]", clock="inout int64 [4]")
def finish_step(report, history, clock):
    """Keep the step's loss and accuracy in a ring, and let the clock tick."""
    row = clock[STEP] % history.shape[0]
    history[row, 0] = report[0]
    history[row, 1] = report[1]
    clock[STEP] += 1
