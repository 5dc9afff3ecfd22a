"""The exported PyTorch program as a module, beside a simulation of the same scenario.

The program sets PyTorch's default number format: who uses this sets it back.
"""

from __future__ import annotations

import numpy as np
import torch

from gradtui.export import payload, pytorch


class Exported:
    """What the program defines. Its numbers are handed over as they are, without the text at its end."""

    def __init__(self, simulation):
        scenario, dataset = simulation.scenario, simulation.dataset
        self.source = pytorch.definitions(scenario, dataset)
        self.names = {"__name__": "exported"}
        exec(compile(self.source, "exported.py", "exec"), self.names)
        self.dtype = torch.float64 if scenario.network.dtype == "float64" else torch.float32
        carried = payload.arrays(scenario, dataset, simulation.parameters())
        parts = {part: {} for part in ("net.", "training.", "held_out.")}
        for name, values in carried.items():
            part, _, rest = name.partition(".")
            parts[f"{part}."][rest] = torch.from_numpy(np.array(values))
        self._parts = parts
        self.names["stored"] = self._stored

    def _stored(self, part):
        """What the program carries, in the format of today's network."""
        return {
            name: values.to(self.dtype) if values.is_floating_point() else values
            for name, values in self._parts[part].items()
        }

    def network(self, parameters):
        """(network, optimizer) with these parameters."""
        net = self.names["Net"]().to(self.dtype)
        load(net, parameters)
        return net, self.names["make_optimizer"](net)

    def wide(self, parameters, step):
        """(loss, gradient by name) of a step in float64, whatever the program's numbers are."""
        own, self.dtype = self.dtype, torch.float64
        net = self.names["Net"]().double()
        load(net, parameters)
        found = self.gradients(net, step)
        self.dtype = own
        return found

    def batch(self, step):
        """(inputs, targets) of a step as arrays."""
        return tuple(part.numpy() for part in self.names["batch"](step))

    def gradients(self, net, step):
        """(loss, gradient by name) of a step's batch."""
        loss = self.names["gradients"](net, step)
        return loss, {name: parameter.grad.numpy().copy() for name, parameter in net.named_parameters()}

    def update(self, net, optimizer, step, gradients=None):
        """Move the parameters, by other gradients than the network's own if they are given."""
        for name, parameter in net.named_parameters():
            if gradients is not None:
                parameter.grad = torch.tensor(gradients[name], dtype=self.dtype)
        self.names["update"](net, optimizer, step)


def shake(net, seed):
    """Disturb every number that a part of the network reads or makes, and every gradient that comes back to it, by a
    rounding: Monte Carlo arithmetic (Parker 1997). What then moves is what rounding leaves open."""
    random = torch.Generator().manual_seed(seed)

    def disturbed(x):
        eps = torch.finfo(x.dtype).eps
        return x * (1 + eps * (2 * torch.rand(x.shape, generator=random, dtype=x.dtype) - 1))

    def through(x):
        x = disturbed(x)
        if x.requires_grad:
            x.register_hook(disturbed)
        return x

    tapped = net.tapped
    net.tapped = lambda x: tapped(through(x))
    for part in net.modules():
        if not list(part.children()):
            part.register_forward_pre_hook(lambda part, inputs: tuple(map(through, inputs)))
            part.register_forward_hook(lambda part, inputs, made: through(made))


def load(net, parameters):
    """Give a network these parameters; the names must be its own."""
    net.load_state_dict({name: torch.from_numpy(values) for name, values in parameters.items()})


def state(net):
    """Parameters and running statistics by name."""
    return {name: values.numpy().copy() for name, values in net.state_dict().items()}
