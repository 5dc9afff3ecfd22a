"""The range of every number in a scenario, in one table: validation, help and steppers read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; an open end is left out itself. `whole`: integers only."""

    low: float | int
    high: float | int
    low_open: bool = False
    high_open: bool = False
    whole: bool = True

    def holds(self, value: float | int) -> bool:
        """Whether `value` is allowed; NaN never is."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def sentence(self) -> str:
        """What is allowed, as the end of a sentence that begins `must be`."""
        noun = "a whole number" if self.whole else "a number"
        if self.low == -math.inf and self.high == math.inf:
            return f"{noun}, not nan or inf"
        low = f"above {self.low:,}" if self.low_open else f"from {self.low:,}"
        if self.high == math.inf:
            finite = "" if self.whole else ", not inf"
            return f"{noun} {low}{finite}" if self.low_open else f"{noun}, {self.low:,} or more{finite}"
        if not self.high_open:
            return f"{noun} {low} to {self.high:,}"
        return f"{noun} {low} {'and' if self.low_open else 'to'} below {self.high:,}"


def _real(low: float, high: float, low_open: bool = False, high_open: bool = False) -> Range:
    return Range(low, high, low_open, high_open, whole=False)


#: More weights than this do not fit beside their gradients and the optimizer's memory on a common machine.
MOST_WEIGHTS = 100_000_000
#: So many numbers that the layers make of one example are a gigabyte for a batch of 64 in float32.
MOST_NUMBERS = 4_000_000
#: Hidden layers.
DEEPEST = 1000

#: Dotted key -> its range.
RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "seed": Range(0, 2**63 - 1),
        "steps": Range(1, 1_000_000_000),
        "task.batch": Range(0, 1_000_000),
        "task.examples": Range(10, 1_000_000),
        "task.label_smoothing": _real(0, 1),
        "task.noise": _real(0, 10),
        "task.length": Range(1, 1000),
        "task.symbols": Range(2, 256),
        "task.copied": Range(1, 100),
        "task.held_out": _real(0, 1, low_open=True, high_open=True),
        "task.weight_bound": _real(0, math.inf, low_open=True, high_open=True),
        "network.depth": Range(0, DEEPEST),
        "network.width": Range(1, 4096),
        "network.init_std": _real(0, math.inf, low_open=True, high_open=True),
        "network.init_bound": _real(0, math.inf, high_open=True),
        "network.norm_groups": Range(1, 4096),
        "network.dropout": _real(0, 1, high_open=True),
        "network.growth_rate": Range(1, 4096),
        "network.highway_bias": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.rezero_init": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.kernel": Range(1, 64),
        "network.stride": Range(1, 64),
        "network.padding": Range(-1, 64),
        "network.stages": Range(1, 8),
        "network.stage_growth": Range(1, 8),
        "network.heads": Range(1, 256),
        "network.feedforward": Range(0, 16_384),
        "network.embedding_scale": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.layer.repeat": Range(1, DEEPEST),
        "network.skip_every": Range(1, 1000),
        "network.skip_scale": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.norm_eps": _real(0, 1),
        "network.norm_momentum": _real(0, 1),
        "network.init_gain": _real(0, math.inf, low_open=True, high_open=True),
        "network.negative_slope": _real(0, math.inf, low_open=True, high_open=True),
        "network.prelu_init": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.alpha": _real(0, math.inf, low_open=True, high_open=True),
        "network.beta": _real(0.001, 1000),
        "network.spectral_radius": _real(0, math.inf, high_open=True),
        "network.forget_bias": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "network.truncation": Range(0, 1_000_000),
        "network.init_bias": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "optimizer.lr": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.momentum": _real(0, 1, high_open=True),
        "optimizer.beta1": _real(0, 1, high_open=True),
        "optimizer.beta2": _real(0, 1, high_open=True),
        "optimizer.eps": _real(0, math.inf, high_open=True),
        "optimizer.dampening": _real(0, 1),
        "optimizer.rho": _real(0, 1, high_open=True),
        "optimizer.alpha": _real(0, 1, high_open=True),
        "optimizer.lr_decay": _real(0, math.inf, high_open=True),
        "optimizer.initial_accumulator_value": _real(0, math.inf, high_open=True),
        "optimizer.momentum_decay": _real(0, math.inf, high_open=True),
        "optimizer.eta_minus": _real(0, 1, low_open=True, high_open=True),
        "optimizer.eta_plus": _real(1, math.inf, low_open=True, high_open=True),
        "optimizer.step_min": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.step_max": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.ns_steps": Range(0, 99),
        "optimizer.ns_a": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "optimizer.ns_b": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "optimizer.ns_c": _real(-math.inf, math.inf, low_open=True, high_open=True),
        "optimizer.ns_eps": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.adamw_lr": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.weight_decay": _real(0, math.inf, high_open=True),
        "optimizer.clip_norm": _real(0, math.inf, high_open=True),
        "optimizer.clip_value": _real(0, math.inf, high_open=True),
        "optimizer.clip_agc": _real(0, math.inf, high_open=True),
        "optimizer.schedule_steps": Range(0, 1_000_000_000),
        "optimizer.step_size": Range(1, 1_000_000_000),
        "optimizer.gamma": _real(0, math.inf, low_open=True, high_open=True),
        "optimizer.eta_min": _real(0, math.inf, high_open=True),
        "optimizer.warmup_steps": Range(0, 1_000_000_000),
        "optimizer.start_factor": _real(0, 1, low_open=True),
        "generator.depth": Range(0, DEEPEST),
        "generator.width": Range(1, 4096),
        "generator.latent": Range(1, 4096),
        "generator.lr": _real(0, math.inf, high_open=True),
        "generator.momentum": _real(0, 1, high_open=True),
        "generator.beta1": _real(0, 1, high_open=True),
        "generator.beta2": _real(0, 1, high_open=True),
        "generator.discriminator_steps": Range(1, 1000),
        "generator.discriminator_first": Range(0, 1_000_000_000),
        "variant.steps": Range(1, 1_000_000_000),
        "expect.at": Range(0, 1_000_000_000),
        "lesson.answer": Range(0, 1_000),
    }
)
