"""Two adversaries written down: both networks, the noise, the game, and the steps they take in turn."""

from __future__ import annotations

from msgspec.structs import replace

from gradtui.engine.adversarial.assembly import OWN_NOISE
from gradtui.engine.adversarial.plan import FIXED, discriminator_layers, generator_layers
from gradtui.engine.randomness import Stream
from gradtui.export import measuring, training
from gradtui.export.forward import ACTIVATIONS, drops, forward
from gradtui.export.modules import Modules
from gradtui.export.writing import docstring, number
from gradtui.scenario import adversaries
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: The game -> the discriminator's loss of its answers, and the generator's.
GAMES = {
    "minimax": (
        "-F.logsigmoid(of_data).mean() - F.logsigmoid(-of_samples).mean()",
        "F.logsigmoid(-of_samples).mean()",
    ),
    "non_saturating": (
        "-F.logsigmoid(of_data).mean() - F.logsigmoid(-of_samples).mean()",
        "-F.logsigmoid(of_samples).mean()",
    ),
    "least_squares": (
        "(of_data - 1).square().mean() / 2 + of_samples.square().mean() / 2",
        "(of_samples - 1).square().mean() / 2",
    ),
    "wasserstein": ("of_samples.mean() - of_data.mean()", "-of_samples.mean()"),
}
#: As long as LEARNING_RATE, in whose place it stands: lines break where they did.
_RATE = "GENERATORS_LR"
#: Above which answer the discriminator takes an example for data; a critic does not decide.
BOUNDARIES = {"minimax": "0", "non_saturating": "0", "least_squares": "0.5"}


class Sides(Modules):
    """Both networks' parts: `generator` and `discriminator` on their own, and their layers in one row for what stands
    once in the program."""

    def __init__(self, scenario: Scenario, dataset: Dataset) -> None:
        numbers = dataset.train_inputs.shape[1]
        own = adversaries.generator_network(scenario)
        self.generator = Modules(own, generator_layers(scenario, numbers))
        self.discriminator = Modules(scenario.network, discriminator_layers(scenario, numbers))
        self.network = scenario.network
        self.specs = (*self.generator.specs, *self.discriminator.specs)
        self.hidden = (*self.generator.hidden, *self.discriminator.hidden)
        self.parts = {"norm": [*self.generator.parts["norm"], *self.discriminator.parts["norm"]]}


def constants(scenario: Scenario) -> list[str]:
    """Numbers of the game that stand at the head of the program."""
    own = scenario.generator
    lines = [line.replace("LEARNING_RATE", _RATE) for line in training.constants(_own(scenario))]
    lines += [f"LATENT = {own.latent}", f"TURNS = {own.discriminator_steps}", f"FIRST = {own.discriminator_first}"]
    return lines


def nets(scenario: Scenario, parts: Sides) -> list[str]:
    """The classes of both networks and of the two of them."""
    end = ACTIVATIONS[scenario.generator.output](scenario.network) if scenario.generator.output != "identity" else ""
    latent, numbers = scenario.generator.latent, parts.generator.specs[-1].size.numbers
    return [
        _net("Generator", f"Makes samples of {numbers} numbers out of {latent}.", parts.generator, end),
        _net("Discriminator", f"Tells data of {numbers} numbers from samples.", parts.discriminator, ""),
        BOTH,
    ]


def _net(name: str, what: str, parts: Modules, end: str) -> str:
    lines = list(forward(parts))
    if end:
        lines.insert(-1, f"        x = {end}")
    given = "self, x, draw=0" if drops(parts) else "self, x"
    lines = [line.replace("step=step", "step=draw") for line in lines]
    body = [
        f"class {name}(nn.Module):",
        docstring([what], indent=4),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        *parts.constructor(),
        "",
        f"    def forward({given}):",
        *lines,
        "",
        TAPPED,
    ]
    return "\n".join(body)


def drawing() -> str:
    """The function that draws noise."""
    return NOISE.replace("STREAM", str(int(Stream.LATENT))).replace("FIXED", str(FIXED))


def playing(scenario: Scenario, parts: Sides) -> list[str]:
    """Functions that make a step of the game."""
    own = _own(scenario)
    generators = [
        text.replace("make_optimizer", "make_generator_optimizer")
        .replace("def update(", "def update_generator(")
        .replace("LEARNING_RATE", _RATE)
        for text in training.moving(own, parts.generator)
    ]
    both = [*training.moving(scenario, parts.discriminator), *generators]
    both = [text.replace("the gradients that `gradients` left", "their gradients") for text in both]
    game = adversaries.game(scenario.task)
    of_discriminator, of_generator = GAMES[game]
    drawn = drops(parts.discriminator)
    bounded = BOUNDED.format(bound=number(scenario.task.weight_bound)) if game == "wasserstein" else ""
    step = STEP.format(hold="        hold_in_bounds(net.discriminator)\n" if bounded else "")
    discriminate = DISCRIMINATE.format(loss=of_discriminator, draw=", step * TURNS + turn" if drawn else "")
    generate = GENERATE.format(loss=of_generator, draw=", 2**62 + step" if drawn else "", place=OWN_NOISE)
    return [*both, *([bounded] if bounded else []), discriminate, generate, step]


def classes(scenario: Scenario, parts: Sides) -> list[str]:
    """Optimizers that PyTorch does not have, each once."""
    found = training.classes(scenario, parts.discriminator)
    return [*found, *(text for text in training.classes(_own(scenario), parts.generator) if text not in found)]


def measuring_of(scenario: Scenario) -> list[str]:
    """Functions that measure both networks, and `main`."""
    game = adversaries.game(scenario.task)
    of_discriminator, of_generator = GAMES[game]
    right, accuracy = (RIGHT.format(boundary=BOUNDARIES[game]), ACCURACY) if game in BOUNDARIES else ("", "")
    return [
        measuring.RMS,
        MEASURE,
        EVALUATE.format(loss=of_discriminator, own=of_generator, right=right, accuracy=accuracy),
        measuring.PRINTING.replace("SATURATED_HEADING", ""),
        MAIN.format(name=measuring.quoted(scenario.name or scenario.title)),
    ]


def _own(scenario: Scenario) -> Scenario:
    """The scenario as the generator has it."""
    return replace(
        scenario,
        network=adversaries.generator_network(scenario),
        optimizer=adversaries.generator_optimizer(scenario),
    )


TAPPED = '''\
    def tapped(self, x):
        """Keep a layer's output, and have its gradient kept: the table measures both."""
        if x.requires_grad:
            x.retain_grad()
        self.taps.append(x)
        return x
'''

BOTH = '''\
class Adversaries(nn.Module):
    """Both of them."""

    def __init__(self):
        super().__init__()
        self.generator = Generator()
        self.discriminator = Discriminator()
'''

NOISE = '''\
def normals(count, *purpose):
    """`count` standard normal numbers for a purpose (Box & Muller 1958)."""
    half = (count + 1) // 2
    bits = random_bits(2 * half, STREAM, *purpose)  # STREAM: what is drawn is noise
    drawn = ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    radius, angle = np.sqrt(-2 * np.log(drawn[:half])), 2 * math.pi * drawn[half:]
    found = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
    return torch.from_numpy(found.reshape(-1, LATENT)).to(torch.get_default_dtype())


def noise(step, place):
    """The noise of a step: place 0 is the generator's own, those of the discriminator's updates follow."""
    return normals(BATCH * LATENT, place, step)


def fixed_noise():
    """Noise that stays the same, to measure the generator by."""
    return normals(FIXED * LATENT, 0)
'''

BOUNDED = '''\
@torch.no_grad()
def hold_in_bounds(net):
    """Keep every weight within the same bounds (Arjovsky, Chintala & Bottou 2017)."""
    for parameter in net.parameters():
        parameter.clamp_(-{bound}, {bound})
'''

DISCRIMINATE = '''\
def discriminate(net, step, turn):
    """The discriminator's loss on data and samples, and its gradients."""
    data, _ = batch(step * TURNS + turn)
    with torch.no_grad():
        samples = net.generator(noise(step, 1 + turn))
    answers = net.discriminator(torch.cat([data, samples]){draw})
    of_data, of_samples = answers[:BATCH], answers[BATCH:]
    loss = {loss}
    net.discriminator.zero_grad()
    loss.backward()
    return loss.item()
'''

GENERATE = '''\
def generate(net, step):
    """The generator's loss on noise of its own, and its gradients."""
    of_samples = net.discriminator(net.generator(noise(step, {place})){draw})
    loss = {loss}
    net.generator.zero_grad()
    loss.backward()
    return loss.item()
'''

STEP = '''\
def train_step(net, optimizers, step, measured=None):
    """One whole step: every update of the discriminator, then the generator's; the losses before them.

    With a dict, columns of the table are put into it.
    """
    of_generator, of_discriminator = optimizers
    for turn in range(TURNS):
        loss = discriminate(net, step, turn)
        if measured is not None:
            measured["D"] = measure(net.discriminator)
        before = [weight.detach().clone() for weight in weights(net.discriminator)]
        update(net.discriminator, of_discriminator, step * TURNS + turn)
{hold}\
        if measured is not None:
            measured["D"]["update_ratio"] = changes(net.discriminator, before)
    own = generate(net, step)
    if measured is not None:
        measured["G"] = measure(net.generator)
    if step >= FIRST:
        before = [weight.detach().clone() for weight in weights(net.generator)]
        update_generator(net.generator, of_generator, step)
        if measured is not None:
            measured["G"]["update_ratio"] = changes(net.generator, before)
    return loss, own
'''

MEASURE = '''\
def weights(net):
    """The weights of each layer: their gradients are the bars of the table."""
    layers = [*getattr(net, "hidden", []), net.output]
    return [
        layer.parametrizations.weight.original1
        if hasattr(layer, "parametrizations")
        else layer.weight
        for layer in layers
    ]


def measure(net):
    """What the last pass back left behind: columns of the table, a number for each layer."""
    slopes = [weight.grad for weight in weights(net)]
    outputs = [output.detach().double() for output in net.taps]
    columns = {
        "grad_rms": [rms(slope) for slope in slopes],
        "grad_norm": [rms(slope) * math.sqrt(slope.numel()) for slope in slopes],
        # The loss is a mean over a batch: times its size, this is the signal of one example.
        "delta_rms": [rms(output.grad) * BATCH for output in net.taps],
        "activation_mean": [output.mean() for output in outputs],
        "activation_std": [output.std(correction=0) for output in outputs],
        "nonfinite": [(~slope.isfinite()).sum() for slope in slopes],
        "update_ratio": [math.nan] * len(slopes),
    }
    return {name: [float(entry) for entry in column] for name, column in columns.items()}


def changes(net, before):
    """How far the weights of each layer are from what they were, as a share of it."""
    pairs = zip(weights(net), before, strict=True)
    return [float(rms(weight - old) / rms(old)) for weight, old in pairs]
'''

EVALUATE = '''\
@torch.no_grad()
def evaluate(net):
    """Both losses on the held-out examples and on samples of the fixed noise, and how far the mean sample
    is from the mean of the data."""
    net.eval()
    samples = net.generator(fixed_noise())
    of_data = net.discriminator(stored("held_out.")["inputs"])
    of_samples = net.discriminator(samples)
    net.train()
    loss = {loss}
    own = {own}
    miss = samples.mean(0) - stored("training.")["inputs"].mean(0)
{right}\
    return {{
        "loss": loss.item(),
        "generator_loss": own.item(),
        "mean_sample_mse": miss.square().mean().item(),
{accuracy}\
    }}
'''

RIGHT = """\
    right = (of_data > {boundary}).double().mean() + (of_samples < {boundary}).double().mean()
"""

ACCURACY = """\
        "accuracy": right.item() / 2,
"""

MAIN = (
    measuring.MAIN_BEGINS
    + """\
    net = Adversaries()
    initial = stored("net.")
    net.load_state_dict(initial)
    optimizers = make_generator_optimizer(net.generator), make_optimizer(net.discriminator)
    for step in range(chosen.steps - 1):
        train_step(net, optimizers, step)

    # The last step is measured; without any, the networks as they were drawn.
    columns = {{}}
    if chosen.steps:
        loss, own = train_step(net, optimizers, chosen.steps - 1, columns)
    else:
        loss = discriminate(net, 0, 0)
        columns["D"] = measure(net.discriminator)
        own = generate(net, 0)
        columns["G"] = measure(net.generator)
        net.load_state_dict(initial)  # to look is not to train: running statistics stay
    start = Adversaries()
    start.load_state_dict(initial)
    columns["G"]["distance"] = changes(net.generator, weights(start.generator))
    columns["D"]["distance"] = changes(net.discriminator, weights(start.discriminator))

    sides = {{"G": net.generator, "D": net.discriminator}}
    report = {{
        "scenario": {name},
        "seed": SEED,
        "steps": chosen.steps,
        "loss": loss,
        "generator_loss": own,
        "evaluate": evaluate(net),
        "taps": [
            f"{{name}}.{{tap}}"
            for name, side in sides.items()
            for tap in [*range(1, len(weights(side))), "out"]
        ],
        "profile": {{gauge: columns["G"][gauge] + columns["D"][gauge] for gauge in columns["D"]}},
    }}
    if chosen.json:
        print(json.dumps(plain(report)))
    else:
        print_table(report)
"""
)
