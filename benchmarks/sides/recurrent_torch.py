"""PyTorch's side of recurrent networks: a loop over time that keeps what the gauges read, and torch's own fused
layers, which keep nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from benchmarks.cases import Case
from benchmarks.sides import Steps
from benchmarks.sides.batches import batches
from gradtui import Simulation

FUSED: dict[str, Any] = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


class Training:
    """The network of a case with gradtui's initial weights, its sequences, and its batches. `recurrent` is torch's own
    layer, which also holds the weights for the loop."""

    def __init__(self, case: Case) -> None:
        torch.set_num_threads(1)
        source = Simulation(case.scenario)
        data = source.dataset
        self.cell = case.scenario.network.cell
        self.recurrent: Any = FUSED[self.cell](data.features, case.width, case.depth)
        self.output = torch.nn.Linear(case.width, data.outputs)
        self.network = torch.nn.ModuleDict({"recurrent": self.recurrent, "output": self.output})
        self.network.load_state_dict({name: torch.from_numpy(values) for name, values in source.parameters().items()})
        inputs = torch.tensor(data.train_inputs, dtype=torch.float32)
        self._inputs = inputs.reshape(len(inputs), data.steps, data.features)
        self._targets = torch.tensor(data.train_targets, dtype=torch.float32)
        self._batches = batches(len(inputs), case.batch)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(inputs (steps, batch, features), targets) of the next step."""
        chosen = torch.from_numpy(next(self._batches))
        return self._inputs[chosen].transpose(0, 1), self._targets[chosen]

    def read_weights(self) -> list[float]:
        """The size of each matrix's gradient."""
        return [p.grad.norm().item() for p in self.network.parameters() if p.grad is not None and p.ndim == 2]


def through(training: Training, layer: int, x: torch.Tensor) -> tuple[Any, Any, Any]:
    """(states, cells, gates) of a layer at all steps, their gradients to be kept. The product with the inputs is made
    for all steps at once."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w_ih, w_hh, b_ih, b_hh = (getattr(training.recurrent, f"{name}_l{layer}") for name in names)
    h = c = x.new_zeros(x.shape[1], w_hh.shape[1])
    states: list[Any] = []
    cells: list[Any] = []
    gates: list[tuple[Any, ...]] = []
    for said in functional.linear(x, w_ih, b_ih).unbind(0):
        recalled = functional.linear(h, w_hh, b_hh)
        if training.cell == "lstm":
            i, f, g, o = (said + recalled).chunk(4, 1)
            i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
            c = f * c + i * g.tanh()
            h = o * c.tanh()
            c.retain_grad()
            cells.append(c)
            gates.append((i, f, o))
        elif training.cell == "gru":
            (r, z, n), (r_said, z_said, n_said) = said.chunk(3, 1), recalled.chunk(3, 1)
            r, z = (r + r_said).sigmoid(), (z + z_said).sigmoid()
            n = (n + r * n_said).tanh()
            h = n + z * (h - n)
            gates.append((r, z))
        else:
            h = (said + recalled).tanh()
        h.retain_grad()
        states.append(h)
    return states, cells, gates


def eager(case: Case) -> Steps:
    """An unrolled loop; in each step the size of dL/dh_t (and dL/dc_t) at all time steps, the mean of each gate, and
    the norm of each weight gradient are read, Adam with its defaults."""
    training = Training(case)

    def steps(count: int) -> int:
        for _ in range(count):
            x, targets = training.batch()
            training.optimizer.zero_grad()
            measured, means = [], []
            for layer in range(case.depth):
                states, cells, gates = through(training, layer, x)
                x = torch.stack(states)
                measured += [states, cells] if cells else [states]
                means += [torch.stack(gate).detach().mean((1, 2)) for gate in zip(*gates, strict=True)]
            functional.mse_loss(training.output(states[-1]), targets).backward()
            for signals in measured:
                torch.stack([signal.grad for signal in signals]).square().mean((1, 2)).sqrt().tolist()
            for mean in means:
                mean.tolist()
            training.read_weights()
            training.optimizer.step()
        return count

    return steps


def fused(case: Case) -> Steps:
    """torch.nn.RNN, LSTM or GRU as they are: no gauges over time, only the norm of each weight gradient."""
    training = Training(case)

    def steps(count: int) -> int:
        for _ in range(count):
            x, targets = training.batch()
            training.optimizer.zero_grad()
            states, _ = training.recurrent(x)
            functional.mse_loss(training.output(states[-1]), targets).backward()
            training.read_weights()
            training.optimizer.step()
        return count

    return steps
