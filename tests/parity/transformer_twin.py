"""The network of a transformer scenario in PyTorch, of its own encoder layers, with hooks that read every tap."""

from __future__ import annotations

import math

import torch
from torch import nn


class Twin(nn.Module):
    """torch.nn.TransformerEncoderLayer one after another. `parameters` of a simulation are its state_dict."""

    def __init__(self, scenario, dataset):
        super().__init__()
        network = scenario.network
        width, steps = network.width, dataset.steps
        self.scale, self.causal, self.per_step = network.embedding_scale, network.causal, dataset.per_step
        self.embedding = (
            nn.Embedding(dataset.tokens, width) if dataset.vocabulary else nn.Linear(dataset.features, width)
        )
        if network.positions == "learned":
            self.positions = nn.Embedding(steps, width)
        self.fixed = self._sinusoids(steps, width) if network.positions == "sinusoidal" else torch.zeros(steps, width)
        activations = {"relu": torch.relu, "gelu": nn.functional.gelu, "tanh": torch.tanh}
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                network.heads,
                network.feedforward or 4 * width,
                dropout=0.0,
                activation=activations[network.activation],
                norm_first=network.skip_form == "pre",
                batch_first=True,
            )
            for _ in range(network.depth)
        )
        self.norm = nn.LayerNorm(width) if network.skip_form == "pre" else None
        self.output = nn.Linear(width, dataset.outputs)
        self.seen = {}

    @staticmethod
    def _sinusoids(steps, width):
        angles = [[t / 10_000 ** (2 * (u // 2) / width) for u in range(width)] for t in range(steps)]
        return torch.tensor(
            [[math.cos(a) if u % 2 else math.sin(a) for u, a in enumerate(row)] for row in angles], dtype=torch.float64
        )

    def embed(self, x):
        positions = self.positions.weight if hasattr(self, "positions") else self.fixed
        return self.scale * (self.embedding(x) + positions)

    def forward(self, x):
        steps = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(steps, dtype=torch.float64) if self.causal else None
        x = self.embed(x)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=self.causal)
        return self.read(x)

    def read(self, x):
        x = x if self.per_step else x[:, -1]
        return self.output(self.norm(x) if self.norm else x)

    def tapped(self, x):
        """The same written out by hand, keeping what every tap makes: {name: tensor}."""
        seen = {}

        def keep(name, value):
            value.retain_grad()
            seen[name] = value
            return value

        steps = x.shape[1]
        hidden = torch.triu(torch.full((steps, steps), -math.inf), diagonal=1) if self.causal else torch.zeros(1)
        x = keep("embed", self.embed(x))
        for number, layer in enumerate(self.layers, 1):
            attention, pre = layer.self_attn, layer.norm_first
            heads, width = attention.num_heads, attention.embed_dim
            read = keep(f"{number}.norm1", layer.norm1(x)) if pre else x
            weight, bias = attention.in_proj_weight.split(width), attention.in_proj_bias.split(width)
            q, k, v = (keep(f"{number}.{n}", read @ w.T + b) for n, w, b in zip("qkv", weight, bias, strict=True))
            split = [each.unflatten(2, (heads, width // heads)).transpose(1, 2) for each in (q, k, v)]
            scores = split[0] @ split[1].transpose(2, 3) / math.sqrt(width // heads) + hidden
            mixed = (scores.softmax(dim=3) @ split[2]).transpose(1, 2).flatten(2)
            x = x + keep(f"{number}.o", attention.out_proj(mixed))
            x = x if pre else keep(f"{number}.norm1", layer.norm1(x))
            read = keep(f"{number}.norm2", layer.norm2(x)) if pre else x
            inner = keep(f"{number}.ff1", layer.activation(layer.linear1(read)))
            x = x + keep(f"{number}.ff2", layer.linear2(inner))
            x = x if pre else keep(f"{number}.norm2", layer.norm2(x))
        x = x if self.per_step else x[:, -1]
        x = keep("norm", self.norm(x)) if self.norm else x
        return keep("out", self.output(x)), seen

    def load(self, parameters):
        state = {
            ("positions.weight" if name == "positions.weight" else name): value for name, value in parameters.items()
        }
        self.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
        return self


def loss_of(dataset, outputs, targets):
    """The mean loss, as PyTorch has it."""
    if dataset.loss == "cross_entropy":
        return nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())
    if dataset.loss == "bce":
        return nn.functional.binary_cross_entropy_with_logits(outputs, targets)
    return nn.functional.mse_loss(outputs, targets)
