"""A recurrent network in PyTorch: its own fused layers, and step by step, so that each state has a gradient."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

ACTIVATIONS = {"identity": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
LOSSES = {
    "cross_entropy": functional.cross_entropy,
    "mse": functional.mse_loss,
    "bce": functional.binary_cross_entropy_with_logits,
}
FUSED = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
GATES = {"rnn": (), "lstm": ("gate_input", "gate_forget", None, "gate_output"), "gru": ("gate_reset", "gate_update")}


class RecurrentTwin:
    """`parameters` as `Simulation.parameters` names them. After `step` it has `states` and `cells`, a list of tensors
    with gradients for each layer, and `gates`, their values by name and layer, (steps,) tensors of means."""

    def __init__(self, parameters, scenario, data):
        self.parameters = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
        self._network, self._optimizer_table, self._data = scenario.network, scenario.optimizer, data
        optimizer = scenario.optimizer
        values = list(self.parameters.values())
        if optimizer.name == "adam":
            betas = (optimizer.beta1, optimizer.beta2)
            self._optimizer = torch.optim.Adam(values, lr=optimizer.lr, betas=betas, eps=optimizer.eps)
        else:
            self._optimizer = torch.optim.SGD(values, lr=optimizer.lr)

    def inputs(self, batch):
        """(batch, steps, features), tokens one-hot."""
        data = self._data
        if data.vocabulary:
            return functional.one_hot(torch.tensor(batch), data.tokens).double()
        return torch.tensor(np.asarray(batch, np.float64)).reshape(len(batch), data.steps, -1)

    def loss(self, answers, targets):
        """Of answers (batch, outputs) or (batch, steps, outputs)."""
        return LOSSES[self._data.loss](answers.reshape(-1, answers.shape[-1]), self._targets(targets))

    def _targets(self, targets):
        return torch.tensor(targets).reshape(-1) if targets.dtype == np.int64 else torch.tensor(targets)

    def fused(self, batch, targets):
        """(loss, gradients) by torch.nn.RNN, LSTM or GRU, whose state_dict takes our names without the prefix."""
        network = self._network
        extra = {"nonlinearity": network.activation} if network.cell == "rnn" else {}
        x = self.inputs(batch)
        layer = FUSED[network.cell](x.shape[2], network.width, network.depth, batch_first=True, **extra).double()
        layer.load_state_dict(
            {name.removeprefix("recurrent."): p.detach() for name, p in self.parameters.items() if "recurrent" in name}
        )
        states, _ = layer(x)
        last = states if self._data.per_step else states[:, -1]
        weight, bias = (self.parameters[f"output.{part}"].detach().requires_grad_() for part in ("weight", "bias"))
        loss = self.loss(functional.linear(last, weight, bias), targets)
        loss.backward()
        found = {f"recurrent.{name}": p.grad.numpy() for name, p in layer.named_parameters()}
        return loss.item(), found | {"output.weight": weight.grad.numpy(), "output.bias": bias.grad.numpy()}

    def step(self, batch, targets):
        """One training step, time step by time step; returns (loss, gradients before clipping)."""
        self._optimizer.zero_grad(set_to_none=True)
        xs = list(self.inputs(batch).unbind(1))
        self.states, self.cells, self.gates = [], [], {name: [] for name in GATES[self._network.cell] if name}
        for layer in range(self._network.depth):
            xs = self._through(layer, xs)
        weight, bias = self.parameters["output.weight"], self.parameters["output.bias"]
        last = torch.stack(xs, 1) if self._data.per_step else xs[-1]
        loss = self.loss(functional.linear(last, weight, bias), targets)
        loss.backward()
        gradients = {name: p.grad.numpy().copy() for name, p in self.parameters.items()}
        if self._optimizer_table.clip_norm > 0.0:
            torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), self._optimizer_table.clip_norm)
        self._optimizer.step()
        return loss.item(), gradients

    def _through(self, layer, xs):
        names = (f"recurrent.{name}_l{layer}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        w_ih, w_hh, b_ih, b_hh = (self.parameters[name] for name in names)
        h = c = torch.zeros(len(xs[0]), self._network.width, dtype=torch.float64)
        k, steps = self._network.truncation, len(xs)
        states, cells, gates = [], [], []
        for t, x in enumerate(xs):
            if k and (steps - t) % k == 0:
                h, c = h.detach(), c.detach()
            said, recalled = functional.linear(x, w_ih, b_ih), functional.linear(h, w_hh, b_hh)
            if self._network.cell == "lstm":
                i, f, g, o = (said + recalled).chunk(4, 1)
                i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
                c = f * c + i * torch.tanh(g)
                h = o * torch.tanh(c)
                gates.append((i, f, None, o))
            elif self._network.cell == "gru":
                (r, z, n), (r_said, z_said, n_said) = said.chunk(3, 1), recalled.chunk(3, 1)
                r, z = torch.sigmoid(r + r_said), torch.sigmoid(z + z_said)
                h = (1.0 - z) * torch.tanh(n + r * n_said) + z * h
                gates.append((r, z))
            else:
                h = ACTIVATIONS[self._network.activation](said + recalled)
            h.retain_grad()
            states.append(h)
            if self._network.cell == "lstm":
                c.retain_grad()
                cells.append(c)
        self.states.append(states)
        self.cells.append(cells)
        for column, name in enumerate(GATES[self._network.cell]):
            if name:
                self.gates[name].append([float(each[column].detach().mean()) for each in gates])
        return states

    def over_time(self):
        """What `profile.time` must say."""

        def rms(layers):
            nothing = torch.zeros(1, dtype=torch.float64)  # where truncation lets nothing through
            grads = [[nothing if h.grad is None else h.grad for h in states] for states in layers]
            batch = len(layers[0][0])
            return np.array([[batch * float(g.square().mean().sqrt()) for g in row] for row in grads])

        found = {"delta_rms": rms(self.states)}
        if self._network.cell == "lstm":
            found["cell_delta_rms"] = rms(self.cells)
        return found | {name: np.array(rows) for name, rows in self.gates.items()}

    def values(self):
        """Copies of all parameters."""
        return {name: p.detach().numpy().copy() for name, p in self.parameters.items()}
