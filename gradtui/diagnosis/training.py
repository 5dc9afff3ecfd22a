"""Judges of the training itself: numbers that are none, steps too large or too small, a loss that stands still."""

from __future__ import annotations

import math

import numpy as np

from gradtui.diagnosis.case import Case, Evidence, Finding, layer, percent
from gradtui.diagnosis.outcome import FEW
from gradtui.diagnosis.signal import ADAPTIVE
from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.profile import GradientProfile

#: Below this learning rate an adaptive optimizer's first steps are small enough for a post-LN transformer.
GENTLE = 1e-3
#: Steps after which a transformer that learns has come off the loss of chance.
SOON = 80
#: A learning rate that a schedule has brought down to this share of its height is meant to be low.
ENDED = 0.05


def nonfinite(case: Case) -> Finding | None:
    """NaN or inf, with the step, the layer and the operation where it first came up."""
    if _finite(case.profile):
        return None
    profiles = [*case.past.profiles, case.profile]
    index = next(number for number, profile in enumerate(profiles) if not _finite(profile))
    earliest, before = profiles[index], profiles[index - 1] if index else None
    tap, operation = _origin(earliest, before)
    lost = case.past.nonfinite_loss
    since = earliest.step if lost is None or case.name else min(lost, earliest.step)
    bad = _bad(case.profile)
    if not len(bad):
        where = "in the loss"
    elif len(bad) == len(case.taps):
        where = "in every layer"
    else:
        where = f"first at {layer(case.taps[bad[0]])}"
    loss = "NaN" if math.isnan(case.profile.loss) else f"{case.profile.loss:.3g}"
    evidence = [
        Evidence("nonfinite", float(case.profile["nonfinite"].sum()), 0.0, "NaN and inf among the gradient's entries"),
        Evidence("loss", case.profile.loss, math.nan, "of the last batch"),
    ]
    if before is not None:
        grown = float(np.nanmax(np.nan_to_num(before["update_ratio"])))
        evidence.append(Evidence("update_ratio", grown, limit("rate_high"), f"largest one at step {before.step:,}"))
    return Finding(
        f"NaN or inf {where}; it came from the {operation}; the loss is {loss}: nothing can be learned from here",
        tuple(evidence),
        tap,
        since=since,
    )


def _bad(profile: GradientProfile) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.flatnonzero((profile["nonfinite"] > 0) | ~np.isfinite(profile["activation_mean"]))


def _finite(profile: GradientProfile) -> bool:
    return math.isfinite(profile.loss) and not len(_bad(profile))


def _origin(profile: GradientProfile, before: GradientProfile | None) -> tuple[str, str]:
    """(tap, operation) from which the numbers of the first bad profile come; `before` is the last good one."""
    forward = np.flatnonzero(~np.isfinite(profile["activation_mean"]))
    backward = np.flatnonzero(profile["nonfinite"] > 0)
    if len(forward) and forward[0] == 0 and before is not None:
        # The first layer reads nothing but the inputs: its weights were spoilt before.
        moved = np.nan_to_num(before["update_ratio"], posinf=math.inf)
        return profile.taps[int(np.argmax(moved))], "update of the weights"
    if len(forward):
        return profile.taps[forward[0]], f"forward pass, at {layer(profile.taps[forward[0]])}"
    if not math.isfinite(profile.loss):
        return "", "loss"
    return profile.taps[backward[-1]], f"backward pass, at {layer(profile.taps[backward[-1]])}"


def stalled(case: Case) -> Finding | None:
    """The loss stands at that of a net that does not look at its inputs."""
    outcome = case.outcome
    if not outcome.stalled:
        return None
    since = outcome.stalled_since
    favourite = case.past.favourite
    base = case.past.chance.accuracy
    said = (
        f"the loss stands at {outcome.recent:.3g}, where it is {outcome.chance:.3g} for who does not look at the inputs"
    )
    if favourite > min(0.95, base + 0.8 * (1.0 - base)):
        said += (
            "; one class is named for nearly every input" if favourite < 1.0 else "; one class is named for all inputs"
        )
    evidence = [
        Evidence("loss", outcome.recent, limit("stalled") * outcome.chance, "median of the last tenth of the run"),
        Evidence("chance", outcome.chance, math.nan, "the loss of the best constant answer"),
        Evidence("fall", outcome.fall, limit("still"), "over the last half, as a share of chance"),
    ]
    if math.isfinite(favourite):
        evidence.append(Evidence("favourite", favourite, math.nan, "share of answers that name one class"))
    if math.isfinite(outcome.accuracy):
        evidence.append(
            Evidence("accuracy", outcome.accuracy, base, "held out, beside that of the most frequent class")
        )
    return Finding(said, tuple(evidence), since=since)


def rate_high(case: Case) -> Finding | None:
    """Updates that leave little of the weights, or a loss that training has raised."""
    outcome = case.outcome
    moved = case.profile["update_ratio"]
    moved = moved[np.isfinite(moved)]
    pace = float(np.median(moved)) if len(moved) else math.nan
    raised = THRESHOLDS["loss_raised"].crossed(outcome.raised)
    # Weights near 0 that belong there move by a large share of themselves: then the loss is none the worse.
    fast = THRESHOLDS["rate_high"].crossed(pace) and outcome.share_of_chance > 1.05
    replaced = THRESHOLDS["weights_replaced"].crossed(pace) and outcome.steps < FEW
    if not (raised or fast or replaced):
        return None
    if raised:
        said = f"the loss has risen from {outcome.first:.3g} to {outcome.recent:.3g}: the steps overshoot"
    else:
        said = f"one step changes half of the layers by {percent(min(pace, 1.0))} of their weights or more"
    return Finding(
        said,
        (
            Evidence("update_ratio", pace, limit("rate_high"), "median over layers; near 0.001 is usual"),
            Evidence("raised", outcome.raised, limit("loss_raised"), "loss over the larger of the first and chance"),
            Evidence("lr", case.scenario.optimizer.lr, math.nan, f"of {case.scenario.optimizer.name}"),
        ),
        since=outcome.raised_since if raised else case.profile.step,
    )


def rate_low(case: Case) -> Finding | None:
    """Updates too small to come anywhere although gradients are there."""
    outcome, optimizer = case.outcome, case.scenario.optimizer
    moved = case.profile["update_ratio"]
    moved = moved[np.isfinite(moved)]
    if not len(moved) or _ended(case) or case.share < limit("faint"):
        return None
    pace = float(moved.max())
    if (
        not THRESHOLDS["rate_low"].crossed(pace)
        or not (case.earlier or outcome.change <= 0.1)
        or not case.profile["grad_rms"].max() > 0.0
    ):
        return None
    return Finding(
        f"the layer that moves most changes by {pace:.2g} of its weights in a step: the learning rate is too low "
        "to come anywhere",
        (
            Evidence("update_ratio", pace, limit("rate_low"), "largest one of all layers; near 0.001 is usual"),
            Evidence("grad_rms", float(case.profile["grad_rms"].max()), math.nan, "largest gradient: it is there"),
            Evidence("lr", optimizer.lr, math.nan, f"of {optimizer.name}"),
        ),
    )


def _ended(case: Case) -> bool:
    """Whether a schedule has brought the learning rate down, or has not brought it up yet."""
    optimizer, step = case.scenario.optimizer, case.profile.step
    if step < optimizer.warmup_steps or optimizer.schedule == "warmup":
        return step < max(optimizer.warmup_steps, 5)
    if optimizer.schedule == "cosine":
        return step > (1.0 - ENDED) * (optimizer.schedule_steps or case.scenario.steps)
    return optimizer.schedule == "step" and optimizer.gamma ** (step // max(optimizer.step_size, 1)) < ENDED


def warm_up(case: Case) -> Finding | None:
    """A transformer that normalises behind each sum cannot take an adaptive optimizer's first steps at full size
    (Xiong et al. 2020)."""
    network, optimizer, outcome = case.scenario.network, case.scenario.optimizer, case.outcome
    post = network.kind == "transformer" and network.skip == "residual" and network.skip_form == "post"
    warmed = optimizer.warmup_steps > 0 or optimizer.schedule == "warmup"
    if not post or network.norm != "layer" or warmed or optimizer.name not in ADAPTIVE or optimizer.lr < GENTLE:
        return None
    if not outcome.stands(SOON):
        return None
    return Finding(
        f"post-LN without warm-up: {optimizer.name}'s first steps at lr {optimizer.lr:g} have thrown the net onto a "
        f"plateau, and the loss has stood at {outcome.recent:.3g} since",
        (
            Evidence("warmup_steps", 0.0, math.nan, "steps over which the learning rate rises"),
            Evidence("lr", optimizer.lr, GENTLE, f"of {optimizer.name}, from the first step on"),
            Evidence("loss", outcome.recent, limit("stalled") * outcome.chance, "median of the last tenth of the run"),
        ),
        since=outcome.stalled_since,
    )
