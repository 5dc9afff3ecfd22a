"""The layers that a `[network]` table stands for: sizes, windows, who skips whom. The engine builds them and the export
writes them down; both read this and nothing else, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import msgspec

from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import LayerChoice, Network
from gradtui.scenario.ranges import MOST_NUMBERS, MOST_WEIGHTS


class Size(NamedTuple):
    """What a layer reads or writes for one example; a dense layer's is 1 x 1 x units."""

    height: int
    width: int
    channels: int

    @property
    def positions(self) -> int:
        return self.height * self.width

    @property
    def numbers(self) -> int:
        return self.positions * self.channels

    @property
    def flat(self) -> Size:
        """The same numbers in one row."""
        return Size(1, 1, self.numbers)

    def __str__(self) -> str:
        return f"{self.height} x {self.width} x {self.channels}" if self.positions > 1 else str(self.channels)


class Window(NamedTuple):
    """What a convolution or a pool looks through: a square of side `kernel`, moved by `stride` over an image with
    `padding` zeros around it."""

    kernel: int
    stride: int
    padding: int

    def side(self, length: int) -> int:
        """How many places the window has along a side; below 1 where it does not fit."""
        return (length + 2 * self.padding - self.kernel) // self.stride + 1

    def over(self, size: Size, channels: int) -> Size:
        """The size of what comes out."""
        return Size(self.side(size.height), self.side(size.width), channels)


class Pool(NamedTuple):
    """A pooling behind a layer: `largest` of each window, or its mean. `window` None: the whole image is one."""

    largest: bool
    window: Window | None

    def over(self, size: Size) -> Size:
        """The size of what comes out."""
        return self.window.over(size, size.channels) if self.window else Size(1, 1, size.channels)


@dataclass(frozen=True)
class LayerSpec:
    """One layer with a tap.

    `own` holds the layer's own choices: the network's, with what its `[[network.layer]]` says instead. `place` keys its
    draws: hidden layers count from 1, the output layer is 0. `window` is None for a dense layer. `image` is what lies
    before the layer, `source` the same as it reads it (a dense layer reads an image as one row), `size` what its
    activation has, `output` what the next layer reads: behind the pools.

    Blocks of residual connections: where `begins`, the input of a block is kept; where `joins` names a layer, what was
    kept there, of size `kept`, is added, by way of a 1 x 1 convolution `projection` where the sizes differ. `gated`: a
    highway gate mixes what the layer reads with what it makes of it. `appends`: what it makes goes behind what it has
    read. `ends` is the activation of an output layer.
    """

    index: int
    place: int
    key: str
    tap: str
    own: Network
    window: Window | None
    image: Size
    source: Size
    size: Size
    output: Size
    pools: tuple[Pool, ...] = ()
    begins: bool = False
    joins: int | None = None
    kept: Size | None = None
    projection: Window | None = None
    inside_block: bool = False
    gated: bool = False
    appends: bool = False
    ends: str = "identity"

    @property
    def hidden(self) -> bool:
        return self.key != "output"

    @property
    def activation(self) -> str:
        return self.own.activation if self.hidden else self.ends

    @property
    def norm(self) -> str:
        return self.own.norm if self.hidden else "none"

    @property
    def dropout(self) -> float:
        return self.own.dropout if self.hidden else 0.0

    @property
    def area(self) -> int:
        """Places of the window: what each weight's fans are multiplied with."""
        return self.window.kernel**2 if self.window else 1

    @property
    def fan_in(self) -> int:
        return self.area * self.source.channels

    @property
    def joined(self) -> Size:
        """What goes into the pools."""
        return _joined(self.source, self.size) if self.appends else self.size


def depth(network: Network) -> int:
    """How many hidden layers there are: those that are listed, or as many as `depth` says."""
    if not network.layer:
        return network.depth
    return sum(each.repeat for each in network.layer if not each.kind.endswith("pool"))


def layers(network: Network, inputs: Size, outputs: int) -> tuple[LayerSpec, ...]:
    """Every layer from the inputs to the output layer.

    Raises ScenarioError where sizes do not fit: an image that becomes too small, a sum of different sizes.
    """
    hidden = _sized(network, inputs)
    last = hidden[-1].output if hidden else inputs
    end = Size(1, 1, outputs)
    hidden.append(LayerSpec(len(hidden), 0, "output", "out", network, None, last, last.flat, end, end))
    weights = sum(spec.fan_in * spec.size.channels for spec in hidden)
    if weights > MOST_WEIGHTS:
        raise ScenarioError(f"the network has {weights:,} weights; at most {MOST_WEIGHTS:,} are allowed")
    numbers = sum(spec.source.numbers + spec.size.numbers for spec in hidden)
    if numbers > MOST_NUMBERS:
        raise ScenarioError(
            f"the layers make {numbers:,} numbers of one example; at most {MOST_NUMBERS:,} are allowed: "
            "take smaller images, fewer channels or fewer layers"
        )
    return tuple(hidden)


def _sized(network: Network, inputs: Size) -> list[LayerSpec]:
    """The hidden layers."""
    found: list[LayerSpec] = []
    source = inputs if network.kind == "cnn" else inputs.flat
    kept: dict[int, Size] = {}
    begins, joins = blocks(depth(network), network.skip_every) if network.skip in ("residual", "rezero") else ({}, {})
    last_join = max(joins, default=0)
    for index, part in enumerate(_parts(network)):
        image, window = source, None
        if part.kind == "conv":
            padding = part.own.kernel // 2 if part.own.padding < 0 else part.own.padding
            window = Window(part.own.kernel, part.own.stride, padding)
        else:
            source = source.flat
        units = part.own.growth_rate if network.skip == "dense" and index else part.own.width
        name = f"hidden layer {index + 1}"
        size = _fitting(window.over(source, units), source, name) if window else Size(1, 1, units)
        _check_groups(part.own, size, name)
        _check_lengths(part.own, source, size, name)
        appends = network.skip == "dense" and index > 0
        if appends and (size.height, size.width) != (source.height, source.width):
            raise ScenarioError(
                f'network.skip = "dense" puts what {name} makes, {size}, behind what it reads, {source}: '
                "both must have the same height and width; leave out strides"
            )
        if appends and window is None and image.positions > 1:
            raise ScenarioError(
                f'network.skip = "dense" puts what {name} makes behind what it reads, but that is an image, {image}, '
                "and the layer makes none: put a global pool between them"
            )
        output = _joined(source, size) if appends else size
        for pool in part.pools:
            output = _fitting(pool.over(output), output, f"the pool behind {name}")
        joined = joins.get(index)
        spec = LayerSpec(
            index=index,
            place=index + 1,
            key=f"hidden.{index}",
            tap=str(index + 1),
            own=part.own,
            window=window,
            image=image,
            source=source,
            size=size,
            output=output,
            pools=part.pools,
            begins=index in begins,
            joins=joined,
            kept=None if joined is None else kept[joined],
            projection=None if joined is None else _projection(kept[joined], size, window, name),
            inside_block=0 < index < last_join and index not in begins and index not in joins,
            gated=network.skip == "highway" and index > 0 and image == size,
            appends=appends,
        )
        # The pre form keeps the sum itself, the post form what the next layer reads.
        kept[index] = size if network.skip_form == "pre" else output
        found.append(spec)
        source = output
    return found


@dataclass(frozen=True)
class _Part:
    """One hidden layer before its size is known."""

    kind: str
    own: Network
    pools: tuple[Pool, ...]


def _parts(network: Network) -> Iterator[_Part]:
    """The hidden layers with what pools behind them."""
    if not network.layer:
        yield from _stages(network)
        return
    listed = [each for each in network.layer for _ in range(each.repeat)]
    starts = [number for number, each in enumerate(listed) if not each.kind.endswith("pool")]
    if listed and (not starts or starts[0] != 0):
        raise ScenarioError("network.layer[1] is a pool: the first layer must be one with weights, dense or conv")
    for start, stop in pairwise([*starts, len(listed)]):
        choice = listed[start]
        kind = choice.kind
        if kind == "auto":
            kind = "conv" if network.kind == "cnn" else "dense"
        yield _Part(kind, own(network, choice), tuple(_pool(each) for each in listed[start + 1 : stop]))


def own(network: Network, choice: LayerChoice) -> Network:
    """The network's choices with those of one listed layer in their place."""
    said = {
        field.name: getattr(choice, field.name)
        for field in msgspec.structs.fields(choice)
        if field.name not in ("kind", "repeat") and getattr(choice, field.name) is not None
    }
    return msgspec.structs.replace(network, **said)


def _pool(choice: LayerChoice) -> Pool:
    largest = choice.kind.endswith("max_pool")
    if choice.kind.startswith("global"):
        return Pool(largest, None)
    kernel = choice.kernel or 2
    return Pool(largest, Window(kernel, choice.stride or kernel, 0))


def _stages(network: Network) -> Iterator[_Part]:
    """The hidden layers of the short form. A convolutional network's fall into `stages` of whole blocks, each with
    `stage_growth` times the channels of the one before at half its height and width (He et al. 2016)."""
    if network.kind != "cnn":
        for _ in range(network.depth):
            yield _Part("dense", network, ())
        return
    stages = [_stage(network, index) for index in range(network.depth)]
    for index, stage in enumerate(stages):
        changes = index > 0 and stage != stages[index - 1]
        ends = index + 1 < network.depth and stages[index + 1] != stage
        pools: tuple[Pool, ...] = ()
        if ends and network.downsample != "stride":
            pools = (Pool(network.downsample == "max", Window(2, 2, 0)),)
        if index == network.depth - 1 and network.head != "flatten":
            pools = (*pools, Pool(network.head == "max", None))
        own = msgspec.structs.replace(
            network,
            width=network.width * network.stage_growth**stage,
            stride=2 * network.stride if changes and network.downsample == "stride" else network.stride,
        )
        yield _Part("conv", own, pools)


def _stage(network: Network, index: int) -> int:
    """The stage of hidden layer `index`: the first layer leads into the first stage, blocks are not split, and there
    are no more stages than blocks."""
    count = (network.depth - 1) // network.skip_every
    stages = min(network.stages, count)
    block = max(index - 1, 0) // network.skip_every
    return min(block * stages // count, stages - 1) if count else 0


def _check_groups(own: Network, size: Size, name: str) -> None:
    if own.norm == "layer" and size.numbers == 1:
        raise ScenarioError(
            f'network.norm = "layer" on the only unit of {name}: it would be its own mean, and nothing would be left; '
            "take more width, or another norm"
        )
    if own.norm != "group":
        return
    units = "units" if size.positions == 1 else "channels"
    if size.channels % own.norm_groups:
        raise ScenarioError(
            f"network.norm_groups is {own.norm_groups}, which does not divide the {size.channels} {units} of {name}: "
            f"take one of {_divisors(size.channels)}"
        )
    if size.numbers == own.norm_groups:
        raise ScenarioError(
            f"network.norm_groups is {own.norm_groups}: every unit of {name} would be its own group and its own mean, "
            "and nothing would be left; take fewer groups"
        )


def _check_lengths(own: Network, source: Size, size: Size, name: str) -> None:
    """Weight norm divides by the length of each unit's weights."""
    idle = own.init == "zeros" or (own.init == "identity" and size.channels > source.channels)
    if own.norm == "weight" and idle:
        raise ScenarioError(
            f'network.init = "{own.init}" gives {name} units whose weights are all 0, and network.norm = "weight" '
            "divides by their length; take another init"
        )


def _divisors(number: int) -> str:
    return ", ".join(str(each) for each in range(1, number + 1) if number % each == 0)


def _joined(source: Size, size: Size) -> Size:
    return size._replace(channels=source.channels + size.channels)


def _fitting(size: Size, before: Size, name: str) -> Size:
    if min(size.height, size.width) < 1:
        raise ScenarioError(
            f"{name} cannot look at {before.height} x {before.width} pixels through a larger window: "
            "take a smaller kernel, fewer stages or pools, or more padding"
        )
    return size


def _projection(kept: Size, size: Size, window: Window | None, name: str) -> Window | None:
    """How what was kept gets the size of the sum; None where it has it. `window` is the ending layer's own."""
    if kept == size:
        return None
    if window is None and kept.positions > 1:
        raise ScenarioError(
            f"the block that {name} ends begins with an image, {kept}, and ends with a dense layer: put a global pool "
            "before the block, or let blocks of network.skip_every layers end elsewhere"
        )
    stride = max(-(-kept.height // size.height), 1)
    window = Window(1, stride, 0)
    if window.over(kept, size.channels) != size:
        raise ScenarioError(
            f"the block that {name} ends begins with {kept} and ends with {size}: no 1 x 1 projection leads from one "
            "to the other; change strides, pools or padding"
        )
    return window


def blocks(count: int, every: int) -> tuple[dict[int, int], dict[int, int]]:
    """(layer behind which a block begins -> the layer that ends it, and the other way round), counted from 0.

    The first layer leads from the inputs to the size of the blocks and belongs to none; layers that do not fill a
    block at the end stay plain.
    """
    begins = {start: start + every for start in range(0, count - every, every)}
    return begins, {end: start for start, end in begins.items()}
