"""The written network's forward pass: a few lines a layer, and loops where layers repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gradtui.export.modules import Modules, has_norm, is_dense
from gradtui.export.repeats import runs
from gradtui.export.writing import number
from gradtui.scenario.architecture import LayerSpec, Pool, Size
from gradtui.scenario.model import Network

#: The activation of x; `prelu` is a module of its own.
ACTIVATIONS: dict[str, Callable[[Network], str]] = {
    "sigmoid": lambda own: "torch.sigmoid(x)",
    "tanh": lambda own: "torch.tanh(x)",
    "relu": lambda own: "F.relu(x)",
    "leaky_relu": lambda own: f"F.leaky_relu(x, {number(own.negative_slope)})",
    "elu": lambda own: f"F.elu(x, {number(own.alpha)})",
    "selu": lambda own: "F.selu(x)",
    "celu": lambda own: f"F.celu(x, {number(own.alpha)})",
    "gelu": lambda own: "F.gelu(x)",
    "gelu_tanh": lambda own: 'F.gelu(x, approximate="tanh")',
    "silu": lambda own: "F.silu(x)",
    "mish": lambda own: "F.mish(x)",
    "softplus": lambda own: f"F.softplus(x, {number(own.beta)})",
    "softsign": lambda own: "F.softsign(x)",
    "hard_sigmoid": lambda own: "F.hardsigmoid(x)",
    "hard_tanh": lambda own: "F.hardtanh(x)",
}

#: Where PyTorch computes with float32 constants or breaks a formula off early, whatever the tensor's numbers are.
EXACT: dict[str, Callable[[Network], str]] = {
    "celu": lambda own: f"{number(own.alpha)} * F.elu(x / {number(own.alpha)})  # F.celu keeps 1 / alpha in float32",
    "softplus": lambda own: f"F.softplus(x, {number(own.beta)}, threshold=40)",
    "hard_sigmoid": lambda own: "((x + 3) / 6).clamp(0, 1)  # F.hardsigmoid keeps its 1 / 6 in float32",
}


class Place(NamedTuple):
    """A layer's index as source: a loop's variable and an offset, or, where the variable is empty, a number."""

    variable: str
    offset: int

    def plus(self, more: int) -> str:
        """The index, and so many more."""
        total = self.offset + more
        if not self.variable:
            return str(total)
        return f"{self.variable} + {total}" if total else self.variable


def drops(modules: Modules) -> bool:
    """Whether any layer has dropout, so that the forward pass must know the step."""
    return any(spec.dropout for spec in modules.hidden)


def forward(modules: Modules) -> list[str]:
    """Lines of the body of `forward`, which turns x into what the output layer makes."""
    lines = ["        self.taps = []"]
    bodies = [tuple(_body(modules, spec, Place("i", 0))) for spec in modules.hidden]
    for run in runs(bodies):
        specs = modules.hidden[run.start : run.start + run.length]
        if run.times == 1:
            lines += [f"        {line}" for line in _body(modules, specs[0], Place("", run.start))]
            continue
        begin = f"{run.start}, " if run.start or run.length > 1 else ""
        step = f", {run.length}" if run.length > 1 else ""
        lines.append(f"        for i in range({begin}{run.stop}{step}):")
        for offset, spec in enumerate(specs):
            lines += [f"            {line}" for line in _body(modules, spec, Place("i", offset))]
    if modules.reads_image(modules.specs[-1]):
        lines.append("        x = x.flatten(1)")
    return [*lines, "        x = self.output(x)", "        return self.tapped(x)"]


def _body(modules: Modules, spec: LayerSpec, place: Place) -> list[str]:
    """One hidden layer, an operation a line."""
    network, index = modules.network, place.plus(0)
    lines = []
    if spec.window is None and modules.reads_image(spec):
        lines.append("x = x.flatten(1)")
    elif spec.window is not None and not modules.reads_image(spec):
        lines.append("x = x[:, :, None, None]")
    if spec.gated or spec.appends:
        lines.append("read = x")
    lines.append(f"x = {modules.reference('hidden', index)}(x)")
    residual = _residual(modules, spec, index)
    pre = network.skip_form == "pre"
    if pre:
        lines += [*residual, *_keeping(spec)]
    norm = [f"x = {modules.reference('norm', index)}(x)"] if has_norm(spec) else []
    if spec.own.norm_place == "before":
        lines += norm
    if not pre:
        lines += residual
    lines += _activation(modules, spec, index)
    if spec.own.norm_place == "after":
        lines += norm
    if spec.gated:
        lines.append(f"gate = torch.sigmoid({modules.reference('gate', index)}(read))")
        lines.append("x = gate * x + (1 - gate) * read")
    if spec.dropout:
        lines.append("if self.training:")
        lines.append(f"    x = dropout(x, {number(spec.dropout)}, place={place.plus(1)}, step=step)")
    lines.append("x = self.tapped(x)")
    if spec.appends:
        lines.append("x = torch.cat([read, x], 1)")
    if spec.window is not None:
        lines += _pools(spec)
    if not pre:
        lines += _keeping(spec)
    return lines


def _activation(modules: Modules, spec: LayerSpec, index: str) -> list[str]:
    name = spec.activation
    if name == "identity":
        return []
    if name == "prelu":
        return [f"x = {modules.reference('activation', index)}(x)"]
    exact = EXACT.get(name) if spec.own.dtype == "float64" else None
    return [f"x = {(exact or ACTIVATIONS[name])(spec.own)}"]


def _residual(modules: Modules, spec: LayerSpec, index: str) -> list[str]:
    """Where a block ends: the sum of what was kept and the branch."""
    if spec.joins is None:
        return []
    source, image = "kept", modules.keeps_image(spec)
    if spec.projection:
        if image and is_dense(spec):
            source, image = "kept.flatten(1)", False
        elif not image and not is_dense(spec):
            source, image = "kept[:, :, None, None]", True
        source = f"{modules.reference('projection', index)}({source})"
    if image and spec.window is None:
        source += ".flatten(1)"
    elif not image and spec.window is not None:
        source += "[:, :, None, None]"
    factor = ""
    if modules.has_alpha(spec):
        factor = f"{modules.reference('alpha', index)} * "
    elif modules.network.skip_scale != 1.0:
        factor = f"{number(modules.network.skip_scale)} * "
    return [f"x = {source} + {factor}x"]


def _keeping(spec: LayerSpec) -> list[str]:
    """Where a block begins. Behind the last one nothing does, but a loop is the same for all of them."""
    return ["kept = x"] if spec.begins or spec.joins is not None else []


def _pools(spec: LayerSpec) -> list[str]:
    lines, size = [], spec.joined
    for pool in spec.pools:
        lines.append(f"x = {_pooled(pool, size)}")
        size = pool.over(size)
    return lines


def _pooled(pool: Pool, size: Size) -> str:
    if pool.window is None:
        if not pool.largest:
            return "x.mean((2, 3), keepdim=True)"
        return f"F.max_pool2d(x, ({size.height}, {size.width}))"
    stride = f", stride={pool.window.stride}" if pool.window.stride != pool.window.kernel else ""
    return f"F.{'max' if pool.largest else 'avg'}_pool2d(x, {pool.window.kernel}{stride})"
