"""Optimizers that a written program brings along."""

from __future__ import annotations

LION = '''\
class Lion(torch.optim.Optimizer):
    """p = p (1 - lr weight_decay) - lr sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g (Chen et al. 2023)."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
            for parameter in group["params"]:
                mean = self.state[parameter].setdefault("mean", torch.zeros_like(parameter))
                direction = mean.lerp(parameter.grad, 1 - beta1).sign()
                parameter.mul_(1 - lr * decay).sub_(lr * direction)
                mean.lerp_(parameter.grad, 1 - beta2)
'''

MUON = '''\
class Muon(torch.optim.Optimizer):
    """torch.optim.Muon, but it iterates in the network's own numbers and not in bfloat16, and takes
    convolutions, an output channel a row (Jordan et al. 2024)."""

    def __init__(
        self, parameters, lr, weight_decay, momentum, nesterov, coefficients, eps, rounds, adjust_lr
    ):
        super().__init__(parameters, {"lr": lr})
        self.weight_decay, self.momentum, self.nesterov = weight_decay, momentum, nesterov
        self.coefficients, self.eps, self.rounds = coefficients, eps, rounds
        self.adjust_lr = adjust_lr

    @torch.no_grad()
    def step(self):
        lr = self.param_groups[0]["lr"]
        for parameter in self.param_groups[0]["params"]:
            mean = self.state[parameter].setdefault("mean", torch.zeros_like(parameter))
            mean.lerp_(parameter.grad, 1 - self.momentum)
            direction = parameter.grad.lerp(mean, self.momentum) if self.nesterov else mean
            direction = self.orthogonal(direction.flatten(1))
            rows, columns = direction.shape
            longer = math.sqrt(max(1, rows / columns))
            if self.adjust_lr == "match_rms_adamw":
                longer = 0.2 * math.sqrt(max(rows, columns))
            parameter.mul_(1 - lr * self.weight_decay)
            parameter.sub_(lr * longer * direction.reshape(parameter.shape))

    def orthogonal(self, x):
        """x with singular values near 1: each round makes a s + b s^3 + c s^5 of every one of them."""
        a, b, c = self.coefficients
        tall = len(x) > x.shape[1]
        x = x.T if tall else x
        x = x / x.norm().clamp(min=self.eps)
        for _ in range(self.rounds):
            squares = x @ x.T
            x = a * x + (b * squares + c * squares @ squares) @ x
        return x.T if tall else x
'''
