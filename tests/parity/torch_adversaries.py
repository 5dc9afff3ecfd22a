"""A plain loop over two PyTorch networks that play against each other; the noise comes from outside."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

ACTIVATIONS = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
    "silu": nn.SiLU,
}
NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
OPTIMIZERS = {
    "sgd": lambda own, given: torch.optim.SGD(given, own.lr),
    "momentum": lambda own, given: torch.optim.SGD(given, own.lr, momentum=own.momentum),
    "adam": lambda own, given: torch.optim.Adam(given, own.lr, (own.beta1, own.beta2), own.eps),
    "rmsprop": lambda own, given: torch.optim.RMSprop(given, own.lr, own.alpha, own.eps),
}


def discriminator_loss(game, of_data, of_samples):
    """The mean over both batches."""
    if game in ("minimax", "non_saturating"):
        ones, zeros = torch.ones_like(of_data), torch.zeros_like(of_samples)
        bce = functional.binary_cross_entropy_with_logits
        return bce(of_data, ones) + bce(of_samples, zeros)
    if game == "least_squares":
        return ((of_data - 1.0) ** 2).mean() / 2.0 + (of_samples**2).mean() / 2.0
    return of_samples.mean() - of_data.mean()


def generator_loss(game, of_samples):
    """The mean over a batch of samples."""
    if game == "minimax":
        return functional.logsigmoid(-of_samples).mean()
    if game == "non_saturating":
        return -functional.logsigmoid(of_samples).mean()
    if game == "least_squares":
        return ((of_samples - 1.0) ** 2).mean() / 2.0
    return -of_samples.mean()


class Net(nn.Module):
    """Hidden layers and an output layer, named as the engine names them."""

    def __init__(self, sizes, activation, norm, end=None):
        super().__init__()
        pairs = list(itertools.pairwise(sizes[:-1]))
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in pairs)
        self.norm = nn.ModuleList(NORMS[norm](size) for _, size in pairs) if norm != "none" else None
        self.output = nn.Linear(*sizes[-2:])
        self.activation = ACTIVATIONS[activation]()
        self.end = end or nn.Identity()

    def forward(self, x):
        for index, layer in enumerate(self.hidden):
            x = layer(x)
            if self.norm is not None:
                x = self.norm[index](x)
            x = self.activation(x)
        return self.end(self.output(x))


class TorchAdversaries:
    """`scenario` as it is; `parameters` as `Simulation.parameters` names them."""

    def __init__(self, scenario, numbers, parameters):
        torch.set_default_dtype(torch.float64)
        own, other = scenario.generator, scenario.network
        self._game = scenario.task.loss
        self._own = own
        self._bound = scenario.task.weight_bound if self._game == "wasserstein" else None
        self._clip = scenario.optimizer.clip_norm
        end = nn.Tanh() if own.output == "tanh" else None
        self.generator = Net([own.latent, *[own.width] * own.depth, numbers], own.activation, own.norm, end)
        self.discriminator = Net([numbers, *[other.width] * other.depth, 1], other.activation, other.norm)
        for prefix, net in (("generator.", self.generator), ("discriminator.", self.discriminator)):
            state = {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}
            missing, unexpected = net.load_state_dict(
                {name: torch.tensor(value) for name, value in state.items()}, strict=False
            )
            assert not unexpected
            assert all(name.endswith("num_batches_tracked") for name in missing)
        self._discriminator_rule = OPTIMIZERS[scenario.optimizer.name](
            scenario.optimizer, self.discriminator.parameters()
        )
        self._generator_rule = OPTIMIZERS[own.optimizer](Rule(own), self.generator.parameters())

    def step(self, examples, noise, moving=True):
        """One step; (discriminator's loss, generator's loss, gradients by name): those of the last updates."""
        turns = self._own.discriminator_steps
        examples, noise = torch.tensor(examples), torch.tensor(noise)
        batch = len(examples) // turns
        gradients = {}
        for turn in range(turns):
            part = slice(turn * batch, (turn + 1) * batch)
            samples = self.generator(noise[part]).detach()
            answers = self.discriminator(torch.cat([examples[part], samples]))
            loss = discriminator_loss(self._game, answers[:batch], answers[batch:])
            self.discriminator.zero_grad()
            loss.backward()
            gradients.update(_gradients("discriminator", self.discriminator))
            if self._clip:
                nn.utils.clip_grad_norm_(self.discriminator.parameters(), self._clip)
            self._discriminator_rule.step()
            if self._bound is not None:
                with torch.no_grad():
                    for parameter in self.discriminator.parameters():
                        parameter.clamp_(-self._bound, self._bound)
        own = generator_loss(self._game, self.discriminator(self.generator(noise[turns * batch :])))
        self.generator.zero_grad()
        own.backward()
        gradients.update(_gradients("generator", self.generator))
        if moving:
            self._generator_rule.step()
        return loss.item(), own.item(), gradients

    def values(self):
        """Everything trained and kept, by name."""
        sides = (("generator", self.generator), ("discriminator", self.discriminator))
        return {
            f"{side}.{name}": value.detach().numpy().copy()
            for side, net in sides
            for name, value in net.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }


class Rule:
    """A generator's few keys, and PyTorch's defaults for the rest."""

    def __init__(self, own):
        self.lr, self.momentum, self.beta1, self.beta2 = own.lr, own.momentum, own.beta1, own.beta2
        self.eps, self.alpha = 1e-8, 0.99


def _gradients(side, net):
    return {f"{side}.{name}": parameter.grad.numpy().copy() for name, parameter in net.named_parameters()}
