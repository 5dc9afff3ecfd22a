"""The digits: the published data, scale and split."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui.scenario.model import Task
from gradtui.tasks import TaskError, load


def test_scale_and_split() -> None:
    digits = load(Task(), seed=0)
    assert digits.train_inputs.shape == (1437, 64)
    assert digits.test_inputs.shape == (360, 64)
    assert digits.train_inputs.dtype == np.float64
    together = np.concatenate([digits.train_inputs, digits.test_inputs])
    assert abs(together.mean()) < 1e-5
    assert abs(together.std() - 1) < 1e-5
    assert (digits.loss, digits.outputs, len(digits.classes), len(digits.input_names)) == (
        "cross_entropy",
        10,
        10,
        64,
    )


def test_it_is_the_published_data() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    published = sklearn.load_digits()
    order = np.random.default_rng(0).permutation(1797)
    scaled = (published.data / 16 - 0.305260) / 0.376049
    digits = load(Task(), seed=0)
    np.testing.assert_array_equal(digits.train_inputs, scaled[order[:1437]])
    np.testing.assert_array_equal(digits.test_inputs, scaled[order[1437:]])
    np.testing.assert_array_equal(digits.train_targets, published.target[order[:1437]])
    np.testing.assert_array_equal(digits.test_targets, published.target[order[1437:]])


def test_every_seed_has_the_same_digits() -> None:
    np.testing.assert_array_equal(load(Task(), 0).train_inputs, load(Task(), 5).train_inputs)


def test_targets_follow_the_loss() -> None:
    labels = load(Task(), 0).train_targets
    one_hot = load(Task(loss="mse"), 0)
    assert labels.dtype == np.int64
    assert (one_hot.loss, one_hot.outputs, one_hot.train_targets.dtype) == ("mse", 10, np.float64)
    np.testing.assert_array_equal(one_hot.train_targets.argmax(axis=1), labels)
    np.testing.assert_array_equal(one_hot.train_targets.sum(axis=1), 1.0)


def test_two_class_loss_is_refused() -> None:
    with pytest.raises(TaskError, match=r'task.loss is "bce", which is for two classes, but digits 8x8 has 10'):
        load(Task(loss="bce"), 0)


def test_a_batch_larger_than_the_training_set_is_refused() -> None:
    assert load(Task(batch=1437), 0)
    assert load(Task(batch=0), 0)
    with pytest.raises(TaskError, match=r"task\.batch is 1,438, but digits 8x8 has 1,437 training examples"):
        load(Task(batch=1438), 0)


def test_nobody_can_write_into_it() -> None:
    digits = load(Task(), 0)
    for array in (digits.train_inputs, digits.train_targets, digits.test_inputs, digits.test_targets):
        assert not array.flags.writeable
