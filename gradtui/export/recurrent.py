"""The written recurrent network: PyTorch's own layer holds the weights, and a loop goes through time with it, so that
the gradient of every state can be read."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.export import measuring
from gradtui.export.modules import Modules
from gradtui.export.training import loss_of
from gradtui.export.writing import docstring, number
from gradtui.scenario.model import Network, Scenario
from gradtui.tasks.dataset import Dataset

LAYERS = {"rnn": "nn.RNN", "lstm": "nn.LSTM", "gru": "nn.GRU"}
PHI = {"tanh": "torch.tanh({})", "relu": "torch.relu({})", "sigmoid": "torch.sigmoid({})", "identity": "{}"}


class RecurrentModules(Modules):
    """The parts that the written training step asks about: there are no hidden layers in a list, but matrices between
    the first and the last there are."""

    #: What stands at the network's ends: Muon leaves it to AdamW.
    ends = ("recurrent.weight_ih_l0", "output.")

    def __init__(self, network: Network) -> None:
        self.network = network
        self.specs = ()
        self.hidden = ()
        self.parts = {}

    @property
    def has_inner(self) -> bool:
        return True


def net(scenario: Scenario, dataset: Dataset) -> str:
    """The class of the network."""
    network = scenario.network
    reads = f"{dataset.tokens} tokens" if dataset.vocabulary else f"{dataset.features} numbers"
    stacked = f"{network.depth} recurrent layer{'s' if network.depth > 1 else ''} of {network.width:,} units"
    shape = "(batch, outputs, steps)" if dataset.per_step else "(batch, outputs)"
    given = "(batch, steps)" if dataset.vocabulary else "(batch, steps, numbers)"
    last = "torch.stack(xs, 1)" if dataset.per_step else "xs[-1]"
    made = f"self.output({last})"
    return "\n".join(
        [
            "class Net(nn.Module):",
            docstring([f"{reads} a time step, {dataset.steps:,} steps, {stacked}."], indent=4),
            "",
            "    def __init__(self):",
            "        super().__init__()",
            "        # It holds the weights; a loop uses them, so that every state has a gradient to be read.",
            f"        self.recurrent = {LAYERS[network.cell]}({dataset.features}, {network.width}, {network.depth})",
            f"        self.output = nn.Linear({network.width}, {dataset.outputs})",
            "",
            "    def forward(self, x):",
            docstring([f"Outputs {shape} of x {given}."], indent=8),
            *(
                [f"        x = F.one_hot(x, {dataset.tokens}).to(self.output.weight.dtype)"]
                if dataset.vocabulary
                else []
            ),
            "        xs = x.unbind(1)",
            "        self.states, self.cells = [], []",
            f"        self.gates = {{{_empty_gates(network)}}}",
            f"        for layer in range({network.depth}):",
            "            xs = self.through(layer, xs)",
            f"        self.made = {made}.transpose(1, 2)" if dataset.per_step else f"        self.made = {made}",
            "        return tapped(self.made)",
            "",
            *_through(network),
        ]
    )


def _empty_gates(network: Network) -> str:
    return ", ".join(f'"{name}": []' for name, _ in _gates(network))


def _gates(network: Network) -> tuple[tuple[str, str], ...]:
    """What is measured of the gates, and what it is called in the loop."""
    if network.cell == "lstm":
        return ("gate_input", "i"), ("gate_forget", "f"), ("gate_output", "o")
    return (("gate_reset", "r"), ("gate_update", "z")) if network.cell == "gru" else ()


def _through(network: Network) -> list[str]:
    """The method that takes one layer through time."""
    gates = _gates(network)
    remembers = network.cell == "lstm"
    begin = "h = c =" if remembers else "h ="
    lines = [
        "    def through(self, layer, xs):",
        '        """The states of a layer at all steps."""',
        '        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")',
        '        w_ih, w_hh, b_ih, b_hh = (getattr(self.recurrent, f"{name}_l{layer}") for name in names)',
        f"        {begin} xs[0].new_zeros(len(xs[0]), {network.width})",
        "        states, cells, gates = [], [], []" if remembers else "        states, gates = [], []",
        "        for t, x in enumerate(xs):" if network.truncation else "        for x in xs:",
    ]
    if network.truncation:
        lines += [
            f"            if (len(xs) - t) % {network.truncation} == 0:",
            f"                {'h, c = h.detach(), c.detach()' if remembers else 'h = h.detach()'}",
        ]
    lines += [f"            {line}" for line in _step(network)]
    lines.append("            states.append(tapped(h))")
    if gates:
        lines.append(f"            gates.append([gate.mean().item() for gate in ({', '.join(n for _, n in gates)})])")
    lines.append("        self.states.append(states)")
    if remembers:
        lines.append("        self.cells.append(cells)")
    if gates:
        lines += [
            "        for name, means in zip(self.gates, zip(*gates, strict=True), strict=True):",
            "            self.gates[name].append(list(means))",
        ]
    else:
        lines[5] = "        states = []"
    return [*lines, "        return states", ""]


def _step(network: Network) -> Sequence[str]:
    """One step of the cell."""
    if network.cell == "lstm":
        return (
            "i, f, g, o = (F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)).chunk(4, 1)",
            "i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)",
            "c = tapped(f * c + i * torch.tanh(g))",
            "h = o * torch.tanh(c)",
            "cells.append(c)",
        )
    if network.cell == "gru":
        return (
            "r, z, n = F.linear(x, w_ih, b_ih).chunk(3, 1)",
            "r_said, z_said, n_said = F.linear(h, w_hh, b_hh).chunk(3, 1)",
            "r, z = torch.sigmoid(r + r_said), torch.sigmoid(z + z_said)",
            "h = (1 - z) * torch.tanh(n + r * n_said) + z * h",
        )
    inner = "F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)"
    return (f"h = {PHI[network.activation].format(inner)}",)


def functions_before() -> list[str]:
    """What the network's class calls."""
    return [TAPPED]


def measuring_of(scenario: Scenario, dataset: Dataset) -> list[str]:
    """Functions that measure the network, and `main`."""
    network = scenario.network
    squashing = network.activation if network.cell == "rnn" else ""
    saturated = ""
    if squashing in measuring.SLOPES:
        limit = number(0.05 * measuring.LARGEST_SLOPES[squashing])
        saturated = measuring.SATURATED.format(slope=measuring.SLOPES[squashing], limit=limit)
    heading = '        "saturated": "saturated",\n' if saturated else ""
    cells = '    found["cell_delta_rms"] = over_time(net.cells)\n' if network.cell == "lstm" else ""
    main = measuring.MAIN.format(name=measuring.quoted(scenario.name or scenario.title), look="")
    main = main.replace("    profile = measure(net)\n", "    profile, time = measure(net), measure_time(net)\n")
    main = main.replace('        "profile": profile,\n', '        "profile": profile,\n        "time": time,\n')
    main = main.replace("        print_table(report)\n", "        print_table(report)\n        print_time(report)\n")
    return [
        measuring.RMS,
        WEIGHTS.format(depth=network.depth),
        MEASURE.format(saturated=saturated),
        TIME.format(cells=cells),
        measuring.evaluating(scenario, dataset, loss_of(scenario, dataset, "outputs", smoothed=False)),
        measuring.PRINTING.replace("SATURATED_HEADING", heading),
        PRINT_TIME,
        main,
    ]


TAPPED = '''\
def tapped(x):
    """Have a tensor's gradient kept: the table measures it."""
    if x.requires_grad:
        x.retain_grad()
    return x
'''

WEIGHTS = '''\
def matrices(net):
    """The weights of each layer: both matrices of a recurrent one."""
    pairs = [
        [getattr(net.recurrent, f"weight_{{which}}_l{{layer}}") for which in ("ih", "hh")]
        for layer in range({depth})
    ]
    return [*pairs, [net.output.weight]]


def weights(net):
    """The same in one row each."""
    return [torch.cat([matrix.detach().flatten() for matrix in layer]) for layer in matrices(net)]


def heard(x):
    """A tensor's gradient; 0 where the loss does not depend on it."""
    return torch.zeros_like(x) if x.grad is None else x.grad
'''

MEASURE = '''\
def measure(net):
    """What the last `gradients` left behind: columns of the table, a number for each layer."""
    slopes = [torch.cat([matrix.grad.flatten() for matrix in layer]) for layer in matrices(net)]
    batch = len(net.made)
    signals = [torch.stack([heard(h) for h in states]) for states in net.states]
    signals.append(heard(net.made))
    outputs = [torch.stack(states).detach().double() for states in net.states]
    outputs.append(net.made.detach().double())
    columns = {{
        "grad_rms": [rms(slope) for slope in slopes],
        "grad_norm": [rms(slope) * math.sqrt(slope.numel()) for slope in slopes],
        # The loss is a mean over the batch: times its size, this is the signal of one example.
        "delta_rms": [rms(signal) * batch for signal in signals],
        "activation_mean": [output.mean() for output in outputs],
        "activation_std": [output.std(correction=0) for output in outputs],
        "nonfinite": [(~slope.isfinite()).sum() for slope in slopes],
    }}
{saturated}\
    return {{name: [float(entry) for entry in column] for name, column in columns.items()}}
'''

TIME = '''\
def over_time(layers):
    """The size of the gradient at each step, in a row for each layer."""
    return [[float(rms(heard(x)) * len(x)) for x in steps] for steps in layers]


def measure_time(net):
    """Gauges over time, by name: rows of numbers, a row for each layer."""
    found = {{"delta_rms": over_time(net.states)}}
{cells}\
    return found | net.gates
'''

PRINT_TIME = '''\
def print_time(report):
    """Every gauge over time at a few steps, from the first to the last."""
    for name, rows in report["time"].items():
        for layer, row in enumerate(rows, 1):
            last = len(row) - 1
            chosen = sorted({0, last // 4, last // 2, 3 * last // 4, last})
            said = ", ".join(f"step {step + 1}: {shown(row[step])}" for step in chosen)
            print(f"{name}, layer {layer}: {said}")
'''
