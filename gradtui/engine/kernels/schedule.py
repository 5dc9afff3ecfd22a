"""The learning rate of a step, worked out from the clock alone: going back in time needs no memory of it."""

from __future__ import annotations

import math

import numpy as np

from gradtui.engine.kernel import device
from gradtui.engine.knobs import (
    COSINE,
    ETA_MIN,
    GAMMA,
    LR,
    SCHEDULE,
    SCHEDULE_STEPS,
    START_FACTOR,
    STEP_SIZE,
    STEPS,
    WARMUP_STEPS,
)


@device()
def rate_at(knobs, step):
    """The learning rate of update `step`, counted from 0: warm-up times schedule, both counted from the run's start.

    step: lr gamma^floor(step / step_size) (torch.optim.lr_scheduler.StepLR); cosine: eta_min + (lr - eta_min)
    (1 + cos(pi step / schedule_steps)) / 2 (Loshchilov & Hutter 2017; CosineAnnealingLR, which comes up again behind
    its end); warm-up: start_factor + (1 - start_factor) step / warmup_steps until that is 1 (Goyal et al. 2017;
    LinearLR).
    """
    rate = knobs[LR]
    if knobs[SCHEDULE] == STEPS:
        rate = rate * math.pow(knobs[GAMMA], math.floor(step / knobs[STEP_SIZE]))
    elif knobs[SCHEDULE] == COSINE:
        lowest = knobs[ETA_MIN]
        rate = lowest + (rate - lowest) * (1.0 + math.cos(math.pi * step / knobs[SCHEDULE_STEPS])) / 2.0
    if step < knobs[WARMUP_STEPS]:
        start = knobs[START_FACTOR]
        rate = rate * (start + (1.0 - start) * (np.float64(step) / knobs[WARMUP_STEPS]))
    return rate
