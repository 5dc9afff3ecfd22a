"""Judges of the units: silent for ever, stuck where the function is flat, all alike, blind to the inputs."""

from __future__ import annotations

import math

import numpy as np

from gradtui.diagnosis.case import THE_SAME, Case, Evidence, Finding, Floats, layer, percent
from gradtui.diagnosis.signal import FAINTEST, inits
from gradtui.diagnosis.thresholds import THRESHOLDS, limit

#: Units of a layer that has come no further than this have been what they are from the start.
_SOME_WAY = 1e-3


def symmetric(case: Case) -> Finding | None:
    """Units that begin with the same weights hear the same gradient and stay the same for ever (Rumelhart, Hinton &
    Williams 1986)."""
    network = case.scenario.network
    # One layer of random weights, the output's too, tells the units of those beside it apart.
    twins = case.profile.twins
    if not (twins or inits(network) == {"zeros"}) or len(case.taps) < 2 or case.name == "generator":
        return None
    begin = case.past.profiles[0] if case.past.profiles else case.profile
    moved = float(np.nanmax(np.nan_to_num(case.profile["grad_rms"][case.hidden])))
    said = (
        "all units of a layer have the same weights: they hear the same gradient, and none will ever differ from its "
        "neighbour"
        if twins
        else "all weights begin at 0: no gradient passes them, and no unit will ever differ from its neighbour"
        if moved == 0.0
        else "all weights began at 0: every unit of a layer hears the same gradient and stays like its neighbours"
    )
    return Finding(
        said,
        (
            Evidence(
                "activation_std", float(begin["activation_std"][0]), math.nan, "spread of the first layer's outputs"
            ),
            Evidence("grad_rms", moved, math.nan, "largest gradient of a hidden layer; units share it"),
        ),
        case.taps[0],
        since=0,
    )


def dying(case: Case) -> Finding | None:
    """Units without a slope on any training example: nothing moves them any more (Lu et al. 2019)."""
    dead = np.nan_to_num(case.profile["dead"][case.hidden])
    # Silence that came of numbers too small to be told from 0 is no fault of the units.
    read = np.concatenate([[1.0], case.size[:-2]])
    dead = np.where(read < FAINTEST[case.scenario.network.dtype], 0.0, dead)
    # A layer that answers nothing of this batch stops all of it, if it is as good as dead besides.
    stopped = (case.profile["zero_batch"][case.hidden] >= 1.0) & (dead >= 0.5)
    if not len(dead) or (dead.max() < dead_limit(case) and not stopped.any()):
        return None
    walls = np.flatnonzero((dead >= 1.0) | stopped)
    worst = int(walls[0]) if len(walls) else int(np.argmax(dead))
    where = layer(case.taps[worst])
    evidence = (
        Evidence("dead", float(dead[worst]), dead_limit(case), f"share of units of {where}"),
        Evidence("layers", float((dead >= limit("dying")).sum()), math.nan, f"so bad of {len(dead)}"),
        Evidence("zero_batch", float(case.profile["zero_batch"][worst]), math.nan, "silent on this batch"),
        Evidence(
            "taken",
            1.0 if len(walls) else _taken(case, dead),
            math.nan,
            "of all decades that the signal loses, by slopes of such layers",
        ),
    )
    if len(walls) and dead[worst] < 1.0:
        said = f"no unit of {where} answers this batch, and {percent(dead[worst])} answer no training example at all"
    elif len(walls):
        # At 1, a hard sigmoid answers, but always the same.
        answers = abs(float(case.profile["activation_mean"][worst])) > 0.01 and not case.profile["zero_batch"][worst]
        stuck = answers and case.activation.startswith("hard_")
        said = f"all units of {where} are {'stuck where φ is flat' if stuck else 'dead'}: no "
        said += "gradient gets past it" if stuck else "example and no gradient gets past it"
    else:
        lived = case.profile["distance"][worst] > _SOME_WAY
        said = f"{percent(dead[worst])} of the units of {where} are dead: they answer no training example"
        said += " any more" if lived else ""
    return Finding(said, evidence, case.taps[worst])


def _taken(case: Case, dead: Floats) -> float:
    """Of what is lost on the whole way, what the slopes of layers with so many dead units take, as a share of all
    decades; NaN where nothing is lost."""
    slopes = np.nan_to_num(case.profile["gain_slope"][case.hidden])[dead >= limit("dying")]
    return float(slopes.sum()) / math.log10(case.share) if 0.0 < case.share < 1.0 else math.nan


def dead_limit(case: Case) -> float:
    """The share of a layer's units from which on it is no chance any more: among few units, the worst of many layers
    is far from a half."""
    layers = max(len(case.taps) - 1, 2)
    luck = 0.5 + 0.5 * (1.0 + math.sqrt(2.0 * math.log(layers))) / math.sqrt(case.width)
    return min(1.0, max(limit("dying"), luck))


def saturated(case: Case) -> Finding | None:
    """Most activations of a layer lie where the function is flat (Glorot & Bengio 2010)."""
    flat = np.nan_to_num(case.profile["saturated"][case.hidden])
    if not len(flat) or not THRESHOLDS["saturated"].crossed(flat.max()):
        return None
    worst = int(np.argmax(flat))
    where = case.taps[worst]
    many = int((flat > limit("saturated")).sum())
    # Of what is lost on the whole way, by how much the slopes of this one layer are to blame, in decades.
    slope = float(case.profile["gain_slope"][worst])
    taken = slope / math.log10(case.share) if 0.0 < case.share < 1.0 and len(flat) > 2 else math.nan
    return Finding(
        f"{percent(flat[worst])} of the activations of {layer(where)} lie where φ is flat",
        (
            Evidence("saturated", float(flat[worst]), limit("saturated"), f"share in {layer(where)}"),
            Evidence("mean", float(flat.mean()), limit("stuck"), "over all hidden layers"),
            Evidence("layers", float(many), math.nan, f"so bad of {len(flat)}"),
            Evidence(
                "taken", taken, math.nan, f"of all decades that the signal loses, by the slopes of {layer(where)}"
            ),
        ),
        where,
    )


def blank(case: Case) -> Finding | None:
    """Data that say nothing."""
    if not case.outcome.past.chance.blank or case.profile.taps[0].startswith("G."):
        return None
    return Finding(
        "all inputs are the same: the data say nothing, and no network can tell them apart",
        (
            Evidence("chance", case.outcome.chance, math.nan, "the loss of the best constant answer: none is better"),
            Evidence("loss", case.profile.loss, math.nan, "of the last batch"),
        ),
        since=0,
    )


def identical(case: Case) -> Finding | None:
    """Different inputs, one answer: the rank has collapsed on the way up (Poole et al. 2016)."""
    similarity = case.profile["similarity"][case.hidden]
    if case.profile.time or len(similarity) < 2 or not np.isfinite(similarity[[0, -1]]).all():
        return None
    # Deep nets that train say much the same to all inputs at first: only where nothing comes of it is it a fault.
    bound = limit("alike" if case.stalled else "alike_early")
    apart = 1.0 - similarity
    fall = 10.0
    if case.overshot:
        # Answers that are far out, and far out by the same: what tells inputs apart is drowned.
        bound, fall = limit("drowned"), 3.0
    if not (case.stands or case.overshot) or not (apart[-1] < bound and apart[0] > fall * bound):
        return None
    if case.earlier:
        return THE_SAME
    where = case.taps[int(np.flatnonzero(apart >= bound)[-1]) + 1]
    parts = 1.0 / max(float(apart[-1]), 1e-6)
    can = "can hardly" if apart[-1] > 1e-6 else "cannot"
    closely = f"one part in {parts:,.0f}" if apart[-1] > 1e-6 else "less than one part in a million"
    return Finding(
        f"the answers of {layer(case.taps[-2])} to different inputs are the same to {closely}: the output layer "
        f"{can} tell them apart",
        (
            Evidence("difference", float(apart[-1]), bound, f"1 - similarity of {layer(case.taps[-2])}"),
            Evidence("difference below", float(apart[0]), math.nan, f"1 - similarity of {layer(case.taps[0])}"),
        ),
        where,
    )


def small_batch(case: Case) -> Finding | None:
    """A batch norm that estimates mean and variance from a handful of numbers. Of two it makes +1 and -1, whatever they
    are, and its gradient is 0 (Ioffe 2017)."""
    network, task = case.scenario.network, case.scenario.task
    if network.norm != "batch" or case.name == "generator" or len(case.taps) < 2 or not task.batch:
        return None
    # An image's places count as well: as many as the smallest images have.
    places = 1
    if network.kind == "cnn":
        places = max(8 // (max(network.stride, 1) * 2 ** max(network.stages - 1, 0)), 1) ** 2
    numbers = task.batch * places
    if not THRESHOLDS["small_batch"].crossed(numbers):
        return None
    # What learns beside a gradient of 0 is the output layer, on features drawn by chance; noise can be learned through.
    if case.outcome.learned and not (numbers <= 2 and THRESHOLDS["faint"].crossed(case.share)):
        return None
    if numbers <= 2:
        said = f"batch norm over {numbers} example{'s' if numbers > 1 else ''}: what it hands back is a gradient of 0"
    else:
        error = math.sqrt(2 / (numbers - 1))
        said = f"batch norm over {numbers} examples: its variance has a standard error of {error:.0%}"
    return Finding(
        said,
        (
            Evidence("batch", float(numbers), limit("small_batch"), "numbers behind each mean and variance"),
            Evidence("share", case.share, math.nan, f"what the first layer hears of what {case.source} hears"),
        ),
        case.taps[0],
    )
