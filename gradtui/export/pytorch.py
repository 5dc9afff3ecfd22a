"""A scenario as a PyTorch program: the same network, weights and batches, in a file that needs nothing of gradtui."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradtui.engine.plan import inputs_of
from gradtui.export import adversaries, drawing, encoder, measuring, modules, payload, recurrent, training
from gradtui.export.forward import drops, forward
from gradtui.export.modules import Modules
from gradtui.export.payload import Array
from gradtui.export.writing import docstring
from gradtui.scenario import architecture
from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset


def program(scenario: Scenario, dataset: Dataset, parameters: Mapping[str, Array]) -> str:
    """The whole program. `parameters` are the initial ones, named and shaped as in the state_dict it loads.

    Raises ScenarioError where it would be too large.
    """
    carried = payload.text(payload.arrays(scenario, dataset, parameters))
    end = [f'STORED = """\n{carried}\n"""\n', 'if __name__ == "__main__":\n    main()\n']
    return "\n\n".join([definitions(scenario, dataset), *end])


def definitions(scenario: Scenario, dataset: Dataset) -> str:
    """The program without what it carries and without its start."""
    if scenario.network.kind == "gan":
        return _adversaries(scenario, dataset)
    if scenario.network.kind == "rnn":
        return _recurrent(scenario, dataset)
    if scenario.network.kind == "transformer":
        head = _head(scenario, dataset, encoder.EncoderModules(scenario.network))
        return "\n\n".join([head, *encoder.blocks(scenario, dataset)])
    parts = Modules(scenario.network, layers(scenario, dataset))
    blocks = [
        _head(scenario, dataset, parts),
        *modules.classes(parts),
        _net(scenario, dataset, parts),
        drawing.stored(),
        *drawing.batches(),
        *([drawing.dropout(parts)] if drops(parts) else []),
        *training.classes(scenario, parts),
        *training.training(scenario, dataset, parts),
        *measuring.measuring(scenario, dataset, parts),
    ]
    return "\n\n".join(blocks)


def _recurrent(scenario: Scenario, dataset: Dataset) -> str:
    """The same of a recurrent network."""
    parts = recurrent.RecurrentModules(scenario.network)
    blocks = [
        _head(scenario, dataset, parts),
        *recurrent.functions_before(),
        recurrent.net(scenario, dataset),
        drawing.stored(),
        *drawing.batches(),
        *training.classes(scenario, parts),
        *training.training(scenario, dataset, parts),
        *recurrent.measuring_of(scenario, dataset),
    ]
    return "\n\n".join(blocks)


def _adversaries(scenario: Scenario, dataset: Dataset) -> str:
    """The same of a generator and a discriminator."""
    parts = adversaries.Sides(scenario, dataset)
    blocks = [
        "\n".join([_head(scenario, dataset, parts).rstrip(), *adversaries.constants(scenario)]) + "\n",
        *modules.classes(parts),
        *adversaries.nets(scenario, parts),
        drawing.stored(),
        *drawing.batches(),
        *([drawing.dropout(parts.discriminator)] if drops(parts.discriminator) else []),
        adversaries.drawing(),
        *adversaries.classes(scenario, parts),
        *adversaries.playing(scenario, parts),
        *adversaries.measuring_of(scenario),
    ]
    text = "\n\n".join(blocks)
    return text if " F." in text or "-F." in text else text.replace(FUNCTIONAL, "")


def layers(scenario: Scenario, dataset: Dataset) -> tuple[LayerSpec, ...]:
    """The layers that the engine builds of the scenario on this data set."""
    return architecture.layers(scenario.network, inputs_of(scenario, dataset), dataset.outputs)


def _head(scenario: Scenario, dataset: Dataset, parts: Modules) -> str:
    """Docstring, imports and the numbers that stand above everything."""
    name = " ".join(scenario.name.split()) or "the scenario"
    title = " ".join(scenario.title.split())
    paragraphs = [
        f"{title or name}, in PyTorch.",
        f"The network of {name}, seed {scenario.seed}: the layers, the first weights and the batches are those of "
        "gradtui, so it trains the same way. It prints loss and gradients of every layer at the last step:",
        "    python net.py [--steps N] [--json]",
    ]
    if scenario.source:
        paragraphs.append(f"Source: {scenario.source}")
    imports = ["argparse", "base64", "functools", "io", "json", "math"]
    lines = [docstring(paragraphs), "", *(f"import {each}" for each in imports)]
    lines += ["", "import numpy as np", "import torch", FUNCTIONAL.rstrip(), "from torch import nn"]
    if any(spec.norm == "weight" for spec in parts.hidden):
        lines.append("from torch.nn.utils.parametrizations import weight_norm")
    if scenario.network.dtype == "float64":
        lines += ["", "torch.set_default_dtype(torch.float64)"]
    batch = scenario.task.batch or len(dataset.train_inputs)
    lines += ["", f"SEED = {scenario.seed}", f"STEPS = {scenario.steps}", f"BATCH = {batch}"]
    return "\n".join([*lines, *training.constants(scenario)]) + "\n"


def _net(scenario: Scenario, dataset: Dataset, parts: Modules) -> str:
    """The class of the network."""
    body = [
        "class Net(nn.Module):",
        docstring([_summary(parts)], indent=4),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        *parts.constructor(),
        "",
        *_forward(dataset, parts),
        "",
        TAPPED,
    ]
    return "\n".join(body)


def _summary(parts: Modules) -> str:
    count = len(parts.hidden)
    source, end = parts.specs[0].source, parts.specs[-1].size
    images = "images of " if parts.reads_image(parts.specs[0]) else ""
    inputs = f"{images}{source}" if images else f"{source.numbers:,} inputs"
    hidden = f"{count:,} hidden layer{'s' if count != 1 else ''}" if count else "no hidden layers"
    return f"{inputs[0].upper()}{inputs[1:]}, {hidden}, {end.numbers:,} output{'s' if end.numbers != 1 else ''}."


def _forward(dataset: Dataset, parts: Modules) -> Sequence[str]:
    shape = "(batch, channels, height, width)" if parts.reads_image(parts.specs[0]) else "(batch, inputs)"
    if drops(parts):
        what = f"Outputs (batch, outputs) of x {shape}; in training, dropout draws anew in every step."
        return ["    def forward(self, x, step=0):", docstring([what], indent=8), *forward(parts)]
    return ["    def forward(self, x):", docstring([f"Outputs (batch, outputs) of x {shape}."], 8), *forward(parts)]


FUNCTIONAL = "import torch.nn.functional as F\n"

TAPPED = '''\
    def tapped(self, x):
        """Keep a layer's output, and have its gradient kept: the table measures both."""
        if x.requires_grad:
            x.retain_grad()
        self.taps.append(x)
        return x
'''
