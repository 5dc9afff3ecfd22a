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
    examples: int = 1000
    """How many points a generated task draws in all (training and held-out)."""
    noise: float = 0.1
    """Standard deviation of the noise of a generated task."""
    path: str = ""
    """`file`: a CSV or NPZ file; relative to the scenario file's folder."""
    target: str = ""
    """`file`: the column (CSV) or array (NPZ) to predict; empty: the last column, or `y`."""
    held_out: float = 0.2
    """Share of the examples kept for evaluation; digits has its own fixed split."""


class Network(Section, frozen=True):
    """`[network]`: the cell that is stacked."""

    kind: str = "mlp"
    depth: int = 30
    """Hidden layers, 0 to 1,000; the output layer comes on top."""
    width: int = 64
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
    skip: str = "none"
    dtype: str = "float32"


class Optimizer(Section, frozen=True):
    """`[optimizer]`: PyTorch's names and defaults."""

    name: str = "sgd"
    """The rule that turns gradients into steps; the menu lists the optimizers."""
    lr: float = 0.1
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    clip_norm: float = 0.0
    """Clip the gradient's global norm to this; 0: off."""


class Expect(Section, frozen=True):
    """`[[expect]]`: a claim that `gradtui check` asserts."""

    claim: str
    """A comparison over gauges and scalars; `gradtui.scenario.claims` is the language."""
    at: int | Literal["end"] = "end"
    """The step at which it is judged: 0 is the network as initialised, "end" is the scenario's last step."""
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
    expect: tuple[Expect, ...] = ()
    lesson: tuple[Lesson, ...] = ()

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str]) -> Scenario:
        """Read a shipped scenario by its name, or any scenario file by its path."""
        from gradtui.scenario import files

        return files.load(name_or_path)

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Scenario:
        """Build a scenario from the tables of a file: `{"network": {"depth": 5}}`, the rest is default."""
        from gradtui.scenario import validation

        return validation.read(document)

    def replace(self, *assignments: str) -> Scenario:
        """A copy with changes in dotted form: `s.replace("network.activation=relu", "optimizer.lr=0.05")`.

        Values are TOML literals; a bare word is a string.
        """
        from gradtui.scenario import assignments as dotted

        return dotted.replace(self, assignments)
