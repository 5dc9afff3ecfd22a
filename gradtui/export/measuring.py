"""The written table: the gauges of the last step, what is held out, and the program's own command line."""

from __future__ import annotations

from gradtui.export.modules import Modules, has_norm
from gradtui.export.training import loss_of
from gradtui.export.writing import number
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: |phi'| of a smooth squashing function, from what it makes: a = phi(x).
SLOPES = {
    "sigmoid": "x * (1 - x)",
    "tanh": "1 - x * x",
    "softsign": "(1 - x.abs()) ** 2",
}

#: Such a share of the largest slope is where a unit counts as saturated.
LARGEST_SLOPES = {"sigmoid": 0.25, "tanh": 1.0, "softsign": 1.0}


def saturating(modules: Modules) -> str:
    """The squashing function whose outputs are all that the taps see; empty where there is another or more."""
    found = {
        "" if spec.gated or spec.dropout or (has_norm(spec) and spec.own.norm_place == "after") else spec.activation
        for spec in modules.hidden
    }
    name = found.pop() if len(found) == 1 else ""
    return name if name in SLOPES else ""


def measuring(scenario: Scenario, dataset: Dataset, modules: Modules) -> list[str]:
    """Functions that measure the network, and `main`."""
    hidden = "[*net.hidden, net.output]" if modules.hidden else "[net.output]"
    if any(spec.norm == "weight" for spec in modules.hidden):
        weights = WEIGHTS_OF_NORM.format(layers=hidden)
    else:
        weights = WEIGHTS.format(layers=hidden)
    squashing = saturating(modules)
    saturated = ""
    if squashing:
        saturated = SATURATED.format(slope=SLOPES[squashing], limit=number(0.05 * LARGEST_SLOPES[squashing]))
    look = LOOK if any(spec.norm == "batch" for spec in modules.hidden) else ""
    return [
        RMS,
        weights,
        MEASURE.format(saturated=saturated),
        evaluating(scenario, dataset, loss_of(scenario, dataset, "outputs", smoothed=False)),
        PRINTING.replace("SATURATED_HEADING", '        "saturated": "saturated",\n' if squashing else ""),
        MAIN.format(name=quoted(scenario.name or scenario.title), look=look),
    ]


def quoted(text: str) -> str:
    """A text as source, on one line."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(plain.split())}"'


def evaluating(scenario: Scenario, dataset: Dataset, loss: str) -> str:
    """The function that returns loss, given as source, and accuracy on the held-out examples."""
    right = ""
    if dataset.loss == "cross_entropy":
        right = "outputs.argmax(1) == targets"
    elif dataset.loss == "bce":
        right = "(outputs > 0) == (targets > 0.5)"
    elif dataset.classes:
        right = "outputs.argmax(1) == targets.argmax(1)"
    found = f'{{"loss": {loss}.item()}}'
    if not right:
        return f"{EVALUATE}    return {found}\n"
    accuracy = f'    found["accuracy"] = ({right}).double().mean().item()'
    return EVALUATE + "\n".join([f"    found = {found}", accuracy, "    return found"]) + "\n"


RMS = '''\
def rms(values):
    """Root mean square in float64, scaled by the largest entry: the square of 1e-200 would be 0."""
    values = values.detach().double()
    largest = values.abs().max()
    if not 0 < largest < math.inf:
        return largest
    return largest * (values / largest).square().mean().sqrt()
'''

WEIGHTS = '''\
def weights(net):
    """The weights of each layer: their gradients are the bars of the table."""
    return [layer.weight for layer in {layers}]
'''

WEIGHTS_OF_NORM = '''\
def weights(net):
    """The weights of each layer: their gradients are the bars of the table.

    Where a weight norm keeps length and direction apart, the direction is meant.
    """
    return [
        layer.parametrizations.weight.original1
        if hasattr(layer, "parametrizations")
        else layer.weight
        for layer in {layers}
    ]
'''

MEASURE = '''\
def measure(net):
    """What the last `gradients` left behind: columns of the table, a number for each layer."""
    slopes = [weight.grad for weight in weights(net)]
    outputs = [output.detach().double() for output in net.taps]
    columns = {{
        "grad_rms": [rms(slope) for slope in slopes],
        "grad_norm": [rms(slope) * math.sqrt(slope.numel()) for slope in slopes],
        # The loss is a mean over the batch: times its size, this is the signal of one example.
        "delta_rms": [rms(output.grad) * len(output) for output in net.taps],
        "activation_mean": [output.mean() for output in outputs],
        "activation_std": [output.std(correction=0) for output in outputs],
        "nonfinite": [(~slope.isfinite()).sum() for slope in slopes],
    }}
{saturated}\
    return {{name: [float(entry) for entry in column] for name, column in columns.items()}}
'''

SATURATED = """\
    # Units on a flat end: the slope is below 5 % of its largest. The output layer has no activation.
    flat = [({slope}).abs() < {limit} for x in outputs[:-1]]
    columns["saturated"] = [*(units.double().mean() for units in flat), 0.0]
"""

EVALUATE = '''\
@torch.no_grad()
def evaluate(net):
    """Loss and accuracy on the held-out examples."""
    held_out = stored("held_out.")
    targets = held_out["targets"]
    net.eval()
    outputs = net(held_out["inputs"])
    net.train()
'''

PRINTING = '''\
def plain(value):
    """A value with what JSON cannot write as words: "nan", "inf", "-inf"."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def shown(value):
    """At most four digits."""
    if not math.isfinite(value) or value == 0.0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:.2e}"


def print_table(report):
    """A heading, and a line for each layer."""
    facts = [f"{report['steps']:,} steps", f"loss {shown(report['loss'])}"]
    facts += [f"held-out {name} {shown(value)}" for name, value in report["evaluate"].items()]
    print(", ".join(facts) + "\\n")
    headings = {
        "grad_rms": "grad_rms",
        "delta_rms": "delta_rms",
        "update_ratio": "update",
        "activation_mean": "act mean",
        "activation_std": "act std",
SATURATED_HEADING        "nonfinite": "nonfinite",
    }
    print("  ".join(["layer", *(heading.rjust(9) for heading in headings.values())]))
    for row, tap in enumerate(report["taps"]):
        cells = (shown(report["profile"][gauge][row]).rjust(9) for gauge in headings)
        print("  ".join([tap.rjust(5), *cells]))
'''

LOOK = """\
    else:
        net.load_state_dict(initial)  # to look is not to train: running statistics stay
"""

#: How every script's `main` begins.
MAIN_BEGINS = """\
def main():
    parser = argparse.ArgumentParser(description="Trains, and prints a table of its gradients.")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    if chosen.steps < 0:
        parser.error(f"--steps is {{chosen.steps}}, but must be 0 or more")

    torch.set_flush_denormal(True)  # numbers below the smallest normal one count as 0
"""

MAIN = (
    MAIN_BEGINS
    + """\
    net = Net()
    initial = stored("net.")
    net.load_state_dict(initial)
    optimizer = make_optimizer(net)
    for step in range(chosen.steps - 1):
        train_step(net, optimizer, step)

    # The last step is measured; without any, the network as it was drawn.
    last = max(chosen.steps - 1, 0)
    loss = gradients(net, last)
    profile = measure(net)
    before = [weight.detach().clone() for weight in weights(net)]
    profile["update_ratio"] = [math.nan] * len(before)
    if chosen.steps:
        update(net, optimizer, last)
        moved = [(weight - old, old) for weight, old in zip(weights(net), before, strict=True)]
        profile["update_ratio"] = [float(rms(change) / rms(old)) for change, old in moved]
{look}\
    start = Net()
    start.load_state_dict(initial)
    ways = [(weight - old, old) for weight, old in zip(weights(net), weights(start), strict=True)]
    profile["distance"] = [float(rms(way) / rms(old)) for way, old in ways]

    report = {{
        "scenario": {name},
        "seed": SEED,
        "steps": chosen.steps,
        "loss": loss,
        "evaluate": evaluate(net),
        "taps": [*(str(number) for number in range(1, len(before))), "out"],
        "profile": profile,
    }}
    if chosen.json:
        print(json.dumps(plain(report)))
    else:
        print_table(report)
"""
)
