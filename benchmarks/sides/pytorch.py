"""PyTorch: the same network out of torch's own parts, and its eager training step."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from benchmarks.cases import Case
from benchmarks.sides import Steps
from benchmarks.sides.batches import batches
from gradtui import Simulation

ACTIVATIONS: dict[str, Any] = {
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
}


class Stack(torch.nn.Module):
    """Hidden layers one behind the other. In a residual network two and two form a block: the sum stands before the
    second activation (He et al. 2016), what is left over stays plain."""

    def __init__(self, case: Case, first: int, count: int) -> None:
        super().__init__()
        self.depth = count
        fan_in = 64 if first == 0 else case.width
        self.linears = torch.nn.ModuleList(
            torch.nn.Linear(case.width if index else fan_in, case.width) for index in range(count)
        )
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(case.width) for _ in range(count if case.normed else 0))
        self._phi = ACTIVATIONS[case.activation]
        self._residual = case.residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (batch, fan_in) to (batch, width)."""
        stream = x
        for index, linear in enumerate(self.linears):
            z = linear(x)
            if self.norms:
                z = self.norms[index](z)
            joins = self._residual and index % 2 == 1
            x = self._phi(stream + z if joins else z)
            if joins:
                stream = x
        return x


class Network(torch.nn.Module):
    """The first layer, the others in stacks of at most `longest` layers, the output. Blocks begin behind the first."""

    def __init__(self, case: Case, longest: int) -> None:
        super().__init__()
        rest = range(1, case.depth, longest)
        self.first = Stack(case, 0, 1)
        self.stacks = torch.nn.ModuleList(Stack(case, start, min(longest, case.depth - start)) for start in rest)
        self.output = torch.nn.Linear(case.width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, 10)."""
        x = self.first(x)
        for stack in self.stacks:
            x = stack(x)
        logits: torch.Tensor = self.output(x)
        return logits


class Convolutions(torch.nn.Module):
    """3x3 convolutions, the mean of each channel, the output; images are (batch, 1, 8, 8)."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.stacks = torch.nn.ModuleList()
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv2d(case.width if index else 1, case.width, 3, padding=1) for index in range(case.depth)
        )
        self.output = torch.nn.Linear(case.width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, 10)."""
        for layer in self.layers:
            x = functional.relu(layer(x))
        logits: torch.Tensor = self.output(x.mean((2, 3)))
        return logits


class Training:
    """The network of a case with gradtui's initial weights, its examples, and its batches."""

    def __init__(self, case: Case, longest: int) -> None:
        torch.set_num_threads(1)
        source = Simulation(case.scenario)
        self.network: Any = Convolutions(case) if case.convolutional else Network(case, longest)
        linears: list[Any] = [m for m in self.network.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
        names = [f"hidden.{index}" for index in range(case.depth)] + ["output"]
        drawn = source.parameters()
        with torch.no_grad():
            for name, linear in zip(names, linears, strict=True):
                linear.weight.copy_(torch.from_numpy(drawn[f"{name}.weight"]))
                linear.bias.copy_(torch.from_numpy(drawn[f"{name}.bias"]))
        self.stacks: list[Any] = list(self.network.stacks)
        self._weights = [linear.weight for linear in linears]
        self._inputs = torch.tensor(source.dataset.train_inputs, dtype=torch.float32)
        if case.convolutional:
            self._inputs = self._inputs.reshape(-1, 1, 8, 8)
        self._targets = torch.tensor(source.dataset.train_targets)
        self._batches = batches(len(self._inputs), case.batch)

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(inputs, labels) of the next step."""
        chosen = torch.from_numpy(next(self._batches))
        return self._inputs[chosen], self._targets[chosen]

    def weight_gradients(self) -> list[Any]:
        """The gradient of each layer's weight."""
        return [weight.grad for weight in self._weights]


def eager(case: Case) -> Steps:
    """torch.nn.Linear, torch.optim.Adam with its defaults, and the norm of each weight gradient, read in each step."""
    training = Training(case, longest=case.depth)
    optimizer = torch.optim.Adam(training.network.parameters(), lr=1e-3)

    def steps(count: int) -> int:
        for _ in range(count):
            inputs, labels = training.batch()
            optimizer.zero_grad()
            functional.cross_entropy(training.network(inputs), labels).backward()
            for gradient in training.weight_gradients():
                gradient.norm().item()
            optimizer.step()
        return count

    return steps
