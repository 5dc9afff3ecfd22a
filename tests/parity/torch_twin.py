"""The network of a scenario in PyTorch: the same parameters, the same batches, torch's own layers and optimizers."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}
LOSSES = {
    "cross_entropy": functional.cross_entropy,
    "bce": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
}


class TorchTwin:
    """`parameters` as `Simulation.parameters` names them; `optimizer` and `network` are the scenario's tables."""

    def __init__(self, parameters, network, optimizer, loss):
        self.parameters = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
        self._activation = ACTIVATIONS[network.activation]
        self._loss = LOSSES[loss]
        self._clip_norm = optimizer.clip_norm
        self._optimizer = _optimizer(optimizer, list(self.parameters.values()))

    def load(self, parameters) -> None:
        """Go on from other values; the optimizer keeps its memory."""
        with torch.no_grad():
            for name, value in parameters.items():
                self.parameters[name].copy_(torch.tensor(value))

    def gradients(self, inputs, targets):
        """(loss, gradient by name) of a batch."""
        self._optimizer.zero_grad(set_to_none=True)
        x = torch.tensor(inputs)
        self.outputs = []
        names = [name.removesuffix(".weight") for name in self.parameters if name.endswith(".weight")]
        for name in names:
            x = functional.linear(x, self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])
            x = x if name == names[-1] else self._activation(x)
            self.outputs.append(x.detach().numpy())
        loss = self._loss(x, torch.tensor(targets))
        loss.backward()
        return loss.item(), {name: p.grad.numpy().copy() for name, p in self.parameters.items()}

    def step(self, inputs, targets):
        """One training step; returns (loss, gradient by name) before clipping."""
        found = self.gradients(inputs, targets)
        if self._clip_norm > 0.0:
            torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), self._clip_norm)
        self._optimizer.step()
        return found

    def values(self) -> dict[str, np.ndarray]:
        """Copies of all parameters."""
        return {name: p.detach().numpy().copy() for name, p in self.parameters.items()}


def _optimizer(optimizer, parameters):
    if optimizer.name == "adam":
        betas = (optimizer.beta1, optimizer.beta2)
        return torch.optim.Adam(parameters, lr=optimizer.lr, betas=betas, eps=optimizer.eps)
    momentum = optimizer.momentum if optimizer.name == "momentum" else 0.0
    return torch.optim.SGD(parameters, lr=optimizer.lr, momentum=momentum)
