"""What the written network is made of: the constructor of its class, and classes that PyTorch does not have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from gradtui.export.repeats import runs
from gradtui.export.writing import literal_call, number
from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.model import Network

#: (index of the layer, source that makes its part), in the order of the layers.
Parts = Sequence[tuple[int, str]]


class Modules:
    """The parts of a network by name, each a list over all hidden layers or a dict of those that have one."""

    #: What stands at the network's ends: Muon leaves it to AdamW.
    ends: tuple[str, ...] = ("hidden.0.", "output.")

    def __init__(self, network: Network, specs: Sequence[LayerSpec]) -> None:
        self.network = network
        self.specs: Sequence[LayerSpec] = specs
        self.hidden: Sequence[LayerSpec] = specs[:-1]
        self.parts: dict[str, Parts] = {
            "hidden": [(spec.index, _weighted(spec)) for spec in self.hidden],
            "norm": [(spec.index, _norm(spec)) for spec in self.hidden if has_norm(spec)],
            "activation": [(spec.index, _prelu(spec)) for spec in self.hidden if spec.activation == "prelu"],
            "alpha": [(spec.index, "torch.zeros(1)") for spec in self.hidden if self.has_alpha(spec)],
            "gate": [(spec.index, _product(spec)) for spec in self.hidden if spec.gated],
            "projection": [(spec.index, _projection(spec)) for spec in self.hidden if spec.projection],
        }

    @property
    def has_inner(self) -> bool:
        """Whether there is a matrix between the first and the last."""
        return len(self.hidden) > 1

    def reads_image(self, spec: LayerSpec) -> bool:
        """Whether the layer gets (batch, channels, height, width), even if the image is one pixel."""
        return self.specs[spec.index - 1].window is not None if spec.index else self.network.kind == "cnn"

    def keeps_image(self, spec: LayerSpec) -> bool:
        """Whether what was kept for the block that this layer ends has that form."""
        return spec.joins is not None and self.specs[spec.joins].window is not None

    def has_alpha(self, spec: LayerSpec) -> bool:
        """Whether the layer ends a block whose branch has a learned factor."""
        return self.network.skip == "rezero" and spec.joins is not None

    def reference(self, name: str, place: str) -> str:
        """The part `name` of the layer whose index is the source `place`."""
        if self._listed(name):
            return f"self.{name}[{place}]"
        return f'self.{name}["{place}"]' if place.isdigit() else f"self.{name}[str({place})]"

    def constructor(self) -> list[str]:
        """Lines that make every part, in the body of `__init__`."""
        lines = [self._collection(name, parts) for name, parts in self.parts.items() if parts]
        return [*lines, f"        self.output = {_product(self.specs[-1])}"]

    def _listed(self, name: str) -> bool:
        return len(self.parts[name]) == len(self.hidden)

    def _collection(self, name: str, parts: Parts) -> str:
        if name == "alpha":
            kind, entries, brackets = "ParameterDict", _keyed(parts), "{}"
        elif self._listed(name):
            kind, entries, brackets = "ModuleList", _in_order(parts), "[]"
        else:
            kind, entries, brackets = "ModuleDict", _keyed(parts), "{}"
        begin = f"self.{name} = nn.{kind}("
        alone = re.fullmatch(r"\*\((.*)\)|\*\*(.*)", entries[0]) if len(entries) == 1 else None
        if alone is not None:
            return f"        {begin}{alone[1] or alone[2]})"
        return literal_call(begin, entries, brackets, indent=8)


def is_dense(spec: LayerSpec) -> bool:
    """Whether the block that this layer ends begins and ends without an image, so that its projection has no window."""
    return spec.kept is not None and spec.kept.positions == spec.size.positions == 1


def _projection(spec: LayerSpec) -> str:
    """What gives a block's input the size of the sum."""
    assert spec.kept is not None
    assert spec.projection is not None
    channels = f"{spec.kept.channels}, {spec.size.channels}"
    if is_dense(spec):
        return f"nn.Linear({channels}, bias=False)"
    stride = f", stride={spec.projection.stride}" if spec.projection.stride > 1 else ""
    return f"nn.Conv2d({channels}, 1{stride}, bias=False)"


def has_norm(spec: LayerSpec) -> bool:
    """Whether the layer normalises its signal; weight norm does not."""
    return spec.norm not in ("none", "weight")


def _in_order(parts: Parts) -> list[str]:
    """Entries of a list: `*(nn.Linear(64, 64) for _ in range(29))` where neighbours are alike."""
    entries = []
    texts = [text for _, text in parts]
    for run in runs(texts):
        if run.times == 1:
            entries.append(texts[run.start])
        elif run.length == 1:
            entries.append(f"*({texts[run.start]} for _ in range({run.times}))")
        else:
            entries += texts[run.start : run.stop]
    return entries


def _keyed(parts: Parts) -> list[str]:
    """Entries of a dict: `**{str(i): nn.Linear(64, 64) for i in range(1, 30)}` where neighbours are alike."""
    distances = [later - earlier for (earlier, _), (later, _) in pairwise(parts)]
    entries = []
    at = 0
    while at < len(parts):
        index, text = parts[at]
        end = at + 1
        while end < len(parts) and parts[end][1] == text and distances[end - 1] == distances[at]:
            end += 1
        if end - at < 3:
            end = at + 1
            entries.append(f'"{index}": {text}')
        else:
            step = distances[at]
            numbers = f"{index}, {parts[end - 1][0] + 1}" + (f", {step}" if step > 1 else "")
            entries.append(f"**{{str(i): {text} for i in range({numbers})}}")
        at = end
    return entries


def _product(spec: LayerSpec) -> str:
    """The layer's own product of weights and what it reads."""
    window = spec.window
    if window is None:
        return f"nn.Linear({spec.source.numbers}, {spec.size.channels})"
    stride = f", stride={window.stride}" if window.stride > 1 else ""
    padding = f", padding={window.padding}" if window.padding else ""
    return f"nn.Conv2d({spec.source.channels}, {spec.size.channels}, {window.kernel}{stride}{padding})"


def _weighted(spec: LayerSpec) -> str:
    return f"weight_norm({_product(spec)})" if spec.norm == "weight" else _product(spec)


def _norm(spec: LayerSpec) -> str:
    """The layer's normalisation; over the channels of an image where it makes one."""
    image, units = spec.window is not None, spec.size.channels
    eps = f", eps={number(spec.own.norm_eps)}" if spec.own.norm_eps else ""
    if spec.norm == "batch":
        return f"BatchNorm({units})"
    if spec.norm == "group":
        return f"nn.GroupNorm({spec.own.norm_groups}, {units}{eps})"
    if spec.norm == "layer":
        return f"nn.GroupNorm(1, {units}{eps})" if image else f"nn.LayerNorm({units}{eps})"
    return f"ChannelRMSNorm({units})" if image else f"nn.RMSNorm({units}{eps})"


def _prelu(spec: LayerSpec) -> str:
    return f"nn.PReLU({spec.size.channels})" if spec.own.prelu_share == "unit" else "nn.PReLU()"


def classes(modules: Modules) -> list[str]:
    """Classes that stand before the network's own."""
    made = {text.partition("(")[0] for _, text in modules.parts["norm"]}
    network = modules.network
    found = []
    if "BatchNorm" in made:
        eps = number(network.norm_eps or 1e-5)
        found.append(BATCH_NORM.format(momentum=number(network.norm_momentum), eps=eps))
    if "ChannelRMSNorm" in made:
        found.append(CHANNEL_RMS_NORM.format(eps=number(network.norm_eps) if network.norm_eps else "None"))
    return found


BATCH_NORM = '''\
class BatchNorm(nn.Module):
    """nn.BatchNorm1d and nn.BatchNorm2d in one, without their counter of batches (Ioffe & Szegedy 2015)."""

    def __init__(self, units):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))
        self.bias = nn.Parameter(torch.zeros(units))
        self.register_buffer("running_mean", torch.zeros(units))
        self.register_buffer("running_var", torch.ones(units))

    def forward(self, x):
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training,
            momentum={momentum},
            eps={eps},
        )
'''

CHANNEL_RMS_NORM = '''\
class ChannelRMSNorm(nn.Module):
    """nn.RMSNorm over the channels of an image, place by place (Zhang & Sennrich 2019)."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        # eps None: the smallest distance between numbers around 1, as nn.RMSNorm has it.
        channels_last = F.rms_norm(x.movedim(1, -1), self.weight.shape, self.weight, eps={eps})
        return channels_last.movedim(-1, 1)
'''
