"""The live numbers of training: which there are, in which order they lie in memory, and how a scenario fills them."""

from __future__ import annotations

from gradtui.scenario.model import Optimizer, Scenario

#: Fields of `[optimizer]` in the order of the knobs region. A change on screen writes one number there.
KNOBS = (
    "lr",
    "momentum",
    "dampening",
    "beta1",
    "beta2",
    "eps",
    "rho",
    "alpha",
    "centered",
    "lr_decay",
    "initial_accumulator_value",
    "momentum_decay",
    "eta_minus",
    "eta_plus",
    "step_min",
    "step_max",
    "nesterov",
    "ns_steps",
    "ns_a",
    "ns_b",
    "ns_c",
    "ns_eps",
    "adjust_lr",
    "adamw_lr",
    "weight_decay",
    "clip_norm",
    "clip_value",
    "clip_agc",
    "schedule",
    "schedule_steps",
    "step_size",
    "gamma",
    "eta_min",
    "warmup_steps",
    "start_factor",
)
LR, MOMENTUM, DAMPENING, BETA1, BETA2, EPS, RHO, ALPHA, CENTERED, LR_DECAY = range(10)
INITIAL_ACCUMULATOR, MOMENTUM_DECAY, ETA_MINUS, ETA_PLUS, STEP_MIN, STEP_MAX = range(10, 16)
NESTEROV, NS_STEPS, NS_A, NS_B, NS_C, NS_EPS, ADJUST_LR, ADAMW_LR = range(16, 24)
WEIGHT_DECAY, CLIP_NORM, CLIP_VALUE, CLIP_AGC = range(24, 28)
SCHEDULE, SCHEDULE_STEPS, STEP_SIZE, GAMMA, ETA_MIN, WARMUP_STEPS, START_FACTOR = range(28, 35)

#: What stands for a word: its place in the tuple.
SCHEDULES = ("constant", "step", "cosine", "warmup")
CONSTANT, STEPS, COSINE, WARMUP = range(4)
ADJUSTMENTS = ("original", "match_rms_adamw")
ORIGINAL, MATCH_RMS_ADAMW = range(2)
_WORDS = {"schedule": SCHEDULES, "adjust_lr": ADJUSTMENTS}

#: The scalars of one step, worked out once from the knobs and the clock. First those of every optimizer: the factor by
#: which clipping by the global norm shortens all gradients; whether entries or units were clipped before that; what
#: decoupled weight decay multiplies the weights with; what share of them coupled weight decay adds to the gradient;
#: what a rule gets of each gradient. Behind them stand the rule's own.
CLIP, LOCALLY, KEEP, DECAY, SHARE = range(5)
RULE = 5
SCALARS = 24

#: torch.optim.lr_scheduler.LinearLR's total_iters: the warm-up of `schedule = "warmup"` when its length is not said.
USUAL_WARMUP = 5


def values(scenario: Scenario) -> list[float]:
    """What the knobs region holds, shape (knobs,)."""
    return [_number(scenario, name) for name in KNOBS]


def _number(scenario: Scenario, name: str) -> float:
    value = getattr(scenario.optimizer, name)
    if name == "schedule_steps":
        return float(value or scenario.steps)
    if name == "warmup_steps":
        return float(warmup_steps(scenario.optimizer))
    if name == "dampening" and scenario.optimizer.momentum == 0.0:
        return 0.0  # told here: while training, the smallest momentum would read as 0
    return float(_WORDS[name].index(value)) if name in _WORDS else float(value)


def warmup_steps(optimizer: Optimizer) -> int:
    """How many steps the warm-up lasts; 0: there is none."""
    return optimizer.warmup_steps or (USUAL_WARMUP if optimizer.schedule == "warmup" else 0)
