"""The task as the network sees it: the same classes and numbers as its outputs give."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.sight import UNDECIDED, Boundary, Counts, Fit, Pictures
from gradtui.lab.sighting import COST, GRIDS, grid, see, spread_out


def _simulation(steps=30, **tables):
    scenario = {"network": {"depth": 1, "width": 12, "activation": "tanh"}, "optimizer": {"name": "adam", "lr": 0.02}}
    simulation = Simulation(Scenario.from_dict({**scenario, **tables}))
    simulation.step(steps)
    return simulation


def _part(sight, kind):
    return next(part for part in sight.parts if isinstance(part, kind))


@pytest.mark.parametrize("loss", ["bce", "cross_entropy", "mse"])
@pytest.mark.parametrize("name", ["moons", "spirals", "xor", "circles"])
def test_the_plane_is_coloured_by_the_networks_outputs(name, loss):
    simulation = _simulation(task={"name": name, "examples": 200, "loss": loss, "batch": 0})
    sight = see(simulation)
    plane = _part(sight, Boundary)
    xs = plane.left + (np.arange(plane.columns) + 0.5) * (plane.right - plane.left) / plane.columns
    ys = plane.top - (np.arange(plane.rows) + 0.5) * (plane.top - plane.bottom) / plane.rows
    fields = np.array([(x, y) for y in ys for x in xs])
    outputs = simulation.outputs(fields).astype(float)
    if loss == "bce":
        chance = 1.0 / (1.0 + np.exp(-outputs[:, 0]))
        classes, sure = (outputs[:, 0] > 0).astype(int), np.maximum(chance, 1.0 - chance)
    else:
        classes = outputs.argmax(axis=1)
        softmax = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
        sure = softmax.max(axis=1) if loss == "cross_entropy" else outputs.max(axis=1).clip(0.0, 1.0)
    assert list(plane.predicted) == classes.tolist()
    np.testing.assert_allclose(plane.confidence, sure, rtol=1e-6)
    assert set(plane.predicted) == {0, 1}
    data = simulation.dataset
    for point in plane.points:
        assert plane.left < point.x < plane.right
        assert plane.bottom < point.y < plane.top
        row = int(np.argmin(np.abs(data.train_inputs - [point.x, point.y]).sum(axis=1)))
        target = data.train_targets[row]
        assert point.label == int(target.argmax() if loss == "mse" else np.ravel(target)[0])
    counts = _part(sight, Counts)
    assert counts.right / counts.total == pytest.approx(simulation.evaluate()["accuracy"])


def test_a_coarser_plane_for_a_network_that_takes_longer():
    sizes = [columns * rows for columns, rows in GRIDS]
    assert all(fine > coarse for fine, coarse in pairwise(sizes))
    assert grid(100) == GRIDS[0]
    for weights in (40_000, 100_000, 300_000):
        columns, rows = grid(weights)
        assert columns * rows * weights <= COST
    assert grid(10**9) == GRIDS[-1]


def test_confusion_of_the_digits():
    simulation = _simulation(task={"name": "digits", "batch": 64})
    sight = see(simulation)
    data, counts = simulation.dataset, _part(sight, Counts)
    predicted = simulation.outputs(data.test_inputs).argmax(axis=1)
    wanted = np.zeros((10, 10), dtype=int)
    np.add.at(wanted, (data.test_targets, predicted), 1)
    assert np.array_equal(counts.confusion, wanted)
    assert counts.total == len(data.test_inputs) == 360
    assert counts.predicted == tuple(wanted.sum(axis=0))
    assert counts.truths == tuple(wanted.sum(axis=1))
    assert counts.right == int(np.trace(wanted))
    assert counts.undecided == (0,) * 10
    assert (sight.step, sight.title, sight.classes) == (30, "digits 8x8", data.classes)


def test_pictures_show_what_is_wrong_first():
    simulation = _simulation(200, task={"name": "digits", "batch": 64})
    data, pictures = simulation.dataset, _part(see(simulation), Pictures)
    predicted = simulation.outputs(data.test_inputs).argmax(axis=1)
    wrong = np.flatnonzero(predicted != data.test_targets)
    assert 40 > len(wrong) > 0, "both kinds must be there for this test to mean anything"
    assert [picture.predicted != picture.truth for picture in pictures.pictures] == [True] * len(wrong) + [False] * (
        40 - len(wrong)
    )
    low, high = data.test_inputs.min(), data.test_inputs.max()
    for picture, at in zip(pictures.pictures, wrong, strict=False):
        assert (picture.truth, picture.predicted) == (data.test_targets[at], predicted[at])
        np.testing.assert_allclose(picture.pixels, (data.test_inputs[at] - low) / (high - low))
    assert (pictures.height, pictures.width) == (8, 8)


def test_an_answer_that_is_no_number_counts_as_none():
    for loss in ("cross_entropy", "mse"):
        simulation = _simulation(task={"name": "digits", "batch": 64, "loss": loss})
        parameters = simulation.parameters()
        parameters["output.bias"][3] = np.nan
        simulation.load_parameters(parameters)
        sight = see(simulation)
        counts = _part(sight, Counts)
        assert counts.right == sum(counts.predicted) == 0
        assert sum(counts.undecided) == counts.total == 360
        assert {picture.predicted for picture in _part(sight, Pictures).pictures} == {UNDECIDED}
        assert simulation.evaluate()["accuracy"] == 0.0


def test_a_blown_up_plane_is_undecided():
    simulation = _simulation(task={"name": "moons", "examples": 100, "batch": 0})
    simulation.load_parameters({name: values * np.nan for name, values in simulation.parameters().items()})
    plane = _part(see(simulation), Boundary)
    assert set(plane.predicted) == {UNDECIDED}
    assert set(plane.confidence) == {0.0}


def test_images_of_a_convolutional_network():
    simulation = _simulation(2, task={"name": "digits", "batch": 16}, network={"kind": "cnn", "depth": 2, "width": 3})
    counts = _part(see(simulation), Counts)
    assert counts.right / 360 == pytest.approx(simulation.evaluate()["accuracy"])


@pytest.fixture
def table(tmp_path):
    rows = "\n".join(f"{x / 10},{math.sin(x / 10):.5f}" for x in range(100))
    path = tmp_path / "sine.csv"
    path.write_text(f"x,y\n{rows}\n")
    return path


def test_a_regression_is_a_fit(table):
    simulation = _simulation(60, task={"name": "file", "path": str(table), "batch": 20})
    sight = see(simulation)
    (fit,) = sight.parts
    assert isinstance(fit, Fit)
    data = simulation.dataset
    predicted = simulation.outputs(data.test_inputs)[:, 0].astype(float)
    truths = data.test_targets[:, 0]
    assert fit.truths == tuple(truths)
    assert fit.predicted == tuple(predicted)
    assert fit.rms_error**2 == pytest.approx(simulation.evaluate()["loss"], rel=1e-5)
    assert fit.explained == pytest.approx(1 - ((predicted - truths) ** 2).sum() / ((truths - truths.mean()) ** 2).sum())
    assert (fit.total, fit.outputs, fit.nonfinite) == (len(truths), 1, 0)
    assert sight.classes == ()


def test_a_fit_that_is_no_number_says_so(table):
    simulation = _simulation(1, task={"name": "file", "path": str(table), "batch": 20})
    simulation.load_parameters({name: values * np.nan for name, values in simulation.parameters().items()})
    (fit,) = see(simulation).parts
    assert fit.nonfinite == fit.total
    assert math.isnan(fit.rms_error)


def test_a_choice_of_rows_is_spread_evenly():
    assert spread_out(5, 10) == [0, 1, 2, 3, 4]
    assert spread_out(10, 5) == [0, 2, 4, 6, 8]
    assert len(spread_out(1001, 240)) <= 240
