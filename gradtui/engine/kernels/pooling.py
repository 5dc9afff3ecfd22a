"""Pooling: the largest or the mean value of every window, channel by channel, as torch.nn.MaxPool2d and AvgPool2d.

Images are (batch, height, width, channels); a window is `tall` x `wide` positions, without padding, and what does not
fill a whole window is left out. A window as large as the image is global pooling.
"""

from __future__ import annotations

from gradtui.engine.kernel import flat, kernel, real


@kernel(
    x="in real [batch, height, width, channels]",
    y="out real [batch, out_height, out_width, channels]",
    winner="out real [batch, out_height, out_width, channels]",
    tall="int",
    wide="int",
    stride="int",
)
def max_pool_forward(x, y, winner, tall, wide, stride):
    """y = the largest value of each window, the first of equals; a NaN counts as larger than all (as in PyTorch).

    winner: the place of that value in its window, counted row by row; a real number, for it to be chosen by the same
    vector instructions.
    """
    for b in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                best, place = y[b, i, j], winner[b, i, j]
                values = x[b, i * stride, j * stride]
                for c in range(best.shape[0]):
                    best[c] = values[c]
                    place[c] = real(0.0)
                for dy in range(tall):
                    for dx in range(wide):
                        values = x[b, i * stride + dy, j * stride + dx]
                        at = real(dy * wide + dx)
                        for c in range(best.shape[0]):
                            value = values[c]
                            beats = (value > best[c]) | (value != value)
                            best[c] = value if beats else best[c]
                            place[c] = at if beats else place[c]


@kernel(
    delta="in real [batch, out_height, out_width, channels]",
    winner="in real [batch, out_height, out_width, channels]",
    below="out real [batch, height, width, channels]",
    tall="int",
    wide="int",
    stride="int",
)
def max_pool_backward(delta, winner, below, tall, wide, stride):
    """dL/dx: each window's gradient goes to the value that won it."""
    inputs = flat(below)
    for i in range(inputs.shape[0]):
        inputs[i] = real(0.0)
    for b in range(delta.shape[0]):
        for i in range(delta.shape[1]):
            for j in range(delta.shape[2]):
                above, place = delta[b, i, j], winner[b, i, j]
                for dy in range(tall):
                    for dx in range(wide):
                        target = below[b, i * stride + dy, j * stride + dx]
                        at = real(dy * wide + dx)
                        for c in range(above.shape[0]):
                            target[c] += above[c] if place[c] == at else real(0.0)


@kernel(
    x="in real [batch, height, width, channels]",
    y="out real [batch, out_height, out_width, channels]",
    tall="int",
    wide="int",
    stride="int",
)
def average_pool_forward(x, y, tall, wide, stride):
    """y = the mean of each window."""
    share = real(1.0) / real(tall * wide)
    for b in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                total = y[b, i, j]
                for c in range(total.shape[0]):
                    total[c] = real(0.0)
                for dy in range(tall):
                    for dx in range(wide):
                        values = x[b, i * stride + dy, j * stride + dx]
                        for c in range(total.shape[0]):
                            total[c] += values[c]
                for c in range(total.shape[0]):
                    total[c] = total[c] * share


@kernel(
    delta="in real [batch, out_height, out_width, channels]",
    below="out real [batch, height, width, channels]",
    tall="int",
    wide="int",
    stride="int",
)
def average_pool_backward(delta, below, tall, wide, stride):
    """dL/dx: each window's gradient in equal parts to all its values."""
    inputs = flat(below)
    for i in range(inputs.shape[0]):
        inputs[i] = real(0.0)
    share = real(1.0) / real(tall * wide)
    for b in range(delta.shape[0]):
        for i in range(delta.shape[1]):
            for j in range(delta.shape[2]):
                above = delta[b, i, j]
                for dy in range(tall):
                    for dx in range(wide):
                        target = below[b, i * stride + dy, j * stride + dx]
                        for c in range(above.shape[0]):
                            target[c] += above[c] * share
