"""What is timed: a shape (hidden layers x width, batch) and a variant (what layers are made of), always the same step.

One step: draw a batch of the 8x8 digits, forward, softmax cross-entropy, backward, the size of every layer's weight
gradient, Adam. float32, He-normal weights (Xavier for the squashing functions). A recurrent network reads 100 steps of
the adding problem, and the size of dL/dh_t at every step and the mean of every gate are measured as well. A transformer
(pre-LN, 4 heads) recalls the first of 64 tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gradtui import Scenario, tasks

SHAPES = ("10x32,32", "30x64,64", "50x64,128", "20x256,128", "10x512,256")

#: What each variant changes in the scenario's network.
VARIANTS: dict[str, dict[str, str | int]] = {
    "relu": {"activation": "relu"},
    "sigmoid": {"activation": "sigmoid", "init": "xavier_normal"},
    "tanh": {"activation": "tanh", "init": "xavier_normal"},
    "gelu": {"activation": "gelu"},
    "batch-norm": {"activation": "relu", "norm": "batch"},
    "residual": {"activation": "relu", "skip": "residual", "skip_every": 2},
    "cnn": {"activation": "relu", "kind": "cnn"},
    **{cell: {"kind": "rnn", "cell": cell} for cell in ("rnn", "lstm", "gru")},
    # The same network; PyTorch takes its fused layer and measures nothing over time.
    **{f"{cell}-fused": {"kind": "rnn", "cell": cell} for cell in ("rnn", "lstm", "gru")},
    "transformer": {"kind": "transformer", "init": "xavier_uniform", "positions": "learned"},
}
#: Kinds whose width or depth means something else, so that they want other shapes.
_OTHERS = ("cnn", "rnn", "transformer")
#: Timed unless something else is asked for, in all shapes; and what is timed in a shape of its own.
USUAL = tuple(name for name, network in VARIANTS.items() if network.get("kind") not in _OTHERS)
ALSO = tuple(("1x64,32", name) for name, network in VARIANTS.items() if network.get("kind") == "rnn")
ALSO += (("4x64,32", "transformer"),)
#: The tasks of networks that read sequences.
SEQUENCES = {
    "rnn": {"name": "adding", "length": 100, "examples": 2000},
    "transformer": {"name": "recall", "length": 64, "examples": 2000},
}


@dataclass(frozen=True)
class Case:
    """One line of the table. `activation`, `normed`, `convolutional` and `residual` say what the variant means to a
    peer."""

    shape: str
    variant: str
    depth: int
    width: int
    batch: int
    scenario: Scenario = field(repr=False)

    @classmethod
    def parse(cls, shape: str, variant: str) -> Case:
        """From `30x64,64` and `relu`; raises ValueError saying what is allowed."""
        match = re.fullmatch(r"(\d{1,6})x(\d{1,6}),(\d{1,6})", shape)
        if match is None:
            raise ValueError(f"--shape is {shape!r}, but must be LAYERSxWIDTH,BATCH as in 30x64,64")
        if variant not in VARIANTS:
            raise ValueError(f"--variant is {variant!r}, but must be one of {', '.join(VARIANTS)}")
        depth, width, batch = (int(number) for number in match.groups())
        if 0 in (depth, width, batch):
            raise ValueError(f"--shape is {shape!r}, but every number in it must be at least 1")
        kind = VARIANTS[variant].get("kind")
        own = {} if kind == "rnn" else {"init": "he_normal"}
        network = {"depth": depth, "width": width, **own, **VARIANTS[variant]}
        task = SEQUENCES.get(str(kind), {"name": "digits"})
        scenario = Scenario.from_dict(
            {
                "task": {**task, "batch": batch},
                "network": network,
                "optimizer": {"name": "adam", "lr": 1e-3},
            }
        )
        tasks.load(scenario.task, scenario.seed)  # refuses a batch larger than the training set
        return cls(shape, variant, depth, width, batch, scenario)

    @property
    def activation(self) -> str:
        return self.scenario.network.activation

    @property
    def normed(self) -> bool:
        return self.scenario.network.norm != "none"

    @property
    def convolutional(self) -> bool:
        return self.scenario.network.kind == "cnn"

    @property
    def recurrent(self) -> bool:
        return self.scenario.network.kind == "rnn"

    @property
    def attends(self) -> bool:
        return self.scenario.network.kind == "transformer"

    @property
    def residual(self) -> bool:
        return self.scenario.network.skip != "none"
