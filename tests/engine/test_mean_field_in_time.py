"""What a wide random tanh net does to the gradient at each time step, against the recursion that theory has for it."""

import numpy as np
import pytest

from gradtui import Scenario, Simulation

WIDTH, STEPS, NOISE = 256, 40, 0.5
#: Far enough from both ends: the first states are still growing, the readout stands behind the last.
FIRST, LAST = 5, 35
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)


def mean(values):
    """E f(z) of a standard normal z, from the values of f at the nodes."""
    return float(WEIGHTS @ values) / np.sqrt(2.0 * np.pi)


def predicted(gain, spread, inputs):
    """Mean factor a step: q_t = gain^2 E tanh^2(sqrt(q) z) + spread^2 x_t^2, chi_t = gain^2 E tanh'^2 (Poole et al.
    2016, in time). `inputs` (steps,) holds the mean square of x at each step."""
    q, chi = 0.0, []
    for square in inputs:
        q = gain**2 * mean(np.tanh(np.sqrt(q) * NODES) ** 2) + spread**2 * square
        chi.append(gain**2 * mean((1.0 - np.tanh(np.sqrt(q) * NODES) ** 2) ** 2))
    # dL/dh_t comes through the slopes of step t + 1.
    return float(np.exp(np.mean(np.log(chi[FIRST + 1 : LAST + 1])) / 2.0))


def measured(gain, seed):
    spread = gain / np.sqrt(WIDTH)
    simulation = Simulation(
        Scenario.from_dict(
            {
                "seed": seed,
                "task": {"name": "latch", "length": STEPS, "noise": NOISE, "batch": 64, "examples": 64},
                "network": {
                    "kind": "rnn",
                    "width": WIDTH,
                    "activation": "tanh",
                    "init": "normal",
                    "init_std": float(spread),
                    "dtype": "float64",
                },
            }
        )
    )
    signal = simulation.profile(count_dead=False).time["delta_rms"][0]
    inputs = np.mean(simulation.batch(0)[0].astype(np.float64) ** 2, axis=(0, 2))
    return np.log(signal[FIRST] / signal[LAST]) / (LAST - FIRST), predicted(gain, spread, inputs)


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5, 2.0])
def test_the_factor_of_a_time_step(gain):
    found = [measured(gain, seed) for seed in range(4)]
    factor = float(np.exp(np.mean([log for log, _ in found])))
    assert factor == pytest.approx(np.mean([theory for _, theory in found]), rel=0.03)
