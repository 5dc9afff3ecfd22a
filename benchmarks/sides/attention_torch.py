"""PyTorch's side of transformers: its own encoder layers, and its eager training step."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from benchmarks.cases import Case
from benchmarks.sides import Steps
from benchmarks.sides.batches import batches
from gradtui import Simulation


class Encoder(torch.nn.Module):
    """Tokens (batch, steps), learned positions, pre-LN blocks; the last step is asked."""

    def __init__(self, tokens: int, steps: int, outputs: int, case: Case) -> None:
        super().__init__()
        width = case.width
        self.embedding = torch.nn.Embedding(tokens, width)
        self.positions = torch.nn.Embedding(steps, width)
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(
                width, case.scenario.network.heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            for _ in range(case.depth)
        )
        self.norm = torch.nn.LayerNorm(width)
        self.output = torch.nn.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, outputs)."""
        x = self.embedding(x) + self.positions.weight
        for layer in self.layers:
            x = layer(x)
        logits: torch.Tensor = self.output(self.norm(x[:, -1]))
        return logits


def eager(case: Case) -> Steps:
    """torch.optim.Adam with its defaults, and the norm of each weight's gradient, queries, keys and values apart, read
    in each step."""
    torch.set_num_threads(1)
    source = Simulation(case.scenario)
    data = source.dataset
    network = Encoder(data.tokens, data.steps, data.outputs, case)
    network.load_state_dict({name: torch.from_numpy(values) for name, values in source.parameters().items()})
    inputs, targets = torch.tensor(data.train_inputs), torch.tensor(data.train_targets)
    drawing = batches(len(inputs), case.batch)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    weights = [(name, p) for name, p in network.named_parameters() if not name.endswith("bias")]

    def steps(count: int) -> int:
        for _ in range(count):
            chosen = torch.from_numpy(next(drawing))
            optimizer.zero_grad()
            functional.cross_entropy(network(inputs[chosen]), targets[chosen]).backward()
            for name, weight in weights:
                gradient: Any = weight.grad
                for part in gradient.chunk(3) if name.endswith("in_proj_weight") else (gradient,):
                    part.norm().item()
            optimizer.step()
        return count

    return steps
