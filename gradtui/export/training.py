"""The written training step: loss, clipping, learning rate, optimizer."""

from __future__ import annotations

from collections.abc import Callable

from gradtui.engine import knobs
from gradtui.export.modules import Modules
from gradtui.export.optimizer_classes import LION, MUON
from gradtui.export.writing import call, docstring, number
from gradtui.scenario.model import Optimizer, Scenario
from gradtui.tasks.dataset import Dataset

#: Optimizer on the menu -> PyTorch's class, and the arguments of it that are always said, made of the scenario's table.
_Arguments = Callable[[Optimizer], dict[str, str]]


def _betas(chosen: Optimizer) -> dict[str, str]:
    return {"betas": f"({number(chosen.beta1)}, {number(chosen.beta2)})"}


def _adam(chosen: Optimizer) -> dict[str, str]:
    return {**_betas(chosen), "eps": number(chosen.eps)}


def _nesterov(chosen: Optimizer) -> dict[str, str]:
    # PyTorch refuses Nesterov's rule without momentum, where it is plain descent.
    return {"momentum": number(chosen.momentum), "nesterov": "True"} if chosen.momentum else {}


OPTIMIZERS: dict[str, tuple[str, _Arguments]] = {
    "sgd": ("torch.optim.SGD", lambda chosen: {}),
    "momentum": ("torch.optim.SGD", lambda chosen: {"momentum": number(chosen.momentum)}),
    "nag": ("torch.optim.SGD", _nesterov),
    "adagrad": ("torch.optim.Adagrad", lambda chosen: {"eps": number(chosen.eps)}),
    "adadelta": ("torch.optim.Adadelta", lambda chosen: {"rho": number(chosen.rho), "eps": number(chosen.eps)}),
    "rmsprop": ("torch.optim.RMSprop", lambda chosen: {"alpha": number(chosen.alpha), "eps": number(chosen.eps)}),
    "adam": ("torch.optim.Adam", _adam),
    "amsgrad": ("torch.optim.Adam", lambda chosen: {**_adam(chosen), "amsgrad": "True"}),
    "adamw": ("torch.optim.AdamW", lambda chosen: {**_adam(chosen), "weight_decay": number(chosen.weight_decay)}),
    "adamax": ("torch.optim.Adamax", _adam),
    "nadam": (
        "torch.optim.NAdam",
        lambda chosen: {**_adam(chosen), "momentum_decay": number(chosen.momentum_decay)},
    ),
    "lion": ("Lion", lambda chosen: {**_betas(chosen), "weight_decay": number(chosen.weight_decay)}),
    "rprop": (
        "torch.optim.Rprop",
        lambda chosen: {
            "etas": f"({number(chosen.eta_minus)}, {number(chosen.eta_plus)})",
            "step_sizes": f"({number(chosen.step_min)}, {number(chosen.step_max)})",
        },
    ),
}

#: Arguments that are said only where they are not zero, which is PyTorch's default for them.
WHERE_NOT_ZERO: dict[str, tuple[str, ...]] = {
    "sgd": ("weight_decay",),
    "momentum": ("dampening", "weight_decay"),
    "nag": ("weight_decay",),
    "adagrad": ("lr_decay", "initial_accumulator_value", "weight_decay"),
    "adadelta": ("weight_decay",),
    "rmsprop": ("momentum", "centered", "weight_decay"),
    "adam": ("weight_decay",),
    "amsgrad": ("weight_decay",),
    "adamax": ("weight_decay",),
    "nadam": ("weight_decay",),
}


def constants(scenario: Scenario) -> list[str]:
    """Numbers of the training that stand at the head of the program."""
    optimizer = scenario.optimizer
    lines = [f"LEARNING_RATE = {number(optimizer.lr)}"]
    if optimizer.name == "muon":
        lines.append(f"ADAMW_LEARNING_RATE = {number(optimizer.adamw_lr)}")
    return lines


def classes(scenario: Scenario, modules: Modules) -> list[str]:
    """Optimizers that PyTorch does not have, or has in another form."""
    if scenario.optimizer.name == "lion":
        return [LION]
    if orthogonal(scenario, modules):
        return [MUON]
    return []


def training(scenario: Scenario, dataset: Dataset, modules: Modules) -> list[str]:
    """Functions that make a step: gradients, clipping, the schedule, the update."""
    step = "net(inputs, step)" if any(spec.dropout for spec in modules.hidden) else "net(inputs)"
    return [
        GRADIENTS.format(loss=loss_of(scenario, dataset, step)),
        *moving(scenario, modules),
        TRAIN_STEP,
    ]


def moving(scenario: Scenario, modules: Modules) -> list[str]:
    """Functions that move the parameters once their gradients are there."""
    return [
        *_clipping(scenario, modules),
        *_schedule(scenario),
        _making(scenario, modules),
        _update(scenario, modules),
    ]


def loss_of(scenario: Scenario, dataset: Dataset, outputs: str, smoothed: bool = True) -> str:
    """The loss of `outputs` as source."""
    if dataset.loss == "cross_entropy":
        smoothing = scenario.task.label_smoothing if smoothed else 0.0
        more = f", label_smoothing={number(smoothing)}" if smoothing else ""
        return f"F.cross_entropy({outputs}, targets{more})"
    name = {"bce": "binary_cross_entropy_with_logits", "mse": "mse_loss"}[dataset.loss]
    return f"F.{name}({outputs}, targets)"


GRADIENTS = '''\
def gradients(net, step):
    """Forward and back through the network with a step's batch; the mean loss over the batch."""
    inputs, targets = batch(step)
    net.zero_grad()
    loss = {loss}
    loss.backward()
    return loss.item()
'''

TRAIN_STEP = '''\
def train_step(net, optimizer, step):
    """One whole training step; the loss before it."""
    loss = gradients(net, step)
    update(net, optimizer, step)
    return loss
'''


def orthogonal(scenario: Scenario, modules: Modules) -> bool:
    """Whether Muon has a matrix to make orthogonal: the first and the last layer's are left to AdamW."""
    return scenario.optimizer.name == "muon" and modules.has_inner


def _making(scenario: Scenario, modules: Modules) -> str:
    """The function that makes the optimizer."""
    chosen = scenario.optimizer
    if chosen.name == "muon":
        return _making_muon(scenario, modules)
    name, say = OPTIMIZERS[chosen.name]
    arguments = {"lr": "LEARNING_RATE", **say(chosen)}
    for key in WHERE_NOT_ZERO.get(chosen.name, ()):
        if getattr(chosen, key):
            arguments[key] = number(getattr(chosen, key))
    made = call(f"return {name}(", ["net.parameters()", *_said(arguments)], indent=4)
    return f'def make_optimizer(net):\n    """The rule that turns gradients into steps."""\n{made}\n'


def _said(arguments: dict[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in arguments.items()]


def _making_muon(scenario: Scenario, modules: Modules) -> str:
    chosen = scenario.optimizer
    decay = {"weight_decay": number(chosen.weight_decay)}
    adamw = _said({"lr": "ADAMW_LEARNING_RATE", **_adam(chosen), **decay})
    if not orthogonal(scenario, modules):
        made = call("return torch.optim.AdamW(", ["net.parameters()", *adamw], indent=4)
        return f'def make_optimizer(net):\n    """AdamW: there is no layer between the first and the last."""\n{made}\n'
    muon = {
        "lr": "LEARNING_RATE",
        **decay,
        "momentum": number(chosen.momentum),
        "nesterov": str(chosen.nesterov),
        "coefficients": f"({number(chosen.ns_a)}, {number(chosen.ns_b)}, {number(chosen.ns_c)})",
        "eps": number(chosen.ns_eps),
        "rounds": number(chosen.ns_steps),
        "adjust_lr": f'"{chosen.adjust_lr}"',
    }
    lengths = any(spec.norm == "weight" for spec in modules.hidden[1:])
    return MAKING_MUON.format(
        ends="(" + ", ".join(f'"{end}"' for end in modules.ends) + ")",
        lengths=' or name.endswith("original0")' if lengths else "",
        muon=call("muon = Muon(", ["matrices", *_said(muon)], indent=4),
        adamw=call("adamw = torch.optim.AdamW(", ["rest", *adamw], indent=4),
    )


MAKING_MUON = '''\
def make_optimizer(net):
    """Muon for the matrices of all layers but the first and the last, AdamW for the rest."""
    matrices, rest = [], []
    for name, parameter in net.named_parameters():
        vector = parameter.ndim == 1{lengths}
        end = name.startswith({ends})
        (rest if vector or end else matrices).append(parameter)
{muon}
{adamw}
    return muon, adamw
'''


def _schedule(scenario: Scenario) -> list[str]:
    """The function that gives the share of the full learning rate at a step; none where it is constant."""
    chosen = scenario.optimizer
    warmup = knobs.warmup_steps(chosen)
    what, lines = [], []
    if chosen.schedule == "step":
        what.append("it drops every so many steps (Krizhevsky et al. 2012)")
        lines.append(f"    share = {number(chosen.gamma)} ** (step // {chosen.step_size})")
    elif chosen.schedule == "cosine":
        what.append("half a cosine (Loshchilov & Hutter 2017)")
        steps = chosen.schedule_steps or scenario.steps
        wave = f"(1 + math.cos(math.pi * step / {steps})) / 2"
        lowest = number(chosen.eta_min / chosen.lr)
        lines.append(f"    share = {lowest} + (1 - {lowest}) * {wave}" if chosen.eta_min else f"    share = {wave}")
    elif warmup:
        lines.append("    share = 1.0")
    if not lines:
        return []
    if warmup:
        what.append(f"it rises over the first {warmup} steps (Goyal et al. 2017)")
        start = number(chosen.start_factor)
        lines.append(f"    if step < {warmup}:")
        lines.append(f"        share *= {start} + (1 - {start}) * step / {warmup}")
        lines.append("    return share")
    else:
        lines[-1] = lines[-1].replace("share =", "return")
    said = docstring([f"What share of the full learning rate a step has: {'; '.join(what)}."], indent=4)
    return ["\n".join(["def schedule(step):", said, *lines]) + "\n"]


def _update(scenario: Scenario, modules: Modules) -> str:
    """The function that moves the parameters."""
    optimizer = scenario.optimizer
    lines = [
        "def update(net, optimizer, step):",
        '    """Move the parameters by the gradients that `gradients` left."""',
    ]
    if optimizer.clip_agc or optimizer.clip_value or optimizer.clip_norm:
        lines.append("    clip(net)")
    scheduled = bool(_schedule(scenario))
    if orthogonal(scenario, modules):
        lines.append("    muon, adamw = optimizer")
        if scheduled:
            lines.append('    muon.param_groups[0]["lr"] = LEARNING_RATE * schedule(step)')
            lines.append('    adamw.param_groups[0]["lr"] = ADAMW_LEARNING_RATE * schedule(step)')
        return "\n".join([*lines, "    muon.step()", "    adamw.step()"]) + "\n"
    full = "ADAMW_LEARNING_RATE" if optimizer.name == "muon" else "LEARNING_RATE"
    if scheduled:
        lines.append(f'    optimizer.param_groups[0]["lr"] = {full} * schedule(step)')
    return "\n".join([*lines, "    optimizer.step()"]) + "\n"


def _clipping(scenario: Scenario, modules: Modules) -> list[str]:
    """The function that clips the gradients, in the order adaptive, by value, by norm; none where nothing is."""
    optimizer = scenario.optimizer
    lines = []
    if optimizer.clip_agc:
        lengths = any(spec.norm == "weight" for spec in modules.hidden)
        begin = ADAPTIVE_WEIGHT_NORM if lengths else ADAPTIVE
        lines.append((begin + ADAPTIVE_REST).format(share=number(optimizer.clip_agc)))
    if optimizer.clip_value:
        lines.append(f"    nn.utils.clip_grad_value_(net.parameters(), {number(optimizer.clip_value)})\n")
    if optimizer.clip_norm:
        lines.append(f"    nn.utils.clip_grad_norm_(net.parameters(), {number(optimizer.clip_norm)})\n")
    return [CLIP + "".join(lines)] if lines else []


CLIP = '''\
def clip(net):
    """Make gradients shorter before the step; the table measures them as they were."""
'''

ADAPTIVE = """\
    # A unit's gradient gets at most {share} of the length of its weights (Brock et al. 2021);
    # a vector counts as one unit.
    for parameter in net.parameters():
        whole = parameter.ndim == 1
"""

ADAPTIVE_WEIGHT_NORM = """\
    # A unit's gradient gets at most {share} of the length of its weights (Brock et al. 2021);
    # a vector counts as one unit, and so do the learned lengths of a weight norm.
    for name, parameter in net.named_parameters():
        whole = parameter.ndim == 1 or name.endswith("original0")
"""

ADAPTIVE_REST = """\
        rows = (1, -1) if whole else (len(parameter), -1)
        weights, gradient = parameter.detach().view(rows), parameter.grad.view(rows)
        allowed = {share} * weights.norm(dim=1, keepdim=True).clamp(min=1e-3)
        length = gradient.norm(dim=1, keepdim=True)
        gradient.mul_(torch.where(length > allowed, allowed / length, 1.0))
"""
