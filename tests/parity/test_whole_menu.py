"""Everything on the menu against the PyTorch program that `gradtui export torch` writes.

Two runs of ten steps. In the first, every step begins with the engine's parameters and PyTorch's optimizer gets the
engine's gradients, so that gradients and updates are each compared by themselves, and nothing adds up. In the second
(float64), PyTorch trains alone.

A tensor must agree to TOLERANCE of its largest entry. Where it does not, PyTorch is asked again a few times with every
number on the way disturbed in its last digit: what moves by nearly as much as the two sides differ is not known any
better. So the gradient of a bias before a batch norm, which is 0 but for rounding, is held against that rounding, a
ReLU whose input is 0 to the last digit may be on or off, and so may the sign of a sum that cancels. In float32 the
engine may also agree with PyTorch's float64: where an answer is nearly certain, it keeps digits that PyTorch loses.
Nothing else gets any slack.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawn_menu import ADAPTIVE, KINDS, MENU, NUMBERS, RATES, drawn_rows, scenario, write_images

from gradtui import Simulation

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the whole menu is not compared with it")
torch.set_num_threads(1)

from exported import Exported, load, shake, state  # noqa: E402  (it imports torch)

STEPS = 10
TOLERANCE = {"float32": 5e-4, "float64": 1e-8}
#: So many times what a disturbance in the last digit moves: sums round that often, and over images as often as a batch
#: has pixels.
ROUNDINGS = 30
SHAKEN = 6
#: Scenarios of each kind of network, drawn by their numbers; so many of them are one test.
DRAWN, DRAWN_LONG = 75, 500
TOGETHER = 5


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of images."""
    path = tmp_path_factory.mktemp("images") / "images.npz"
    write_images(path)
    return path


@pytest.mark.parametrize("first", range(0, DRAWN, TOGETHER))
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps(kind, first, images):
    for number in range(first, first + TOGETHER):
        _compare(scenario(kind, number, images))


@pytest.mark.long
@pytest.mark.parametrize("first", range(DRAWN, DRAWN_LONG, TOGETHER))
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps_of_very_many(kind, first, images):
    for number in range(first, first + TOGETHER):
        _compare(scenario(kind, number, images))


def test_every_number_that_a_row_reads_is_drawn():
    """A new key needs a line in NUMBERS; where a file is and what it holds is no number."""
    read = {key for rows in drawn_rows().values() for row in rows for key in row.reads}
    assert read - set(MENU) - {"task.path", "task.target"} == set(NUMBERS)


def _compare(chosen):
    simulation = Simulation(chosen)
    if chosen.optimizer.name not in (*ADAPTIVE, *RATES):
        drawn = np.concatenate([gradient.ravel() for gradient in simulation.gradients().values()])
        rate = chosen.optimizer.lr / max(1.0, float(np.linalg.norm(drawn)))
        lowest = min(chosen.optimizer.eta_min, rate)
        simulation.change(chosen.replace(f"optimizer.lr={rate!r}", f"optimizer.eta_min={lowest!r}"))
    torch.set_flush_denormal(True)  # as the program does: numbers below the smallest normal one are 0 on both sides
    try:
        Comparison(simulation).run()
    finally:
        torch.set_flush_denormal(False)
        torch.set_default_dtype(torch.float32)


class Comparison:
    """A simulation and its exported program."""

    def __init__(self, simulation):
        self.simulation = simulation
        self.exported = Exported(simulation)
        self.dtype = simulation.scenario.network.dtype
        self.tolerance = TOLERANCE[self.dtype]
        pixels = simulation.batch(0)[0][:, :1].size
        self.roundings = max(ROUNDINGS, pixels)

    def run(self):
        """Both runs."""
        initial = self.simulation.parameters()
        losses = self._side_by_side(initial)
        if self.dtype == "float64":
            self._alone(initial, losses)

    def _side_by_side(self, initial):
        """Step by step from the engine's numbers; returns the engine's losses."""
        simulation, exported = self.simulation, self.exported
        net, optimizer = exported.network(initial)
        losses, history = [], []
        for step in range(STEPS):
            before = simulation.parameters()
            for found, wanted in zip(simulation.batch(step), exported.batch(step), strict=True):
                np.testing.assert_array_equal(found, wanted)
            load(net, before)
            wanted = self._computed(net, step)
            simulation.step(1)
            losses.append(simulation.loss)
            gradients, after = simulation.gradients(), simulation.parameters()
            found = {"loss": simulation.loss, **gradients, **_running(after)}
            again = self._computed_again(step, before)
            self._assert_near(found, wanted, f"at step {step}", again, self._in_float64(step, before))
            history.append((before, gradients))
            exported.update(net, optimizer, step, gradients)
            found, wanted = ({k: v for k, v in part.items() if k in gradients} for part in (after, state(net)))
            self._assert_near(found, wanted, f"after step {step}", self._updated_again(history))
        return losses

    def _computed(self, net, step):
        """Loss, gradients and running statistics of a step."""
        loss, gradients = self.exported.gradients(net, step)
        return {"loss": loss, **gradients, **_running(state(net))}

    def _in_float64(self, step, parameters):
        """Loss and gradients of a step from PyTorch with twice the digits."""
        if self.dtype == "float32":
            loss, gradients = self.exported.wide(parameters, step)
            yield {"loss": loss, **gradients}

    def _computed_again(self, step, parameters):
        """The same, with roundings."""
        for seed in range(SHAKEN):
            net, _ = self.exported.network(self._shaken(parameters, seed))
            shake(net, seed)
            yield self._computed(net, step)

    def _updated_again(self, history):
        """Parameters after the last update, where all gradients so far had roundings, each of its largest size yet."""
        for seed in range(SHAKEN):
            random = np.random.default_rng(seed)
            net, optimizer = self.exported.network(history[0][0])
            largest = {name: np.zeros_like(values) for name, values in history[0][1].items()}
            for step, (parameters, gradients) in enumerate(history):
                largest = {name: np.maximum(largest[name], np.abs(values)) for name, values in gradients.items()}
                load(net, self._shaken(parameters, seed))
                shaken = {name: values + self._rounding(largest[name], random) for name, values in gradients.items()}
                self.exported.update(net, optimizer, step, shaken)
            yield state(net)

    def _alone(self, initial, losses):
        """PyTorch trains by itself; the losses on the way and the parameters at the end."""
        found = {**self.simulation.parameters(), **{f"loss {step}": loss for step, loss in enumerate(losses)}}
        again = (self._trained(self._shaken(initial, seed), seed) for seed in range(SHAKEN))
        self._assert_near(found, self._trained(initial), "alone", again)

    def _trained(self, initial, seed=None):
        net, optimizer = self.exported.network(initial)
        if seed is not None:
            shake(net, seed)
        losses = {}
        for step in range(STEPS):
            losses[f"loss {step}"], _ = self.exported.gradients(net, step)
            self.exported.update(net, optimizer, step)
        return {**state(net), **losses}

    def _shaken(self, parameters, seed):
        """The parameters with roundings; one that is all zeros gets those of a small number."""
        random = np.random.default_rng(seed)
        most = max(_size(values) for values in parameters.values())
        return {
            name: values
            if "running" in name
            else values + self._rounding(np.full_like(values, max(_size(values), 0.01 * most)), random)
            for name, values in parameters.items()
        }

    def _rounding(self, sizes, random):
        noise = np.finfo(self.dtype).eps * sizes * random.uniform(-1, 1, sizes.shape)
        return noise.astype(self.dtype)

    def _assert_near(self, found, wanted, when, again, finer=()):
        """`again`: what is wanted, with roundings; `finer`: with more digits. Both are made only if needed."""
        assert found.keys() == wanted.keys()
        far = self._far(found, wanted)
        for other in finer if far else ():
            still = self._far({name: found[name] for name in far}, {**wanted, **other})
            far = {name: far[name] for name in still}
        if not far:
            return
        moved = dict.fromkeys(far, 0.0)
        for other in again:
            moved = {name: max(most, _off(other[name], wanted[name])) for name, most in moved.items()}
            if all(off <= self.roundings * moved[name] for name, off in far.items()):
                return
        for name, off in far.items():
            where = f"{name}, {when}: off by {off:.3g}, size {_size(wanted[name]):.3g}, rounding {moved[name]:.3g}"
            assert off <= self.roundings * moved[name], where

    def _far(self, found, wanted):
        """By name how far off is what is not near."""
        off = {name: _off(value, wanted[name]) for name, value in found.items()}
        return {name: much for name, much in off.items() if not much <= self.tolerance * _size(wanted[name])}


def _running(values):
    return {name: value for name, value in values.items() if "running" in name}


def _size(values):
    return float(np.abs(np.asarray(values, np.float64)).max(initial=0.0))


def _off(found, wanted):
    """The largest difference of two arrays; where both have the same inf or NaN there is none."""
    found, wanted = (np.asarray(values, np.float64) for values in (found, wanted))
    assert found.shape == wanted.shape
    with np.errstate(invalid="ignore"):
        off = np.where(np.isnan(found) & np.isnan(wanted) | (found == wanted), 0.0, np.abs(found - wanted))
    return float(off.max(initial=0.0))
