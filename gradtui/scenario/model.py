"""What to simulate, as frozen data. Validation beyond types lives in `validation`; files in `files`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

import msgspec


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table of a scenario file: frozen, and an unknown key is an error."""


class Task(Section, frozen=True):
    """`[task]`: the data and the batch."""

    name: str = "digits"
    """What is learned; the menu lists the tasks."""
    batch: int = 64
    """Examples per step, drawn without replacement, reshuffled when fewer are left; 0: all of them."""
    loss: str = "auto"
    """auto: what fits the task's targets."""
    label_smoothing: float = 0.0
    """`cross_entropy`: this share of the wanted probability is spread evenly over all classes."""
    weight_bound: float = 0.01
    """`wasserstein`: the discriminator's weights are held between -weight_bound and weight_bound."""
    examples: int = 1000
    """How many points a generated task draws in all (training and held-out); sequences: how many to train on."""
    noise: float = 0.1
    """Standard deviation of the noise of a generated task."""
    length: int = 50
    """Sequences: time steps, 1 to 1,000; `copy`: the delay."""
    symbols: int = 8
    """`copy`, `recall`: how many different symbols there are."""
    copied: int = 10
    """`copy`: how many symbols are to be remembered."""
    path: str = ""
    """`file`: a CSV or NPZ file, `text`: a text; relative to the scenario file's folder."""
    target: str = ""
    """`file`: the column (CSV) or array (NPZ) to predict; empty: the last column, or `y`."""
    held_out: float = 0.2
    """Share of the examples kept for evaluation; digits has its own fixed split."""


class LayerChoice(Section, frozen=True, omit_defaults=True):
    """`[[network.layer]]`: one hidden layer, or one pool behind it. What it leaves out is as in `[network]`, and stays
    left out when it is written down."""

    kind: str = "auto"
    """dense, conv, or a pool; auto: what the network's kind is made of."""
    repeat: int = 1
    """So many of it, one after another."""
    width: int | None = None
    activation: str | None = None
    negative_slope: float | None = None
    alpha: float | None = None
    beta: float | None = None
    init: str | None = None
    init_std: float | None = None
    init_bound: float | None = None
    init_gain: float | None = None
    init_fan: str | None = None
    init_bias: float | None = None
    norm: str | None = None
    norm_place: str | None = None
    norm_groups: int | None = None
    dropout: float | None = None
    kernel: int | None = None
    """Side of a convolution's or a pool's window."""
    stride: int | None = None
    padding: int | None = None


class Network(Section, frozen=True):
    """`[network]`: the cell that is stacked."""

    kind: str = "mlp"
    depth: int = 30
    """Hidden layers, 0 to 1,000; the output layer comes on top. `[[network.layer]]` takes its place."""
    width: int = 64
    """Units of a hidden layer, or the channels of a convolution."""
    activation: str = "sigmoid"
    negative_slope: float = 0.01
    """`leaky_relu`: the slope for negative inputs."""
    prelu_init: float = 0.25
    """`prelu`: what its learned slopes begin with."""
    prelu_share: str = "layer"
    """`prelu`: who shares a slope; the menu lists the choices."""
    alpha: float = 1.0
    """`elu`, `celu`: how far below 0 they go."""
    beta: float = 1.0
    """`softplus`: how sharply it bends at 0."""
    init: str = "xavier_normal"
    init_std: float = 0.01
    """`normal`, `truncated_normal`: the standard deviation."""
    init_bound: float = 0.0
    """`init = "uniform"`: U(-bound, bound); 0: 1 / sqrt(fan_in)."""
    init_gain: float = 1.0
    """What the scheme's standard deviation or bound is multiplied with."""
    init_fan: str = "in"
    """He's schemes: keep the size of the signal ("in") or of the gradient ("out")."""
    init_bias_kind: str = "auto"
    """How biases begin; auto: PyTorch's way with `torch_default`, else the constant `init_bias`."""
    init_bias: float = 0.0
    """The initial value of every hidden bias."""
    norm: str = "none"
    """Normalisation of every hidden layer; the menu lists the choices."""
    norm_place: str = "before"
    """before or after the activation."""
    norm_eps: float = 0.0
    """Added to the variance; 0: PyTorch's default (1e-5; rms: the number format's own)."""
    norm_momentum: float = 0.1
    """How far a batch norm's running statistics move towards each batch's."""
    norm_groups: int = 8
    """`group`: so many groups of units, or of channels, of the same size."""
    skip: str = "none"
    """Ways past the layers; the menu lists them."""
    skip_every: int = 2
    """`residual`, `rezero`: so many hidden layers, from the second on, form a block whose input is added."""
    skip_form: str = "post"
    """post: the sum stands before the activation; pre: before norm and activation, so that nothing is in its way."""
    skip_scale: float = 1.0
    """Factor of each block's branch."""
    rezero_init: float = 0.0
    """`rezero`: what the learned factor of each block's branch begins with."""
    highway_bias: float = -2.0
    """`highway`: the gates' initial bias; the lower, the more of what a layer reads is carried past it."""
    growth_rate: int = 16
    """`dense`: units, or channels, of every hidden layer but the first."""
    dropout: float = 0.0
    """Share of each hidden layer's outputs set to 0 in a training step; the others grow to make up for it."""
    kernel: int = 3
    """`cnn`: side of the square window of a convolution."""
    stride: int = 1
    """`cnn`: how far the window moves."""
    padding: int = -1
    """`cnn`: zeros around the image; -1: half the kernel, so that an odd one keeps the image's size."""
    stages: int = 1
    """`cnn`: the layers fall into so many stages, each at half the height and width of the one before; a stage is one
    block of `skip_every` layers at least."""
    stage_growth: int = 2
    """`cnn`: how many times the channels of the stage before a stage has."""
    downsample: str = "stride"
    """`cnn`: how the images become smaller from stage to stage."""
    head: str = "average"
    """`cnn`: what the output layer reads of the last images."""
    cell: str = "rnn"
    """`rnn`: what is stacked; the menu lists the cells."""
    recurrent_init: str = "same"
    """`rnn`: how the weights from state to state begin; the menu lists the ways."""
    spectral_radius: float = 1.0
    """The size of the largest eigenvalue of each gate's first recurrent matrix, where `recurrent_init` sets it."""
    forget_bias: float = 0.0
    """Added to the first bias of an LSTM's forget gate, or of a GRU's update gate."""
    truncation: int = 0
    """`rnn`: the gradient goes back so many steps at most: the state is detached every so many, counted back from the
    last one; 0: through all of them."""
    heads: int = 4
    """`transformer`: attention heads; they share the width."""
    feedforward: int = 0
    """`transformer`: units of each block's feed-forward layer; 0: four times the width."""
    positions: str = "sinusoidal"
    """`transformer`: how a time step is told where it stands."""
    causal: bool = False
    """`transformer`: whether a time step sees only itself and those before it."""
    embedding_scale: float = 1.0
    """`transformer`: factor of the sum of embedded input and position."""
    dtype: str = "float32"
    layer: tuple[LayerChoice, ...] = ()
    """The hidden layers one by one, where `depth` and `width` are not enough."""


class Optimizer(Section, frozen=True):
    """`[optimizer]`: PyTorch's names and defaults."""

    name: str = "sgd"
    """The rule that turns gradients into steps; the menu lists the optimizers and the defaults that are their own."""
    lr: float = 0.1
    momentum: float = 0.9
    dampening: float = 0.0
    """`momentum`: the share of a gradient that its velocity does not take up."""
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    rho: float = 0.9
    """`adadelta`: decay of both running means."""
    alpha: float = 0.99
    """`rmsprop`: decay of the running mean of squares."""
    centered: bool = False
    """`rmsprop`: divide by the gradient's standard deviation instead of its root mean square."""
    lr_decay: float = 0.0
    """`adagrad`: lr / (1 + (t - 1) lr_decay)."""
    initial_accumulator_value: float = 0.0
    """`adagrad`: what the sum of squares begins with."""
    momentum_decay: float = 0.004
    """`nadam`: how fast its momentum warms up."""
    eta_minus: float = 0.5
    eta_plus: float = 1.2
    """`rprop`: what a step size is multiplied with when the gradient's sign changes, and when it stays."""
    step_min: float = 1e-6
    step_max: float = 50.0
    """`rprop`: the smallest and the largest step size; the first one is `lr`."""
    nesterov: bool = True
    """`muon`: look ahead along the momentum."""
    ns_steps: int = 5
    """`muon`: rounds of the Newton-Schulz iteration."""
    ns_a: float = 3.4445
    ns_b: float = -4.775
    ns_c: float = 2.0315
    """`muon`: a round turns each singular value s into a s + b s^3 + c s^5."""
    ns_eps: float = 1e-7
    """`muon`: a momentum shorter than this is not scaled up to length 1."""
    adjust_lr: str = "original"
    """`muon`: how the learning rate depends on the shape of the matrix."""
    adamw_lr: float = 3e-4
    """`muon`: the learning rate of what goes by AdamW: biases, the first and the last layer."""
    weight_decay: float = 0.0
    """Pull of all weights and biases towards 0."""
    clip_norm: float = 0.0
    """Clip the gradient's global norm to this; 0: off."""
    clip_value: float = 0.0
    """Clip every entry of the gradient to -clip_value..clip_value; 0: off. Done before `clip_norm`."""
    clip_agc: float = 0.0
    """Clip each unit's gradient to this share of the length of its weights; 0: off. Done before `clip_value`."""
    schedule: str = "constant"
    """How the learning rate changes over the steps."""
    schedule_steps: int = 0
    """`cosine`: the step at which the learning rate has come down; 0: the scenario's `steps`."""
    step_size: int = 1000
    """`step`: steps from one drop to the next."""
    gamma: float = 0.1
    """`step`: what the learning rate is multiplied with at each drop."""
    eta_min: float = 0.0
    """`cosine`: the lowest learning rate."""
    warmup_steps: int = 0
    """The learning rate rises to its full height over so many steps, whatever the schedule; 0: none (`warmup`: 5)."""
    start_factor: float = 1 / 3
    """The share of the learning rate that a warm-up begins with."""


class Generator(Section, frozen=True):
    """`[generator]`: the network that makes samples out of noise, where `network.kind` is "gan". What it has no key for
    is as in `[network]`."""

    depth: int = 2
    """Hidden layers; the output layer comes on top."""
    width: int = 64
    activation: str = "leaky_relu"
    init: str = "he_uniform"
    norm: str = "none"
    latent: int = 16
    """How many normal numbers a sample is made of."""
    output: str = "tanh"
    """The function behind the output layer."""
    optimizer: str = "adam"
    """The generator's own rule; of its keys those below can be said."""
    lr: float = 0.001
    """0: the generator stays as it is, and its gradient is measured all the same."""
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    discriminator_steps: int = 1
    """Updates of the discriminator in each step, before the generator's."""
    discriminator_first: int = 0
    """So many steps at the beginning move the discriminator alone."""


class Variant(Section, frozen=True):
    """`[[variant]]`: the scenario with a few changes, to be held against it; the scenario itself is the baseline."""

    name: str
    """Small letters, digits and hyphens; in a claim, hyphens are written `_`."""
    title: str = ""
    """Left out, it is the scenario's own with the variant's name behind it."""
    why: str = ""
    """What there is to see, in one line."""
    set: tuple[str, ...] = ()
    """The changes, in dotted form: `"network.activation=relu"`."""
    steps: int | None = None
    """How many steps it makes, where that differs from the scenario's."""


class Expect(Section, frozen=True):
    """`[[expect]]`: a claim that `gradtui check` asserts."""

    claim: str
    """A comparison over gauges and scalars; `gradtui.scenario.claims` is the language."""
    at: int | Literal["end"] = "end"
    """The step at which it is judged: 0 is the network as initialised, "end" is the scenario's last step."""
    of: str = ""
    """The variant that the claim speaks of where it names none itself; empty: the baseline."""
    why: str = ""
    """What it shows, in a few words."""


class Lesson(Section, frozen=True):
    """`[[lesson]]`: one guided step: text, a question with choices, what to press, what to see."""

    text: str
    question: str = ""
    choices: tuple[str, ...] = ()
    answer: int = 0
    """Which of `choices` is right, counted from 0."""
    press: str = ""
    """The keys to press, or the change to make."""
    see: str = ""
    """What there is to see then."""


class Scenario(Section, frozen=True):
    """One experiment: network, task, optimizer, seed and what is expected of it.

    The classmethods and `replace` raise `ScenarioError`, which names every mistake in a sentence of its own.
    """

    name: str = ""
    """Short name; left out of a file, it is the file's name without `.toml`."""
    title: str = ""
    group: str = ""
    """The heading it stands under in the gallery."""
    promise: str = ""
    """What there is to see, in one line."""
    story: str = ""
    """Why it happens, in a paragraph of Markdown."""
    source: str = ""
    """The paper or book it comes from: names and year."""
    seed: int = 0
    steps: int = 2000
    """How many steps `run` and `check` make when nothing else is said."""
    task: Task = Task()
    network: Network = Network()
    optimizer: Optimizer = Optimizer()
    generator: Generator = Generator()
    variant: tuple[Variant, ...] = ()
    """What it is held against: small changes of it, each a scenario of its own, `name/variant`."""
    expect: tuple[Expect, ...] = ()
    lesson: tuple[Lesson, ...] = ()

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str]) -> Scenario:
        """Read a shipped scenario by its name, or any scenario file by its path; `name/variant` is one of its
        variants."""
        from gradtui.scenario import files

        return files.load(name_or_path)

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Scenario:
        """Build a scenario from the tables of a file: `{"network": {"depth": 5}}`, the rest is default."""
        from gradtui.scenario import validation

        return validation.read(document)

    def replace(self, *assignments: str) -> Scenario:
        """A copy with changes in dotted form: `s.replace("network.activation=relu", "optimizer.lr=0.05")`.

        Values are TOML literals; a bare word is a string. Variants stay, but for those that can no longer be made.
        """
        from gradtui.scenario import assignments as dotted

        return dotted.replace(self, assignments)

    def family(self) -> tuple[Scenario, ...]:
        """This scenario, the baseline, and behind it each of its variants as a scenario of its own, `name/variant`."""
        from gradtui.scenario import families

        return (self, *(families.member(self, variant) for variant in self.variant))
