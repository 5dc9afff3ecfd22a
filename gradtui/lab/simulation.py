"""Simulation: a scenario, built and ready to step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui import tasks
from gradtui.engine.adversarial.network import Adversaries
from gradtui.engine.attention.network import Transformer
from gradtui.engine.build import build
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.lab.changes import Effect, effect_of
from gradtui.lab.foresight import READ, foresee, seen
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Network as Shape
from gradtui.scenario.model import Scenario
from gradtui.theory import Batch, Prediction

Array = NDArray[Any]


class Simulation:
    """A steppable network. The same scenario gives the same run, bit for bit, on the same machine.

    `on_compile(done, total, kernel)` is told of kernels that this machine has not compiled yet. Raises ScenarioError
    where the scenario and its data do not fit together.
    """

    def __init__(self, scenario: Scenario, on_compile: OnCompile | None = None) -> None:
        self.scenario = scenario
        dataset = tasks.load(scenario.task, scenario.seed)
        self._network = build(scenario, dataset, on_compile)
        self._seen: Batch | None = None
        self._foreseen: tuple[Shape, Prediction] | None = None
        self._twins = False

    def change(self, scenario: Scenario, on_compile: OnCompile | None = None) -> Effect:
        """Go on as `scenario`, under way where that is possible, else from step 0 with its seed.

        A learning rate and its like are written into the running program; another activation, optimizer or batch size
        gets a new program that takes the weights over; what changes the weights' shapes or first values starts again.
        Whatever raises (ScenarioError, MemoryError) leaves the simulation as it was.
        """
        before, now = self._network, self.scenario
        effect = effect_of(now, scenario)
        if effect is Effect.LIVE:
            before.set_knobs(scenario)
        elif effect is not Effect.NOTHING:
            same_data = (now.task, now.seed, _imitates(now)) == (scenario.task, scenario.seed, _imitates(scenario))
            dataset = before.dataset if same_data else tasks.load(scenario.task, scenario.seed)
            network = build(scenario, dataset, on_compile)
            if effect is Effect.CARRIED:
                network.continue_from(before)
            else:
                self._seen = self._foreseen = None
                self._twins = False
            self._network = network
        self.scenario = scenario
        return effect

    def restart(self) -> None:
        """Begin again at step 0: the same weights, the same batches."""
        self._network = build(self.scenario, self._network.dataset)
        self._twins = False

    @property
    def dataset(self) -> tasks.Dataset:
        """What the network learns from."""
        return self._network.dataset

    @property
    def taps(self) -> tuple[str, ...]:
        """The names of the places where gradients are measured, from the input to the output."""
        return self._network.taps

    @property
    def weight_count(self) -> int:
        """Multiplications that one example takes on its way through the network."""
        return self._network.weight_count

    @property
    def memory(self) -> int:
        """Bytes that the network takes with everything that it computes: weights, gradients, activations, state."""
        return self._network._arena.size

    @property
    def step_count(self) -> int:
        """Training steps made so far."""
        return self._network.step_count

    @property
    def measured_step(self) -> int:
        """The step whose batch the profile tells of."""
        return self._network.measured_step

    @property
    def loss(self) -> float:
        """Mean loss over the last step's batch, before its update; before the first step, over batch 0."""
        return self._network.loss

    def step(self, count: int = 1) -> None:
        """Run `count` training steps. The GIL is not held meanwhile."""
        if count < 0:
            raise ValueError(f"cannot run {count} steps: give 0 or more")
        self._network.step(count)

    def profile(self, count_dead: bool = True) -> GradientProfile:
        """All gauges of the last step; before the first step, and after a change that needed another program, of the
        network as it is, on the batch of the step to come.

        `dead` and `distance` describe the weights as they are now, after that step's update. `dead` needs the whole
        training set: with `count_dead=False` it is what was counted last.
        """
        network = self._network
        return GradientProfile(
            step=network.measured_step,
            taps=network.taps,
            gauges=network.gauges(count_dead),
            loss=network.loss,
            accuracy=network.accuracy,
            time=network.time_gauges(),
            heard=network.heard,
            twins=self._twins,
        )

    def theory(self) -> Prediction:
        """What theory says of this network at step 0, whatever it has learned since.

        It knows the batch of step 0 where it is asked for before the first step, and may be asked again at any time:
        it is worked out anew only where the network's choices have changed.
        """
        shape = self.scenario.network
        found = self.foreseen
        if found is None:
            if self._seen is None and self.step_count == 0 and shape.kind in READ:
                inputs, targets = self.batch(0)
                made = self.outputs(targets) if shape.kind == "gan" else self._network.activations()[-1]
                self._seen = seen(self.scenario, self.dataset, inputs, targets, made)
            found = foresee(self.scenario, self.dataset, self._seen)
            self._foreseen = shape, found
        return found

    @property
    def foreseen(self) -> Prediction | None:
        """What `theory` has worked out already; None where it would have to begin."""
        if self._foreseen is None or self._foreseen[0] != self.scenario.network:
            return None
        return self._foreseen[1]

    def effective_rank(self) -> NDArray[np.float64]:
        """Per tap, the participation ratio (sum s^2)^2 / sum s^4 of the singular values s of the layer's output on the
        last batch, divided by the width: 1/width where all examples look alike, 1 where they fill the space."""
        return np.array([_participation(output) for output in self._network.activations()])

    def effective_rank_of(self, layer: int) -> float:
        """The effective rank of tap number `layer` alone."""
        return _participation(self._network.activations()[layer])

    def evaluate(self) -> dict[str, float]:
        """`loss` and, unless the task is a regression, `accuracy` on the held-out examples. Of two adversaries both are
        the discriminator's; beside them `generator_loss` and `mean_sample_mse`, on samples of `latent_points`."""
        return self._network.evaluate()

    def outputs(self, inputs: Array) -> Array:
        """What the network answers to inputs (n, numbers) outside training: (n, outputs), before any softmax.

        Sequences are (n, steps, features), or one row each, tokens (n, steps); with an answer at every step it is (n,
        steps, outputs). A generator makes samples (n, numbers) of latent points (n, latent)."""
        if self.dataset.steps and inputs.ndim == 3:
            inputs = inputs.reshape(len(inputs), -1)
        return self._network.outputs(inputs)

    def judged(self, inputs: Array) -> Array:
        """What the discriminator of two adversaries answers to data or samples (n, numbers): (n, 1), before any
        sigmoid. Raises ValueError where there is none."""
        return self._adversaries.judged(inputs)

    @property
    def latent_points(self) -> NDArray[np.float64]:
        """The latent points, (256, latent), by which a generator is measured: the same through a whole run. `outputs`
        makes samples of them. Raises ValueError where there is no generator."""
        return self._adversaries.latent_points

    def attention_weights(self, block: int) -> Array:
        """What each time step of a transformer looked at in a block (counted from 0) on the last batch: (batch, heads,
        queries, keys), each row adds up to 1. Raises ValueError where nothing attends."""
        if not isinstance(self._network, Transformer):
            raise ValueError('only a simulation with network.kind = "transformer" attends to anything')
        return self._network.attention_weights(block)

    @property
    def generator_loss(self) -> float:
        """The generator's mean loss over the last step's noise. Raises ValueError where there is no generator."""
        return self._adversaries.generator_loss

    @property
    def _adversaries(self) -> Adversaries:
        if not isinstance(self._network, Adversaries):
            raise ValueError('only a simulation with network.kind = "gan" has a generator and a discriminator')
        return self._network

    def close_up(self, layer: int) -> CloseUp:
        """Tap number `layer`, entry by entry: pre-activations, activations, slopes, weights, gradient."""
        return self._network.close_up(layer)

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: always the same for the same scenario. A network that reads time
        steps gets (batch, steps, features), or tokens (batch, steps).

        Of two adversaries it is (examples, noise), one batch of both after another for the updates of the
        discriminator, and behind them the generator's own batch of noise (batch, latent)."""
        if step < 0:
            raise ValueError(f"there is no step {step}: steps count from 0")
        return self._network.batch(step)

    def history(self, start: int = 0) -> tuple[int, NDArray[np.float64]]:
        """(first, rows): loss and accuracy of each step from `first` >= `start` on, shape (steps, 2)."""
        return self._network.history(start)

    def parameters(self) -> dict[str, Array]:
        """Everything that training moves or keeps, as copies, named and shaped as the state_dict of the exported
        PyTorch module: `hidden.0.weight` (fan_out, fan_in) or (channels out, in, kernel, kernel), `hidden.0.bias`,
        ..., `output.bias`; where there are such, `activation.0.weight` (PReLU), `norm.0.weight`, `norm.0.running_mean`,
        `gate.1.weight` (highway), `alpha.2` (ReZero), `projection.2.weight` (residual blocks)."""
        return self._network.parameters()

    def gradients(self) -> dict[str, Array]:
        """The gradient of the last step under the parameters' names, before clipping; copies."""
        return self._network.gradients()

    def load_parameters(self, values: dict[str, Array]) -> None:
        """Replace every parameter. Raises ValueError naming what is missing, unknown or of the wrong shape."""
        self._network.load_parameters(values)
        network = self.scenario.network
        self._twins = network.kind in ("mlp", "cnn", "rnn") and not network.dropout and _are_twins(values)


def _are_twins(values: dict[str, Array]) -> bool:
    """Whether no two units of a layer differ: they read the inputs, and are read, with the same weights."""
    weights = [array for name, array in values.items() if "weight" in name and array.ndim > 1]
    biases = [array for name, array in values.items() if "bias" in name and not name.startswith("output")]
    first, others = weights[0], weights[1:]
    alike = all(array.min() == array.max() for array in (*others, *biases))
    return alike and len(weights) > 1 and bool((first == first[:1]).all())


def _participation(output: Array) -> float:
    """(sum s^2)^2 / sum s^4 of the singular values s of output (rows, units), over the units."""
    wide = output.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        # Both sums can be read off the smaller of the two Gram matrices, whose eigenvalues are the s^2.
        gram = wide.T @ wide if len(wide) > wide.shape[1] else wide @ wide.T
        return float(np.trace(gram) ** 2 / (gram**2).sum() / output.shape[1])


def _imitates(scenario: Scenario) -> bool:
    """Whether the data are there to be imitated: then they have lost their answers."""
    return scenario.network.kind == "gan"
