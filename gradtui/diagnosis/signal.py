"""Judges of the signal on its way back through the layers: lost, grown, rounded away, or hidden by the optimizer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gradtui.diagnosis.case import THE_SAME, Case, Evidence, Finding, Floats, amount, layer, percent
from gradtui.diagnosis.decay import in_words
from gradtui.diagnosis.thresholds import THRESHOLDS, limit

#: Optimizers that divide by the size of the gradients that they have seen, or look at their signs or directions alone.
ADAPTIVE = frozenset(
    {"adam", "amsgrad", "adamw", "adamax", "nadam", "rmsprop", "adagrad", "adadelta", "rprop", "lion", "muon"}
)  # fmt: skip
#: Those that have an eps below which a gradient moves its weight less and less.
_WITH_EPS = ADAPTIVE - {"rprop", "lion", "muon"}
#: Products below this are, for the most part, rounded to 0.
TINY = {"float32": 1e-36, "float64": 1e-305}
#: Of so many steps of the way one may stand out, if it takes so large a share of all decades that are lost.
_MANY, _NEARLY_ALL = 3, 0.7
#: Activations below this are about to be rounded to 0.
FAINTEST = {"float32": 1e-33, "float64": 1e-300}
#: A cause that changes the signal by less than this a layer is not worth a word.
_WORTH = 0.02


def vanishing(case: Case) -> Finding | None:
    """The first layer hears a thousandth of what the last one hears, or less (Hochreiter 1998); or a sixtieth, where
    the loss stands still besides."""
    bound = case.lost
    if not THRESHOLDS[bound].crossed(case.share) or evens(case):
        return None
    if case.earlier:
        return THE_SAME
    where = _crossing(case, limit(bound))
    evidence = (
        *_way_evidence(case, limit(bound)),
        Evidence(
            "layers passed",
            float(len(case.way)),
            math.nan,
            f"that the signal goes back through; below {layer(where)} less than {limit(bound):g} of it is left",
        ),
    )
    lost = np.flatnonzero((case.profile["underflow"][case.hidden] >= 1.0) & (_expected(case) < _tiny(case)))
    if len(lost):
        floor = (
            f"layers {case.taps[lost[0]]} to {case.taps[lost[-1]]} have"
            if len(lost) > 1
            else f"{layer(case.taps[lost[0]])} has"
        )
        said = f"{floor} a gradient of exactly 0: below what {case.scenario.network.dtype} can hold"
    elif case.share == 0.0:
        said = f"nothing of what {case.source} hears comes back to {layer(case.taps[0])}"
    else:
        said = f"×{case.factor:.3g} a layer: {layer(case.taps[0])} hears {case.share:.2g} of what {case.source} hears"
    jump = _jump(case)
    if jump is not None:
        tap, passed = jump
        said = (
            f"{layer(tap)} alone passes ×{passed:.2g} of what it hears: {layer(case.taps[0])} hears {case.share:.2g} "
            f"of what {case.source} hears"
        )
    said += causes(case) + _eaten(case)
    return Finding(said, evidence, where, confidence=case.decay.confidence, factor=case.factor)


def _eaten(case: Case) -> str:
    """That weight decay has shrunk the weights until they pass a tenth of what they passed at first, where it has."""
    decay, first = case.scenario.optimizer.weight_decay, case.first
    if not decay > 0.0 or first is None or case.name == "generator":
        return ""
    now, begun = case.profile["gain_weight"][1:], first.profile["gain_weight"][1:]
    both = np.isfinite(now) & np.isfinite(begun)
    lost = float((begun - now)[both].mean()) if both.any() else 0.0
    return f"; weight decay {decay:g} has eaten the weights" if lost > 1.0 else ""


def _jump(case: Case) -> tuple[str, float] | None:
    """(tap, what it passes) of the one layer that takes nearly all of what is lost; None where it is lost evenly."""
    with np.errstate(divide="ignore"):
        decades = np.diff(np.log10(case.signal))
    if not np.isfinite(decades).all() or len(decades) < _MANY or decades.max() < _NEARLY_ALL * decades.sum():
        return None
    worst = int(np.argmax(decades))
    return case.taps[case.way[worst + 1]], float(10.0 ** -decades[worst])


def exploding(case: Case) -> Finding | None:
    """The signal grows a thousandfold on its way back (Pascanu, Mikolov & Bengio 2013)."""
    bound = "swollen" if case.overshot else "exploded"
    if not THRESHOLDS[bound].crossed(case.share):
        return _torn(case) or _overrun(case)
    if case.earlier:
        return THE_SAME
    where = _crossing(case, limit(bound))
    said = (
        f"×{case.factor:.3g} a layer: {layer(case.taps[0])} hears {amount(case.share)} times what {case.source} hears"
        f"{causes(case)}"
    )
    evidence = _way_evidence(case, limit(bound))
    return Finding(said, evidence, where, confidence=case.decay.confidence, factor=case.factor)


def _overrun(case: Case) -> Finding | None:
    """Nothing comes back, since the answers are so large that their loss is exactly 0 or flat: what grew on the way up
    would grow on the way down."""
    size = np.hypot(case.profile["activation_mean"], case.profile["activation_std"])
    if case.profile["delta_rms"][-1] != 0.0 or len(size) < 3 or not size[0] > 0.0:
        return None
    grown = float(size[-1] / size[0])
    if not THRESHOLDS["exploded"].crossed(grown):
        return None
    factor = grown ** (1.0 / (len(size) - 1))
    return Finding(
        f"×{factor:.3g} a layer on the way up: the answers are {amount(grown)} times as large as those of "
        f"{layer(case.taps[0])}, and their loss is so flat that nothing comes back",
        (Evidence("growth", grown, limit("exploded"), "activations of the output over those of the first layer"),),
        case.taps[int(np.argmax(size > limit("exploded") * size[0]))],
        factor=factor,
    )


def _torn(case: Case) -> Finding | None:
    """The signal had exploded when training began; its first steps have thrown the lower layers far away, and nothing
    has come of it since."""
    first, outcome = case.first, case.outcome
    if first is None or not THRESHOLDS["exploded"].crossed(first.share) or not outcome.share_of_chance > 0.85:
        return None
    thrown = float(np.nanmax(np.nan_to_num(case.profile["distance"][case.hidden])))
    if not THRESHOLDS["thrown"].crossed(thrown):
        return None
    where = case.taps[int(np.nanargmax(np.nan_to_num(case.profile["distance"][case.hidden])))]
    return Finding(
        f"the signal began {amount(first.share)} times as large at {layer(case.taps[0])} as at the output, and the "
        f"first steps have thrown the weights of {layer(where)} {thrown:.2g} times their size away",
        (
            Evidence("share at step 0", first.share, limit("exploded"), "what the first layer heard of the output's"),
            Evidence("distance", thrown, limit("thrown"), f"of {layer(where)} from its first weights"),
        ),
        where,
        since=0,
        confidence=first.decay.confidence,
        factor=first.factor,
    )


def underflow(case: Case) -> Finding | None:
    """Gradient entries that the number format has rounded to 0, or activations."""
    size = np.hypot(case.profile["activation_mean"], case.profile["activation_std"])[case.hidden]
    gone = np.flatnonzero(size == 0.0)
    if _faded(case, size):
        return THE_SAME if case.earlier else _rounded_on_the_way_up(case, size, gone)
    zeros = case.profile["underflow"][case.hidden]
    if not (zeros > limit("underflown")).any():
        return None
    lost = np.flatnonzero((zeros > limit("underflown")) & (_expected(case) < _tiny(case)))
    if not len(lost):
        return None
    if case.earlier:
        return THE_SAME
    top = int(lost[-1])
    dtype = case.scenario.network.dtype
    what = f"layers {case.taps[lost[0]]} to {case.taps[top]}" if len(lost) > 1 else layer(case.taps[top])
    return Finding(
        f"{percent(float(zeros[lost].mean()))} of the gradient entries of {what} are exactly 0: {dtype} holds nothing "
        "so small",
        (
            Evidence("underflow", float(zeros[top]), limit("underflown"), f"share of zeros in {layer(case.taps[top])}"),
            Evidence("layers lost", float(len(lost)), math.nan, f"of {len(zeros)} hidden layers"),
        ),
        case.taps[top],
    )


def _faded(case: Case, size: Floats) -> bool:
    """Whether a layer is silent for want of numbers, since what it reads is the next thing to none. `size`: rms of the
    activations, (layers,)."""
    gone = np.flatnonzero(size == 0.0)
    return bool(len(gone) and gone[0] and size[gone[0] - 1] < FAINTEST[case.scenario.network.dtype])


def _rounded_on_the_way_up(case: Case, size: Floats, gone: NDArray[np.int64]) -> Finding:
    where = case.taps[gone[0]]
    what = f"layers {where} to {case.taps[gone[-1]]}" if len(gone) > 1 else layer(where)
    below = float(size[gone[0] - 1])
    return Finding(
        f"the answers of {what} are exactly 0: they have shrunk from layer to layer until "
        f"{case.scenario.network.dtype} holds nothing so small",
        (
            Evidence("activation", below, FAINTEST[case.scenario.network.dtype], f"size of what {layer(where)} reads"),
            Evidence("layers lost", float(len(gone)), math.nan, f"of {len(size)} hidden layers"),
        ),
        where,
    )


def _tiny(case: Case) -> float:
    return TINY[case.scenario.network.dtype]


def _expected(case: Case) -> Floats:
    """About how large the gradient of each hidden layer must be, (layers,): what it reads times what it hears. A wall
    of silent units makes zeros as well, but of a signal that was no small one."""
    profile = case.profile
    heard = profile["delta_rms"]
    if heard[-1] == 0.0:
        # A loss of exactly 0 sends nothing down that could be rounded away.
        return np.full(len(heard) - 1, math.inf)
    # Where it is 0 it was rounded away within the layer, or stopped by it: what came in tells which.
    known = np.where(heard == 0.0, len(heard) - 1, np.arange(len(heard)))
    heard = heard[np.minimum.accumulate(known[::-1])[::-1]]
    read = np.hypot(profile["activation_mean"], profile["activation_std"])
    expected: Floats = heard[:-1] * np.concatenate([[1.0], read[:-2]]) / max(case.scenario.task.batch, 1)
    if not _faded(case, read[:-1]):
        # Of silence that is none of the number format's a gradient of 0 follows, however it is written down.
        silent = np.concatenate([[False], read[:-2] == 0.0])
        expected[silent] = math.inf
    return expected


def evens(case: Case) -> bool:
    """Whether an adaptive optimizer moves the first layers at the pace of the last although their signal is lost."""
    pace = _pace(case)
    # A gradient of exactly 0 has no size to be divided by: what moves its weights is what was there before it.
    return case.share != 0.0 and not math.isnan(pace) and pace >= limit("even")


def _pace(case: Case) -> float:
    """update_ratio of the slower one of the first two hidden layers over the median of the upper half; NaN where no
    adaptive optimizer has moved them."""
    name = case.scenario.generator.optimizer if case.name == "generator" else case.scenario.optimizer.name
    moved = case.profile["update_ratio"][case.hidden]
    if name not in ADAPTIVE or len(moved) < 3 or not np.isfinite(moved).all():
        return math.nan
    upper = float(np.median(moved[len(moved) // 2 :]))
    return float(moved[:2].min()) / upper if upper > 0.0 else math.nan


def masked(case: Case) -> Finding | None:
    """Gradients vanish, updates do not: Adam and its like divide each gradient by its own size (Kingma & Ba 2015),
    until eps is larger than that."""
    pace = _pace(case)
    # What was lost at first and comes back is masked as long as little of it is there.
    began_lost = case.first is not None and THRESHOLDS["vanished"].crossed(case.first.share)
    bound = "faint" if began_lost else case.worn
    if math.isnan(pace) or case.share == 0.0 or not THRESHOLDS[bound].crossed(case.share):
        return None
    optimizer = case.scenario.optimizer
    heard = case.profile["grad_rms"][case.hidden]
    below = np.flatnonzero(heard < optimizer.eps) if optimizer.name in _WITH_EPS else np.empty(0, np.int64)
    evidence = (
        Evidence("share", case.share, limit(bound), f"what the first layer hears of what {case.source} hears"),
        Evidence("even", pace, limit("even"), "pace of the first layers over that of the upper ones"),
        Evidence("grad_rms", float(heard[0]), optimizer.eps, "gradient of the first layer beside eps"),
    )
    if case.earlier and (pace >= limit("even") or 0 < len(below) < len(heard)):
        return THE_SAME
    if pace >= limit("even"):
        ahead = ""
        if heard[0] < 100.0 * optimizer.eps and optimizer.name in _WITH_EPS:
            where = "above" if heard[0] < optimizer.eps else "not far below"
            ahead = f"; eps = {optimizer.eps:g} is {where} its gradients"
        return Finding(
            f"{optimizer.name} hides it: {layer(case.taps[0])} hears {case.share:.2g} of what {case.source} hears, and "
            f"moves at {pace:.2g} times the pace of the upper layers all the same{ahead}",
            evidence,
            case.taps[0],
            confidence=case.decay.confidence,
        )
    if not len(below) or len(below) == len(heard):
        return None
    top = case.taps[below[-1]]
    return Finding(
        f"{optimizer.name} hides the loss of the signal down to {layer(case.taps[below[-1] + 1])}; from {layer(top)} "
        f"down gradients are smaller than eps = {optimizer.eps:g}, and the updates vanish too",
        evidence,
        top,
        confidence=case.decay.confidence,
    )


def _way_evidence(case: Case, threshold: float) -> tuple[Evidence, ...]:
    decay = case.decay
    share = Evidence("share", case.share, threshold, f"what the first layer hears of what {case.source} hears")
    if case.share == 0.0:
        # A line through what is left says nothing of where it ends.
        return (share,)
    changes = "" if math.isnan(decay.confidence) else "the signal changes "
    return (
        share,
        Evidence("fitted factor", decay.factor, math.nan, f"a layer, fitted: {changes}{in_words(decay)}"),
        Evidence("its error", decay.error, math.nan, "standard error of log10 of the fitted factor"),
    )


def _crossing(case: Case, threshold: float) -> str:
    """The uppermost tap on the way that hears less, or more, than so large a share of what the last one hears."""
    shares = case.signal / case.signal[-1]
    over = np.flatnonzero(shares < threshold if threshold < 1.0 else shares > threshold)
    return case.taps[case.way[over[-1]]] if len(over) else case.taps[0]


def causes(case: Case) -> str:
    """What slopes, weights, norms and skips do on their own, as mean factors a layer; empty where nothing finite was
    measured. Where nothing at all gets past, the layers whose slopes are all 0."""
    if case.share == 0.0:
        for gauge, what in (("gain_slope", "φ' is"), ("gain_weight", "the weights are")):
            walls = [tap for tap, gain in zip(case.taps, case.profile[gauge], strict=True) if gain == -math.inf]
            if walls:
                return f" ({what} 0 in {layer(walls[-1])})"
        return ""
    parts = []
    for name, gauge, always in (
        ("φ'", "gain_slope", True),
        ("weights", "gain_weight", True),
        ("norm", "gain_norm", False),
        ("skip", "gain_skip", False),
    ):
        gains = case.profile[gauge][1:]
        gains = gains[np.isfinite(gains)]
        mean = float(gains.mean()) if len(gains) else 0.0
        if len(gains) and (always or abs(mean) > _WORTH):
            parts.append(f"{name} ×{10**mean:.3g}")
    return f" ({', '.join(parts)})" if parts else ""
