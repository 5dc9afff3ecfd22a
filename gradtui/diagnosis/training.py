"""Judges of the training itself: numbers that are none, steps too large or too small, a loss that stands still."""

from __future__ import annotations

import math

import numpy as np

from gradtui.diagnosis.case import Case, Evidence, Finding, amount, layer, percent
from gradtui.diagnosis.outcome import EARLY, FEW, NEAR
from gradtui.diagnosis.signal import ADAPTIVE
from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.profile import GradientProfile

#: Below this learning rate an adaptive optimizer's first steps are small enough for a post-LN transformer.
GENTLE = 1e-3
#: Steps after which a transformer that learns has come off the loss of chance.
SOON = 80
#: Of more layers than this each need not come as far: what the net says changes by about the sum of their ways.
_SHALLOW = 3.0
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
    # Weights that are about where they began may stand or be on their way: one loss does not tell.
    open_yet = case.alone and THRESHOLDS["moved"].crossed(case.moved) and not _alike(case)
    if not outcome.stalled or _slow(case) or open_yet:
        return None
    since = outcome.stalled_since
    favourite = case.past.favourite
    base = case.past.chance.accuracy
    said = f"the loss stands at {outcome.recent:.3g}, and a guess that ignores the inputs has {outcome.chance:.3g}"
    if favourite > min(0.95, base + 0.8 * (1.0 - base)):
        said += (
            "; one class is named for nearly every input" if favourite < 1.0 else "; one class is named for all inputs"
        )
    evidence = [
        Evidence("loss", outcome.recent, limit("stalled") * outcome.chance, outcome.recent_in_words),
        Evidence("chance", outcome.chance, math.nan, "the loss of the best constant answer"),
    ]
    if math.isfinite(outcome.fall):
        evidence.append(Evidence("fall", outcome.fall, limit("still"), "over the last half, as a share of chance"))
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
    fast = THRESHOLDS["rate_high"].crossed(pace) and outcome.share_of_chance > NEAR
    replaced = THRESHOLDS["weights_replaced"].crossed(pace) and outcome.steps < FEW
    thrown = _thrown(case)
    if not (raised or fast or replaced or thrown):
        return None
    if thrown and not raised:
        return thrown
    if raised:
        said = f"the loss has risen from {outcome.first:.3g} to {outcome.recent:.3g}: the steps overshoot"
        if case.alone:
            said = f"the loss is {outcome.recent:.3g}, and would be {outcome.chance:.3g} by chance: the steps overshoot"
    else:
        said = f"one step changes half of the layers by {percent(min(pace, 1.0))} of their weights or more"
    return Finding(
        said,
        (
            Evidence("update_ratio", pace, limit("rate_high"), "median over layers; near 0.001 is usual"),
            Evidence("raised", outcome.raised, limit("loss_raised"), "loss over the larger of the first and chance"),
            _way(case, "thrown"),
            _rate(case),
        ),
        since=outcome.raised_since if raised else case.profile.step,
    )


def _thrown(case: Case) -> Finding | None:
    """Early steps that threw a sound net's weights away; the loss may have come back to that of chance since, since the
    output's biases still learn."""
    outcome, first = case.outcome, case.first
    if case.alone:
        return _torn_away(case)
    if first is None or first.share < limit("faint") or not outcome.share_of_chance > limit("plateau"):
        return None
    step, height = outcome.peak
    early = [each for each in case.past.profiles if each.step < FEW and len(case.taps) > 1]
    paces = [(each.step, float(np.median(np.nan_to_num(each["update_ratio"][case.hidden])))) for each in early]
    torn = next(((when, pace) for when, pace in paces if THRESHOLDS["rate_high"].crossed(pace)), None)
    leapt = THRESHOLDS["leapt"].crossed(height)
    distance = case.moved
    if not leapt and (torn is None or outcome.steps < EARLY or not THRESHOLDS["thrown"].crossed(distance)):
        return None
    if leapt:
        said = f"the loss has leapt to {amount(height)} times what it was"
        since = step
    else:
        since, pace = torn or (0, math.nan)
        said = f"one step has changed half of the layers by {pace:.2g} times their weights"
    return Finding(
        f"{said}: the steps have thrown the weights away, and nothing has come of it since",
        (
            Evidence("peak", height, limit("leapt"), "largest loss over the larger of the first and chance"),
            Evidence(
                "update_ratio",
                max((pace for _, pace in paces), default=math.nan),
                limit("rate_high"),
                f"largest median over hidden layers within the first {FEW} steps",
            ),
            _way(case, "thrown"),
            _rate(case),
        ),
        since=since,
    )


def _way(case: Case, bound: str) -> Evidence:
    """How far the weights have come."""
    return Evidence("distance", case.moved, limit(bound), "of the weights from the first ones, median over layers")


def _rate(case: Case) -> Evidence:
    """The learning rate."""
    optimizer = case.scenario.optimizer
    return Evidence("lr", optimizer.lr, math.nan, f"of {optimizer.name}")


def _torn_away(case: Case) -> Finding | None:
    """The same where nothing is known of the steps before."""
    outcome = case.outcome
    if not (THRESHOLDS["thrown"].crossed(case.moved) and outcome.share_of_chance > limit("plateau")):
        return None
    return Finding(
        f"the weights have moved {amount(case.moved)} times their size away from where they began, and the loss is "
        f"{outcome.recent:.3g} beside {outcome.chance:.3g} by chance: the steps have thrown the weights away",
        (
            _way(case, "thrown"),
            Evidence("loss", outcome.recent, limit("plateau") * outcome.chance, outcome.recent_in_words),
            _rate(case),
        ),
    )


def _slow(case: Case) -> bool:
    """Whether a loss that seems to stand is on its way: it falls beyond doubt, the weights are still about where they
    began, and neither the signal nor what tells inputs apart is lost."""
    # One loss does not tell whether it falls: weights that are where they were do, and a loss not yet down at chance.
    begins = case.alone and (THRESHOLDS["budged"].crossed(case.moved) or case.outcome.share_of_chance > NEAR)
    return (
        (begins or (case.outcome.descends and not case.outcome.flattened))
        and THRESHOLDS["moved"].crossed(case.moved)
        and not case.share < limit("faint")
        and not _alike(case)
    )


def _alike(case: Case) -> bool:
    """Whether the last hidden layer says about the same to all inputs."""
    similarity = case.profile["similarity"][case.hidden]
    return bool(len(similarity)) and not case.profile.time and not similarity[-1] < 1.0 - 5.0 * limit("alike")


def _creeping(case: Case) -> Finding | None:
    """A net on its way, of which hundreds of steps have made next to nothing."""
    outcome = case.outcome
    far = case.moved * max(case.depth / _SHALLOW, 1.0)
    if not (outcome.stalled and _slow(case) and THRESHOLDS["moved"].crossed(far)):
        return None
    if not THRESHOLDS["stalled"].crossed(outcome.share_of_chance):
        return None
    distance = case.moved
    loss = "" if case.alone else "the loss falls, but "
    return Finding(
        f"{loss}after {outcome.steps:,} steps the weights are {distance:.2g} of their size away from "
        f"where they began, and the loss is {outcome.recent:.3g} beside {outcome.chance:.3g} by chance",
        (
            _way(case, "moved"),
            Evidence("loss", outcome.recent, limit("stalled") * outcome.chance, outcome.recent_in_words),
            _rate(case),
        ),
    )


def rate_low(case: Case) -> Finding | None:
    """Updates too small to come anywhere although gradients are there."""
    outcome = case.outcome
    pace = _pace(case.profile)
    # Weights that have been thrown away lie where no gradient is: what moves them little now is no low rate.
    if math.isnan(pace) or case.share < limit("faint") or THRESHOLDS["thrown"].crossed(case.moved):
        return None
    little = outcome.change <= 0.1 or outcome.share_of_chance > limit("plateau")
    if (
        not THRESHOLDS["rate_low"].crossed(pace)
        or not (case.earlier or little)
        or not case.profile["grad_rms"].max() > 0.0
        or (not case.earlier and _ended(case))
    ):
        return None if case.earlier else _creeping(case)
    return Finding(
        f"the layer that moves most changes by {pace:.2g} of its weights in a step: the learning rate is too low "
        "to come anywhere",
        (
            Evidence("update_ratio", pace, limit("rate_low"), "largest one of all layers; near 0.001 is usual"),
            Evidence("grad_rms", float(case.profile["grad_rms"].max()), math.nan, "largest gradient: it is there"),
            _rate(case),
        ),
    )


def _pace(profile: GradientProfile) -> float:
    """update_ratio of the layer that moves most; NaN where none has moved yet, or none is known to."""
    moved = profile["update_ratio"][np.isfinite(profile["update_ratio"])]
    return float(moved.max()) if len(moved) else math.nan


def _ended(case: Case) -> bool:
    """Whether a schedule has brought the learning rate down, or has not brought it up yet, as it is meant to: after
    most of the run, or as long as the rise is no longer than the run that is planned."""
    optimizer, step = case.scenario.optimizer, case.profile.step
    since = step
    for each in reversed(case.past.profiles):
        if not THRESHOLDS["rate_low"].crossed(_pace(each)):
            break
        since = each.step
    nil = step >= FEW and since <= step // 2
    if nil and optimizer.warmup_steps <= case.scenario.steps and step < optimizer.warmup_steps:
        nil = False
    if nil:
        return False
    if step < optimizer.warmup_steps or optimizer.schedule == "warmup":
        return step < max(optimizer.warmup_steps, 5)
    if optimizer.schedule == "cosine":
        return step > (1.0 - ENDED) * (optimizer.schedule_steps or case.scenario.steps)
    return optimizer.schedule == "step" and optimizer.gamma ** (step // max(optimizer.step_size, 1)) < ENDED


def _smothered(case: Case) -> bool:
    """Whether the first steps have taken away a signal that was sound, and brought the loss no further than chance."""
    first, outcome = case.first, case.outcome
    # Post-LN loses nothing by itself: where the first profile is not known, it was sound (Xiong et al. 2020).
    sound = case.alone or (first is not None and first.share > 3.0 * limit("faint"))
    return (
        sound
        and outcome.steps >= FEW
        and THRESHOLDS["vanished"].crossed(case.share)
        and THRESHOLDS["stalled"].crossed(outcome.share_of_chance)
    )


def warm_up(case: Case) -> Finding | None:
    """A transformer that normalises behind each sum cannot take an adaptive optimizer's first steps at full size
    (Xiong et al. 2020)."""
    network, optimizer, outcome = case.scenario.network, case.scenario.optimizer, case.outcome
    post = network.kind == "transformer" and network.skip == "residual" and network.skip_form == "post"
    warmed = optimizer.warmup_steps > 0 or optimizer.schedule == "warmup"
    if not post or network.norm != "layer" or warmed or optimizer.name not in ADAPTIVE or optimizer.lr < GENTLE:
        return None
    if not (outcome.stands(SOON) or _smothered(case)):
        return None
    since = f"the loss has stood at {outcome.recent:.3g} since"
    if not outcome.stands(SOON):
        since = f"its signal, which was there at first, is gone: embed hears {case.share:.2g} of what the output hears"
    return Finding(
        f"post-LN without warm-up: {optimizer.name}'s first steps at lr {optimizer.lr:g} have thrown the net onto a "
        f"plateau, and {since}",
        (
            Evidence("warmup_steps", 0.0, math.nan, "steps over which the learning rate rises"),
            Evidence("lr", optimizer.lr, GENTLE, f"of {optimizer.name}, from the first step on"),
            Evidence("loss", outcome.recent, limit("stalled") * outcome.chance, outcome.recent_in_words),
        ),
        since=outcome.stalled_since,
    )
