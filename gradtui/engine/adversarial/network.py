"""Two adversaries, built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from gradtui.engine import knobs, readout
from gradtui.engine.adversarial import assembly
from gradtui.engine.adversarial.assembly import Form
from gradtui.engine.adversarial.measuring import GAME_LOSSES, mean_sample_error, right_share
from gradtui.engine.adversarial.plan import discriminator_layers, fixed_points, generator_layers, plan
from gradtui.engine.built import Built
from gradtui.engine.chain import Chain
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.engine.kernels.feeding import BEGAN, STEP
from gradtui.engine.parameters import Parameter
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.updating import Clipping
from gradtui.scenario import adversaries
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]


class Adversaries(Built):
    """A generator and a discriminator. Taps are the generator's, `G.1` to `G.out`, and then the discriminator's; loss
    and accuracy are the discriminator's."""

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self._pair = plan(scenario, dataset)
        pair = self._pair
        sides = (("G", pair.generator), ("D", pair.discriminator))
        self.taps = tuple(f"{side}.{layer.spec.tap}" for side, own in sides for layer in own.layers)
        #: Whether the generator moved in the last step.
        self._moved = False
        self._alone = scenario.generator.discriminator_first
        super().__init__(scenario, pair.ground, pair.generator, pair.discriminator, on_compile=on_compile)

    @cached_property
    def _generator(self) -> Chain:
        return Chain(self._pair.generator, self._arena)

    @cached_property
    def _discriminator(self) -> Chain:
        own = self._pair.discriminator
        # The loss is a mean over half of what the discriminator reads: as many examples of the data, or samples.
        sizes = replace(readout.Sizes.of(own.layers, own.batch), batch=self._pair.batch)
        return Chain(own, self._arena, sizes, self._last_update)

    def _last_update(self, step: int) -> int:
        """The discriminator's update that was measured in a step: its last one, or after a look the one to come."""
        update = int(self._view(self._pair.discriminator.regions["clock"])[STEP])
        return update - 1 if step < self.step_count else update

    @property
    def _chains(self) -> tuple[Chain, Chain]:
        return self._generator, self._discriminator

    # Programs

    def set_knobs(self, scenario: Scenario) -> None:
        pair = self._pair
        self._clipping = Clipping.of(scenario.optimizer)
        self._form = Form(self._clipping, moving=True)
        self._alone = scenario.generator.discriminator_first
        generator = adversaries.generator_optimizer(scenario)
        for side, optimizer in ((pair.generator, generator), (pair.discriminator, scenario.optimizer)):
            self._view(side.regions["knobs"])[:] = knobs.values(structs.replace(scenario, optimizer=optimizer))
        self._view("weight_bound")[:] = scenario.task.weight_bound
        numbers = self.dataset.train_inputs.shape[1]
        self._generator.set_layers(generator_layers(scenario, numbers))
        self._discriminator.set_layers(discriminator_layers(scenario, numbers))

    def _training_step(self, form: Any) -> Program:
        return assembly.training_step(self._pair, form)

    def _look_program(self) -> Program:
        return assembly.look(self._pair)

    def _later_routines(self) -> list[str]:
        return assembly.later_routines(self._pair)

    def _list_parameters(self) -> list[Parameter]:
        sides = (("generator", self._generator), ("discriminator", self._discriminator))
        return [replace(entry, name=f"{side}.{entry.name}") for side, chain in sides for entry in chain.parameters()]

    def _draw_weights(self) -> None:
        self._generator.draw(lambda most: self.latent_points[:most])
        self._discriminator.draw(lambda most: self.dataset.train_inputs[:most])
        self._view(self._pair.generator.regions["train_inputs"])[:] = self.latent_points

    def step(self, count: int) -> None:
        """Make `count` steps; the first ones of a run may move the discriminator alone."""
        alone = min(max(self._alone - self.step_count, 0), count)
        for moving, part in ((False, alone), (True, count - alone)):
            if part > 0:
                self._form = Form(self._clipping, moving)
                super().step(part)
                self._moved = moving

    def continue_from(self, other: Built) -> None:
        """As every network; each side's clock counts its own updates."""
        super().continue_from(other)
        for mine, theirs in zip(self._grounds[1:], other._grounds[1:], strict=True):
            clock = self._view(mine.regions["clock"])
            clock[:] = other._view(theirs.regions["clock"])
            if mine.optimizer.name != theirs.optimizer.name:
                clock[BEGAN] = clock[STEP]

    # Reading

    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
        self.look()
        rows = [
            chain.gauges(updated, count_dead, self.step_count)
            for chain, updated in zip(self._chains, (self._stepped and self._moved, self._stepped), strict=True)
        ]
        return {name: np.concatenate([found[name] for found in rows]) for name in rows[0]}

    @property
    def generator_loss(self) -> float:
        """The generator's loss on the last measured batch of noise."""
        self.look()
        return float(self._view(self._pair.generator.regions["report"])[0])

    @property
    def heard(self) -> float:
        """Root mean square over samples of the derivative of the generator's loss by the discriminator's answer."""
        self.look()
        # The loss is a mean: what it sends back to each answer is one part in so many of the derivative.
        sent = readout.root(self._view(self._pair.judge.layers[-1].made)[None])[0]
        return float(sent * np.sqrt(self._pair.batch))

    @property
    def latent_points(self) -> NDArray[np.float64]:
        """The latent points that stay the same through a run, (256, latent)."""
        return fixed_points(self.scenario)

    def batch(self, step: int) -> tuple[Array, Array]:
        """(examples, noise) of training step `step`: copies. Each of the discriminator's updates has a batch of both,
        one behind the other; the last batch of noise is the generator's own."""
        turns = self._pair.scenario.generator.discriminator_steps
        clock = self._view("clock")
        now = int(clock[STEP])
        clock[STEP] = step
        examples, noise = [], []
        for turn in range(turns):
            self._choices[turn].run()
            examples.append(self._view("train_inputs")[self._view("chosen")])
        for place in (*range(1, turns + 1), assembly.OWN_NOISE):
            self._noises[place].run()
            noise.append(self._view("noise").copy())
        clock[STEP] = now
        return np.concatenate(examples), np.concatenate(noise)

    @cached_property
    def _choices(self) -> Mapping[int, LinkedProgram]:
        turns = self._pair.scenario.generator.discriminator_steps
        return {turn: self._link(assembly.choice(self._pair, turn)) for turn in range(turns)}

    @cached_property
    def _noises(self) -> Mapping[int, LinkedProgram]:
        turns = self._pair.scenario.generator.discriminator_steps
        return {place: self._link(assembly.noise(self._pair, place)) for place in range(turns + 1)}

    def activations(self) -> list[Array]:
        self.look()
        return [rows for chain in self._chains for rows in chain.activations()]

    def close_up(self, index: int) -> CloseUp:
        self.look()
        count = len(self._pair.generator.layers)
        return self._generator.close_up(index) if index < count else self._discriminator.close_up(index - count)

    @property
    def weight_count(self) -> int:
        return self._generator.weight_count + self._discriminator.weight_count

    def _new_weights(self) -> None:
        for chain in self._chains:
            chain.new_weights()

    # Outside training

    def outputs(self, inputs: Array) -> Array:
        """The samples that the generator makes of latent points (n, latent): (n, numbers)."""
        return self._generator.passes.outputs(inputs)

    def judged(self, inputs: Array) -> Array:
        """What the discriminator answers to examples or samples (n, numbers): (n, 1), before any sigmoid."""
        return self._discriminator.passes.outputs(inputs)

    def evaluate(self) -> dict[str, float]:
        """Both losses on the held-out examples and on samples of the fixed latent points; how often the discriminator
        tells them apart, if it decides; and how far the mean sample is from the mean of the data."""
        samples = self.outputs(self.latent_points).astype(np.float64)
        of_data = self.judged(self.dataset.test_inputs).astype(np.float64)
        of_samples = self.judged(samples).astype(np.float64)
        discriminator, generator = GAME_LOSSES[self.dataset.loss]
        with np.errstate(invalid="ignore", over="ignore"):  # NaN is shown, not warned of
            found = {
                "loss": discriminator(of_data, of_samples),
                "generator_loss": generator(of_samples),
                "mean_sample_mse": mean_sample_error(samples, self.dataset.train_inputs.astype(np.float64)),
            }
        boundary = self._pair.game.boundary
        if not np.isnan(boundary):
            found["accuracy"] = right_share(of_data, of_samples, boundary)
        return found
