"""The convolution: cross-correlation with square kernels and zero padding, forward and backward, as torch.nn.Conv2d.

Images are (batch, height, width, channels). The patch of an output position, a row of side^2 * channels numbers in
the order (kernel row, kernel column, channel), lies in the padded image at the position's offset plus the tap's offset.
So the matrix of all patches is never written down: a matrix product that looks its factors up in two short tables reads
it from a few padded images, which stay in the first-level cache.
"""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import WIDE, device, flat, kernel, real, stretch

#: Columns of the panels that the products work on: two vector registers, in float32 and in float64.
PANEL_32, PANEL_64 = 16, 8
#: Positions worth one round of the product, and those that a round of the weight gradient takes at most.
ENOUGH, CHUNK = 96, 128


@device(intrinsic="gathered_product")
def gathered_product(a, a_rows, a_ks, b, start, c, c_rows):
    """Row i of C = start + the sum over k of A[i, k] B[k]; A[i, k] = a[a_rows[i] + a_ks[k]], B (depth, panel), row i of
    C at c[c_rows[i]]."""
    columns = np.arange(PANEL_64)
    panel = b[: a_ks.shape[0] * PANEL_64].reshape(-1, PANEL_64)
    c[c_rows[: len(a_rows), None] + columns] = start[:PANEL_64] + a[a_rows[:, None] + a_ks] @ panel


@device(intrinsic="gathered_sum")
def gathered_sum(a, a_rows, a_ks, b, c, c_rows):
    """The same, added to what stands in C."""
    columns = np.arange(PANEL_64)
    panel = b[: a_ks.shape[0] * PANEL_64].reshape(-1, PANEL_64)
    c[c_rows[:, None] + columns] += a[a_rows[:, None] + a_ks] @ panel


@device()
def images_together(positions):
    """How many images make a round: small ones would leave the product with too few rows."""
    return max(ENOUGH // max(positions, 1), 1)


@device()
def parts(length, step):
    """Whole or begun steps in a length."""
    return max((length + step - 1) // step, 0)


@device()
def margin(side, stride, padding):
    """Rows of zeros before dL/dz that the taps of the first row of x reach into."""
    return parts(side - 1 - padding, stride)


@device()
def clear(values):
    """All zeros."""
    for i in range(values.shape[0]):
        values[i] = real(0.0)


@device()
def copy(source, source_at, target, target_at, count):
    """`count` numbers from one place to another. An index that is a sum would be checked for its sign each time, and
    the loop would not become vector instructions."""
    from_, to = stretch(source, source_at, count), stretch(target, target_at, count)
    for i in range(count):
        to[i] = from_[i]


@device()
def lay_inside(source, images, height, width, top, left, tall, wide, target):
    """Copy images of `height` rows, each of `width` numbers, into frames of `tall` rows of `wide` numbers."""
    for image in range(images):
        for y in range(height):
            copy(source, (image * height + y) * width, target, (image * tall + top + y) * wide + left, width)


@device()
def place_positions(rows, images, image_step, height, row_step, width, step):
    """rows: the offset of each position, image by image and row by row."""
    at = 0
    for image in range(images):
        for y in range(height):
            for x in range(width):
                rows[at] = image * image_step + y * row_step + x * step
                at += 1


@device()
def place_taps(taps, side, row_step, step, channels):
    """taps: the offset of each number of a patch."""
    at = 0
    for y in range(side):
        for x in range(side):
            for c in range(channels):
                taps[at] = y * row_step + x * step + c
                at += 1


@device()
def place_rows(rows, step):
    """rows[i] = i * step."""
    for i in range(rows.shape[0]):
        rows[i] = i * step


@kernel(
    x="in real [batch, height, width, channels]",
    weight="in real [units, patch]",
    bias="in real [units]",
    room="out real [room]",
    places="out int64 [places]",
    z="out real [batch, out_height, out_width, units]",
    side="int",
    stride="int",
    padding="int",
)
def conv_forward(x, weight, bias, room, places, z, side, stride, padding):
    """z = the patches of x times weight^T + bias. `room` and `places` are scratch, see `scratch`."""
    batch, height, width, channels = x.shape
    out_height, out_width, units = z.shape[1], z.shape[2], z.shape[3]
    patch = weight.shape[1]
    panel = PANEL_64 if WIDE else PANEL_32
    panels = parts(units, panel)
    tall, wide = height + 2 * padding, (width + 2 * padding) * channels
    positions = out_height * out_width
    together = images_together(positions)
    rows = together * positions

    taps, pixels = stretch(places, 0, patch), stretch(places, patch, rows)
    in_z, in_tile = stretch(places, patch + rows, rows), stretch(places, patch + 2 * rows, rows)
    place_taps(taps, side, wide, channels, channels)
    place_positions(pixels, together, tall * wide, out_height, stride * wide, out_width, stride * channels)
    place_rows(in_z, units)
    place_rows(in_tile, panel)

    packed, used = stretch(room, 0, panels * patch * panel), panels * patch * panel
    starts, used = stretch(room, used, panels * panel), used + panels * panel
    tile, used = stretch(room, used, rows * panel), used + rows * panel
    frame = stretch(room, used, together * tall * wide if padding > 0 else 0)
    clear(packed)
    clear(starts)
    clear(frame)
    for u in range(units):
        starts[u] = bias[u]
        at = u // panel * patch * panel + u % panel
        for t in range(patch):
            packed[at + t * panel] = weight[u, t]

    images, outputs = flat(x), flat(z)
    for first in range(0, batch, together):
        count = min(together, batch - first)
        image = height * width * channels
        source = stretch(images, first * image, count * image)
        if padding > 0:
            lay_inside(source, count, height, width * channels, padding, padding * channels, tall, wide, frame)
        a = frame if padding > 0 else source
        found = count * positions
        output = stretch(outputs, first * positions * units, found * units)
        for j in range(panels):
            whole = (j + 1) * panel <= units
            target = stretch(output, j * panel, found * units - j * panel) if whole else tile
            at = in_z if whole else in_tile
            b, start = stretch(packed, j * patch * panel, patch * panel), stretch(starts, j * panel, panel)
            gathered_product(a, stretch(pixels, 0, found), taps, b, start, target, at)
            if not whole:
                for i in range(found):
                    copy(tile, i * panel, output, i * units + j * panel, units - j * panel)


@kernel(
    delta="in real [batch, out_height, out_width, units]",
    x="in real [batch, height, width, channels]",
    room="out real [room]",
    places="out int64 [places]",
    weight_gradient="out real [units, patch]",
    side="int",
    stride="int",
    padding="int",
)
def conv_weight_gradient(delta, x, room, places, weight_gradient, side, stride, padding):
    """dL/dW = (dL/dz)^T times the patches of x, summed over all positions of all images."""
    batch, height, width, channels = x.shape
    out_height, out_width, units = delta.shape[1], delta.shape[2], delta.shape[3]
    patch = weight_gradient.shape[1]
    panel = PANEL_64 if WIDE else PANEL_32
    panels = parts(units, panel)
    tall, wide = height + 2 * padding, (width + 2 * padding) * channels
    positions = out_height * out_width
    together = images_together(positions)
    rows = together * positions

    taps, in_sums, pixels = stretch(places, 0, patch), stretch(places, patch, patch), stretch(places, 2 * patch, rows)
    place_taps(taps, side, wide, channels, channels)
    place_rows(in_sums, panel)
    place_positions(pixels, together, tall * wide, out_height, stride * wide, out_width, stride * channels)

    sums, used = stretch(room, 0, panels * patch * panel), panels * patch * panel
    packed, used = stretch(room, used, CHUNK * panel), used + CHUNK * panel
    frame = stretch(room, used, together * tall * wide if padding > 0 else 0)
    clear(sums)
    clear(frame)

    images, deltas = flat(x), flat(delta)
    for first in range(0, batch, together):
        count = min(together, batch - first)
        image = height * width * channels
        source = stretch(images, first * image, count * image)
        if padding > 0:
            lay_inside(source, count, height, width * channels, padding, padding * channels, tall, wide, frame)
        a = frame if padding > 0 else source
        found = count * positions
        for begin in range(0, found, CHUNK):
            end = min(begin + CHUNK, found)
            for j in range(panels):
                filled = min(panel, units - j * panel)
                if filled < panel:
                    clear(packed)
                for i in range(end - begin):
                    copy(deltas, (first * positions + begin + i) * units + j * panel, packed, i * panel, filled)
                total = stretch(sums, j * patch * panel, patch * panel)
                gathered_sum(a, taps, stretch(pixels, begin, end - begin), packed, total, in_sums)
    for u in range(units):
        at = u // panel * patch * panel + u % panel
        for t in range(patch):
            weight_gradient[u, t] = sums[at + t * panel]


@kernel(
    delta="in real [batch, out_height, out_width, units]",
    weight="in real [units, patch]",
    room="out real [room]",
    places="out int64 [places]",
    below="out real [batch, height, width, channels]",
    side="int",
    stride="int",
    padding="int",
)
def conv_input_gradient(delta, weight, room, places, below, side, stride, padding):
    """dL/dx: position y of x has gone into z at (y + padding - tap) / stride for every tap where that is whole.

    Positions whose row and column leave the same rest by `stride` share their taps: one product for each pair of rests.
    """
    batch, out_height, out_width, units = delta.shape
    height, width, channels = below.shape[1], below.shape[2], below.shape[3]
    panel = PANEL_64 if WIDE else PANEL_32
    panels = parts(channels, panel)
    depth = side * side * units
    top = margin(side, stride, padding)
    tall = top + max(out_height, (height - 1 + padding) // stride + 1)
    wide = (top + max(out_width, (width - 1 + padding) // stride + 1)) * units
    together = images_together(parts(height, stride) * parts(width, stride))
    rows = together * height * width

    taps, pixels = stretch(places, 0, depth), stretch(places, depth, rows)
    in_below, in_tile = stretch(places, depth + rows, rows), stretch(places, depth + 2 * rows, rows)
    place_rows(in_tile, panel)
    framed = top > 0 or tall > out_height or wide > out_width * units
    packed, used = stretch(room, 0, panels * depth * panel), panels * depth * panel
    start, used = stretch(room, used, panel), used + panel
    tile, used = stretch(room, used, rows * panel), used + rows * panel
    frame = stretch(room, used, together * tall * wide if framed else 0)
    clear(packed)
    clear(start)
    clear(frame)

    tap, pixel = 0, 0
    for y in range(stride):
        for x in range(stride):
            for ky in range((y + padding) % stride, side, stride):
                for kx in range((x + padding) % stride, side, stride):
                    offset = (y + padding - ky) // stride * wide + (x + padding - kx) // stride * units
                    for u in range(units):
                        taps[tap] = offset + u
                        for c in range(channels):
                            at = (c // panel * depth + tap) * panel + c % panel
                            packed[at] = weight[u, (ky * side + kx) * channels + c]
                        tap += 1
            for image in range(together):
                for i in range(parts(height - y, stride)):
                    for j in range(parts(width - x, stride)):
                        pixels[pixel] = (image * tall + top + i) * wide + (top + j) * units
                        row = (image * height + y + i * stride) * width + x + j * stride
                        in_below[pixel] = row * channels
                        pixel += 1

    deltas, results = flat(delta), flat(below)
    for first in range(0, batch, together):
        count = min(together, batch - first)
        source = stretch(deltas, first * out_height * out_width * units, count * out_height * out_width * units)
        if framed:
            lay_inside(source, count, out_height, out_width * units, top, top * units, tall, wide, frame)
        a = frame if framed else source
        result = stretch(results, first * height * width * channels, count * height * width * channels)
        tap, pixel = 0, 0
        for y in range(stride):
            for x in range(stride):
                found = parts(height - y, stride) * parts(width - x, stride)
                deep = (
                    parts(side - (y + padding) % stride, stride) * parts(side - (x + padding) % stride, stride) * units
                )
                a_rows, a_ks = stretch(pixels, pixel, count * found), stretch(taps, tap, deep)
                home = stretch(in_below, pixel, count * found)
                pixel += together * found
                for j in range(panels):
                    whole = (j + 1) * panel <= channels
                    target = stretch(result, j * panel, result.shape[0] - j * panel) if whole else tile
                    b = stretch(packed, (j * depth + tap) * panel, deep * panel)
                    gathered_product(a, a_rows, a_ks, b, start, target, home if whole else in_tile)
                    if not whole:
                        for i in range(count * found):
                            copy(tile, i * panel, result, home[i] + j * panel, channels - j * panel)
                tap += deep


def scratch(
    batch: int, height: int, width: int, channels: int, units: int, side: int, stride: int, padding: int
) -> tuple[int, int]:
    """(room, places): how many real and how many whole numbers the three kernels want as scratch for these sizes."""
    out_height = (height + 2 * padding - side) // stride + 1
    out_width = (width + 2 * padding - side) // stride + 1
    patch, depth = side * side * channels, side * side * units
    framed = (height + 2 * padding) * (width + 2 * padding) * channels
    rows = images_together(out_height * out_width) * out_height * out_width
    top = margin(side, stride, padding)
    back_framed = units
    for size, out in ((height, out_height), (width, out_width)):
        back_framed *= top + max(out, (size - 1 + padding) // stride + 1)
    back_together = images_together(parts(height, stride) * parts(width, stride))
    back_rows = back_together * height * width
    columns, back_columns = (parts(n, PANEL_32) * PANEL_32 for n in (units, channels))
    frames = images_together(out_height * out_width) * framed
    room = max(
        columns * patch + columns + rows * PANEL_32 + frames,
        columns * patch + CHUNK * PANEL_32 + frames,
        back_columns * depth + PANEL_32 + back_rows * PANEL_32 + back_together * back_framed,
    )
    return room, max(patch + 3 * rows, 2 * patch + rows, depth + 3 * back_rows)
