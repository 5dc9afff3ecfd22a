"""How the task is seen: the network's answers on held-out examples and all over the plane."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.lab import sighting_adversaries, sighting_attention, sighting_sequences
from gradtui.lab.deciding import decide, labels_of
from gradtui.lab.sight import UNDECIDED, Boundary, Counts, Fit, Part, Picture, Pictures, Point, Sight, Unseen
from gradtui.lab.simulation import Simulation
from gradtui.tasks import Dataset

Array = NDArray[Any]
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

#: Fields of a boundary, from fine to coarse, and the multiplications that one may cost.
GRIDS = ((96, 64), (72, 48), (48, 32), (36, 24), (24, 16))
COST = 2e8
#: At most so many training points, pictures, and pairs of a fit.
POINTS, PICTURES, PAIRS = 240, 40, 600
#: The plane is seen this much beyond the data, as a share of their span.
MARGIN = 0.08


def see(simulation: Simulation) -> Sight:
    """The task as the network sees it now."""
    data = simulation.dataset
    parts: list[Part] = []
    if simulation.scenario.network.kind == "gan":
        return Sight(simulation.step_count, data.title, (), sighting_adversaries.parts(simulation))
    if data.steps and not data.image:
        seen = *_sequences(simulation), *sighting_attention.parts(simulation)
        return Sight(simulation.step_count, data.title, data.classes, seen)
    answers = simulation.outputs(data.test_inputs).astype(np.float64)
    if data.classes:
        truth = labels_of(data, data.test_targets)
        predicted, confidence = decide(data, answers)
        if data.train_inputs.shape[1] == 2:
            parts.append(_boundary(simulation))
        parts.append(_counts(len(data.classes), truth, predicted))
        if data.image:
            parts.append(_pictures(data, truth, predicted, confidence))
    elif answers.shape == data.test_targets.shape:
        parts.append(_fit(data.test_targets.astype(np.float64), answers))
    else:
        parts.append(Unseen(f"there is no picture of what {data.title} asks for"))
    parts += sighting_attention.parts(simulation)
    return Sight(simulation.step_count, data.title, data.classes, tuple(parts))


def _sequences(simulation: Simulation) -> tuple[Part, ...]:
    """The parts of a sight of sequences; what is counted is counted on a fair choice of those held out."""
    data = simulation.dataset
    rows = spread_out(len(data.test_inputs), sighting_sequences.most(data))
    targets = data.test_targets[rows]
    answers = simulation.outputs(data.test_inputs[rows]).astype(np.float64)
    if data.per_step:
        answers = answers.reshape(len(rows), data.steps, data.outputs)
    shown = sighting_sequences.sequences(data, rows, answers)
    if not data.classes:
        return _fit(targets.astype(np.float64), answers), shown
    if data.next_token:
        return sighting_sequences.continuation(simulation), sighting_sequences.over_time(data, targets, answers), shown
    predicted, _ = decide(data, answers.reshape(-1, data.outputs))
    counts = _counts(len(data.classes), labels_of(data, targets).reshape(-1), predicted)
    if data.per_step:
        return counts, sighting_sequences.over_time(data, targets, answers), shown
    return counts, shown


def _counts(classes: int, truth: Labels, predicted: Labels) -> Counts:
    decided = predicted != UNDECIDED
    flat = np.bincount(truth[decided] * classes + predicted[decided], minlength=classes * classes)
    rows = flat.reshape(classes, classes).tolist()
    undecided = np.bincount(truth[~decided], minlength=classes)
    return Counts(tuple(tuple(row) for row in rows), tuple(undecided.tolist()))


def _boundary(simulation: Simulation) -> Boundary:
    data = simulation.dataset
    columns, rows = grid(simulation.weight_count)
    low, high = data.train_inputs.min(axis=0), data.train_inputs.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    xs = left + (right - left) * (np.arange(columns) + 0.5) / columns
    ys = top - (top - bottom) * (np.arange(rows) + 0.5) / rows
    fields = np.column_stack([np.tile(xs, rows), np.repeat(ys, columns)])
    predicted, confidence = decide(data, simulation.outputs(fields).astype(np.float64))
    chosen = spread_out(len(data.train_inputs), POINTS)
    labels = labels_of(data, data.train_targets)
    places = zip(data.train_inputs[chosen].tolist(), labels[chosen].tolist(), strict=True)
    points = tuple(Point(x, y, label) for (x, y), label in places)
    first, second = data.input_names
    return Boundary(
        axes=(first, second),
        left=float(left),
        right=float(right),
        bottom=float(bottom),
        top=float(top),
        columns=columns,
        rows=rows,
        predicted=tuple(predicted.tolist()),
        confidence=tuple(confidence.tolist()),
        points=points,
    )


def grid(weights: int) -> tuple[int, int]:
    """The finest fields that a network of so many weights may be asked about."""
    return next(((x, y) for x, y in GRIDS if x * y * weights <= COST), GRIDS[-1])


def spread_out(count: int, most: int) -> list[int]:
    """At most `most` of `count` rows, evenly spread."""
    step = max(1, math.ceil(count / most))
    return list(range(0, count, step))


def _pictures(data: Dataset, truth: Labels, predicted: Labels, confidence: Floats) -> Pictures:
    assert data.image is not None
    height, width, channels = data.image
    order = np.argsort(predicted == truth, kind="stable")[:PICTURES]
    low, high = float(data.test_inputs.min()), float(data.test_inputs.max())
    found = []
    for at in order:
        grey = data.test_inputs[at].reshape(height * width, channels).mean(axis=1)
        pixels = (grey - low) / (high - low if high > low else 1.0)
        answer = int(truth[at]), int(predicted[at]), float(confidence[at])
        found.append(Picture(tuple(pixels.tolist()), *answer))
    return Pictures(height, width, tuple(found))


def _fit(targets: Floats, answers: Floats) -> Fit:
    truth, predicted = targets.reshape(-1), answers.reshape(-1)
    chosen = spread_out(len(truth), PAIRS)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        squares = float(np.mean((predicted - truth) ** 2))
        variance = float(np.mean((targets - targets.mean(axis=0)) ** 2))
    return Fit(
        truths=tuple(truth[chosen].tolist()),
        predicted=tuple(predicted[chosen].tolist()),
        rms_error=math.sqrt(squares),
        explained=1.0 - squares / variance if variance > 0.0 else math.nan,
        outputs=targets.shape[1],
        total=len(truth),
        nonfinite=int((~np.isfinite(predicted)).sum()),
    )
