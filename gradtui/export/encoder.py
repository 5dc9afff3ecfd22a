"""A transformer as a PyTorch program: its classes, its taps, and what its training and its table do in another way."""

from __future__ import annotations

from gradtui.engine.attention.construction import ON_ATTENTION, ON_FEEDFORWARD, ON_HIDDEN, ON_WEIGHTS, PLACES
from gradtui.engine.randomness import Stream
from gradtui.export import drawing, measuring, training
from gradtui.export.forward import ACTIVATIONS
from gradtui.export.modules import Modules
from gradtui.export.writing import docstring, number
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.model import Network, Scenario
from gradtui.tasks.dataset import Dataset


class EncoderModules(Modules):
    """The parts that the written training step asks about: there are no hidden layers in a list, but matrices between
    the first and the last there are, and something may drop."""

    #: What stands at the network's ends: Muon leaves it to AdamW.
    ends = ("embedding.", "positions.", "output.")

    def __init__(self, network: Network) -> None:
        size = Size(1, 1, network.width)
        spec = LayerSpec(0, 1, "hidden.0", "1", network, None, size, size, size, size)
        self.network = network
        self.specs = ()
        self.hidden = (spec,) if network.dropout else ()
        self.parts = {}

    @property
    def has_inner(self) -> bool:
        return True


def blocks(scenario: Scenario, dataset: Dataset) -> list[str]:
    """Everything between the head of the program and the numbers that it carries."""
    network = scenario.network
    parts = EncoderModules(network)
    return [
        *([SINUSOIDS] if network.positions == "sinusoidal" else []),
        _activation(network),
        _attention(network),
        _block(network),
        _net(network, dataset),
        drawing.stored(),
        *drawing.batches(),
        *([_dropout()] if network.dropout else []),
        *(source.replace(WHOLE, THIRDS) for source in training.classes(scenario, parts)),
        *(source.replace(MADE, MADE_OF_THIRDS) for source in training.training(scenario, dataset, parts)),
        *_measuring(scenario, dataset, parts),
    ]


# The network


def _activation(network: Network) -> str:
    expression = ACTIVATIONS[network.activation](network) if network.activation != "identity" else "x"
    return f'def activation(x):\n    """What stands between the two feed-forward layers."""\n    return {expression}\n'


SINUSOIDS = '''\
def sinusoids(steps, width):
    """A row for each time step: sines and cosines, slower from pair to pair (Vaswani et al. 2017)."""
    columns = np.arange(width)
    angles = np.arange(steps)[:, None] / 10_000 ** (2 * (columns // 2) / width)
    table = np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
    return torch.from_numpy(table).to(torch.get_default_dtype())
'''


def _attention(network: Network) -> str:
    width, heads = network.width, network.heads
    drops = network.dropout > 0.0
    lines = [
        "class Attention(nn.Module):",
        docstring([f"{heads} head{'s' if heads != 1 else ''}; parameters as nn.MultiheadAttention has them."], 4),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        f"        self.in_proj_weight = nn.Parameter(torch.zeros({3 * width}, {width}))",
        f"        self.in_proj_bias = nn.Parameter(torch.zeros({3 * width}))",
        f"        self.out_proj = nn.Linear({width}, {width})",
        "",
        f"    def forward(self, x, tapped{', place, step' if drops else ''}):",
        "        made = F.linear(x, self.in_proj_weight, self.in_proj_bias)",
        "        parts = [tapped(part) for part in made.chunk(3, dim=2)]",
        f"        q, k, v = (part.unflatten(2, ({heads}, -1)).transpose(1, 2) for part in parts)",
        "        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])",
    ]
    if network.causal:
        lines += [
            "        future = torch.ones(scores.shape[2:], dtype=torch.bool).triu(1)",
            "        scores = scores.masked_fill(future, -math.inf)",
        ]
    lines.append("        weights = scores.softmax(dim=3)")
    if drops:
        lines += [
            "        if self.training:",
            f"            weights = dropout(weights, {number(network.dropout)}, place + {ON_WEIGHTS}, step)",
        ]
    lines.append("        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))")
    return "\n".join(lines) + "\n"


def _block(network: Network) -> str:
    width, hidden = network.width, network.feedforward or 4 * network.width
    normed, pre, skips = network.norm == "layer", network.skip_form == "pre", network.skip == "residual"
    eps = f", eps={number(network.norm_eps)}" if network.norm_eps else ""
    where = "before it" if pre else "behind the sum"
    how = "each adds what it makes to what it reads" if skips else "without a way past them"
    lines = [
        "class Block(nn.Module):",
        docstring([f"Attention and two feed-forward layers, {how}{f'; a norm {where}' if normed else ''}."], indent=4),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.self_attn = Attention()",
        f"        self.linear1 = nn.Linear({width}, {hidden})",
        f"        self.linear2 = nn.Linear({hidden}, {width})",
        *([f"        self.norm{i} = nn.LayerNorm({width}{eps})" for i in (1, 2)] if normed else []),
        "",
        f"    def forward(self, x, tapped{', place, step' if network.dropout else ''}):",
    ]
    for half in (1, 2):
        read = "x"
        if normed and pre:
            lines.append(f"        read = tapped(self.norm{half}(x))")
            read = "read"
        lines += _branch(network, half, read)
        scale = "" if network.skip_scale == 1.0 else f"{number(network.skip_scale)} * "
        lines.append(f"        x = x + {scale}tapped(made)" if skips else "        x = tapped(made)")
        if normed and not pre:
            lines.append(f"        x = tapped(self.norm{half}(x))")
    lines[-1] = lines[-1].replace("x = ", "return ", 1)
    return "\n".join(lines) + "\n"


def _branch(network: Network, half: int, read: str) -> list[str]:
    """Lines that make `made` of what the half reads."""
    rate = number(network.dropout)
    if half == 1:
        more = ", place, step" if network.dropout else ""
        lines = [f"        made = self.self_attn({read}, tapped{more})"]
        return lines + (_dropped("made", rate, ON_ATTENTION) if network.dropout else [])
    lines = [f"        hidden = activation(self.linear1({read}))"]
    if network.dropout:
        lines += _dropped("hidden", rate, ON_HIDDEN)
    lines.append("        made = self.linear2(tapped(hidden))")
    return lines + (_dropped("made", rate, ON_FEEDFORWARD) if network.dropout else [])


def _dropped(name: str, rate: str, place: int) -> list[str]:
    return ["        if self.training:", f"            {name} = dropout({name}, {rate}, place + {place}, step)"]


def _net(network: Network, dataset: Dataset) -> str:
    width, steps, drops = network.width, dataset.steps, network.dropout > 0.0
    tokens = dataset.tokens
    embedding = f"nn.Embedding({tokens}, {width})" if dataset.vocabulary else f"nn.Linear({dataset.features}, {width})"
    what = f"{tokens} symbols" if dataset.vocabulary else f"{dataset.features} numbers"
    final = network.norm == "layer" and network.skip_form == "pre"
    eps = f", eps={number(network.norm_eps)}" if network.norm_eps else ""
    positions = {
        "learned": [f"        self.positions = nn.Embedding({steps}, {width})"],
        "sinusoidal": [f'        self.register_buffer("sines", sinusoids({steps}, {width}), persistent=False)'],
        "none": [],
    }
    added = {"learned": " + self.positions.weight", "sinusoidal": " + self.sines", "none": ""}[network.positions]
    scale = "" if network.embedding_scale == 1.0 else f"{number(network.embedding_scale)} * "
    embedded = f"self.embedding(x){added}"
    embedded = f"{scale}({embedded})" if scale and added else f"{scale}{embedded}"
    shape = "(batch, steps)" if dataset.vocabulary else "(batch, steps, numbers)"
    answers = "(batch, outputs, steps)" if dataset.per_step else "(batch, outputs)"
    loop = ["        for block in self.layers:", "            x = block(x, self.tapped)"]
    if drops:
        loop = [
            "        for index, block in enumerate(self.layers):",
            f"            x = block(x, self.tapped, {PLACES} * index, step)",
        ]
    last = "self.tapped(self.output(x))"
    lines = [
        "class Net(nn.Module):",
        docstring(
            [
                f"{steps} time steps of {what}, {network.depth} block{'s' if network.depth != 1 else ''}, "
                f"{dataset.outputs} output{'s' if dataset.outputs != 1 else ''}"
                f"{' at each time step' if dataset.per_step else ''}."
            ],
            indent=4,
        ),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        f"        self.embedding = {embedding}",
        *positions[network.positions],
        f"        self.layers = nn.ModuleList(Block() for _ in range({network.depth}))",
        *([f"        self.norm = nn.LayerNorm({width}{eps})"] if final else []),
        f"        self.output = nn.Linear({width}, {dataset.outputs})",
        "",
        f"    def forward(self, x{', step=0' if drops else ''}):",
        docstring(
            [f"Outputs {answers} of x {shape}{'; in training, dropout draws anew in every step' if drops else ''}."],
            indent=8,
        ),
        "        self.taps = []",
        f"        x = self.tapped({embedded})",
        *loop,
        *([] if dataset.per_step else ["        x = x[:, -1]"]),
        *(["        x = self.tapped(self.norm(x))"] if final else []),
        f"        return {last}{'.transpose(1, 2)' if dataset.per_step else ''}",
        "",
        TAPPED,
    ]
    return "\n".join(lines)


TAPPED = '''\
    def tapped(self, x):
        """Keep what a layer makes, and have its gradient kept: the table measures both."""
        if x.requires_grad:
            x.retain_grad()
        self.taps.append(x)
        return x
'''


def _dropout() -> str:
    return drawing.DROPOUT.replace("STREAM", str(int(Stream.DROPOUT))).replace("SHAPED", drawing.FLAT)


# Muon: queries, keys and values are matrices of their own


WHOLE = """\
            direction = self.orthogonal(direction.flatten(1))
            rows, columns = direction.shape
"""
THIRDS = """\
            # Queries, keys and values are matrices of their own.
            parts = direction.chunk(self.state[parameter].get("parts", 1))
            direction = torch.cat([self.orthogonal(part) for part in parts])
            rows, columns = parts[0].shape
"""

MADE = """\
    return muon, adamw
"""
MADE_OF_THIRDS = """\
    for block in net.layers:
        muon.state[block.self_attn.in_proj_weight]["parts"] = 3
    return muon, adamw
"""


# The table


def _weights(network: Network) -> str:
    normed, pre = network.norm == "layer", network.skip_form == "pre"
    first, second = ["block.norm1.weight"] * normed, ["block.norm2.weight"] * normed
    attention = ["*block.self_attn.in_proj_weight.chunk(3)", "block.self_attn.out_proj.weight"]
    feedforward = ["block.linear1.weight", "block.linear2.weight"]
    order = [*first, *attention, *second, *feedforward] if pre else [*attention, *first, *feedforward, *second]
    norms = (["norm1"] * normed, ["norm2"] * normed)
    behind = ([], []) if pre else norms
    before = norms if pre else ([], [])
    names = [*before[0], "q", "k", "v", "o", *behind[0], *before[1], "ff1", "ff2", *behind[1]]
    quoted = ", ".join(f'"{name}"' for name in names)
    final = ["net.norm.weight"] if normed and pre else []
    entries = "\n".join(f"            {_read(entry)}," for entry in order)
    ends = [*(_read(entry) for entry in final), _read("net.output.weight")]
    taps = "".join(f'"{name}", ' for name in (["norm"] if final else []))
    return WEIGHTS.format(
        names=quoted, depth=network.depth, entries=entries, ends=", ".join(ends), final=taps + '"out"'
    )


def _read(entry: str) -> str:
    """A weight as the function `weights` reads it: itself or its gradient."""
    if entry.startswith("*"):
        return f"*read({entry[1:].removesuffix('.chunk(3)')}).chunk(3)"
    return f"read({entry})"


WEIGHTS = '''\
#: What is measured in each block, in the order of the forward pass, and in the whole network.
BLOCK = ({names})
TAPS = ["embed", *(f"{{i}}.{{name}}" for i in range(1, {depth} + 1) for name in BLOCK), {final}]


def weights(net, read=lambda weight: weight):
    """The weights of each tap, as `read` reads them: their gradients are the bars of the table. Queries,
    keys and values are thirds of one matrix."""
    found = [read(net.embedding.weight)]
    for block in net.layers:
        found += [
{entries}
        ]
    return [*found, {ends}]
'''


def _measuring(scenario: Scenario, dataset: Dataset, parts: EncoderModules) -> list[str]:
    """The functions that measure, print and run, which speak of this network's taps."""
    rms, _, measure, evaluate, printing, main = measuring.measuring(scenario, dataset, parts)
    measure = measure.replace("[weight.grad for weight in weights(net)]", "weights(net, lambda weight: weight.grad)")
    if not dataset.classes:
        evaluate = evaluate.replace("    found = {", "    return {").replace("    return found\n", "")
    printing = printing.replace('["layer", *', '["layer".rjust(8), *').replace("tap.rjust(5)", "tap.rjust(8)")
    main = main.replace('[*(str(number) for number in range(1, len(before))), "out"]', "TAPS")
    return [rms, _weights(scenario.network), measure, evaluate, printing, main]
