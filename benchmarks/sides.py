"""The sides: each turns a case into a function that makes so many steps. Imports wait until a side is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

from benchmarks.cases import Case

Steps = Callable[[int], None]


def gradtui(case: Case) -> Steps:
    """The engine, every gauge measured in every step."""
    steps: Steps = _simulation(case).step
    return steps


def _simulation(case: Case) -> Any:
    from gradtui import Scenario, Simulation

    return Simulation(
        Scenario.from_dict(
            {
                "task": {"name": "digits", "batch": case.batch},
                "network": {
                    "depth": case.depth,
                    "width": case.width,
                    "activation": case.variant,
                    "init": case.init,
                },
                "optimizer": {"name": "adam", "lr": 1e-3},
            }
        )
    )


def torch(case: Case) -> Steps:
    """PyTorch eager: torch.nn.Linear, torch.optim.Adam with its defaults, and the norm of each weight gradient."""
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    source = _simulation(case)
    activation = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}[case.variant]
    modules: list[Any] = []
    sizes = [64] + [case.width] * case.depth
    for fan_in, fan_out in pairwise(sizes):
        modules += [torch.nn.Linear(fan_in, fan_out), activation()]
    model = torch.nn.Sequential(*modules, torch.nn.Linear(sizes[-1], 10))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), source.parameters().values(), strict=True):
            parameter.copy_(torch.from_numpy(value))
    inputs = torch.tensor(source.dataset.train_inputs, dtype=torch.float32)
    targets = torch.tensor(source.dataset.train_targets)
    weights = [p for p in model.parameters() if p.ndim == 2]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = len(inputs) // case.batch
    state = {"step": 0, "order": torch.randperm(len(inputs))}

    def step() -> list[float]:
        at = state["step"] % batches
        if at == 0:
            state["order"] = torch.randperm(len(inputs))
        state["step"] += 1
        chosen = state["order"][at * case.batch : (at + 1) * case.batch]
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen])
        loss.backward()
        sizes = [weight.grad.norm().item() for weight in weights]
        optimizer.step()
        return sizes

    def steps(count: int) -> None:
        for _ in range(count):
            step()

    return steps


def floor(case: Case) -> Steps:
    """The bare BLAS products of one step, run by the same machine: no network could be quicker with this BLAS."""
    from gradtui.engine.kernel import Kernel
    from gradtui.engine.kernels.linear import BY_BLAS
    from gradtui.engine.layout import Arena, Layout, Region
    from gradtui.engine.program import Program

    sizes = [64] + [case.width] * case.depth + [10]
    layout, program = Layout(), Program("float32")
    regions = []
    for fan_in, fan_out in pairwise(sizes):
        layer = {
            "x": layout.region("x", "float32", case.batch, fan_in),
            "z": layout.region("z", "float32", case.batch, fan_out),
            "delta": layout.region("delta", "float32", case.batch, fan_out),
            "below": layout.region("below", "float32", case.batch, fan_in),
            "weight": layout.region("weight", "float32", fan_out, fan_in),
            "weight_gradient": layout.region("weight_gradient", "float32", fan_out, fan_in),
            "bias": layout.region("bias", "float32", fan_out),
            "turned": layout.region("turned", "float32", fan_in, fan_out),
        }
        regions.append(layer)

    def add(kernel: Kernel, layer: dict[str, Region]) -> None:
        program.add(kernel, **{p.name: layer[p.name] for p in kernel.parameters if p.is_array})

    for layer in regions:
        add(BY_BLAS.forward, layer)
    for index, layer in reversed(list(enumerate(regions))):
        add(BY_BLAS.weight_gradient, layer)
        if index:
            add(BY_BLAS.input_gradient, layer)
    return program.link(Arena(layout)).run


SIDES: dict[str, Callable[[Case], Steps]] = {"gradtui": gradtui, "torch": torch, "floor": floor}
