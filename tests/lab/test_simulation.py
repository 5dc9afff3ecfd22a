"""A simulation's promises: the same run for everybody, parameters in and out, and any size up to a thousand layers."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.engine.ground import HISTORY
from gradtui.gauges import GAUGES
from gradtui.tasks import TaskError

SMALL = Scenario.from_dict(
    {
        "seed": 3,
        "task": {"name": "moons", "batch": 16, "examples": 100},
        "network": {"depth": 3, "width": 16, "activation": "tanh"},
        "optimizer": {"name": "adam", "lr": 0.01},
    }
)
VARIANTS = {
    "tanh": (),
    "float64": ("network.dtype=float64",),
    "clipped": ("optimizer.clip_norm=0.1", "optimizer.name=momentum"),
    "blas": ("network.width=33", "task.batch=33"),
    "relu": ("network.activation=relu", "network.init=he_normal"),
    "digits": ("task.name=digits", "task.batch=64", "network.width=64"),
}


def _bits(arrays):
    """Every bit of a dictionary of arrays."""
    return {name: each.tobytes() for name, each in arrays.items()}


def _state(simulation):
    """What must be the same if two runs are the same."""
    profile = simulation.profile()
    return (
        _bits(simulation.parameters()),
        _bits(simulation.gradients()),
        _bits(profile.gauges),
        float(simulation.loss).hex(),
        simulation.history()[1].tobytes(),
    )


@pytest.fixture(params=VARIANTS)
def scenario(request):
    return SMALL.replace(*VARIANTS[request.param]) if VARIANTS[request.param] else SMALL


def _run(scenario, steps=20):
    simulation = Simulation(scenario)
    simulation.step(steps)
    return simulation


# The same run


def test_twice_the_same_to_the_last_bit(scenario):
    assert _state(_run(scenario)) == _state(_run(scenario))


def test_steps_may_be_cut_anywhere(scenario):
    parts = Simulation(scenario)
    parts.step(7)
    parts.step(0)
    parts.step(13)
    assert parts.step_count == 20
    assert _state(parts) == _state(_run(scenario))


def test_looking_changes_nothing(scenario):
    """Profiles, batches, evaluations and ranks between the steps; the run is the one nobody looked at."""
    watched = Simulation(scenario)
    for step in range(20):
        watched.profile()
        watched.evaluate()
        watched.batch((7 * step) % 31)
        watched.effective_rank()
        watched.gradients()
        watched.step(1)
        watched.batch(3)
    assert _state(watched) == _state(_run(scenario))


def test_asking_for_a_batch_leaves_the_measured_one_in_its_place(scenario):
    """The gauges are read off what the last step left behind, its inputs included."""
    simulation = _run(scenario, 5)
    left = simulation._network._view("x").copy()
    simulation.batch(17)
    np.testing.assert_array_equal(simulation._network._view("x"), left)
    np.testing.assert_array_equal(simulation.batch(4)[0], left)


def test_another_seed_is_another_run():
    other = _run(SMALL.replace("seed=4"))
    assert _bits(other.parameters()) != _bits(_run(SMALL).parameters())


def test_restart_is_the_same_run_again(scenario):
    simulation = _run(scenario)
    before = _state(simulation)
    simulation.restart()
    assert simulation.step_count == 0
    simulation.step(20)
    assert _state(simulation) == before


def test_two_threads_are_as_good_as_one(scenario):
    """Simulations that step at the same time do not feel each other, and the caller's own arithmetic stays whole."""
    alone = [_state(_run(scenario.replace(f"seed={seed}"), 200)) for seed in range(2)]
    together: dict[int, object] = {}

    def work(seed):
        together[seed] = _state(_run(scenario.replace(f"seed={seed}"), 200))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(2)] == alone


def test_stepping_does_not_hold_the_interpreter():
    """While a thread steps, this one goes on."""
    simulation = Simulation(SMALL.replace("network.width=256", "network.depth=20"))
    thread = threading.Thread(target=simulation.step, args=(300,))
    ticks = 0
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)
        ticks += 1
    assert ticks > 5
    assert simulation.step_count == 300


def test_denormals_are_flushed_in_the_engine_only():
    """Stepping leaves this thread's own arithmetic as it was."""
    _run(SMALL)
    assert np.float64(1e-310) * 1.0 == 1e-310
    assert np.float32(1e-40) + np.float32(0.0) != 0.0


# Draws


def test_a_deeper_network_begins_with_the_same_layers():
    shallow = Simulation(SMALL).parameters()
    deep = Simulation(SMALL.replace("network.depth=9")).parameters()
    for name, value in shallow.items():
        assert deep[name].tobytes() == value.tobytes(), name


@pytest.mark.parametrize(
    "change",
    ["network.depth=7", "network.width=5", "network.activation=relu", "network.init=he_uniform", "optimizer.name=sgd"],
)
def test_every_network_sees_the_same_batches(change):
    here, there = Simulation(SMALL), Simulation(SMALL.replace(change))
    there.step(3)
    for step in (0, 1, 5, 1000):
        for mine, theirs in zip(here.batch(step), there.batch(step), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_another_activation_keeps_weights_and_init_scales_the_same_draws():
    plain, other = Simulation(SMALL).parameters(), Simulation(SMALL.replace("network.activation=relu")).parameters()
    assert _bits(plain) == _bits(other)
    he = Simulation(SMALL.replace("network.init=he_normal", "network.dtype=float64")).parameters()
    xavier = Simulation(SMALL.replace("network.dtype=float64")).parameters()
    ratio = he["hidden.1.weight"] / xavier["hidden.1.weight"]
    np.testing.assert_allclose(ratio, np.sqrt(2.0), rtol=1e-12)


def test_both_formats_begin_with_the_same_numbers():
    narrow, wide = Simulation(SMALL).parameters(), Simulation(SMALL.replace("network.dtype=float64")).parameters()
    for name, value in wide.items():
        np.testing.assert_array_equal(narrow[name], value.astype(np.float32))


@pytest.mark.parametrize("loss", ["bce", "cross_entropy", "mse"])
def test_batches_are_rows_of_the_training_set(loss):
    simulation = Simulation(SMALL.replace(f"task.loss={loss}", "network.dtype=float64"))
    data = simulation.dataset
    rows = {row.tobytes(): target.tobytes() for row, target in zip(data.train_inputs, data.train_targets, strict=True)}
    for epoch in range(2):
        seen = []
        for step in range(5):
            inputs, targets = simulation.batch(5 * epoch + step)
            assert len(inputs) == len(targets) == 16
            for row, target in zip(inputs, targets, strict=True):
                assert rows[row.tobytes()] == target.tobytes()
                seen.append(row.tobytes())
        assert len(set(seen)) == 80, "no example twice in an epoch"


def test_hidden_biases_begin_at_their_setting_and_the_output_at_zero():
    parameters = Simulation(SMALL.replace("network.init_bias=0.25")).parameters()
    assert (parameters["hidden.2.bias"] == 0.25).all()
    assert (parameters["output.bias"] == 0.0).all()


# Parameters in and out


def test_parameters_go_in_as_they_came_out(scenario):
    one = _run(scenario, 5)
    other = Simulation(scenario)
    other.load_parameters(one.parameters())
    assert _bits(other.parameters()) == _bits(one.parameters())
    other.parameters()["output.bias"][:] = 9.0
    assert _bits(other.parameters()) == _bits(one.parameters()), "what is handed out is a copy"


def test_loaded_before_the_first_step_it_is_a_run_from_there(scenario):
    """No trace of a look at the network before: not in the run, nor in dead units, distance and turn."""
    values = _run(scenario.replace("seed=9"), 5).parameters()
    fresh, looked = Simulation(scenario), Simulation(scenario)
    looked.profile()
    for simulation in (fresh, looked):
        simulation.load_parameters(values)
    assert _state(looked) == _state(fresh)
    assert (looked.profile()["distance"] == 0.0).all()
    for simulation in (fresh, looked):
        simulation.step(1)
    assert _state(looked) == _state(fresh)
    assert np.isnan(looked.profile()["turn"]).all()


def test_dead_units_are_counted_again_after_loading():
    simulation = Simulation(SMALL.replace(*VARIANTS["relu"]))
    simulation.step(4)
    assert simulation.profile()["dead"][1] < 1.0
    parameters = simulation.parameters()
    parameters["hidden.1.bias"][:] = -100.0
    simulation.load_parameters(parameters)
    assert simulation.profile()["dead"][1] == 1.0


def test_what_does_not_fit_is_named():
    simulation = Simulation(SMALL)
    values = simulation.parameters()
    before = _bits(values)
    bias = values.pop("hidden.1.bias")
    with pytest.raises(ValueError, match=r"parameter hidden\.1\.bias is missing"):
        simulation.load_parameters(values)
    with pytest.raises(ValueError, match=r"unknown parameter hidden\.9\.bias"):
        simulation.load_parameters({**values, "hidden.1.bias": bias, "hidden.9.bias": bias})
    with pytest.raises(ValueError, match=r"hidden\.1\.bias has shape \(3,\), the network's is \(16,\)"):
        simulation.load_parameters({**values, "hidden.1.bias": bias[:3]})
    assert _bits(simulation.parameters()) == before


# Loss, history, evaluation


def test_history_has_every_step(scenario):
    one_by_one = Simulation(scenario)
    losses = []
    for _ in range(12):
        one_by_one.step(1)
        losses.append((one_by_one.loss, one_by_one.profile().accuracy))
    first, rows = one_by_one.history()
    assert first == 0
    np.testing.assert_array_equal(rows, losses)
    first, rows = one_by_one.history(9)
    assert (first, len(rows)) == (9, 3)


def test_history_forgets_the_oldest_only():
    simulation = _run(SMALL.replace("network.depth=0", "task.batch=1", "optimizer.name=sgd"), HISTORY + 5)
    first, rows = simulation.history()
    assert (first, len(rows)) == (5, HISTORY)
    assert rows[-1, 0] == simulation.loss
    later, tail = simulation.history(HISTORY)
    assert later == HISTORY
    np.testing.assert_array_equal(tail, rows[HISTORY - 5 :])


def test_evaluation_is_over_all_held_out_examples():
    """More than a chunk of them: the mean over examples, not over chunks."""
    import naive
    import naive_network

    simulation = _run(SMALL.replace("task.examples=1400", "task.held_out=0.5", "network.dtype=float64"))
    data = simulation.dataset
    _, _, outputs, _ = naive_network.forward(simulation.parameters(), "tanh", data.test_inputs)
    loss, accuracy, _ = naive.bce(outputs[-1], data.test_targets)
    found = simulation.evaluate()
    assert found["loss"] == pytest.approx(loss, rel=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy, rel=1e-12)


def test_a_regression_has_no_accuracy(tmp_path):
    random = np.random.default_rng(2)
    np.savez(tmp_path / "numbers.npz", x=random.standard_normal((60, 3)), y=random.standard_normal((60, 2)))
    path = tmp_path / "numbers.npz"
    simulation = _run(SMALL.replace("task.name=file", f"task.path={str(path)!r}", "task.loss=mse", "task.batch=8"))
    assert set(simulation.evaluate()) == {"loss"}
    assert np.isnan(simulation.profile().accuracy)
    assert np.isfinite(simulation.loss)


def test_steps_cannot_be_negative():
    simulation = Simulation(SMALL)
    with pytest.raises(ValueError, match="cannot run -1 steps"):
        simulation.step(-1)
    with pytest.raises(ValueError, match="there is no step -1"):
        simulation.batch(-1)


# Sizes


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "change",
    [
        ("network.depth=0",),
        ("network.depth=1000", "network.width=4"),
        ("network.depth=1000", "network.width=1", "task.batch=1"),
        ("network.width=1",),
        ("task.batch=1",),
        ("task.batch=0",),
        ("task.batch=80",),
        ("task.examples=10", "task.batch=8"),
        ("network.width=300", "network.depth=1"),
    ],
)
def test_every_size_builds_steps_and_measures(change, dtype):
    simulation = Simulation(SMALL.replace(*change, f"network.dtype={dtype}"))
    network = simulation.scenario.network
    simulation.profile()
    simulation.step(3)
    profile = simulation.profile()
    assert profile.taps == (*(str(n + 1) for n in range(network.depth)), "out")
    assert set(profile.gauges) == set(GAUGES)
    assert np.isfinite(profile.loss)
    assert np.isfinite(profile["grad_rms"]).all()
    assert len(simulation.effective_rank()) == network.depth + 1
    assert np.isfinite(simulation.evaluate()["loss"])


def test_a_batch_of_zero_is_the_whole_training_set():
    simulation = Simulation(SMALL.replace("task.batch=0", "network.dtype=float64"))
    for step in (0, 1):
        inputs, _ = simulation.batch(step)
        assert sorted(map(tuple, inputs)) == sorted(map(tuple, simulation.dataset.train_inputs))


@pytest.mark.parametrize("task", ["moons", "digits"])
def test_a_batch_larger_than_the_training_set_is_refused_in_one_sentence(task):
    with pytest.raises(TaskError, match=r"task\.batch is 5,000, but .* training examples") as refused:
        Simulation(SMALL.replace(f"task.name={task}", "task.batch=5000"))
    assert "\n" not in str(refused.value)
