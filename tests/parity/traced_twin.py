"""A network in PyTorch that keeps every signal on its way back: what each gauge of the signal is held against."""

from __future__ import annotations

import naive_layers
import numpy as np
import torch
from torch.nn import functional

from gradtui.engine.plan import inputs_of
from gradtui.scenario import architecture

torch.set_num_threads(1)

ACTIVATIONS = {
    "identity": lambda z: z,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "softplus": functional.softplus,
}


class TracedTwin:
    """One forward and backward pass on the batch of a step, with the simulation's parameters (float64).

    `outputs` are the layers' outputs as the taps measure them; `slopes`, `norms` and `skips` the factors of each tap's
    gain by cause, from the gradients that PyTorch found on either side of each.
    """

    def __init__(self, simulation, step=0):
        self.scenario = simulation.scenario
        self.values = {name: torch.tensor(value) for name, value in simulation.parameters().items()}
        for name, value in self.values.items():
            value.requires_grad_("running" not in name)
        data = simulation.dataset
        self.specs = architecture.layers(self.scenario.network, inputs_of(self.scenario, data), data.outputs)
        self.step = step
        self.outputs, self._ways = [], [{} for _ in self.specs]
        inputs, targets = simulation.batch(step)
        logits = self._forward(torch.tensor(inputs, requires_grad=True))
        loss = functional.cross_entropy(logits, torch.tensor(targets))
        loss.backward()
        self.loss = loss.item()
        self.batch = len(inputs)

    # Forward

    def _kept(self, index, name, value):
        """A copy of a value whose gradient is wanted."""
        value = value * 1.0
        value.retain_grad()
        self._ways[index][name] = value
        return value

    def _product(self, spec, name, x, window):
        weight, bias = self.values.get(f"{name}.weight"), self.values.get(f"{name}.bias")
        if weight is None:
            length, direction = (self.values[f"{name}.parametrizations.weight.original{n}"] for n in (0, 1))
            weight = length * direction / direction.flatten(1).norm(dim=1).reshape(length.shape)
        if window:
            return functional.conv2d(x, weight, bias, window.stride, window.padding)
        return functional.linear(x.flatten(1), weight, bias)

    def _norm(self, spec, z):
        own = spec.own
        scale, shift = (self.values.get(f"norm.{spec.index}.{name}") for name in ("weight", "bias"))
        if spec.norm == "batch":
            return functional.batch_norm(z, None, None, scale, shift, True, 0.0, 1e-5)
        if spec.norm == "rms":
            return functional.rms_norm(z.movedim(1, -1), z.shape[1:2], scale).movedim(-1, 1)
        return functional.group_norm(z, own.norm_groups if spec.norm == "group" else 1, scale, shift, 1e-5)

    def _mask(self, spec, shape):
        """The engine numbers the values of an image by place, then channel."""
        places = [shape[0], *shape[2:], shape[1]]
        mask = naive_layers.dropout_mask(self.scenario.seed, spec.place, self.step, places, spec.dropout)
        return torch.tensor(np.moveaxis(mask, -1, 1))

    def _join(self, spec, v, streams):
        kept = streams[spec.joins]
        if spec.projection:
            kept = self._product(spec, f"projection.{spec.index}", kept, spec.projection if kept.ndim == 4 else None)
            kept = kept.reshape(v.shape)
        scale = self.values.get(f"alpha.{spec.index}", torch.tensor(spec.own.skip_scale, dtype=torch.float64))
        self._ways[spec.index]["scale"] = abs(float(scale.detach()))
        return kept + scale * v

    def _keep(self, spec, v, streams):
        v = self._kept(spec.index, "stream", v)
        streams[spec.index] = self._kept(spec.index, "direct", v)
        return v

    def _pool(self, pool, v):
        way = functional.max_pool2d if pool.largest else functional.avg_pool2d
        return way(v, pool.window.kernel, pool.window.stride) if pool.window else way(v, v.shape[2:]).flatten(1)

    def _forward(self, x):
        streams = {}
        for spec in self.specs:
            i, own = spec.index, spec.own
            pre, after = own.skip_form == "pre", own.norm_place == "after"
            normed = spec.norm not in ("none", "weight")
            x = self._kept(i, "x", x)
            past = self._kept(i, "past", x) if spec.gated or spec.appends else None
            v = self._product(spec, spec.key, x, spec.window)
            if pre and spec.joins is not None:
                v = self._join(spec, v, streams)
            if pre and spec.begins:
                v = self._keep(spec, v, streams)
            if normed and not after:
                v = self._kept(i, "norm in", v)
                v = self._kept(i, "norm out", self._norm(spec, v))
            if not pre and spec.joins is not None:
                v = self._join(spec, v, streams)
            v = self._kept(i, "z", v)
            v = self._kept(i, "a", ACTIVATIONS[spec.activation](v))
            if normed and after:
                v = self._kept(i, "norm in", v)
                v = self._kept(i, "norm out", self._norm(spec, v))
            if spec.gated:
                self._kept(i, "h", v)
                t = torch.sigmoid(self._product(spec, f"gate.{i}", past, spec.window))
                h = self._ways[i]["h"]
                v = self._kept(i, "y", t * h + (1 - t) * past.reshape(h.shape))
            if spec.dropout:
                v = v * self._mask(spec, v.shape)
            self.outputs.append(self._kept(i, "tap", v))
            v = self.outputs[-1]
            if spec.appends:
                v = torch.cat([past, v], dim=1)
            for pool in spec.pools:
                v = self._pool(pool, v)
            if not pre and spec.begins:
                v = self._keep(spec, v, streams)
            x = v
        return x

    # Backward

    def _length(self, index, name):
        return float(self._ways[index][name].grad.norm())

    @property
    def delta_rms(self):
        """The signal of one example at each tap."""
        return [self.batch * float(each.grad.pow(2).mean().sqrt()) for each in self.outputs]

    @property
    def slopes(self):
        return [self._length(i, "z") / self._length(i, "a") for i in range(len(self.specs))]

    @property
    def norms(self):
        return [
            self._length(i, "norm in") / self._length(i, "norm out") if "norm in" in way else 1.0
            for i, way in enumerate(self._ways)
        ]

    @property
    def skips(self):
        factors = [1.0] * len(self.specs)
        for spec, way in zip(self.specs, self._ways, strict=True):
            i = spec.index
            if spec.joins is not None:
                factors[i] *= way["scale"]
            if spec.begins:
                total, direct = way["stream"].grad, way["direct"].grad
                at = i if spec.own.skip_form == "pre" else i + 1
                factors[at] *= float(total.norm() / (total - direct).norm())
            if spec.gated or spec.appends:
                total, past = way["x"].grad, way["past"].grad
                factors[i] *= float(total.norm() / (total - past).norm())
            if spec.gated:
                factors[i] *= self._length(i, "h") / self._length(i, "y")
        return factors
