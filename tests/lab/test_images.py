"""Convolutional networks end to end: on the digits and on images of one's own."""

from __future__ import annotations

import time

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.engine.kernels.convolution import scratch
from gradtui.scenario.errors import ScenarioError

SMALL = {"kind": "cnn", "depth": 3, "width": 4, "activation": "relu", "init": "he_normal"}


def _simulation(network, task=None, **optimizer):
    document = {"network": {**SMALL, **network}, "task": {"batch": 16, **(task or {})}, "optimizer": optimizer}
    return Simulation(Scenario.from_dict(document))


@pytest.fixture(scope="module")
def stripes(tmp_path_factory):
    """Noisy colour images of 6 x 5 pixels: a bright column in the red channel, a bright row in the blue one, none."""
    random = np.random.default_rng(0)
    x, y = random.normal(0.0, 0.3, (300, 3, 6, 5)), np.arange(300) % 3
    for image, kind in zip(x, y, strict=True):
        if kind == 0:
            image[0, :, random.integers(5)] += 2.0
        elif kind == 1:
            image[2, random.integers(6), :] += 2.0
    path = tmp_path_factory.mktemp("images") / "stripes.npz"
    np.savez(path, x=x, y=y)
    return x, y, path


@pytest.mark.parametrize("kind", ["cnn", "mlp"])
def test_images_of_ones_own_are_learned(stripes, kind):
    """Windows find a stripe wherever it is; a multilayer perceptron reads the same file as rows."""
    task = {"name": "file", "path": str(stripes[2])}
    simulation = _simulation({"kind": kind, "depth": 2, "width": 8, "head": "max"}, task, name="adam", lr=0.01)
    simulation.step(300)
    assert simulation.evaluate()["accuracy"] > (0.95 if kind == "cnn" else 0.5)


def test_a_batch_of_images_is_as_in_the_file(stripes):
    """(batch, channels, height, width), standardised input by input; a multilayer perceptron's is (batch, inputs)."""
    x, y, path = stripes
    task = {"name": "file", "path": str(path), "batch": 7}
    found, labels = _simulation({}, task).batch(3)
    assert found.shape == (7, 3, 6, 5)
    flat, _ = _simulation({"kind": "mlp"}, task).batch(3)
    assert flat.shape == (7, 90)
    for image, label in zip(found, labels, strict=True):
        # Standardisation keeps the order of the images' own values at each pixel: look it up by its ranks.
        assert any(np.corrcoef(image.ravel(), each.ravel())[0, 1] > 0.9 for each in x[y == label])


def test_a_batch_of_digits():
    found, labels = _simulation({}).batch(0)
    assert found.shape == (16, 1, 8, 8)
    assert labels.shape == (16,)
    flat, _ = _simulation({"kind": "mlp"}).batch(0)
    np.testing.assert_array_equal(flat, found.reshape(16, 64))


@pytest.mark.parametrize("shape", [(60, 6, 5), (60, 6, 5, 1), (60, 1, 6, 5), (60, 6, 5, 3), (60, 3, 6, 5)])
def test_every_way_to_write_images(tmp_path, shape):
    """The same pixels, wherever the channels stand."""
    random = np.random.default_rng(1)
    x, y = random.normal(size=shape), np.arange(60) % 2
    np.savez(tmp_path / "mine.npz", x=x[:40], y=y[:40], x_test=x[40:], y_test=y[40:])
    task = {"name": "file", "path": str(tmp_path / "mine.npz"), "batch": 0}
    simulation = _simulation({"dtype": "float64"}, task)
    images = x.reshape(60, 6, 5, 1) if x.ndim == 3 else x
    if images.shape[1] in (1, 3):
        images = images.transpose(0, 2, 3, 1)
    mean, std = images[:40].mean(axis=0), images[:40].std(axis=0)
    found, _ = simulation.batch(0)
    # A whole epoch, shuffled: sorted by one pixel both are the same.
    wanted = ((images[:40] - mean) / std).transpose(0, 3, 1, 2)
    order, there = found[:, 0, 0, 0].argsort(), wanted[:, 0, 0, 0].argsort()
    np.testing.assert_allclose(found[order], wanted[there], rtol=1e-9, atol=1e-12)
    assert set(simulation.evaluate()) == {"loss", "accuracy"}
    assert simulation.parameters()["hidden.0.weight"].shape == (4, found.shape[1], 3, 3)


def test_a_table_has_no_images(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b,kind\n" + "\n".join(f"{n},{n * n % 7},{n % 2}" for n in range(30)))
    with pytest.raises(ScenarioError) as caught:
        _simulation({}, {"name": "file", "path": str(path), "batch": 8})
    (sentence,) = caught.value.problems
    for words in ('network.kind = "cnn" needs images', "table.csv", "(examples, height, width)"):
        assert words in sentence


@pytest.mark.parametrize("task", ["moons", "xor"])
def test_points_are_no_images(task):
    with pytest.raises(ScenarioError, match=f"needs images, but {task} has none"):
        _simulation({}, {"name": task})


def test_one_pixel_is_its_own_mean():
    deep = {"depth": 9, "stages": 4, "stage_growth": 1, "norm": "batch"}
    with pytest.raises(ScenarioError, match=r"task\.batch is 1 and the image of hidden layer 8 is one pixel"):
        _simulation(deep, {"batch": 1})
    assert np.isfinite(_simulation({"norm": "batch"}, {"batch": 1}).loss)


# Gauges


def test_gauges_of_images():
    """Of the whole image: mean, deviation, rank; a channel is silent if it is so at all places."""
    simulation = _simulation({"dtype": "float64"})
    parameters = simulation.parameters()
    parameters["hidden.1.bias"][2] = -100.0
    simulation.load_parameters(parameters)
    profile = simulation.profile()
    outputs = simulation._network.activations()
    assert [output.shape for output in outputs] == [(16, 256)] * 3 + [(16, 10)]
    np.testing.assert_allclose(profile["activation_mean"], [each.mean() for each in outputs], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(profile["activation_std"], [each.std() for each in outputs], rtol=1e-9)
    assert profile["zero_batch"].tolist() == [0.0, 0.25, 0.0, 0.0]
    assert profile["dead"].tolist() == [0.0, 0.25, 0.0, 0.0]
    assert (profile["underflow"] == 0.0).all()
    ranks = simulation.effective_rank()
    for output, rank in zip(outputs, ranks, strict=True):
        s = np.linalg.svd(output, compute_uv=False)
        assert rank == pytest.approx((s**2).sum() ** 2 / (s**4).sum() / output.shape[1], rel=1e-9)


@pytest.mark.parametrize("head", ["average", "flatten"])
def test_a_dead_convolutional_net(head):
    """Every ReLU shut: no gradient below the output layer, and every zero explained."""
    simulation = _simulation({"init_bias": -100.0, "depth": 4, "head": head})
    simulation.step(1)
    profile = simulation.profile()
    assert profile["dead"].tolist() == [1.0] * 4 + [0.0]
    assert profile["zero_batch"].tolist() == [1.0] * 4 + [0.0]
    assert profile["underflow"].tolist() == [0.0] * 5
    assert profile["grad_rms"].tolist() == [0.0] * 5
    assert (simulation.gradients()["output.bias"] != 0.0).any()


def test_a_place_of_a_window_that_sees_only_padding_explains_its_zeros():
    """Of a 3 x 3 window on one pixel eight places see nothing: a gradient of 0, and no underflow."""
    profile = _simulation({"depth": 9, "stages": 4, "stage_growth": 1, "activation": "tanh"}).profile()
    assert (profile["underflow"] == 0.0).all()


def test_a_true_underflow_of_windows_is_counted():
    network = {"depth": 90, "activation": "sigmoid", "init": "xavier_normal"}
    profile = _simulation(network).profile()
    assert (profile["underflow"][:3] == 1.0).all()
    assert profile["underflow"][-1] == 0.0
    assert (profile["dead"] == 0.0).all()


def test_saturation_is_not_death_beside_layers_that_can_die():
    """A tanh unit whose slope has become exactly 0 in float32 is saturated; only ReLUs die."""
    layers = [{"width": 4, "activation": "tanh", "init_bias": 50.0}, {"width": 4, "activation": "relu"}]
    profile = _simulation({"layer": layers}).profile()
    assert profile["saturated"][0] > 0.9
    assert profile["dead"][0] == profile["zero_batch"][0] == 0.0


# First weights


@pytest.mark.parametrize("norm", ["none", "weight"])
def test_lsuv_on_images_of_several_channels(stripes, norm):
    """Each layer's output has variance 1 on the first batches as they are: channels in their places."""
    network = {"init": "lsuv", "dtype": "float64", "norm": norm, "activation": "tanh", "stages": 2, "depth": 5}
    simulation = _simulation(network, {"name": "file", "path": str(stripes[2]), "batch": 0})
    parameters = simulation.parameters()
    name = "hidden.0.parametrizations.weight.original1" if norm == "weight" else "hidden.0.weight"
    weight, inputs = parameters[name], simulation.batch(0)[0]
    framed = np.pad(inputs, ((0, 0), (0, 0), (1, 1), (1, 1)))
    z = sum(
        np.einsum("bcyx,oc->boyx", framed[:, :, top : top + 6, left : left + 5], weight[:, :, top, left])
        for top in range(3)
        for left in range(3)
    )
    assert z.std() == pytest.approx(1.0, abs=1e-4)


def test_a_listed_layer_may_begin_by_lsuv_alone():
    """The others stay as their own scheme has drawn them."""
    layers = [{"width": 4, "init": "normal"}, {"width": 4, "init": "lsuv"}, {"width": 4}]
    scaled, drawn = (
        _simulation({"layer": [layers[0], {**layers[1], "init": init}, layers[2]], "dtype": "float64"}).parameters()
        for init in ("lsuv", "orthogonal")
    )
    for name, value in drawn.items():
        same = np.array_equal(scaled[name], value)
        assert same != (name == "hidden.1.weight"), name


# Size


def test_a_deep_convolutional_net_is_built_and_stepped_in_no_time():
    """110 layers on 8 x 8 digits, as the residual networks of He et al. 2016."""
    network = {"depth": 110, "skip": "residual", "norm": "batch", "stages": 3, "skip_every": 2}
    _simulation({**network, "depth": 5})
    start = time.thread_time()  # what others do on this machine is no matter
    simulation = _simulation(network, name="sgd", lr=0.01)
    simulation.step(2)
    profile = simulation.profile()
    assert time.thread_time() - start < 10.0
    assert len(profile.taps) == 111
    assert np.isfinite(profile["delta_rms"]).all()
    assert profile["delta_rms"][0] > 0.0


def test_scratch_does_not_grow_with_the_batch():
    """An evaluation takes other numbers of examples through than a step."""
    assert scratch(1, 8, 8, 3, 4, 3, 1, 1) == scratch(512, 8, 8, 3, 4, 3, 1, 1)
