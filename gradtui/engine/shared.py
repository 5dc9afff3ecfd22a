"""Memory that belongs to no layer alone: what a step reads, passes outside training, the gauges' tables, scratch, and
everything trained that is no matrix."""

from __future__ import annotations

from gradtui.engine.ground import Vectors, loss_name, reserve_clock, reserve_examples, reserve_training
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.norms import kind_of
from gradtui.engine.plan import Plan
from gradtui.engine.products import scratch
from gradtui.scenario.architecture import LayerSpec


def reserve_feed(made: Plan) -> None:
    """Reserve what a step reads."""
    data = made.dataset
    reserve_clock(made)
    reserve_examples(made)
    made.reserve("x", "real", made.batch, data.train_inputs.shape[1])
    if LOSSES[loss_name(data)].labels:
        made.reserve("targets", "int64", made.batch)
    else:
        made.reserve("targets", "real", made.batch, data.outputs)


def reserve_passes(made: Plan) -> None:
    """Memory for examples outside training."""
    chunk = made.chunk
    made.reserve("pass_x", "real", chunk, made.specs[0].image.numbers)
    for number in range(_buffers(made.specs)):
        made.reserve(f"pass_buffer_{number}", "real", chunk, made.largest)
    blocks = any(spec.begins for spec in made.specs)
    made.reserve("pass_stream", "real", chunk, made.largest if blocks else 0)
    normed = [max(spec.size.positions, spec.size.channels) for spec in made.specs if spec.norm != "none"]
    made.reserve("pass_inverse", "real", chunk, max(normed, default=0))
    made.reserve("pass_delta", "real", chunk, made.dataset.outputs)
    made.reserve("pass_report", "float64", 2)
    if LOSSES[loss_name(made.dataset)].labels:
        made.reserve("pass_targets", "int64", chunk)
    else:
        made.reserve("pass_targets", "real", chunk, made.dataset.outputs)


def _buffers(specs: tuple[LayerSpec, ...]) -> int:
    """How many buffers a layer holds at most: what it reads, what its product makes, and what each stage adds."""
    return max(
        3 + (spec.norm != "none") + 3 * spec.gated + spec.appends + 2 * len(spec.pools) + 2 * (spec.joins is not None)
        for spec in specs
    )


def reserve_shared(made: Plan) -> None:
    """Reserve what belongs to no layer alone."""
    specs = made.specs
    taps = len(specs)
    reserve_training(made, [shape for spec in specs for shape in _shapes(spec)], _vector_count(made))
    made.reserve("activation_sums", "float64", taps, 5)
    made.reserve("counts", "float64", taps, 2)
    made.reserve("similarity", "float64", taps, 1)
    for name in ("delta_sums", "norm_sums", "skip_sums", "distance_sums"):
        made.reserve(name, "float64", taps, 6)
    for name in ("highway_signal", "dropout_signal"):
        made.reserve(name, "float64", taps, 3)
    made.reserve("norm_settings", "float64", taps, 2)
    for name in ("bend", "dropout_rate", "saturates_below", "skip_used"):
        made.reserve(name, "float64", taps, 1)
    made.reserve("skip_scale", "float64", 1)
    widest = max(spec.size.channels for spec in specs)
    made.reserve("direction", "float64", max(spec.size.numbers for spec in specs))
    made.reserve("column", "real", widest)
    made.reserve("no_bias", "real", widest)
    made.reserve("norm_scratch", "real", 3, widest)
    for side in "ab":
        made.reserve(f"delta_{side}", "real", made.batch, made.largest)
    _reserve_for_products(made)
    _reserve_bits(made)


def _shapes(spec: LayerSpec) -> list[tuple[int, int]]:
    """Rows and columns of each of the layer's matrices."""
    main = (spec.size.channels, spec.fan_in)
    shapes = [main, main] if spec.gated else [main]
    if spec.kept and spec.projection:
        shapes.append((spec.size.channels, spec.kept.channels))
    return shapes


def _reserve_for_products(made: Plan) -> None:
    """Scratch that all products share."""
    wanted = [scratch(made.batch, spec.window, spec.source, spec.size) for spec in made.specs]
    wanted += [
        scratch(made.batch, spec.projection, spec.kept, spec.size)
        for spec in made.specs
        if spec.kept and spec.projection
    ]
    made.reserve("room", "real", max(room for room, _ in wanted))
    made.reserve("places", "int64", max(places for _, places in wanted))


def _reserve_bits(made: Plan) -> None:
    """Which examples each unit answers."""
    words = -(-made.batch // 64)
    units = sum(spec.size.channels for spec in made.specs)
    made.reserve("live", "int64", words)
    made.reserve("input_bits", "int64", max(spec.source.channels for spec in made.specs), words)
    made.reserve("slope_bits", "int64", units, words)
    made.reserve("output_bits", "int64", units, words)
    made.reserve("census", "real", units)


def _vector_count(made: Plan) -> int:
    """How many trained vectors there are."""
    return sum(len(sizes) for sizes in _vector_sizes(made))


def vectors_of(made: Plan) -> Vectors:
    """Room for every layer's trained vectors."""
    return Vectors(made, sum(sum(sizes) for sizes in _vector_sizes(made)))


def _vector_sizes(made: Plan) -> list[list[int]]:
    """The sizes of every layer's trained vectors: biases, lengths, slopes, scales, shifts."""
    found = []
    for spec in made.specs:
        units = spec.size.channels
        sizes = [units]
        sizes += [units] * (spec.norm == "weight")
        sizes += [units, units] * (kind_of(spec.norm, spec.size.positions) is not None)
        sizes += [slopes(spec)] * (spec.activation == "prelu")
        sizes += [units] * spec.gated
        sizes += [1] * (spec.joins is not None and spec.own.skip == "rezero")
        found.append(sizes)
    return found


def slopes(spec: LayerSpec) -> int:
    """How many slopes a PReLU layer learns."""
    return spec.size.channels if spec.own.prelu_share == "unit" else 1
